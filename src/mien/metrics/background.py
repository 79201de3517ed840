"""Background: pixels away from the face must be the input's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull

from mien.errors import InputError
from mien.metrics.face_frame import checked_landmarks, eye_distance
from mien.types import AnyArray, FloatArray

MARGIN = 0.6
"""How far from the face pixels may change, eye distances."""


@dataclass(frozen=True, slots=True)
class BackgroundChange:
    """How the pixels away from every face differ between source and result.

    Attributes:
        largest: Largest absolute difference of a channel, in values of the image.
        mean: Mean absolute difference over those pixels and channels; NaN where there are none.
        pixels: How many pixels lie away from every face.
    """

    largest: float
    mean: float
    pixels: int


def background_change(source: AnyArray, result: AnyArray, faces: AnyArray, margin: float = MARGIN) -> BackgroundChange:
    """Compare the pixels that are farther than ``margin`` eye distances from the convex hull of every face.

    Args:
        source: ``(H, W, 3)``.
        result: ``(H, W, 3)``, same type.
        faces: ``(F, 478, 3)`` px, the landmarks of the faces that may be edited in this frame.
        margin: Eye distances.

    Raises:
        InputError: Images of different shape or type, or landmarks of a wrong shape.
    """
    first, second = np.asarray(source), np.asarray(result)
    if first.shape != second.shape or first.ndim != 3 or first.dtype != second.dtype:
        raise InputError(
            f"source is {first.dtype} {first.shape} and result {second.dtype} {second.shape}; "
            "expected the same type and shape (H, W, 3)"
        )
    points = checked_landmarks(faces, "faces")
    away = np.ones(first.shape[:2], bool)
    for face, size in zip(points, eye_distance(points), strict=True):
        away &= distance_to_hull(face[:, :2], first.shape[0], first.shape[1]) > margin * size
    difference = np.abs(first[away].astype(np.float64) - second[away])
    if difference.size == 0:
        return BackgroundChange(0.0, float("nan"), 0)
    return BackgroundChange(float(difference.max()), float(difference.mean()), int(away.sum()))


def distance_to_hull(points: AnyArray, height: int, width: int) -> FloatArray:
    """Distance of every pixel's centre to the convex hull of 2D points, px: ``(height, width)``, 0 inside.

    Args:
        points: ``(P, 2)`` px (x, y), not all on a line.
        height: Rows.
        width: Columns.
    """
    flat = np.asarray(points, np.float64)
    corners = flat[ConvexHull(flat).vertices]  # counterclockwise in (x, y): inside lies to the left of every edge
    x, y = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    nearest = np.full((height, width), np.inf, np.float32)
    inside = np.ones((height, width), bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        dx, dy = float(bx - ax), float(by - ay)
        px, py = x - np.float32(ax), y - np.float32(ay)
        inside &= dx * py - dy * px >= 0
        along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        np.minimum(nearest, (px - along * dx) ** 2 + (py - along * dy) ** 2, out=nearest)
    return np.where(inside, np.float32(0.0), np.sqrt(nearest))
