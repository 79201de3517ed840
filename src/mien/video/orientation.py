"""How a stored picture is turned for display, and the display matrix that says so.

The 3x3 matrix of ISO 14496-12 (``tkhd``), which libav hands out as nine 32-bit integers, maps a stored point
``(x, y)`` to the display point ``(a x + c y, b x + d y)``. Phones write the four right-angle turns; EXIF adds the
mirrored four. mien keeps planes as they are stored and turns index maps instead, so no sample is touched.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from mien.types import AnyArray, Box

_ONE = 1 << 16
_Array = TypeVar("_Array", bound=AnyArray)


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight right-angle turns: transpose first, then flip columns and rows.

    Attributes:
        transpose: stored columns are display rows.
        flip_x: display columns run against the (transposed) stored ones.
        flip_y: display rows run against the (transposed) stored ones.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @property
    def identity(self) -> bool:
        """Whether stored and display orientation are the same."""
        return not (self.transpose or self.flip_x or self.flip_y)

    @property
    def mirrored(self) -> bool:
        """Whether the picture is mirrored and not only turned."""
        return self.transpose ^ self.flip_x ^ self.flip_y

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn from stored to display, degrees: 0, 90, 180 or 270 (if mirrored: before the flip)."""
        turns = {(False, False, False): 0, (True, True, False): 90, (False, True, True): 180, (True, False, True): 270}
        plain = Orientation(self.transpose, self.flip_x ^ self.mirrored, self.flip_y)
        return turns[(plain.transpose, plain.flip_x, plain.flip_y)]

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Display ``(width, height)`` of a stored size; also the way back, as turning twice swaps twice."""
        return (height, width) if self.transpose else (width, height)

    def to_display(self, stored: _Array) -> _Array:
        """View of an array ``(h, w, ...)`` in stored orientation as it is displayed; nothing is copied."""
        turned = stored.swapaxes(0, 1) if self.transpose else stored
        return turned[:: -1 if self.flip_y else 1, :: -1 if self.flip_x else 1]  # type: ignore[return-value]

    def to_stored(self, displayed: _Array) -> _Array:
        """View of an array in display orientation as it is stored: the inverse of :meth:`to_display`."""
        flipped = displayed[:: -1 if self.flip_y else 1, :: -1 if self.flip_x else 1]
        return flipped.swapaxes(0, 1) if self.transpose else flipped  # type: ignore[return-value]

    def box_to_stored(self, box: Box, width: int, height: int) -> Box:
        """The stored rectangle that is displayed as ``box``; ``width`` and ``height`` are the display size."""
        x0, x1 = (width - box.x1, width - box.x0) if self.flip_x else (box.x0, box.x1)
        y0, y1 = (height - box.y1, height - box.y0) if self.flip_y else (box.y0, box.y1)
        return Box(y0, x0, y1, x1) if self.transpose else Box(x0, y0, x1, y1)


def parse_display_matrix(data: bytes) -> tuple[int, ...]:
    """The nine integers of libav's display-matrix side data (36 bytes, native byte order)."""
    return struct.unpack("=9i", data[:36])


def matrix_of_rotation(clockwise_deg: int) -> tuple[int, ...] | None:
    """Display matrix of a clockwise right-angle turn, or None for no turn."""
    turns = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
    if clockwise_deg % 360 not in turns:
        return None
    a, b, c, d = (value * _ONE for value in turns[clockwise_deg % 360])
    return (a, b, 0, c, d, 0, 0, 0, 1 << 30)


def orientation_of(matrix: tuple[int, ...] | None) -> Orientation | None:
    """The right-angle turn of a display matrix, or None when it turns by some other angle.

    Args:
        matrix: nine integers in libav's order, or None for "no matrix".
    """
    if matrix is None:
        return Orientation()
    a, b, c, d = (int(np.rint(matrix[i] / _ONE)) for i in (0, 1, 3, 4))
    if abs(a) == 1 and abs(d) == 1 and b == 0 and c == 0:
        return Orientation(False, a < 0, d < 0)
    if abs(b) == 1 and abs(c) == 1 and a == 0 and d == 0:
        return Orientation(True, c < 0, b < 0)
    return None
