"""One frame as the face networks see it: small where that is enough, a crop at full resolution where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mien.tracking.region import Region
from mien.types import Box, ByteArray, FloatArray, pixel_stretch
from mien.video.frame import Frame

LARGEST_PX = 1400
"""Longest side that the small picture may have. It is the frame, or a half, a third, ... of it: these are fast."""

ENOUGH_PX = 240
"""Side of a region in the small picture from which it is read there, and not from a crop at full resolution. The mesh
network samples 192 px of it; measured on the development clips its landmarks then differ from those at full resolution
by 0.4 % of the eye distance on average, and tremble by a quarter more."""

_TILE_PX = 1024
_TILE_OVERLAP_PX = 192
_TILED_FROM_PX = 1280


@dataclass(frozen=True, slots=True)
class View:
    """A frame and its small picture.

    Regions and landmarks here are in **square px**: px of the frame, counted from its edge, stretched along one axis
    where the frame's pixels are not square.

    Attributes:
        frame: The frame.
        picture: Its small picture, ``(h, w, 3)`` uint8 RGB, square pixels.
    """

    frame: Frame
    picture: ByteArray

    @classmethod
    def of(cls, frame: Frame) -> View:
        """The view of a frame."""
        aspect = float(frame.pixel_aspect)
        longest = round(max(frame.width * max(1.0, aspect), frame.height * max(1.0, 1.0 / aspect)))
        return cls(frame, frame.thumbnail(-(-longest // -(-longest // LARGEST_PX))))

    @property
    def stretch(self) -> tuple[float, float]:
        """Square px per px of the frame, along x and y."""
        return pixel_stretch(float(self.frame.pixel_aspect))

    @property
    def scale(self) -> float:
        """Px of the small picture per square px."""
        return float(self.picture.shape[1] / (self.frame.width * self.stretch[0]))

    def around(self, region: Region) -> tuple[ByteArray, float, float, float]:
        """A picture with a region in it.

        Returns:
            The picture, its px per square px, and the square px at its left and upper edge.
        """
        scale = self.scale
        if scale >= 1 or region.size * scale >= ENOUGH_PX:
            return self.picture, scale, 0.0, 0.0
        reach = region.size * (abs(np.cos(region.angle)) + abs(np.sin(region.angle))) / 2
        picture, left, top = self._crop(region.x - reach, region.y - reach, region.x + reach, region.y + reach)
        if picture.size == 0:
            return self.picture, scale, 0.0, 0.0
        return picture, 1.0, left, top

    def tiles(self) -> Iterator[tuple[ByteArray, float, float]]:
        """Overlapping pieces at full resolution, for faces too small for the small picture.

        Yields:
            Each piece, and the square px at its left and upper edge. None where the frame is small itself.
        """
        width, height = self.frame.width * self.stretch[0], self.frame.height * self.stretch[1]
        if max(width, height) <= _TILED_FROM_PX:
            return
        for top in _tile_starts(height):
            for left in _tile_starts(width):
                yield self._crop(left, top, left + _TILE_PX, top + _TILE_PX)

    def to_frame(self, landmarks: FloatArray) -> FloatArray:
        """Landmarks ``(478, 3)`` in px of the frame as the conventions have them: pixel centres at whole numbers."""
        x, y = self.stretch
        return np.asarray(landmarks / np.array([x, y, x]) - np.array([0.5, 0.5, 0.0]), np.float32)

    def _crop(self, left: float, top: float, right: float, bottom: float) -> tuple[ByteArray, float, float]:
        x, y = self.stretch
        box = Box(int(left / x), int(top / y), int(np.ceil(right / x)), int(np.ceil(bottom / y)))
        box = box.clipped(self.frame.width, self.frame.height)
        if box.empty:
            return np.zeros((0, 0, 3), np.uint8), 0.0, 0.0
        picture = (self.frame.crop(box) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
        if x > 1 or y > 1:
            picture = _stretched(picture, round(box.width * x), round(box.height * y))
        return picture, box.x0 * x, box.y0 * y


def _tile_starts(length: float) -> list[float]:
    step = _TILE_PX - _TILE_OVERLAP_PX
    count = max(1, int(np.ceil((length - _TILE_OVERLAP_PX) / step)))
    return [float(start) for start in np.linspace(0, max(0.0, length - _TILE_PX), count)]


def _stretched(picture: ByteArray, width: int, height: int) -> ByteArray:
    """A picture made larger, pixels repeated: non-square pixels are at most a little longer than wide."""
    columns = ((np.arange(width) + 0.5) * picture.shape[1] / width).astype(int)
    rows = ((np.arange(height) + 0.5) * picture.shape[0] / height).astype(int)
    return np.ascontiguousarray(picture[rows][:, columns])
