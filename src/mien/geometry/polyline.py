"""Lines through space: smooth ones through given points, and how far from one others lie and where along it."""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray


def cubic_spline(places: AnyArray, points: AnyArray, at: AnyArray) -> DoubleArray:
    """Read the cubic spline through points, whose third derivative has no step at the first and last inner one either.

    With these ends ("not a knot") four points give their cubic, three their parabola, two their line. Source: C. de
    Boor, "A Practical Guide to Splines", 2001, chapter IV. SciPy's does the same, and takes a tenth of a second of
    every command to load.

    Args:
        places: ``(K,)`` rising, two or more.
        points: ``(K, C)`` at these places.
        at: ``(N,)`` where to read.

    Returns:
        ``(N, C)``.
    """
    places, points, at = (np.asarray(values, np.float64) for values in (places, points, at))
    count, step = len(places), np.diff(places)
    slope = np.diff(points, axis=0) / step[:, None]
    bend: DoubleArray = np.zeros((count, points.shape[1]))  # second derivatives at the points
    if count == 3:
        bend[:] = 2.0 * (slope[1] - slope[0]) / (step[0] + step[1])
    elif count > 3:
        matrix, right = np.zeros((count, count)), np.zeros_like(points)
        for k in range(1, count - 1):
            matrix[k, k - 1 : k + 2] = step[k - 1], 2.0 * (step[k - 1] + step[k]), step[k]
            right[k] = 6.0 * (slope[k] - slope[k - 1])
        for row, k in ((0, 0), (count - 1, count - 3)):
            matrix[row, k : k + 3] = step[k + 1], -step[k] - step[k + 1], step[k]
        bend[:] = np.linalg.solve(matrix, right)
    piece = np.clip(np.searchsorted(places, at, side="right") - 1, 0, count - 2)
    h, before = step[piece, None], (at - places[piece])[:, None]
    after = h - before
    corners = bend[piece] * after**3 + bend[piece + 1] * before**3
    lines = (points[piece] / h - bend[piece] * h / 6.0) * after
    return np.asarray(corners / (6.0 * h) + lines + (points[piece + 1] / h - bend[piece + 1] * h / 6.0) * before)


def nearest_on_polyline(points: AnyArray, line: AnyArray) -> tuple[DoubleArray, DoubleArray]:
    """The nearest place on a polyline for each point.

    Args:
        points: ``(N, 3)``.
        line: ``(K, 3)`` its corners in order, two or more.

    Returns:
        Distances ``(N,)``; and places along the line ``(N,)``, 0 at its start to 1 at its end, each piece the same
        share. Of equally near places the first.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    places, corners = _checked(points, line)
    distance, along = np.empty(len(places)), np.empty(len(places))
    _nearest(places, corners, distance, along)
    return distance, along


def nearest_on_polyline_reference(points: AnyArray, line: AnyArray) -> tuple[DoubleArray, DoubleArray]:
    """Do what :func:`nearest_on_polyline` does, plainly."""
    places, corners = _checked(points, line)
    best, along = np.full(len(places), np.inf), np.zeros(len(places))
    for k in range(len(corners) - 1):
        step = corners[k + 1] - corners[k]
        share = np.clip((places - corners[k]) @ step / max(step @ step, 1e-12), 0.0, 1.0)
        distance = np.linalg.norm(places - corners[k] - share[:, None] * step, axis=1)
        nearer = distance < best
        best[nearer], along[nearer] = distance[nearer], (k + share[nearer]) / (len(corners) - 1)
    return best, along


def _checked(points: AnyArray, line: AnyArray) -> tuple[DoubleArray, DoubleArray]:
    places, corners = np.ascontiguousarray(points, np.float64), np.ascontiguousarray(line, np.float64)
    if places.ndim != 2 or places.shape[1] != 3:
        raise InputError(f"points must be (N, 3), but came as {places.shape}")
    if corners.ndim != 2 or corners.shape[1] != 3 or len(corners) < 2:
        raise InputError(f"a polyline must be (K, 3) of two corners or more, but came as {corners.shape}")
    return places, corners


@njit(cache=True, nogil=True, fastmath=True)
def _nearest(points, corners, distance, along):  # type: ignore[no-untyped-def]
    pieces = corners.shape[0] - 1
    x, y, z = points[:, 0].copy(), points[:, 1].copy(), points[:, 2].copy()
    distance[:] = 1e300
    along[:] = 0.0
    for k in range(pieces):
        ax, ay, az = corners[k, 0], corners[k, 1], corners[k, 2]
        sx, sy, sz = corners[k + 1, 0] - ax, corners[k + 1, 1] - ay, corners[k + 1, 2] - az
        inverse = 1.0 / max(sx * sx + sy * sy + sz * sz, 1e-12)
        for n in range(points.shape[0]):  # Without branches, so that the compiler takes several points at a time.
            px, py, pz = x[n] - ax, y[n] - ay, z[n] - az
            share = min(max((px * sx + py * sy + pz * sz) * inverse, 0.0), 1.0)
            px, py, pz = px - share * sx, py - share * sy, pz - share * sz
            square = px * px + py * py + pz * pz
            along[n] = (k + share) / pieces if square < distance[n] else along[n]
            distance[n] = square if square < distance[n] else distance[n]
    for n in range(points.shape[0]):
        distance[n] = np.sqrt(distance[n])
