"""Many small pictures in one file, each read on its own: encoded one after another, with a table of where they start.

``NAME.pictures`` holds the encoded pictures, ``NAME.offsets.npy`` ``(P + 1,)`` int64 where each begins, and the end.

JPEG for colours, one-bit PNG for masks. Needs NumPy and Pillow, no video library.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.disk import disk_errors
from mien.errors import InputError, ModelError
from mien.types import AnyArray, ByteArray, IntArray

if TYPE_CHECKING:
    from PIL.Image import Image


def encode_picture(picture: AnyArray, quality: int) -> bytes:
    """Encode one picture.

    Args:
        picture: ``(h, w, 3)`` uint8 becomes a JPEG with full colour resolution, ``(h, w)`` bool a one-bit PNG.
        quality: Of the JPEG, 1 to 100.

    Raises:
        InputError: It is neither, or Pillow is not installed.
    """
    image = _pillow()
    stream = io.BytesIO()
    if picture.dtype == np.bool_ and picture.ndim == 2:
        image.fromarray(picture).save(stream, "PNG", optimize=False)
    elif picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3:
        image.fromarray(np.ascontiguousarray(picture)).save(
            stream, "JPEG", quality=quality, subsampling=0, optimize=True
        )
    else:
        raise InputError(f"a picture is (h, w, 3) uint8 or (h, w) bool, but came as {picture.shape} {picture.dtype}")
    return stream.getvalue()


def decode_picture(content: bytes) -> AnyArray:
    """Decode one picture: ``(h, w, 3)`` uint8, or ``(h, w)`` bool for a mask.

    Raises:
        ModelError: The bytes are no picture.
    """
    try:
        with _pillow().open(io.BytesIO(content), formats=("JPEG", "PNG")) as opened:
            loaded: Image = opened if opened.mode in ("1", "RGB") else opened.convert("RGB")
            return np.array(loaded)
    except (OSError, ValueError, SyntaxError) as error:
        raise ModelError(f"a picture of the prepared footage is damaged: {error}") from error


class Pictures:
    """The pictures of one file. Safe to read from several threads.

    Args:
        path: ``NAME.pictures``.
        size: Side of each, px.

    Raises:
        ModelError: The files are missing or do not fit each other.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.size = size
        self._path = path
        try:
            self._offsets: AnyArray = np.load(_offsets_path(path), allow_pickle=False)
            length = path.stat().st_size
            self._bytes: ByteArray = np.memmap(path, np.uint8, "r") if length else np.empty(0, np.uint8)
        except (OSError, ValueError) as error:
            raise ModelError(f"{path}: the prepared pictures cannot be read: {error}") from error
        whole = self._offsets.ndim == 1 and len(self._offsets) > 0 and self._offsets[0] == 0
        if not whole or self._offsets[-1] != length or (np.diff(self._offsets) <= 0).any():
            raise ModelError(f"{path}: the prepared pictures are damaged or incomplete; prepare the footage again")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, number: int) -> AnyArray:
        """One picture, ``(size, size, 3)`` uint8 or ``(size, size)`` bool.

        Raises:
            ModelError: It is damaged or of another size.
        """
        if not 0 <= number < len(self):
            raise IndexError(number)
        picture = decode_picture(self.encoded(number))
        if picture.shape[:2] != (self.size, self.size):
            raise ModelError(f"{self._path}: picture {number} is {picture.shape[:2]}, not {self.size} px a side")
        return picture

    def encoded(self, number: int) -> bytes:
        """The bytes of one picture as they are stored."""
        return self._bytes[self._offsets[number] : self._offsets[number + 1]].tobytes()

    def read(self, rows: Sequence[int] | IntArray) -> AnyArray:
        """Several, stacked: ``(len(rows), size, size, ...)``."""
        return np.stack([self[int(row)] for row in rows])


def write_pictures(path: Path, encoded: Iterable[bytes]) -> int:
    """Write encoded pictures to ``path`` and their offsets beside it; returns how many.

    Raises:
        OutputError: The disk refuses.
    """
    offsets = [0]
    with disk_errors(path), path.open("wb") as file:
        for content in encoded:
            file.write(content)
            offsets.append(offsets[-1] + len(content))
        np.save(_offsets_path(path), np.array(offsets, np.int64))
    return len(offsets) - 1


def _offsets_path(path: Path) -> Path:
    return path.with_suffix(".offsets.npy")


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise InputError("training footage needs Pillow: pip install 'mien[train]'") from error
    return Image
