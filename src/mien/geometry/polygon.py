"""What lies inside a polygon, and inside the convex hull of points."""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.types import AnyArray


def polygon_mask(corners: AnyArray, height: int, width: int) -> AnyArray:
    """The pixels whose centres lie inside a polygon, by the even-odd rule.

    Args:
        corners: ``(K, 2)`` px, in order; the last is joined to the first. They may lie outside the picture.
        height: Of the picture, px.
        width: Of the picture, px.

    Returns:
        ``(height, width)`` bool; a centre on the left or upper edge is inside, on the right or lower one outside.

    Raises:
        InputError: Fewer than three corners, or not finite.
    """
    points = np.asarray(corners, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3 or not np.isfinite(points).all():
        raise InputError(f"a polygon is (K, 2) finite numbers with K at least 3, but came as {points.shape}")
    inside = np.zeros((height, width), bool)
    _fill(points, inside)
    return inside


@njit(cache=True, nogil=True)
def _fill(points, inside):  # type: ignore[no-untyped-def]
    """Mark where each row crosses an edge, then count the crossings on the way along the row."""
    height, width = inside.shape
    for i in range(len(points)):
        x, y, other_x, other_y = points[i, 0], points[i, 1], points[i - 1, 0], points[i - 1, 1]
        first, last = max(np.ceil(min(y, other_y)), 0.0), min(np.ceil(max(y, other_y)), float(height))
        for row in range(int(first), int(last)):
            start = np.ceil(x + (other_x - x) / (other_y - y) * (row - y))
            if start < width:
                inside[row, int(max(start, 0.0))] ^= True
    for row in range(height):
        for column in range(1, width):
            inside[row, column] ^= inside[row, column - 1]


def within_hull(corners: AnyArray, places: AnyArray) -> AnyArray:
    """Which places lie in the convex hull of a few points: those that see points all around them.

    A place on the hull's rim may fall either way.

    Args:
        corners: ``(K, 2)``, in any order.
        places: ``(N, 2)``.

    Returns:
        ``(N,)`` bool.
    """
    away = np.asarray(corners, np.float64) - np.asarray(places, np.float64)[:, None]
    seen = np.sort(np.arctan2(away[..., 1], away[..., 0]), axis=1)
    gaps = np.diff(seen, axis=1, append=seen[:, :1] + 2.0 * np.pi)
    return np.asarray(gaps.max(axis=1) <= np.pi)
