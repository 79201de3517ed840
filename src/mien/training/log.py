"""The log of a training run: a line of JSON every so many steps, with the means of its figures over them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.disk import disk_errors, write_whole
from mien.errors import ModelError, TrainingError

if TYPE_CHECKING:
    import torch

FILE = "log.jsonl"


class Log:
    """Collects figures.

    Args:
        path: The file; lines of steps after ``step``, left by a run that was killed, are taken off.
        step: Where the run goes on.
        sums: What was collected since the last line, from the checkpoint.
        every: Steps a line.

    Raises:
        ModelError: The file is damaged.
        OutputError: The disk refuses.
    """

    def __init__(self, path: Path, step: int, sums: Mapping[str, Any], every: int) -> None:
        self._every = every
        self._sums: dict[str, torch.Tensor | float] = dict(sums.get("sums", {}))
        self._counts: dict[str, int] = dict(sums.get("counts", {}))
        self._started_s = time.monotonic()
        self._path = path
        _cut(path, step)
        with disk_errors(path):
            path.touch()

    def add(self, step: int, figures: Mapping[str, torch.Tensor | float]) -> None:
        """Take the figures of a step; write a line if it is time.

        Figures may be tensors of one number; they are waited for only when a line is written.

        Raises:
            TrainingError: A figure is not finite any more.
            OutputError: The disk refuses.
        """
        for name, figure in figures.items():
            value = figure if isinstance(figure, float | int) else figure.detach().double()
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1
        if step % self._every == 0:
            self._write(step)

    def collected(self) -> dict[str, Any]:
        """What has come since the last line, for the checkpoint."""
        return {"sums": {name: float(value) for name, value in self._sums.items()}, "counts": self._counts}

    def _write(self, step: int) -> None:
        means = {name: float(value) / self._counts[name] for name, value in self._sums.items()}
        for name, mean in means.items():
            if not abs(mean) < float("inf"):
                raise TrainingError(
                    f"training came apart before step {step}: {name} is {mean}; the last checkpoint is kept. "
                    "A lower learning rate or another seed may help"
                )
        self._sums, self._counts = {}, {}
        line = {"step": step, "elapsed_s": round(time.monotonic() - self._started_s, 2), **means}
        with disk_errors(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log, a half-written last one left out.

    Raises:
        ModelError: It is damaged.
    """
    if not path.exists():
        return []
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
        for line in lines:
            _ = line["step"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is damaged ({error}); remove it to go on without the figures in it") from error
    return lines


def _cut(path: Path, step: int) -> None:
    kept = [line for line in read_log(path) if line["step"] <= step]
    if path.exists():
        write_whole(path, "".join(json.dumps(line) + "\n" for line in kept).encode())
