"""The kernel of :func:`mien.geometry.warp.warp`.

Row by row and step by step, since long plain loops are what compilers make fast. What it does stands in plain NumPy in
:func:`mien.geometry.warp.warp_reference`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.geometry.lanes import cubic_pixel, mix_eight
from mien.geometry.sampling import sample_cubic

STILL_PX = 1e-3
"""Displacements below this are none: a thousandth of a pixel changes no 8-bit sample."""

_FAR = -1
"""Place of a pixel whose neighbours do not all lie in the image."""


@njit(cache=True, nogil=True)
def _asked(field):  # type: ignore[no-untyped-def]
    """Where each row of the field asks for something, ``(h, 4)``.

    The first column and the one after the last, then the same of light alone; both 0 where nothing is asked.
    """
    rows, columns = field.shape[0], field.shape[1]
    spans = np.zeros((rows, 4), np.int64)
    for j in range(rows):
        line, span = field[j], spans[j]
        for i in range(columns):
            lit = line[i, 2] != 0.0 or line[i, 3] != 0.0 or line[i, 6] != 0.0
            if lit or abs(line[i, 0]) >= STILL_PX or abs(line[i, 1]) >= STILL_PX:
                if span[1] == 0:
                    span[0] = i
                span[1] = i + 1
            if lit:
                if span[3] == 0:
                    span[2] = i
                span[3] = i + 1
    return spans


@njit(cache=True, nogil=True)
def _pixels(first, stop, next_first, next_stop, grid_scale, width):  # type: ignore[no-untyped-def]
    """First pixel, and the one after the last, that spans of two neighbouring rows of the field reach; 0, 0 if none."""
    if stop == 0 and next_stop == 0:
        return 0, 0
    if stop == 0 or (next_stop > 0 and next_first < first):
        first = next_first
    start = max(0, int(np.float32(first - 1) / grid_scale))
    return start, min(width, int(np.float32(max(stop, next_stop)) / grid_scale) + 2)


@njit(cache=True, nogil=True, fastmath=True)
def _displacement(flow, moves):  # type: ignore[no-untyped-def]
    """Displacements of a row's pixels along x and y ``(2, n)``, nothing where they are still."""
    least, zero = np.float32(STILL_PX), np.float32(0.0)
    across, down = moves[0], moves[1]
    for n in range(len(across)):
        dx, dy = flow[n, 0], flow[n, 1]
        still = (abs(dx) < least) & (abs(dy) < least)
        across[n] = zero if still else dx
        down[n] = zero if still else dy


@njit(cache=True, nogil=True, fastmath=True)
def _weigh(moves, start, step, size, weights, first):  # type: ignore[no-untyped-def]
    """Along one axis, for pixels from ``start`` on: the cubic kernel's weights ``(4, n)`` and its first pixel.

    Held near the image, beyond whose edge all is its edge: the numbers of pixels stay small.
    """
    half, one, two = np.float32(0.5), np.float32(1.0), np.float32(2.0)
    more, most, far = np.float32(1.5), np.float32(2.5), np.float32(size + 1)
    before, at, after, beyond = weights[0], weights[1], weights[2], weights[3]
    for n in range(len(first)):
        x = min(max(np.float32(start + step * n) + moves[n], -two), far)
        whole = np.floor(x)
        f = x - whole
        first[n] = np.int32(whole) - np.int32(1)
        before[n] = ((one - half * f) * f - half) * f
        at[n] = (more * f - most) * f * f + one
        after[n] = ((two - more * f) * f + half) * f
        beyond[n] = (half * f - half) * f * f


@njit(cache=True, nogil=True, fastmath=True)
def _first_numbers(columns, rows, width, height, first):  # type: ignore[no-untyped-def]
    """Place in the flat image of each pixel's first neighbour, or :data:`_FAR`."""
    last = 3 * width * (height - 3) - 16  # sixteen numbers are read from each of four rows
    for n in range(len(first)):
        left, top = columns[n], rows[n]
        at = (top * width + left) * 3
        within = (left >= 0) & (left <= width - 4) & (top >= 0) & (top <= height - 4) & (at <= last)
        first[n] = at if within else _FAR


@njit(cache=True, nogil=True)
def _resample(image, pixels, x0, y, moves, weights, first, colour):  # type: ignore[no-untyped-def]
    """The colours of a row's pixels, four numbers each; ``pixels`` is the image, flat."""
    height, width, count = image.shape[0], image.shape[1], len(first)
    flat = weights.reshape(8 * count)
    for n in range(count):
        if first[n] >= 0:
            cubic_pixel(colour, 4 * n, pixels, first[n], 3 * width, flat, n, count)
            continue
        at_x = min(max(np.float32(x0 + n) + moves[0, n], np.float32(-2.0)), np.float32(width + 1))
        at_y = min(max(np.float32(y) + moves[1, n], np.float32(-2.0)), np.float32(height + 1))
        colour[4 * n], colour[4 * n + 1], colour[4 * n + 2] = sample_cubic(image, at_x, at_y)


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
def _light(flow, tints, relief, gains, bits):  # type: ignore[no-untyped-def]
    """What each pixel of a row is multiplied by: ``gains`` ``(3, n)``."""
    one = np.float32(1.0)
    red, green, blue = gains[0], gains[1], gains[2]
    for n in range(len(relief)):
        gain, tint = flow[n, 2], flow[n, 3]
        red[n] = gain + tint * tints[0, 0] + relief[n] * (one + tints[1, 0])
        green[n] = gain + tint * tints[0, 1] + relief[n] * (one + tints[1, 1])
        blue[n] = gain + tint * tints[0, 2] + relief[n] * (one + tints[1, 2])
    for c in range(3):
        _exponential(gains[c], bits)


@njit(cache=True, nogil=True, fastmath=True)
def _color(colour, gains, first, stop, result):  # type: ignore[no-untyped-def]
    """The pixels of a row: its colours ``(n, 4)``, those from ``first`` to ``stop`` times their gains."""
    zero, one = np.float32(0.0), np.float32(1.0)
    for n in range(len(result)):
        for c in range(3):
            result[n, c] = min(max(colour[n, c], zero), one)
    for n in range(first, stop):
        for c in range(3):
            result[n, c] = min(result[n, c] * gains[c, n - first], one)


@njit(cache=True, nogil=True)
def _places(width, grid_scale, columns):  # type: ignore[no-untyped-def]
    """Where each pixel of a row lies in a row of the field: the place of its left neighbour, and the right's share."""
    places, shares = np.empty(width, np.uint32), np.empty(width, np.float32)
    for x in range(width):
        gx = min(np.float32(x) * grid_scale, np.float32(columns - 1))
        places[x] = 8 * min(int(gx), columns - 2)
        shares[x] = gx - np.float32(min(int(gx), columns - 2))
    return places, shares


@njit(cache=True, nogil=True, fastmath=True)
def _between(upper, lower, share, line):  # type: ignore[no-untyped-def]
    """A line between two rows of the field."""
    for k in range(len(line)):
        line[k] = upper[k] + share * (lower[k] - upper[k])


@njit(cache=True, nogil=True, fastmath=True)
def warp_rows(image, field, grid_scale, texture, tints, result):  # type: ignore[no-untyped-def]
    """Fill ``result``; all arrays C-contiguous, tints ``(2, 3)``: that of the field and that of the texture."""
    height, width, rows, columns = image.shape[0], image.shape[1], field.shape[0], field.shape[1]
    pixels, grid, spans = image.reshape(height * width * 3), field.reshape(rows, columns * 8), _asked(field)
    places, shares = _places(width, grid_scale, columns)
    line, flow = np.empty(8 * columns, np.float32), np.empty(8 * width, np.float32)
    moves, weights = np.empty(2 * width, np.float32), np.empty(8 * width, np.float32)
    colour, gains = np.empty(4 * width, np.float32), np.empty(3 * width, np.float32)
    relief, bits, whole = np.empty(width, np.float32), np.empty(width, np.int32), np.empty(3 * width, np.int32)
    for y in range(height):
        gy = min(np.float32(y) * grid_scale, np.float32(rows - 1))
        j = min(int(gy), rows - 2)
        above, below = spans[j], spans[j + 1]
        start, stop = _pixels(above[0], above[1], below[0], below[1], grid_scale, width)
        result[y, :start] = image[y, :start]  # where nothing is asked the pixels stay
        result[y, stop:] = image[y, stop:]
        if start == stop:
            continue
        left, right = 8 * max(min(above[0], below[0]) - 2, 0), 8 * min(max(above[1], below[1]) + 3, columns)
        _between(grid[j, left:right], grid[j + 1, left:right], gy - np.float32(j), line[left:right])
        count = stop - start
        for n in range(count):
            place = places[start + n]
            mix_eight(flow, 8 * n, line, place, place + 8, shares[start + n])
        here, move = flow[: 8 * count].reshape(count, 8), moves[: 2 * count].reshape(2, count)
        weight, neighbours = weights[: 8 * count].reshape(8, count), whole[: 3 * count].reshape(3, count)
        _displacement(here, move)
        _weigh(move[0], start, 1, width, weight[:4], neighbours[0])
        _weigh(move[1], y, 0, height, weight[4:], neighbours[1])
        _first_numbers(neighbours[0], neighbours[1], width, height, neighbours[2])
        _resample(image, pixels, start, y, move, weight, neighbours[2], colour)
        lit, unlit = _pixels(above[2], above[3], below[2], below[3], grid_scale, width)
        lit, unlit = max(lit - start, 0), max(unlit - start, 0)
        gain = gains[: 3 * (unlit - lit)].reshape(3, unlit - lit)
        _read_texture(here[lit:unlit], texture, relief[: unlit - lit])
        _light(here[lit:unlit], tints, relief[: unlit - lit], gain, bits[: unlit - lit])
        _color(colour[: 4 * count].reshape(count, 4), gain, lit, unlit, result[y, start:stop])
