"""LMD: distance of landmarks between a result and real footage, or its source (DNT 5.3).

L. Chen, Z. Li, R. Maddox, Z. Duan, C. Xu, "Lip movements generation at a glance", ECCV 2018, 5.1: landmarks of both
faces are brought to one mean position, then the Euclidean distances of corresponding lip landmarks are averaged over
landmarks and frames. DNT names neither the landmarks' number nor the resolution, so the figure in pixels compares
within one table alone; beside it stands one in eye distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.metrics.face_frame import checked_pair, eye_distance
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.types import AnyArray, DoubleArray

INNER_LIPS = tuple(int(i) for i in np.concatenate([INNER_LIP_UPPER, INNER_LIP_LOWER[1:-1]]))
"""Inner edge of the lips: the mouth's opening alone."""

MOUTH_20 = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 78, 81, 13, 311, 308, 402, 14, 178)
"""Twenty landmarks at about the places of the mouth's twenty in the 68 of 300-W, on which LMD is usually reported:
twelve along the outer edge, eight along the inner."""


@dataclass(frozen=True, slots=True)
class LandmarkDistance:
    """Landmark distance over frames.

    Attributes:
        px: Mean, px.
        eye_distances: Mean of each frame's distance over its eye distance (of the first clip).
        worst_frame: Row of the frame where it is largest, in eye distances.
    """

    px: float
    eye_distances: float
    worst_frame: int


def landmark_distances(first: AnyArray, second: AnyArray, centred: bool = True) -> DoubleArray:
    """Mean distance of corresponding points, frame by frame.

    Args:
        first: ``(T, P, 2)`` px.
        second: ``(T, P, 2)`` px, the same frames and points.
        centred: Move each frame's points to one mean position first, as the published metric does.

    Returns:
        ``(T,)`` px.

    Raises:
        InputError: Different or other shapes, no points, or not finite.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.ndim != 3 or a.shape[2] != 2 or a.shape != b.shape or a.shape[1] == 0:
        raise InputError(f"landmarks have shapes {a.shape} and {b.shape}; expected the same (T, P, 2), px")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError("landmarks hold values that are not finite; leave out the frames without a face")
    apart = b - a
    if centred:
        apart = apart - apart.mean(axis=1, keepdims=True)
    return np.asarray(np.linalg.norm(apart, axis=2).mean(axis=1))


def landmark_distance(
    first: AnyArray, second: AnyArray, points: tuple[int, ...] = MOUTH_20, centred: bool = True
) -> LandmarkDistance:
    """LMD of two tracked faces.

    Args:
        first: ``(T, 478, 3)`` px, tracked in the real footage or the source.
        second: ``(T, 478, 3)`` px, tracked in the result, the same frames.
        points: Which landmarks: :data:`MOUTH_20` for LMD, :data:`INNER_LIPS` for the mouth's opening alone, or any.
        centred: See :func:`landmark_distances`.

    Returns:
        Lower is closer.

    Raises:
        InputError: A wrong shape, not finite, not as many frames, or none.
    """
    a, b = checked_pair(first, second)
    if len(a) == 0 or len(points) == 0:
        raise InputError("there are no frames or no points to compare; expected at least one of each")
    found = landmark_distances(a[:, points, :2], b[:, points, :2], centred)
    sizes = found / eye_distance(a)
    return LandmarkDistance(float(found.mean()), float(sizes.mean()), int(sizes.argmax()))
