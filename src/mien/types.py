"""The words of the design as small frozen classes. Axes, units and index bases: ``docs/conventions.md``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
ByteArray = NDArray[np.uint8]
AnyArray = NDArray[Any]

LANDMARK_COUNT = 478
"""Landmarks of a face: the tracker's 468 mesh vertices, then 5 + 5 iris points (right eye 468-472, left 473-477)."""

MESH_VERTEX_COUNT = 468


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels, half open: columns ``x0 <= x < x1``, rows ``y0 <= y < y1``."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Columns covered, px."""
        return max(0, self.x1 - self.x0)

    @property
    def height(self) -> int:
        """Rows covered, px."""
        return max(0, self.y1 - self.y0)

    @property
    def empty(self) -> bool:
        """Whether the box covers no pixel."""
        return self.width == 0 or self.height == 0

    def clipped(self, width: int, height: int) -> Box:
        """The part of the box that lies inside an image of ``width`` by ``height`` px."""
        return Box(max(0, self.x0), max(0, self.y0), min(width, self.x1), min(height, self.y1))


@dataclass(frozen=True, slots=True)
class Pose:
    """Head pose of one frame.

    Attributes:
        rotation: Rotation vector, radians.
        scale: Square px per mm.
        translation: Px of the frame.
        pixel_aspect: Width over height of a pixel of the frame.
    """

    rotation: DoubleArray
    scale: float
    translation: DoubleArray
    pixel_aspect: float = 1.0

    @property
    def stretch(self) -> tuple[float, float]:
        """Square px per px of the frame, along x and y."""
        return pixel_stretch(self.pixel_aspect)


def pixel_stretch(pixel_aspect: float) -> tuple[float, float]:
    """Square px per px along x and y, for pixels so many times as wide as they are high: nothing gets smaller."""
    return max(1.0, pixel_aspect), max(1.0, 1.0 / pixel_aspect)
