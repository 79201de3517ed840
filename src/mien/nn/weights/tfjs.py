"""Weights as TensorFlow.js keeps them: a JSON manifest of names, shapes and quantisation, and files of raw numbers.

Format: TensorFlow.js converter, "weights manifest" (groups of ``paths`` and ``weights``; the files of a group laid end
to end hold its arrays in the order listed). Quantised arrays are ``uint8`` or ``uint16`` with
``value = number * scale + min``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import ModelError
from mien.types import AnyArray, FloatArray

_TYPES: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "int32": np.dtype("<i4"),
    "uint8": np.dtype("u1"),
    "uint16": np.dtype("<u2"),
}


def read_manifest(path: str | Path) -> dict[str, FloatArray]:
    """Read every array that a manifest lists.

    Args:
        path: The manifest, ``…-weights_manifest.json``; the files it names lie beside it.

    Returns:
        Name to array, float32, dequantised.

    Raises:
        ModelError: The manifest or a file of it is missing, is cut off, or is not of this format.
    """
    manifest = Path(path)
    try:
        groups = json.loads(manifest.read_text(encoding="utf-8"))
        arrays: dict[str, FloatArray] = {}
        for group in groups:
            files = [_beside(manifest, name) for name in group["paths"]]
            content = b"".join(file.read_bytes() for file in files)
            arrays.update(_arrays(group["weights"], content))
        return arrays
    except OSError as error:
        raise ModelError(f"cannot read '{error.filename or path}': {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"'{path}' is not a TensorFlow.js weights manifest with its files ({error})") from error


def read_network(path: Path, layout: Mapping[str, tuple[int, ...]], what: str) -> dict[str, FloatArray]:
    """Read the arrays of a network whose layout is known.

    Args:
        path: See :func:`read_manifest`.
        layout: Name to shape of every array that it must hold.
        what: The network, as sentences can name it.

    Raises:
        ModelError: A file is missing, damaged, or holds another network.
    """
    weights = read_manifest(path)
    for name, shape in layout.items():
        if name not in weights or weights[name].shape != shape:
            found = weights[name].shape if name in weights else "nothing"
            raise ModelError(f"'{path}' is not {what}: {name} is {found}, expected {shape}")
    return weights


def _beside(manifest: Path, name: str) -> Path:
    if Path(name).name != name:
        raise ValueError(f"it names a file outside its folder, '{name}'")
    return manifest.parent / name


def _arrays(entries: list[dict[str, Any]], content: bytes) -> dict[str, FloatArray]:
    arrays: dict[str, FloatArray] = {}
    start = 0
    for entry in entries:
        quantised = entry.get("quantization")
        kind = _TYPES[quantised["dtype"] if quantised else entry["dtype"]]
        shape = tuple(int(size) for size in entry["shape"])
        count = int(np.prod(shape, dtype=np.int64))
        if start + count * kind.itemsize > len(content):
            raise ValueError(f"the files end inside '{entry['name']}'")
        numbers: AnyArray = np.frombuffer(content, kind, count, start)
        start += count * kind.itemsize
        values = numbers * float(quantised["scale"]) + float(quantised["min"]) if quantised else numbers
        arrays[entry["name"]] = np.asarray(values, np.float32).reshape(shape)
    if start != len(content):
        raise ValueError(f"the files hold {len(content) - start} bytes that it does not list")
    return arrays
