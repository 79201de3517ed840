"""How far points lie from a line through space, and where along it."""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray


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
