"""Resampling an image through a field: where each pixel comes from, and how its light changes on the way.

The field lives on a coarser grid and is read bilinearly, so it costs little and has no creases; the image is read once,
with a Catmull-Rom cubic (Keys 1981, a = -1/2), so that detail survives; and what must be finer than the grid, a texture
of light and dark, is looked up for each pixel through the texture coordinates in the field. A pixel whose field is zero
is copied bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.geometry.lanes import cubic_pixel, mix_eight
from mien.types import AnyArray, FloatArray

STILL_PX = 1e-3
"""Displacements below this are none: a thousandth of a pixel changes no 8-bit sample."""

FIELD_CHANNELS = 7
"""Source minus target x and y (px); log gain; share of the tint; texture column and row (texels); its share."""

NO_TEXTURE = np.zeros((2, 2), np.float32)


def warp(
    image: FloatArray,
    field: FloatArray,
    grid_scale: float,
    texture: FloatArray = NO_TEXTURE,
    tint: AnyArray | Sequence[float] = (0.0, 0.0, 0.0),
    texture_tint: AnyArray | Sequence[float] = (0.0, 0.0, 0.0),
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
        ``(H, W, 3)`` float32, 0-1: each pixel the image at ``pixel + displacement``, times ``exp`` of its log gains.
        Reads outside the image take the nearest edge pixel.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    _check(image, field, grid_scale, texture)
    result = np.array(image, order="C")  # where nothing is asked the pixels stay
    tints = np.array([tint, texture_tint], np.float32)
    _warp(np.ascontiguousarray(image), np.ascontiguousarray(field), np.float32(grid_scale), texture, tints, result)
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


_MARGIN = 3
"""Pixels that :func:`_padded` adds on the left and above, and one more on the right and below: the cubic kernel is held
to places from which it reaches no farther."""


@njit(cache=True, nogil=True)
def _padded(image):  # type: ignore[no-untyped-def]
    """The image with a fourth channel, of nothing, and its edge pixels repeated around it, flat."""
    height, width = image.shape[0], image.shape[1]
    stride = (width + 2 * _MARGIN + 1) * 4
    out = np.zeros((height + 2 * _MARGIN + 1) * stride, np.float32)
    for j in range(height + 2 * _MARGIN + 1):
        row = out[j * stride : (j + 1) * stride]
        source = image[min(max(j - _MARGIN, 0), height - 1)]
        for x in range(width):
            for c in range(3):
                row[(x + _MARGIN) * 4 + c] = source[x, c]
        for c in range(3):
            row[c : _MARGIN * 4 : 4] = source[0, c]
            row[(width + _MARGIN) * 4 + c :: 4] = source[width - 1, c]
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _weigh(flow, x0, y0, limits, stride, last, weights, first):  # type: ignore[no-untyped-def]
    """For pixels of a row from (x0, y0) on: the cubic kernel's weights (columns, rows), and its first pixel's place."""
    zero, half, one, two = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
    more, most = np.float32(1.5), np.float32(2.5)
    for n in range(len(first)):
        dx, dy = flow[n, 0], flow[n, 1]
        still = abs(dx) < STILL_PX and abs(dy) < STILL_PX
        x = min(max(np.float32(x0 + n) + (zero if still else dx), -two), limits[0])
        y = min(max(np.float32(y0) + (zero if still else dy), -two), limits[1])
        column, row = np.floor(x), np.floor(y)
        f, h = x - column, y - row
        weights[0, n] = ((one - half * f) * f - half) * f
        weights[1, n] = (more * f - most) * f * f + one
        weights[2, n] = ((two - more * f) * f + half) * f
        weights[3, n] = (half * f - half) * f * f
        weights[4, n] = ((one - half * h) * h - half) * h
        weights[5, n] = (more * h - most) * h * h + one
        weights[6, n] = ((two - more * h) * h + half) * h
        weights[7, n] = (half * h - half) * h * h
        # Held to the image once more, for a position that is no number.
        first[n] = min(max((np.int32(row) + 2) * stride + (np.int32(column) + 2) * 4, 0), last)


@njit(cache=True, nogil=True, fastmath=True)
def _exponential(values, bits):  # type: ignore[no-untyped-def]
    """``exp`` of an array in place, right to 2e-7 of itself between -80 and 80; ``bits`` is room for as much."""
    powers = bits.view(np.float32)
    one, half = np.float32(1.0), np.float32(0.5)
    c3, c4, c5, c6 = np.float32(1 / 6), np.float32(1 / 24), np.float32(1 / 120), np.float32(1 / 720)
    for k in range(len(values)):
        n = np.floor(values[k] * np.float32(1.44269504) + half)
        f = values[k] - n * np.float32(0.693147181)
        bits[k] = (np.int32(n) + np.int32(127)) << np.int32(23)  # 2 to the n, as a float is written
        values[k] = one + f * (one + f * (half + f * (c3 + f * (c4 + f * (c5 + f * c6)))))
    for k in range(len(values)):
        values[k] *= powers[k]


@njit(cache=True, nogil=True)
def _read_texture(flow, texture, relief):  # type: ignore[no-untyped-def]
    """What the texture adds to the gain of each pixel of a row."""
    zero = np.float32(0.0)
    last_row, last_column = texture.shape[0] - 1, texture.shape[1] - 1
    for n in range(len(relief)):
        share = flow[n, 6]
        relief[n] = zero
        if share > zero:
            u = min(max(flow[n, 4], zero), np.float32(last_column))
            v = min(max(flow[n, 5], zero), np.float32(last_row))
            p, q = min(np.uint32(u), np.uint32(last_column - 1)), min(np.uint32(v), np.uint32(last_row - 1))
            fu, fv = u - np.float32(p), v - np.float32(q)
            top = texture[q, p] + fu * (texture[q, p + 1] - texture[q, p])
            bottom = texture[q + 1, p] + fu * (texture[q + 1, p + 1] - texture[q + 1, p])
            relief[n] = share * (top + fv * (bottom - top))


@njit(cache=True, nogil=True, fastmath=True)
def _color(flow, tints, colour, relief, gains, bits, result):  # type: ignore[no-untyped-def]
    """The pixels of a row: the resampled colours, times their gains."""
    zero, one = np.float32(0.0), np.float32(1.0)
    red, green, blue = gains[0], gains[1], gains[2]
    for n in range(len(result)):
        gain, tint = flow[n, 2], flow[n, 3]
        red[n] = gain + tint * tints[0, 0] + relief[n] * (one + tints[1, 0])
        green[n] = gain + tint * tints[0, 1] + relief[n] * (one + tints[1, 1])
        blue[n] = gain + tint * tints[0, 2] + relief[n] * (one + tints[1, 2])
    for c in range(3):
        _exponential(gains[c, : len(result)], bits)
    for n in range(len(result)):
        result[n, 0] = min(min(max(colour[n, 0], zero), one) * red[n], one)
        result[n, 1] = min(min(max(colour[n, 1], zero), one) * green[n], one)
        result[n, 2] = min(min(max(colour[n, 2], zero), one) * blue[n], one)


@njit(cache=True, nogil=True)
def _busy_columns(line):  # type: ignore[no-untyped-def]
    """First and last column of a row ``(w, 7)`` of the field where anything is asked; (0, -1) if nowhere."""
    first, last = 0, -1
    for i in range(len(line)):
        moved = abs(line[i, 0]) >= STILL_PX or abs(line[i, 1]) >= STILL_PX
        if moved or line[i, 2] != 0.0 or line[i, 3] != 0.0 or line[i, 6] != 0.0:
            if last < 0:
                first = i
            last = i
    return first, last


@njit(cache=True, nogil=True, fastmath=True)
def _warp(image, field, grid_scale, texture, tints, result):  # type: ignore[no-untyped-def]
    """Row by row and step by step, since long plain loops are what the compiler makes fast."""
    height, width = image.shape[0], image.shape[1]
    rows, columns = field.shape[0], field.shape[1]
    padded, stride = _padded(image), (width + 2 * _MARGIN + 1) * 4
    limits, last = np.array([width + 1, height + 1], np.float32), len(padded) - 3 * stride - 16
    grid = field.reshape(rows, columns * 7)
    line = np.zeros(columns * 7 + 1, np.float32)  # one more, as eight are read at a time
    flow, weights, first = np.empty(8 * width, np.float32), np.empty(8 * width, np.float32), np.empty(width, np.int32)
    colour, gains, bits = np.empty(4 * width, np.float32), np.empty((3, width), np.float32), np.empty(width, np.int32)
    relief = np.empty(width, np.float32)
    places, shares = np.empty(width, np.uint32), np.empty(width, np.float32)
    for x in range(width):
        gx = min(np.float32(x) * grid_scale, np.float32(columns - 1))
        places[x] = 7 * min(int(gx), columns - 2)
        shares[x] = gx - np.float32(min(int(gx), columns - 2))
    for y in range(height):
        gy = min(np.float32(y) * grid_scale, np.float32(rows - 1))
        j = min(int(gy), rows - 2)
        fy = gy - np.float32(j)
        upper, lower = grid[j], grid[j + 1]
        for k in range(columns * 7):
            line[k] = upper[k] + fy * (lower[k] - upper[k])
        busy_first, busy_last = _busy_columns(line[:-1].reshape(columns, 7))
        if busy_last < 0:
            continue
        start = max(0, int(np.float32(busy_first - 1) / grid_scale))
        count = min(width, int(np.float32(busy_last + 1) / grid_scale) + 2) - start
        place, share = places[start : start + count], shares[start : start + count]
        for n in range(count):
            mix_eight(flow, 8 * n, line, place[n], place[n] + 7, share[n])
        here = flow[: 8 * count].reshape(count, 8)
        _weigh(here, start, y, limits, stride, last, weights[: 8 * count].reshape(8, count), first[:count])
        for n in range(count):
            cubic_pixel(colour, 4 * n, padded, first[n], stride, weights, n, count)
        _read_texture(here, texture, relief[:count])
        pixels, part = colour[: 4 * count].reshape(count, 4), result[y, start : start + count]
        _color(here, tints, pixels, relief, gains, bits[:count], part)
