"""Sample pictures on the way: many small ones side by side in one PNG."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from mien.disk import disk_errors, write_whole
from mien.errors import InputError
from mien.types import AnyArray

GAP_PX = 4


def write_sheet(path: Path, pictures: AnyArray) -> None:
    """Write rows of pictures as one PNG.

    Args:
        path: Where; its folder is made if it is missing.
        pictures: ``(R, C, h, w, 3)``, uint8 or float 0-1.

    Raises:
        InputError: The array is not of that shape.
        OutputError: The disk refuses.
    """
    from PIL import Image

    pictures = np.asarray(pictures)
    if pictures.ndim != 5 or pictures.shape[4] != 3 or not pictures.size:
        raise InputError(f"a sheet of pictures is (R, C, h, w, 3), but came as {pictures.shape}")
    if pictures.dtype != np.uint8:
        pictures = np.asarray(np.clip(pictures, 0.0, 1.0) * 255.0 + 0.5, np.uint8)
    padded = np.pad(pictures, ((0, 0), (0, 0), (0, GAP_PX), (0, GAP_PX), (0, 0)), constant_values=255)
    rows, columns, height, width, _ = padded.shape
    sheet = padded.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3)[:-GAP_PX, :-GAP_PX]
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(sheet)).save(stream, "PNG")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, stream.getvalue())
