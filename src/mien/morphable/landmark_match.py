"""Which vertices of another face model lie at the tracker's landmarks, found from 68 that are known.

iBUG's 68 points are marked in most published models. Those of nose, eyes and mouth name the same places as landmarks
of the tracker; they are taken as they are. The others are found by laying the built-in mean onto the model's mean: a
similarity and a thin-plate warp through the known places, then towards the nearest vertices. Lips and lids that are not
known stay open (-1): a nearest vertex cannot tell upper from lower where they touch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree

from mien.errors import ModelError
from mien.morphable import builtin
from mien.morphable.regions import (
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    LIPS,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)
from mien.types import MESH_VERTEX_COUNT, AnyArray, DoubleArray, IntArray

LANDMARKS_FROM_27 = (
    *(168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),
)
"""The tracker's landmarks at iBUG's points 27 to 67 (0-based): nose, eyes, mouth. Jaw line and brows are defined
otherwise there."""

FARTHEST_MM = 6.0
"""A landmark with no vertex nearer than this after the warp is left open."""

STIFFNESS = (200.0, 20.0, 3.0)
"""Smoothing of the warp towards nearest vertices, ever less stiff."""

_SMALLEST_TURN = 1e-9


def match_landmarks(mean: AnyArray, points: Sequence[int] | AnyArray, known: AnyArray) -> IntArray:
    """The vertex at each landmark of the tracker.

    Args:
        mean: ``(N, 3)`` mm, the model's mean face in our axes.
        points: ``(K,)`` landmarks of the tracker whose vertex is known; the nose, eyes and mouth among them.
        known: ``(K,)`` their vertices.

    Returns:
        ``(468,)`` int32, -1 where there is none.

    Raises:
        ModelError: Fewer than four points, or all in a line.
    """
    mean = np.asarray(mean, np.float64)
    points, known = np.asarray(points, int), np.asarray(known, int)
    face = np.asarray(builtin.load().mean, np.float64)
    start = _laid_on(face, face[points], mean[known])
    tree = KDTree(mean)
    now = start
    for stiffness in STIFFNESS:
        target = mean[tree.query(now)[1]]
        target[points] = mean[known]
        smoothing = np.full(MESH_VERTEX_COUNT, stiffness)
        smoothing[points] = 0.5
        warp = RBFInterpolator(start, target - start, kernel="thin_plate_spline", smoothing=smoothing, degree=1)
        now = start + warp(start)
    distance, nearest = tree.query(now)
    found = np.where(distance <= FARTHEST_MM, nearest, -1).astype(np.int32)
    found[_touching()] = -1
    found[points] = known
    return found


def _touching() -> IntArray:
    lids = (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, LEFT_EYE_UPPER, LEFT_EYE_LOWER)
    return np.unique(np.concatenate([LIPS, *lids]))


def _laid_on(points: DoubleArray, moving: DoubleArray, fixed: DoubleArray) -> DoubleArray:
    """``points``, moved by the similarity that lays ``moving`` best onto ``fixed`` (Umeyama 1991, no mirror)."""
    if len(moving) < 4:
        raise ModelError(f"a model needs at least 4 known landmarks to find the others, but has {len(moving)}")
    a, b = moving - moving.mean(axis=0), fixed - fixed.mean(axis=0)
    u, s, vt = np.linalg.svd(a.T @ b)
    if s[1] <= _SMALLEST_TURN * s[0] or s[0] == 0:
        raise ModelError("the known landmarks of the model lie in a line; are they its own?")
    s[2] *= np.sign(np.linalg.det(u @ vt))
    rotation = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
    scale = s.sum() / (a * a).sum()
    return np.asarray(scale * (points - moving.mean(axis=0)) @ rotation + fixed.mean(axis=0))
