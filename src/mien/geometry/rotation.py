"""Rotations: vector and matrix, derivative, pitch-yaw-roll, angle between two.

A rotation vector is an axis times an angle in radians, right-handed. ``R = Rz(roll) Ry(yaw) Rx(pitch)`` in the model
space of ``docs/conventions.md`` (x to the image's right, y up, z to the camera), hence positive pitch nods the face
down, positive yaw turns it towards the image's right, positive roll turns it counterclockwise in the image.
"""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray


def matrix_from_vector(vector: AnyArray) -> DoubleArray:
    """Turn rotation vectors ``(..., 3)`` into matrices ``(..., 3, 3)`` (Rodrigues' formula).

    Raises:
        InputError: If the last axis is not 3 long.
    """
    vector = _checked(vector, (3,), "rotation vectors")
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    cross = cross_matrix(vector)
    # sin(a)/a and (1 - cos a)/a² without a division by zero: np.sinc(x) is sin(pi x)/(pi x).
    first = np.sinc(angle / np.pi)
    second = 0.5 * np.sinc(angle / (2.0 * np.pi)) ** 2
    return np.asarray(np.eye(3) + first * cross + second * (cross @ cross))


def vector_from_matrix(matrix: AnyArray) -> DoubleArray:
    """Turn rotation matrices ``(..., 3, 3)`` into vectors ``(..., 3)`` of length 0 to pi.

    Goes through the unit quaternion, whose largest part is found first, so that it is exact near 0 and near pi.

    Raises:
        InputError: If the last two axes are not 3 by 3.
    """
    m = _checked(matrix, (3, 3), "rotation matrices")
    diagonal = np.stack([m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]], axis=-1)
    trace = diagonal.sum(-1)
    skew = np.stack([m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]], axis=-1)
    # Four times the outer product of the quaternion (w, x, y, z) with itself; its row of the largest diagonal is exact.
    outer = np.empty((*m.shape[:-2], 4, 4))
    outer[..., 0, 0] = 1.0 + trace
    outer[..., 0, 1:] = outer[..., 1:, 0] = skew
    outer[..., 1:, 1:] = m + np.swapaxes(m, -1, -2)
    for axis in range(3):
        outer[..., axis + 1, axis + 1] = 1.0 - trace + 2.0 * diagonal[..., axis]
    largest = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), axis=-1)
    quaternion = np.take_along_axis(outer, largest[..., None, None], axis=-2)[..., 0, :]
    quaternion = quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)
    quaternion = np.where(quaternion[..., :1] < 0.0, -quaternion, quaternion)
    sine = np.linalg.norm(quaternion[..., 1:], axis=-1)
    angle = 2.0 * np.arctan2(sine, quaternion[..., 0])
    factor = np.where(sine > 1e-12, angle / np.maximum(sine, 1e-300), 2.0)
    return np.asarray(quaternion[..., 1:] * factor[..., None])


def rotated_jacobian(vector: AnyArray, point: AnyArray) -> DoubleArray:
    """Derivative of ``R(vector) point`` with respect to the rotation vector.

    ``d(R p)/dr = -[R p]ₓ J(r)`` with the left Jacobian of SO(3), ``J = I + (1-cos a)/a² [r]ₓ + (a - sin a)/a³ [r]ₓ²``.

    Args:
        vector: ``(3,)`` rotation vector, radians.
        point: ``(..., 3)`` points.

    Returns:
        ``(..., 3, 3)``: rows are the coordinates of the rotated point, columns those of the vector.
    """
    vector = _checked(vector, (3,), "a rotation vector")
    point = _checked(point, (3,), "points")
    angle = float(np.linalg.norm(vector))
    cross = cross_matrix(vector)
    second = 0.5 * np.sinc(angle / (2.0 * np.pi)) ** 2
    third = (angle - np.sin(angle)) / angle**3 if angle > 1e-3 else 1.0 / 6.0 - angle * angle / 120.0
    left = np.eye(3) + second * cross + third * (cross @ cross)
    return np.asarray(-cross_matrix(point @ matrix_from_vector(vector).T) @ left)


def euler_degrees(matrix: AnyArray) -> DoubleArray:
    """Pitch, yaw and roll in degrees ``(..., 3)`` of rotation matrices ``(..., 3, 3)``; yaw within ±90."""
    m = _checked(matrix, (3, 3), "rotation matrices")
    pitch = np.arctan2(m[..., 2, 1], m[..., 2, 2])
    yaw = np.arctan2(-m[..., 2, 0], np.hypot(m[..., 0, 0], m[..., 1, 0]))
    roll = np.arctan2(m[..., 1, 0], m[..., 0, 0])
    return np.asarray(np.degrees(np.stack([pitch, yaw, roll], axis=-1)))


def matrix_from_euler(pitch_yaw_roll_degrees: AnyArray) -> DoubleArray:
    """Rotation matrices ``(..., 3, 3)`` of pitch, yaw, roll in degrees ``(..., 3)``."""
    angles = np.radians(_checked(pitch_yaw_roll_degrees, (3,), "pitch, yaw, roll"))
    about = [matrix_from_vector(angles[..., k, None] * np.eye(3)[k]) for k in range(3)]
    return np.asarray(about[2] @ about[1] @ about[0])


def angle_between(first: AnyArray, second: AnyArray) -> DoubleArray:
    """Angle in radians, 0 to pi, of the rotation that leads from matrices ``first`` to ``second`` ``(..., 3, 3)``."""
    first = _checked(first, (3, 3), "rotation matrices")
    second = _checked(second, (3, 3), "rotation matrices")
    return np.asarray(np.linalg.norm(vector_from_matrix(np.swapaxes(first, -1, -2) @ second), axis=-1))


def cross_matrix(vector: AnyArray) -> DoubleArray:
    """Matrices ``(..., 3, 3)`` with which a product is the cross product with vectors ``(..., 3)``."""
    v = np.asarray(vector, np.float64)
    result = np.zeros((*v.shape, 3))
    for row, column, part in ((2, 1, 0), (0, 2, 1), (1, 0, 2)):
        result[..., row, column], result[..., column, row] = v[..., part], -v[..., part]
    return result


def _checked(array: AnyArray, last: tuple[int, ...], name: str) -> DoubleArray:
    array = np.asarray(array, np.float64)
    if array.shape[-len(last) :] != last:
        raise InputError(f"{name} must end in axes {last}, but came as {array.shape}")
    return array
