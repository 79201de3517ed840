"""Between YUV planes and RGB crops: fast loops, each beside the plain NumPy text of the same sum.

All work in stored orientation. Planes are C-contiguous ``(rows, row length in memory)`` arrays of uint8 or uint16,
which may be wider than the picture; crops are ``(h, w, 3)`` float32 RGB.

A crop upsamples chroma bilinearly at its proper siting. A change is the other way round: the difference of two crops
is converted and added to the samples, the chroma difference averaged over the luma samples of its block, so where
the difference is zero not a bit changes.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.types import AnyArray, DoubleArray, FloatArray, IntArray
from mien.video.color import YuvScale


def scale_numbers(scale: YuvScale) -> FloatArray:
    """The numbers of a :class:`YuvScale` as the kernels take them, ``(10,)`` float32.

    0-3: luma offset, 1 / luma range, chroma offset, 1 / chroma range; 4, 5: Kr, Kb; 6, 7: luma range, chroma range;
    8, 9: 1 / (2 - 2 Kb), 1 / (2 - 2 Kr).
    """
    return np.array(
        [scale.luma_offset, 1 / scale.luma_range, scale.chroma_offset, 1 / scale.chroma_range, scale.kr, scale.kb,
         scale.luma_range, scale.chroma_range, 1 / (2 - 2 * scale.kb), 1 / (2 - 2 * scale.kr)], np.float32)  # fmt: skip


def chroma_taps(start: int, count: int, shift: int, size: int, centred: bool) -> tuple[IntArray, IntArray, FloatArray]:
    """Where a run of luma columns (or rows) finds its chroma.

    Args:
        start: first luma column.
        count: number of luma columns.
        shift: log2 of luma columns per chroma column.
        size: number of chroma columns.
        centred: chroma lies in the middle of its block (else on its first luma column).

    Returns:
        Indices of the two nearest chroma columns, clamped to the picture, and the second's weight; ``(count,)`` each.
    """
    step = 2**shift
    offset = (step - 1) / 2 if centred else 0.0
    place = (np.arange(start, start + count) - offset) / step
    low = np.floor(place)
    weight = (place - low).astype(np.float32)
    first = np.clip(low, 0, size - 1).astype(np.int32)
    second = np.clip(low + 1, 0, size - 1).astype(np.int32)
    return first, second, weight


def crop_yuv_numpy(
    luma: AnyArray, blue: AnyArray, red: AnyArray, x0: int, y0: int,
    columns: tuple[IntArray, IntArray, FloatArray], rows: tuple[IntArray, IntArray, FloatArray], numbers: FloatArray,
) -> FloatArray:  # fmt: skip
    """Reference of :func:`crop_yuv`: the same sum in NumPy."""
    width, height = len(columns[0]), len(rows[0])
    y = (luma[y0 : y0 + height, x0 : x0 + width].astype(np.float32) - numbers[0]) * numbers[1]
    chroma = []
    for plane in (blue, red):
        lines = plane[rows[0]].astype(np.float32)
        lines += rows[2][:, None] * (plane[rows[1]].astype(np.float32) - lines)
        left, right = lines[:, columns[0]], lines[:, columns[1]]
        chroma.append((left + columns[2] * (right - left) - numbers[2]) * numbers[3])
    r = y + chroma[1] / numbers[9]
    b = y + chroma[0] / numbers[8]
    g = (y - numbers[4] * r - numbers[5] * b) / (1 - numbers[4] - numbers[5])
    rgb: FloatArray = np.clip(np.stack([r, g, b], axis=-1), 0, 1).astype(np.float32)
    return rgb


@njit(cache=True, nogil=True, fastmath=True)
def crop_yuv(
    luma: AnyArray, blue: AnyArray, red: AnyArray, x0: int, y0: int,
    column0: IntArray, column1: IntArray, column_weight: FloatArray,
    row0: IntArray, row1: IntArray, row_weight: FloatArray, numbers: FloatArray, out: FloatArray,
) -> None:  # fmt: skip
    """RGB 0-1 of a rectangle of a YUV picture.

    Args:
        luma: plane of Y.
        blue: plane of Cb.
        red: plane of Cr.
        x0: the rectangle's first column.
        y0: its first row.
        column0: :func:`chroma_taps` of its columns: the nearer chroma column,
        column1: the other one,
        column_weight: and the other one's weight.
        row0: the same of its rows.
        row1: the same of its rows.
        row_weight: the same of its rows.
        numbers: :func:`scale_numbers`.
        out: ``(h, w, 3)`` float32, filled.
    """
    height, width = out.shape[0], out.shape[1]
    luma_offset, luma_gain, chroma_offset, chroma_gain = numbers[0], numbers[1], numbers[2], numbers[3]
    red_gain = chroma_gain / numbers[9]
    blue_gain = chroma_gain / numbers[8]
    green_weight = np.float32(1) - numbers[4] - numbers[5]
    green_red = red_gain * numbers[4] / green_weight
    green_blue = blue_gain * numbers[5] / green_weight
    first, last = column0[0], column1[width - 1] + 1
    blue_line = np.empty(last, np.float32)
    red_line = np.empty(last, np.float32)
    cb, cr = np.empty(width, np.float32), np.empty(width, np.float32)
    zero, one = np.float32(0), np.float32(1)
    for i in range(height):
        above, below, weight = row0[i], row1[i], row_weight[i]
        for k in range(first, last):
            blue_above, red_above = np.float32(blue[above, k]), np.float32(red[above, k])
            blue_line[k] = blue_above + weight * (np.float32(blue[below, k]) - blue_above) - chroma_offset
            red_line[k] = red_above + weight * (np.float32(red[below, k]) - red_above) - chroma_offset
        line, row = luma[y0 + i, x0 : x0 + width], out[i].reshape(3 * width)  # flat: vectors are made of that
        for j in range(width):  # unsigned, so that no place is asked whether it counts from the end
            left, right, part = np.uint32(column0[j]), np.uint32(column1[j]), column_weight[j]
            cb[j] = blue_line[left] + part * (blue_line[right] - blue_line[left])
            cr[j] = red_line[left] + part * (red_line[right] - red_line[left])
        for j in range(width):
            y = (np.float32(line[j]) - luma_offset) * luma_gain
            row[3 * j] = min(max(y + cr[j] * red_gain, zero), one)
            row[3 * j + 1] = min(max(y - cr[j] * green_red - cb[j] * green_blue, zero), one)
            row[3 * j + 2] = min(max(y + cb[j] * blue_gain, zero), one)


def add_change_yuv_numpy(
    luma: AnyArray, blue: AnyArray, red: AnyArray, x0: int, y0: int, before: FloatArray, after: FloatArray,
    shift_x: int, shift_y: int, width: int, height: int, numbers: FloatArray, peak: int,
) -> None:  # fmt: skip
    """Reference of :func:`add_change_yuv`: the same sum in NumPy; ``width`` and ``height`` are the picture's."""
    change: DoubleArray = after.astype(np.float64) - before.astype(np.float64)
    kr, kb = float(numbers[4]), float(numbers[5])
    y = kr * change[..., 0] + (1 - kr - kb) * change[..., 1] + kb * change[..., 2]
    whole = np.zeros((height, width, 3))
    whole[y0 : y0 + change.shape[0], x0 : x0 + change.shape[1]] = np.stack(
        [y, (change[..., 2] - y) * numbers[8], (change[..., 0] - y) * numbers[9]], axis=-1)  # fmt: skip
    whole *= (numbers[6], numbers[7], numbers[7])
    rows = np.arange(0, height, 2**shift_y)
    columns = np.arange(0, width, 2**shift_x)
    counts = np.add.reduceat(np.add.reduceat(np.ones((height, width)), rows, axis=0), columns, axis=1)
    for plane, channel in ((luma, whole[..., 0]), (blue, whole[..., 1]), (red, whole[..., 2])):
        if plane is not luma:
            channel = np.add.reduceat(np.add.reduceat(channel, rows, axis=0), columns, axis=1) / counts
        part = plane[: channel.shape[0], : channel.shape[1]]
        rounded = np.floor(channel + 0.5).astype(np.int64)
        part[...] = np.where(rounded == 0, part, np.clip(part.astype(np.int64) + rounded, 0, peak))


_FAST = {"reassoc", "contract", "nsz"}
"""Sums in any order; what is no number is still looked for."""


@njit(cache=True, nogil=True, fastmath=_FAST)
def _add_row(
    line: AnyArray, blue_line: FloatArray, red_line: FloatArray, before: FloatArray, after: FloatArray,
    numbers: FloatArray, peak: int,
) -> bool:  # fmt: skip
    """Add a row's change to its luma samples, and to the lines of chroma changes; whether all was finite.

    Args:
        line: luma samples, changed.
        blue_line: sums of Cb changes of these columns, changed.
        red_line: the same of Cr.
        before: RGB, flat.
        after: the same, as it shall be.
        numbers: :func:`scale_numbers`.
        peak: largest sample value.
    """
    kr, kb, luma_gain, chroma_gain = numbers[4], numbers[5], numbers[6], numbers[7]
    kg = np.float32(1) - kr - kb
    blue_gain, red_gain = numbers[8] * chroma_gain, numbers[9] * chroma_gain
    worst, zero, half, top = np.float32(0), np.float32(0), np.float32(0.5), np.float32(peak)
    for j in range(len(line)):
        r = after[3 * j] - before[3 * j]
        g = after[3 * j + 1] - before[3 * j + 1]
        b = after[3 * j + 2] - before[3 * j + 2]
        y = kr * r + kg * g + kb * b
        worst += y * zero
        blue_line[j] += (b - y) * blue_gain
        red_line[j] += (r - y) * red_gain
        line[j] = min(max(np.float32(line[j]) + np.floor(y * luma_gain + half), zero), top)
    return bool(worst == 0)


@njit(cache=True, nogil=True, fastmath=_FAST)
def _add_block_means(
    samples: AnyArray, sums: FloatArray, means: FloatArray, step: int, rows: int, last_columns: int, peak: int
) -> None:
    """Add to a row of chroma samples the mean change of each one's block.

    Args:
        samples: the row, changed.
        sums: changes of the luma columns of these blocks, summed over the blocks' rows.
        means: room for as many numbers as there are samples.
        step: luma columns per chroma column.
        rows: luma rows of the block.
        last_columns: luma columns of the last block, which may reach beyond the picture.
        peak: largest sample value.
    """
    count = len(samples)
    if step == 2:
        for k in range(count):
            means[k] = sums[2 * k] + sums[2 * k + 1]
    else:
        for k in range(count):
            means[k] = sums[k * step : (k + 1) * step].sum()
    area, zero, half, top = np.float32(rows * step), np.float32(0), np.float32(0.5), np.float32(peak)
    means[count - 1] *= area / np.float32(rows * last_columns)
    for k in range(count):
        samples[k] = min(max(np.float32(samples[k]) + np.floor(means[k] / area + half), zero), top)


@njit(cache=True, nogil=True)
def add_change_yuv(
    luma: AnyArray, blue: AnyArray, red: AnyArray, x0: int, y0: int, before: FloatArray, after: FloatArray,
    shift_x: int, shift_y: int, width: int, height: int, numbers: FloatArray, peak: int,
) -> bool:  # fmt: skip
    """Add the difference of two crops to a YUV picture, in place.

    Args:
        luma: plane of Y, changed.
        blue: plane of Cb, changed.
        red: plane of Cr, changed.
        x0: the crops' first column.
        y0: their first row.
        before: ``(h, w, 3)`` float32 RGB 0-1.
        after: the same, as it shall be.
        shift_x: log2 of luma columns per chroma column.
        shift_y: log2 of luma rows per chroma row.
        width: of the picture, px.
        height: of the picture, px.
        numbers: :func:`scale_numbers`.
        peak: largest sample value.

    Returns:
        Whether every difference was finite; the planes are spoilt when not.
    """
    crop_height, crop_width = before.shape[0], before.shape[1]
    step, first_block = 1 << shift_x, x0 >> shift_x
    stop_block = ((x0 + crop_width - 1) >> shift_x) + 1
    last_columns = min(stop_block * step, width) - (stop_block - 1) * step
    margin = x0 - first_block * step
    blue_line = np.empty((stop_block - first_block) * step, np.float32)
    red_line, means = np.empty_like(blue_line), np.empty(stop_block - first_block, np.float32)
    finite = True
    for block_row in range(y0 >> shift_y, ((y0 + crop_height - 1) >> shift_y) + 1):
        blue_line[:] = 0
        red_line[:] = 0
        top = block_row << shift_y
        bottom = min(top + (1 << shift_y), height)
        for row in range(max(top, y0), min(bottom, y0 + crop_height)):
            old, new = before[row - y0].reshape(3 * crop_width), after[row - y0].reshape(3 * crop_width)
            blues, reds = blue_line[margin : margin + crop_width], red_line[margin : margin + crop_width]
            finite = _add_row(luma[row, x0 : x0 + crop_width], blues, reds, old, new, numbers, peak) and finite
        for plane, sums in ((blue, blue_line), (red, red_line)):
            samples = plane[block_row, first_block:stop_block]
            _add_block_means(samples, sums, means, step, bottom - top, last_columns, peak)
    return finite
