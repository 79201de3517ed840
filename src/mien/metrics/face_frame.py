"""The unit and the axes that the metrics share: eye distance, rigid alignment, a face's own right-handed axes."""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.types import LANDMARK_COUNT, AnyArray, DoubleArray

RIGHT_EYE_OUTER = 33
LEFT_EYE_OUTER = 263

STABLE = (10, 67, 297, 109, 338, 54, 284, 21, 251, 162, 389, 127, 356, 168, 6, 197, 195, 33, 263, 133, 362)
"""Landmarks that expressions hardly move: upper forehead, temples, nose bridge, eye corners. No brows, cheeks, lips."""

_FOREHEAD = 10
_NOSE_RIDGE = 195


def checked_landmarks(landmarks: AnyArray, name: str = "landmarks") -> DoubleArray:
    """The landmarks as float64 ``(T, 478, 3)``.

    Raises:
        InputError: Another shape, or values that are not finite.
    """
    array = np.asarray(landmarks, np.float64)
    if array.ndim != 3 or array.shape[1:] != (LANDMARK_COUNT, 3):
        raise InputError(f"{name} have shape {array.shape}; expected (T, {LANDMARK_COUNT}, 3), px")
    if not np.isfinite(array).all():
        raise InputError(f"{name} hold values that are not finite; leave out the frames without a face")
    return array


def checked_pair(source: AnyArray, result: AnyArray) -> tuple[DoubleArray, DoubleArray]:
    """Source and result landmarks, frame for frame (see :func:`checked_landmarks`).

    Raises:
        InputError: A wrong shape, not finite, or not as many frames in both.
    """
    first, second = checked_landmarks(source, "source landmarks"), checked_landmarks(result, "result landmarks")
    if len(first) != len(second):
        raise InputError(f"source has {len(first)} frames and result {len(second)}; they must be the same frames")
    return first, second


def eye_distance(landmarks: AnyArray) -> DoubleArray:
    """Distance of the outer eye corners (33, 263) in 3D, px: ``(T, 478, 3)`` to ``(T,)``."""
    array = checked_landmarks(landmarks)
    return np.asarray(np.linalg.norm(array[:, LEFT_EYE_OUTER] - array[:, RIGHT_EYE_OUTER], axis=1))


def rigid_rotation(moving: AnyArray, fixed: AnyArray) -> DoubleArray:
    """The rotation ``R`` that turns the points ``moving`` best onto ``fixed``: ``fixed ≈ s·R·moving + t``.

    Least squares over all rotations (no mirror), scale and translation: W. Kabsch 1976; S. Umeyama 1991, eq. 40-43.

    Args:
        moving: ``(..., P, 3)``.
        fixed: ``(..., P, 3)``, broadcast against ``moving``.

    Returns:
        ``(..., 3, 3)`` rotation matrices.
    """
    a = np.asarray(moving, np.float64)
    b = np.asarray(fixed, np.float64)
    a = a - a.mean(axis=-2, keepdims=True)
    b = b - b.mean(axis=-2, keepdims=True)
    u, _, vt = np.linalg.svd(np.swapaxes(b, -1, -2) @ a)
    sign = np.sign(np.linalg.det(u @ vt))
    correction = np.ones((*sign.shape, 3))
    correction[..., 2] = np.where(sign == 0, 1.0, sign)
    return np.asarray((u * correction[..., None, :]) @ vt)


def face_coordinates(landmarks: AnyArray) -> DoubleArray:
    """Landmarks in the face's own axes, in eye distances: position, turn and size of the head taken out.

    Origin: the middle of the outer eye corners. x: towards the person's left. y: up, towards the upper forehead
    (landmark 10) from the nose ridge (195), at right angles to x. z: out of the face. So a landmark moves here by the
    expression alone.

    Args:
        landmarks: ``(T, 478, 3)`` px.

    Returns:
        ``(T, 478, 3)``, eye distances.

    Raises:
        InputError: A wrong shape, not finite, or a face of no size.
    """
    array = checked_landmarks(landmarks) * (1.0, -1.0, -1.0)  # image y runs down and z away: make both right-handed
    across = array[:, LEFT_EYE_OUTER] - array[:, RIGHT_EYE_OUTER]
    size = np.linalg.norm(across, axis=1)
    if (size <= 0).any():
        raise InputError("a face has both outer eye corners at one point; expected tracked landmarks")
    x = across / size[:, None]
    up = array[:, _FOREHEAD] - array[:, _NOSE_RIDGE]
    up -= (up * x).sum(axis=1, keepdims=True) * x
    length = np.linalg.norm(up, axis=1)
    if (length <= 0).any():
        raise InputError("a face has its forehead in line with its eyes; expected tracked landmarks")
    y = up / length[:, None]
    axes = np.stack([x, y, np.cross(x, y)], axis=1)
    origin = (array[:, LEFT_EYE_OUTER] + array[:, RIGHT_EYE_OUTER]) / 2
    return np.asarray(np.einsum("tij,tpj->tpi", axes, array - origin[:, None]) / size[:, None, None])
