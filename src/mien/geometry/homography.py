"""Plane to plane: projective maps between pictures, and a picture resampled through one.

A map is a ``(3, 3)`` matrix ``H`` that takes ``(x, y, 1)`` to ``(x', y', 1)`` up to scale, in px with pixel centres at
whole numbers (``docs/conventions.md``).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from mien.errors import InputError
from mien.geometry.sampling import sample_cubic
from mien.types import AnyArray, DoubleArray, FloatArray

MAX_SAMPLES = 4
"""Samples along a pixel's side when a picture is made smaller."""


def fit_homography(source: AnyArray, target: AnyArray) -> DoubleArray:
    """The projective map that takes points best onto others (normalised direct linear transformation).

    R. Hartley, A. Zisserman, "Multiple View Geometry", 2004, algorithm 4.2: exact for exact matches of four points or
    more, no three of four on a line; for noisy ones it minimises the algebraic error.

    Args:
        source: ``(K, 2)``, K at least 4.
        target: ``(K, 2)``.

    Returns:
        ``(3, 3)``, last element 1.

    Raises:
        InputError: If the shapes differ, there are fewer than four points, or they do not span a plane.
    """
    a, b = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if a.ndim != 2 or a.shape[1] != 2 or a.shape != b.shape or len(a) < 4:
        raise InputError(f"a projective map needs four pairs of points (K, 2) or more, but got {a.shape} and {b.shape}")
    to_a, to_b = _normaliser(a), _normaliser(b)
    (x, y), (u, v) = apply_homography(to_a, a).T, apply_homography(to_b, b).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows = np.concatenate(
        [
            np.stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u], axis=1),
            np.stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v], axis=1),
        ]
    )
    values, right = np.linalg.svd(rows)[1:]
    if values[7] < 1e-9 * values[0]:
        raise InputError("the points of a projective map lie on a line; it needs four that do not")
    full = np.linalg.inv(to_b) @ right[-1].reshape(3, 3) @ to_a
    return np.asarray(full / full[2, 2])


def apply_homography(matrix: AnyArray, points: ArrayLike) -> DoubleArray:
    """Map points ``(K, 2)``."""
    flat = np.asarray(points, np.float64)
    mapped = np.concatenate([flat, np.ones((len(flat), 1))], axis=1) @ np.asarray(matrix, np.float64).T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def resample(image: FloatArray, to_image: AnyArray, height: int, width: int) -> FloatArray:
    """A new picture, each pixel of which reads an image where a projective map puts it.

    Args:
        image: ``(H, W, 3)`` float32, 0-1.
        to_image: ``(3, 3)`` from px of the result to px of the image.
        height: Rows of the result.
        width: Columns of the result.

    Returns:
        ``(height, width, 3)`` float32, 0-1. Read with a Catmull-Rom cubic, several samples a pixel where the result is
        smaller than the image (at most 4 a side); beyond the image, its edge's pixels.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.float32:
        raise InputError(f"image must be (H, W, 3) float32, but came as {image.shape} {image.dtype}")
    matrix = np.ascontiguousarray(to_image, np.float64)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise InputError(f"a projective map is a finite (3, 3) matrix, but came as {matrix.shape}")
    corners = apply_homography(matrix, [[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]])
    longest = max(np.abs(np.diff(corners[[0, 1]], axis=0)).max() / max(width - 1, 1), 0.0)
    longest = max(longest, np.abs(np.diff(corners[[0, 2]], axis=0)).max() / max(height - 1, 1))
    times = int(np.clip(np.ceil(longest - 0.25), 1, MAX_SAMPLES))
    result = np.empty((height, width, 3), np.float32)
    _resample(np.ascontiguousarray(image), matrix, times, result)
    return result


def _normaliser(points: DoubleArray) -> DoubleArray:
    """Move points to a mean of 0 and a mean distance of sqrt(2)."""
    middle = points.mean(axis=0)
    distance = np.linalg.norm(points - middle, axis=1).mean()
    scale = np.sqrt(2.0) / max(distance, 1e-12)
    return np.array([[scale, 0.0, -scale * middle[0]], [0.0, scale, -scale * middle[1]], [0.0, 0.0, 1.0]])


@njit(cache=True, nogil=True)
def _resample(image, matrix, times, result):  # type: ignore[no-untyped-def]
    share = 1.0 / (times * times)
    for row in range(result.shape[0]):
        for column in range(result.shape[1]):
            red, green, blue = 0.0, 0.0, 0.0
            for j in range(times):
                y = row + (j + 0.5) / times - 0.5
                for i in range(times):
                    x = column + (i + 0.5) / times - 0.5
                    w = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
                    px = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / w
                    py = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / w
                    r, g, b = sample_cubic(image, np.float32(px), np.float32(py))
                    red += min(max(r, np.float32(0.0)), np.float32(1.0))
                    green += min(max(g, np.float32(0.0)), np.float32(1.0))
                    blue += min(max(b, np.float32(0.0)), np.float32(1.0))
            result[row, column, 0] = red * share
            result[row, column, 1] = green * share
            result[row, column, 2] = blue * share
