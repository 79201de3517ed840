"""What published models lack and ours need: texture coordinates, mirror vertices, outward triangles."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from mien.types import AnyArray, FloatArray, IntArray

WIDEST = np.pi * 0.75
"""Angle to the left and right of straight ahead that comes into the texture, radians."""


def cylindrical_uv(mean: AnyArray) -> FloatArray:
    """Texture coordinates of a face rolled off a cylinder.

    The axis is upright, behind the face by its half width, so that the cheeks are not foreshortened.

    Args:
        mean: ``(N, 3)`` mm, in our axes.

    Returns:
        ``(N, 2)``, 0-1: u to the person's left, v down.
    """
    mean = np.asarray(mean, np.float64)
    centre = (mean.min(axis=0) + mean.max(axis=0)) / 2
    depth = mean[:, 2].max() - (mean[:, 0].max() - mean[:, 0].min()) / 2
    angle = np.arctan2(mean[:, 0] - centre[0], mean[:, 2] - depth)
    widest = min(WIDEST, float(np.abs(angle).max()) or 1.0)
    u = np.clip(0.5 + angle / (2 * widest), 0.0, 1.0)
    low, high = mean[:, 1].min(), mean[:, 1].max()
    v = (high - mean[:, 1]) / max(high - low, 1e-9)
    return np.stack([u, v], axis=1).astype(np.float32)


def mirror_vertices(mean: AnyArray) -> IntArray:
    """The vertex nearest to each one's reflection: ``(N, 3)`` mm to ``(N,)``."""
    mean = np.asarray(mean, np.float64)
    return np.asarray(KDTree(mean).query(mean * [-1.0, 1.0, 1.0])[1], np.int32)


def outward(mean: AnyArray, triangles: AnyArray) -> IntArray:
    """The triangles, turned round if most of the front shows its back: counter-clockwise seen from outside.

    Args:
        mean: ``(N, 3)`` mm.
        triangles: ``(M, 3)``, all of one sense.
    """
    corners = np.asarray(mean, np.float64)[np.asarray(triangles)]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2]
    front = corners[:, :, 2].mean(axis=1) > np.median(corners[:, :, 2])
    turned = area[front].sum() < 0
    return np.ascontiguousarray(np.asarray(triangles)[:, ::-1] if turned else triangles, np.int32)
