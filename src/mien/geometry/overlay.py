"""A texture laid over an image through a field: which texel each pixel shows, and how much of it."""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.geometry.sampling import sample_cubic
from mien.types import FloatArray

LEAST_SHARE = 1e-3
"""Pixels with a smaller share keep their value bit for bit: it would change no 8-bit sample."""


def lay_texture(image: FloatArray, places: FloatArray, grid_scale: float, texture: FloatArray, add: bool) -> FloatArray:
    """Lay a texture over an image.

    Args:
        image: ``(H, W, 3)`` float32, 0-1.
        places: ``(h, w, 3)`` float32: texture column and row (texels), and share, 0-1; on a grid of ``grid_scale`` grid
            px per image px with grid sample (0, 0) on pixel (0, 0), read bilinearly.
        grid_scale: In (0, 1].
        texture: ``(R, C, 3)`` float32, 2 x 2 or more, read with a Catmull-Rom cubic.
        add: Add share times the texture, which may be negative; else mix it in: ``(1 - share) image + share texture``.

    Returns:
        ``(H, W, 3)`` float32, clipped to 0-1 where it is changed.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    _check(image, places, grid_scale, texture)
    result = np.array(image, order="C")
    _lay(result, np.ascontiguousarray(places), np.float32(grid_scale), np.ascontiguousarray(texture), add)
    return result


def lay_texture_reference(
    image: FloatArray, places: FloatArray, grid_scale: float, texture: FloatArray, add: bool
) -> FloatArray:
    """Do what :func:`lay_texture` does with SciPy's interpolation of the grid and one sample after the other."""
    from scipy.ndimage import map_coordinates

    _check(image, places, grid_scale, texture)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] * grid_scale
    u, v, share = (map_coordinates(c, [rows, columns], order=1, mode="nearest") for c in np.moveaxis(places, 2, 0))
    result = np.array(image)
    for y, x in np.argwhere(share > LEAST_SHARE):
        taken = np.array(sample_cubic(texture, u[y, x], v[y, x]))
        old = image[y, x]
        mixed = old + share[y, x] * taken if add else old + share[y, x] * (taken - old)
        result[y, x] = np.clip(mixed, 0.0, 1.0)
    return result


def _check(image: FloatArray, places: FloatArray, grid_scale: float, texture: FloatArray) -> None:
    for name, array, least in (("image", image, 1), ("places", places, 2), ("texture", texture, 2)):
        if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.float32 or min(array.shape[:2]) < least:
            raise InputError(f"{name} must be (h, w, 3) float32 of {least} px or more, but came as {array.shape}")
    if not 0.0 < grid_scale <= 1.0:
        raise InputError(f"grid_scale must be in (0, 1], but came as {grid_scale}")


@njit(cache=True, nogil=True, fastmath=True)
def _lay(image, places, grid_scale, texture, add):  # type: ignore[no-untyped-def]
    last_row, last_column = places.shape[0] - 1, places.shape[1] - 1
    zero, one = np.float32(0.0), np.float32(1.0)
    for y in range(image.shape[0]):
        gy = min(np.float32(y) * grid_scale, np.float32(last_row))
        y0 = min(int(gy), last_row - 1)
        fy = gy - np.float32(y0)
        for x in range(image.shape[1]):
            gx = min(np.float32(x) * grid_scale, np.float32(last_column))
            x0 = min(int(gx), last_column - 1)
            fx = gx - np.float32(x0)
            a, b, c, d = (one - fy) * (one - fx), (one - fy) * fx, fy * (one - fx), fy * fx
            near, right = places[y0, x0], places[y0, x0 + 1]
            below, across = places[y0 + 1, x0], places[y0 + 1, x0 + 1]
            share = a * near[2] + b * right[2] + c * below[2] + d * across[2]
            if share <= LEAST_SHARE:
                continue
            u = a * near[0] + b * right[0] + c * below[0] + d * across[0]
            v = a * near[1] + b * right[1] + c * below[1] + d * across[1]
            taken = sample_cubic(texture, u, v)
            for k in range(3):
                old = image[y, x, k]
                new = old + share * taken[k] if add else old + share * (taken[k] - old)
                image[y, x, k] = min(max(new, zero), one)
