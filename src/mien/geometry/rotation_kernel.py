"""A rotation vector's matrix inside other kernels; :mod:`mien.geometry.rotation` does without the compiler."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def rotation_kernel(vector, matrix):  # type: ignore[no-untyped-def]
    """Write the matrix of one rotation vector ``(3,)`` into ``matrix`` ``(3, 3)``; for use inside other kernels."""
    x, y, z = vector[0], vector[1], vector[2]
    square = x * x + y * y + z * z
    angle = np.sqrt(square)
    if angle > 1e-4:
        first = np.sin(angle) / angle
        second = (1.0 - np.cos(angle)) / square
    else:
        first = 1.0 - square / 6.0
        second = 0.5 - square / 24.0
    cosine = 1.0 - second * square
    matrix[0, 0] = cosine + second * x * x
    matrix[1, 1] = cosine + second * y * y
    matrix[2, 2] = cosine + second * z * z
    matrix[0, 1] = second * x * y - first * z
    matrix[1, 0] = second * x * y + first * z
    matrix[0, 2] = second * x * z + first * y
    matrix[2, 0] = second * x * z - first * y
    matrix[1, 2] = second * y * z - first * x
    matrix[2, 1] = second * y * z + first * x
