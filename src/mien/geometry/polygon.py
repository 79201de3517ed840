"""What lies inside a polygon, and inside the convex hull of points."""

from __future__ import annotations

import numpy as np

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
    rows, columns = np.arange(height), np.arange(width)
    for one, other in zip(points, np.roll(points, -1, axis=0), strict=True):
        crossed = (one[1] > rows) != (other[1] > rows)
        if crossed.any():
            where = (other[0] - one[0]) / (other[1] - one[1]) * (rows[crossed] - one[1]) + one[0]
            inside[crossed] ^= columns < where[:, None]
    return inside


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
