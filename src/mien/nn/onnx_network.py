"""A network in an ONNX file, run by ONNX Runtime on the CPU. Such a file holds arrays and a graph, and no code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import ModelError
from mien.nn.onnx_graph import with_last_features
from mien.nn.weights.conversion import needs
from mien.types import AnyArray, FloatArray


class OnnxNetwork:
    """One input, one output that is asked for.

    Args:
        path: The file.
        title: Of the network, for errors.
        takes: Shape of one example: channels, height, width.
        gives: Numbers a row of the output.
        last_features: Ask for what goes into the last dense layer, too.

    Raises:
        ModelError: The file is missing, is no ONNX file, takes or gives something else, or ONNX Runtime is not
            installed.
    """

    def __init__(
        self, path: Path, title: str, takes: tuple[int, int, int], gives: int, *, last_features: bool = False
    ) -> None:
        runtime = needs("onnxruntime", title)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read '{path}': {error.strerror}") from error
        self._features: str | None = None
        if last_features:
            content, self._features = with_last_features(content)
        options = runtime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = min(4, os.cpu_count() or 1)
        try:
            session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's own errors have no common class
            reason = str(error).split("\n", 1)[0]
            raise ModelError(f"'{path}' cannot be run as {title}: {reason}") from error
        self._session = session
        (entry, *more), output = session.get_inputs(), session.get_outputs()[0]
        fits = [
            isinstance(size, str | None) or size == want for size, want in zip(entry.shape[1:], takes, strict=False)
        ]
        if more or len(entry.shape) != 4 or not all(fits) or output.shape[-1] not in (gives, None):
            raise ModelError(
                f"'{path}' is not {title}: it takes {entry.shape} and gives {output.shape}, expected (N, "
                f"{', '.join(map(str, takes))}) and (N, {gives})"
            )
        self._entry, self._output = entry.name, output.name
        self._one_by_one = isinstance(entry.shape[0], int)

    def run(self, batch: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """The output of a batch, and the last features if they were asked for.

        Args:
            batch: ``(N, C, H, W)`` float32, N at least 1.
        """
        asked = [self._output] + ([self._features] if self._features is not None else [])
        parts = [batch[i : i + 1] for i in range(len(batch))] if self._one_by_one else [batch]
        rows: list[list[Any]] = [self._session.run(asked, {self._entry: np.ascontiguousarray(p)}) for p in parts]
        found: list[AnyArray] = [np.concatenate([row[k] for row in rows]) for k in range(len(asked))]
        features = np.asarray(found[1], np.float32).reshape(len(batch), -1) if len(found) > 1 else None
        return np.asarray(found[0], np.float32), features
