"""Resampling an image through a field: where each pixel comes from, and how its light changes on the way.

The field lives on a coarser grid and is read bilinearly, so it costs little and has no creases; the image is read once,
with a Catmull-Rom cubic (Keys 1981, a = -1/2), so that detail survives; and what must be finer than the grid, a texture
of light and dark, is looked up for each pixel through the texture coordinates in the field. A pixel whose field is zero
is copied bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.errors import InputError
from mien.geometry.warp_kernel import STILL_PX, warp_rows
from mien.types import AnyArray, FloatArray

FIELD_CHANNELS = 8
"""Source minus target x and y (px); log gain; share of the tint; texture column and row (texels); its share; nothing,
since processors take eight numbers at a time."""

NO_TEXTURE = np.zeros((2, 2), np.float32)


def warp(
    image: FloatArray,
    field: FloatArray,
    grid_scale: float,
    texture: FloatArray = NO_TEXTURE,
    tint: AnyArray | Sequence[float] = (0.0, 0.0, 0.0),
    texture_tint: AnyArray | Sequence[float] = (0.0, 0.0, 0.0),
    out: FloatArray | None = None,
) -> FloatArray:
    """Resample an image through a displacement and gain field.

    Args:
        image: ``(H, W, 3)`` float32, 0-1.
        field: ``(h, w, 8)`` float32, see :data:`FIELD_CHANNELS`, on a grid of ``grid_scale`` grid px per image px with
            grid sample (0, 0) on pixel (0, 0).
        grid_scale: Grid px per image px, in (0, 1].
        texture: ``(R, C)`` float32, R and C at least 2: further log gain, read bilinearly at the field's coordinates.
        tint: ``(3,)`` log gain of each channel where the field's share of it is 1.
        texture_tint: ``(3,)`` what each channel takes of the texture beside its whole, as a share of it.
        out: ``(H, W, 3)`` float32, C-contiguous, to hold the result; None for a new array.

    Returns:
        ``(H, W, 3)`` float32, 0-1: each pixel the image at ``pixel + displacement``, times ``exp`` of its log gains.
        Reads outside the image take the nearest edge pixel.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    _check(image, field, grid_scale, texture)
    result = np.empty(image.shape, np.float32) if out is None else out
    tints = np.array([tint, texture_tint], np.float32)
    warp_rows(np.ascontiguousarray(image), np.ascontiguousarray(field), np.float32(grid_scale), texture, tints, result)
    return result


def warp_reference(
    image: FloatArray,
    field: FloatArray,
    grid_scale: float,
    texture: FloatArray = NO_TEXTURE,
    tint: AnyArray | Sequence[float] = (0.0, 0.0, 0.0),
    texture_tint: AnyArray | Sequence[float] = (0.0, 0.0, 0.0),
) -> FloatArray:
    """Do what :func:`warp` does with NumPy, slowly and plainly."""
    _check(image, field, grid_scale, texture)
    height, width, _ = image.shape
    rows, columns = np.mgrid[0:height, 0:width]
    flow = _bilinear(field.astype(np.float64), rows * grid_scale, columns * grid_scale)
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    wx, wy = _cubic_weights(x - x0), _cubic_weights(y - y0)
    total = np.zeros(image.shape)
    for j in range(4):
        for i in range(4):
            taken = image[np.clip(y0 + j - 1, 0, height - 1), np.clip(x0 + i - 1, 0, width - 1)]
            total += taken * (wy[..., j] * wx[..., i])[..., None]
    still = np.maximum(np.abs(flow[..., 0]), np.abs(flow[..., 1])) < STILL_PX
    total[still] = image[still]
    total = np.clip(total, 0.0, 1.0)
    relief = _bilinear(texture.astype(np.float64)[..., None], flow[..., 5], flow[..., 4])[..., 0]
    gain = flow[..., 2, None] + flow[..., 3, None] * np.asarray(tint)
    gain = gain + (flow[..., 6] * relief)[..., None] * (1.0 + np.asarray(texture_tint))
    return np.asarray(np.clip(total * np.exp(gain), 0.0, 1.0), np.float32)


def _check(image: FloatArray, field: FloatArray, grid_scale: float, texture: FloatArray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.float32:
        raise InputError(f"image must be (H, W, 3) float32, but came as {image.shape} {image.dtype}")
    if field.ndim != 3 or field.shape[2] != FIELD_CHANNELS or field.dtype != np.float32 or min(field.shape[:2]) < 2:
        raise InputError(f"field must be (h, w, {FIELD_CHANNELS}) float32, but came as {field.shape} {field.dtype}")
    if texture.ndim != 2 or texture.dtype != np.float32 or min(texture.shape) < 2:
        raise InputError(f"texture must be (R, C) float32 of 2 or more, but came as {texture.shape} {texture.dtype}")
    if not 0.0 < grid_scale <= 1.0:
        raise InputError(f"grid_scale must be in (0, 1], but came as {grid_scale}")


def _bilinear(grid: AnyArray, y: AnyArray, x: AnyArray) -> AnyArray:
    height, width = grid.shape[:2]
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    y0, x0 = np.minimum(y.astype(int), height - 2), np.minimum(x.astype(int), width - 2)
    fy, fx = (y - y0)[..., None], (x - x0)[..., None]
    top = grid[y0, x0] * (1 - fx) + grid[y0, x0 + 1] * fx
    bottom = grid[y0 + 1, x0] * (1 - fx) + grid[y0 + 1, x0 + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy)


def _cubic_weights(f: AnyArray) -> AnyArray:
    return np.stack(
        [
            ((-0.5 * f + 1.0) * f - 0.5) * f,
            (1.5 * f - 2.5) * f * f + 1.0,
            ((-1.5 * f + 2.0) * f + 0.5) * f,
            (0.5 * f - 0.5) * f * f,
        ],
        axis=-1,
    )
