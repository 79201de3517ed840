"""Resampling an image through a field: where each pixel comes from, and how its light changes on the way.

The field lives on a coarser grid and is read bilinearly; the image is read once, with a Catmull-Rom cubic (Keys 1981,
a = -1/2), so that detail survives. A pixel whose field is exactly zero is copied bit for bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.types import FloatArray

STILL_PX = 1e-3
"""Displacements below this are none: a thousandth of a pixel changes no 8-bit sample."""


def warp(image: FloatArray, field: FloatArray, grid_scale: float) -> FloatArray:
    """Resample an image through a displacement and gain field.

    Args:
        image: ``(H, W, 3)`` float32.
        field: ``(h, w, 5)`` float32 on a grid of ``grid_scale`` grid px per image px, grid sample (0, 0) on pixel (0, 0):
            source minus target x and y in **image** px, then the natural logarithm of the gain of each channel.
        grid_scale: Grid px per image px, in (0, 1].

    Returns:
        ``(H, W, 3)`` float32: each pixel the image at ``pixel + displacement``, times ``exp(log gain)``. Reads outside
        the image take the nearest edge pixel.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    _check(image, field, grid_scale)
    result = np.empty_like(image)
    _warp(np.ascontiguousarray(image), np.ascontiguousarray(field), np.float32(grid_scale), result)
    return result


def warp_reference(image: FloatArray, field: FloatArray, grid_scale: float) -> FloatArray:
    """Do what :func:`warp` does with SciPy-free NumPy, slowly and plainly."""
    _check(image, field, grid_scale)
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
    return np.asarray(total * np.exp(flow[..., 2:]), np.float32)


def _check(image: FloatArray, field: FloatArray, grid_scale: float) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.float32:
        raise InputError(f"image must be (H, W, 3) float32, but came as {image.shape} {image.dtype}")
    if field.ndim != 3 or field.shape[2] != 5 or field.dtype != np.float32:
        raise InputError(f"field must be (h, w, 5) float32, but came as {field.shape} {field.dtype}")
    if not 0.0 < grid_scale <= 1.0:
        raise InputError(f"grid_scale must be in (0, 1], but came as {grid_scale}")


def _bilinear(grid: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    height, width = grid.shape[:2]
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    y0, x0 = np.minimum(y.astype(int), height - 2), np.minimum(x.astype(int), width - 2)
    fy, fx = (y - y0)[..., None], (x - x0)[..., None]
    top = grid[y0, x0] * (1 - fx) + grid[y0, x0 + 1] * fx
    bottom = grid[y0 + 1, x0] * (1 - fx) + grid[y0 + 1, x0 + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy)


def _cubic_weights(f: np.ndarray) -> np.ndarray:
    return np.stack(
        [
            ((-0.5 * f + 1.0) * f - 0.5) * f,
            (1.5 * f - 2.5) * f * f + 1.0,
            ((-1.5 * f + 2.0) * f + 0.5) * f,
            (0.5 * f - 0.5) * f * f,
        ],
        axis=-1,
    )


@njit(cache=True, nogil=True, fastmath=True)
def _warp(image, field, grid_scale, result):  # type: ignore[no-untyped-def]
    height, width = image.shape[0], image.shape[1]
    rows, columns = field.shape[0], field.shape[1]
    half, one, two = np.float32(0.5), np.float32(1.0), np.float32(2.0)
    for y in range(height):
        gy = min(np.float32(y) * grid_scale, np.float32(rows - 1))
        j = min(int(gy), rows - 2)
        fy = gy - np.float32(j)
        for x in range(width):
            gx = min(np.float32(x) * grid_scale, np.float32(columns - 1))
            i = min(int(gx), columns - 2)
            fx = gx - np.float32(i)
            w00, w01, w10, w11 = (one - fy) * (one - fx), (one - fy) * fx, fy * (one - fx), fy * fx
            a, b, c, d = field[j, i], field[j, i + 1], field[j + 1, i], field[j + 1, i + 1]
            dx = w00 * a[0] + w01 * b[0] + w10 * c[0] + w11 * d[0]
            dy = w00 * a[1] + w01 * b[1] + w10 * c[1] + w11 * d[1]
            red = w00 * a[2] + w01 * b[2] + w10 * c[2] + w11 * d[2]
            green = w00 * a[3] + w01 * b[3] + w10 * c[3] + w11 * d[3]
            blue = w00 * a[4] + w01 * b[4] + w10 * c[4] + w11 * d[4]
            if abs(dx) < STILL_PX and abs(dy) < STILL_PX:
                r, g, s = image[y, x, 0], image[y, x, 1], image[y, x, 2]
            else:
                sx, sy = np.float32(x) + dx, np.float32(y) + dy
                x0, y0 = int(np.floor(sx)), int(np.floor(sy))
                f, h = sx - np.float32(x0), sy - np.float32(y0)
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
                r = g = s = np.float32(0.0)
                for k in range(4):
                    row = min(max(y0 + k - 1, 0), height - 1)
                    v = v0 if k == 0 else (v1 if k == 1 else (v2 if k == 2 else v3))
                    r += v * (
                        u0 * image[row, xa, 0] + u1 * image[row, xb, 0] + u2 * image[row, xc, 0] + u3 * image[row, xd, 0]
                    )
                    g += v * (
                        u0 * image[row, xa, 1] + u1 * image[row, xb, 1] + u2 * image[row, xc, 1] + u3 * image[row, xd, 1]
                    )
                    s += v * (
                        u0 * image[row, xa, 2] + u1 * image[row, xb, 2] + u2 * image[row, xc, 2] + u3 * image[row, xd, 2]
                    )
            if red != 0.0 or green != 0.0 or blue != 0.0:
                r *= np.exp(red)
                g *= np.exp(green)
                s *= np.exp(blue)
            result[y, x, 0], result[y, x, 1], result[y, x, 2] = r, g, s
