"""The outline of the face: which way is out."""

from __future__ import annotations

import numpy as np

from mien.morphable.regions import FACE_OVAL
from mien.types import AnyArray, DoubleArray

OUTLINE_COUNT = len(FACE_OVAL)


def outward(points: AnyArray) -> DoubleArray:
    """The direction from the middle of the face through each vertex of its oval.

    Args:
        points: ``(468, 2)`` the tracker's vertices in the picture, square px.

    Returns:
        ``(36, 2)`` of length 1, in the order of :data:`mien.morphable.regions.FACE_OVAL`.
    """
    away = np.asarray(points, np.float64)[FACE_OVAL] - np.asarray(points, np.float64).mean(axis=0)
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6))
