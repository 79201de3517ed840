"""Resampling an image through a field: where each pixel comes from, and how its light changes on the way.

The field lives on a coarser grid and is read bilinearly, so it costs little and has no creases; the image is read once,
with a Catmull-Rom cubic (Keys 1981, a = -1/2), so that detail survives; and what must be finer than the grid, a texture
of light and dark, is looked up for each pixel through the texture coordinates in the field. A pixel whose field is zero
is copied bit for bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.types import AnyArray, FloatArray

STILL_PX = 1e-3
"""Displacements below this are none: a thousandth of a pixel changes no 8-bit sample."""

FIELD_CHANNELS = 7
"""Source minus target x and y (px); log gain; share of the tint; texture column and row (texels); share of the texture."""

NO_TEXTURE = np.zeros((2, 2), np.float32)


def warp(
    image: FloatArray,
    field: FloatArray,
    grid_scale: float,
    texture: FloatArray = NO_TEXTURE,
    tint: AnyArray = (0.0, 0.0, 0.0),
    texture_tint: AnyArray = (0.0, 0.0, 0.0),
) -> FloatArray:
    """Resample an image through a displacement and gain field.

    Args:
        image: ``(H, W, 3)`` float32, 0-1.
        field: ``(h, w, 7)`` float32, see :data:`FIELD_CHANNELS`, on a grid of ``grid_scale`` grid px per image px with
            grid sample (0, 0) on pixel (0, 0).
        grid_scale: Grid px per image px, in (0, 1].
        texture: ``(R, C)`` float32, R and C at least 2: further log gain, read bilinearly at the field's coordinates.
        tint: ``(3,)`` log gain of each channel where the field's share of it is 1.
        texture_tint: ``(3,)`` what each channel takes of the texture beside its whole, as a share of it.

    Returns:
        ``(H, W, 3)`` float32, 0-1: each pixel the image at ``pixel + displacement``, times ``exp`` of its log gains. Reads
        outside the image take the nearest edge pixel.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    _check(image, field, grid_scale, texture)
    result = np.empty(image.shape, np.float32)
    tints = np.array([tint, texture_tint], np.float32)
    _warp(np.ascontiguousarray(image), np.ascontiguousarray(field), np.float32(grid_scale), texture, tints, result)
    return result


def warp_reference(
    image: FloatArray,
    field: FloatArray,
    grid_scale: float,
    texture: FloatArray = NO_TEXTURE,
    tint: AnyArray = (0.0, 0.0, 0.0),
    texture_tint: AnyArray = (0.0, 0.0, 0.0),
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


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def sample_cubic(image, x, y):  # type: ignore[no-untyped-def]
    """Red, green and blue of an image ``(H, W, 3)`` at one position, Catmull-Rom; for use inside other kernels."""
    height, width = image.shape[0], image.shape[1]
    half, one, two = np.float32(0.5), np.float32(1.0), np.float32(2.0)
    x0, y0 = int(np.floor(x)), int(np.floor(y))
    f, h = np.float32(x - x0), np.float32(y - y0)
    u0 = ((one - half * f) * f - half) * f
    u1 = (np.float32(1.5) * f - np.float32(2.5)) * f * f + one
    u2 = ((two - np.float32(1.5) * f) * f + half) * f
    u3 = (half * f - half) * f * f
    v0 = ((one - half * h) * h - half) * h
    v1 = (np.float32(1.5) * h - np.float32(2.5)) * h * h + one
    v2 = ((two - np.float32(1.5) * h) * h + half) * h
    v3 = (half * h - half) * h * h
    xa, xb = min(max(x0 - 1, 0), width - 1), min(max(x0, 0), width - 1)
    xc, xd = min(max(x0 + 1, 0), width - 1), min(max(x0 + 2, 0), width - 1)
    r = g = b = np.float32(0.0)
    for k in range(4):
        row = image[min(max(y0 + k - 1, 0), height - 1)]
        v = v0 if k == 0 else (v1 if k == 1 else (v2 if k == 2 else v3))
        r += v * (u0 * row[xa, 0] + u1 * row[xb, 0] + u2 * row[xc, 0] + u3 * row[xd, 0])
        g += v * (u0 * row[xa, 1] + u1 * row[xb, 1] + u2 * row[xc, 1] + u3 * row[xd, 1])
        b += v * (u0 * row[xa, 2] + u1 * row[xb, 2] + u2 * row[xc, 2] + u3 * row[xd, 2])
    return r, g, b


@njit(cache=True, nogil=True, fastmath=True)
def _warp(image, field, grid_scale, texture, tints, result):  # type: ignore[no-untyped-def]
    height, width = image.shape[0], image.shape[1]
    rows, columns = field.shape[0], field.shape[1]
    last_row, last_column = texture.shape[0] - 1, texture.shape[1] - 1
    zero, one, half = np.float32(0.0), np.float32(1.0), np.float32(0.5)
    line = np.empty((columns, 7), np.float32)
    flow = np.empty(7, np.float32)
    for y in range(height):
        gy = min(np.float32(y) * grid_scale, np.float32(rows - 1))
        j = min(int(gy), rows - 2)
        fy = gy - np.float32(j)
        for i in range(columns):  # The field on this row, once; then each pixel needs only its neighbours along it.
            for k in range(7):
                line[i, k] = field[j, i, k] + fy * (field[j + 1, i, k] - field[j, i, k])
        for x in range(width):
            gx = min(np.float32(x) * grid_scale, np.float32(columns - 1))
            i = min(int(gx), columns - 2)
            fx = gx - np.float32(i)
            for k in range(7):
                flow[k] = line[i, k] + fx * (line[i + 1, k] - line[i, k])
            if abs(flow[0]) < STILL_PX and abs(flow[1]) < STILL_PX:
                r, g, b = image[y, x, 0], image[y, x, 1], image[y, x, 2]
            else:
                r, g, b = sample_cubic(image, np.float32(x) + flow[0], np.float32(y) + flow[1])
                r, g, b = min(max(r, zero), one), min(max(g, zero), one), min(max(b, zero), one)
            relief = zero
            if flow[6] > zero:
                u = min(max(flow[4], zero), np.float32(last_column))
                v = min(max(flow[5], zero), np.float32(last_row))
                p, q = min(int(u), last_column - 1), min(int(v), last_row - 1)
                fu, fv = u - np.float32(p), v - np.float32(q)
                top = texture[q, p] + fu * (texture[q, p + 1] - texture[q, p])
                bottom = texture[q + 1, p] + fu * (texture[q + 1, p + 1] - texture[q + 1, p])
                relief = flow[6] * (top + fv * (bottom - top))
            gain = flow[2] + relief
            if gain != zero:
                factor = np.exp(gain)
                r, g, b = r * factor, g * factor, b * factor
            if flow[3] != zero or relief != zero:
                # Tints are a few hundredths, for which three terms of the exponential are exact to 1e-4.
                tr = flow[3] * tints[0, 0] + relief * tints[1, 0]
                tg = flow[3] * tints[0, 1] + relief * tints[1, 1]
                tb = flow[3] * tints[0, 2] + relief * tints[1, 2]
                r *= one + tr + half * tr * tr
                g *= one + tg + half * tg * tg
                b *= one + tb + half * tb * tb
            result[y, x, 0], result[y, x, 1], result[y, x, 2] = min(r, one), min(g, one), min(b, one)
