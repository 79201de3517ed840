"""The square of an image that a face network looks at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.types import MESH_VERTEX_COUNT, AnyArray

FACE_SHARE = 1 / 1.5
"""Side of a face's bounding square over the side of its region: the networks were trained with this margin."""


@dataclass(frozen=True, slots=True)
class Region:
    """A square, possibly rotated, around a face.

    Here, and only inside this room, positions count from the image's **edge**: the first pixel's centre is at 0.5.
    So an image and its enlargement differ by a factor alone.
    """

    x: float
    y: float
    size: float
    angle: float = 0.0

    @classmethod
    def around(cls, landmarks: AnyArray) -> Region:
        """The region of a face, upright on the line through its outer eye corners.

        Args:
            landmarks: ``(478, 3)`` px, counted from the image's edge.
        """
        points = landmarks[:MESH_VERTEX_COUNT, :2].astype(np.float64)
        eyes = points[263] - points[33]
        angle = float(np.arctan2(eyes[1], eyes[0]))
        axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        turned = points @ axes.T
        low, high = turned.min(axis=0), turned.max(axis=0)
        x, y = (low + high) / 2 @ axes
        return cls(float(x), float(y), float((high - low).max()) / FACE_SHARE, angle)

    def scaled(self, factor: float) -> Region:
        """The same region in an image enlarged by ``factor``."""
        return Region(self.x * factor, self.y * factor, self.size * factor, self.angle)

    def moved(self, x: float, y: float) -> Region:
        """The same region, its centre moved by ``(x, y)``."""
        return Region(self.x + x, self.y + y, self.size, self.angle)

    def followed(self, target: Region) -> Region:
        """A region on the way to ``target``: all the way after a real movement, part of the way after noise.

        A region that repeats every tremor of the landmarks feeds it back into the next frame. Measured on the
        development clips, this lowers jitter by a fifth.
        """
        turn = (target.angle - self.angle + np.pi) % (2 * np.pi) - np.pi
        movement = np.hypot(target.x - self.x, target.y - self.y) + abs(target.size - self.size)
        change = float(movement / self.size + abs(turn))
        share = float(np.clip(change / 0.06, 0.5, 1.0))
        return Region(
            self.x + share * (target.x - self.x),
            self.y + share * (target.y - self.y),
            self.size + share * (target.size - self.size),
            self.angle + share * turn,
        )

    def distance(self, other: Region) -> float:
        """Between the centres, px."""
        return float(np.hypot(self.x - other.x, self.y - other.y))

    def may_be(self, other: Region, reach: float) -> bool:
        """Whether a face here may have got to ``other`` unseen: within ``reach`` sizes, and of about one size."""
        near = self.distance(other) < reach * max(self.size, other.size)
        return near and 0.6 < self.size / other.size < 1.7

    def coincides(self, other: Region) -> bool:
        """Whether both lie on one face: near each other and of about one size."""
        near = self.distance(other) < 0.25 * max(self.size, other.size)
        return near and 0.5 < self.size / other.size < 2.0
