"""Drawn lines in a picture (the rims of glasses): how strongly each point of one stands out, and where it has moved.

A line is known as points with normals and half widths. Across each point the brightness is read along the normal; a
line is there where a stretch of the line's width differs from both its sides, in the same sense. The line may be darker
at one point and brighter at the next, as metal is.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.types import AnyArray, DoubleArray, FloatArray

SIDE_SHARE = 1.0
"""Width of what is compared on each side of a line, in half widths of the line, and one step more."""

_FLOOR = 0.08
"""Added to brightness where contrast is a share of it, so that noise in the dark is none."""


def contrast_across(
    image: FloatArray, points: AnyArray, normals: AnyArray, half_widths: AnyArray, step_px: float, reach: int
) -> FloatArray:
    """How much of a line lies at shifted places of its points.

    Args:
        image: ``(H, W)`` float32 brightness, 0-1.
        points: ``(N, 2)`` px.
        normals: ``(N, 2)`` px for one unit along the normal, of about unit length.
        half_widths: ``(N,)`` of the line, px.
        step_px: Between places, px.
        reach: Places on each side.

    Returns:
        ``(N, 2 * reach + 1)``: contrast to both sides as a share of their brightness, negative where the line is
        darker, 0 where they do not agree.
    """
    out = np.empty((len(points), 2 * reach + 1), np.float32)
    arrays = (np.ascontiguousarray(a, np.float32) for a in (points, normals, half_widths))
    _contrast(image, *arrays, np.float32(step_px), out)
    return out


def contrast_across_reference(
    image: FloatArray, points: AnyArray, normals: AnyArray, half_widths: AnyArray, step_px: float, reach: int
) -> FloatArray:
    """Do what :func:`contrast_across` does with NumPy, plainly."""
    out = np.empty((len(points), 2 * reach + 1), np.float32)
    for n, (point, normal, half) in enumerate(zip(np.asarray(points), normals, half_widths, strict=True)):
        core, side = max(int(half / step_px + 0.5), 0), max(int(SIDE_SHARE * half / step_px + 0.5), 0) + 1
        places = np.arange(-reach - core - side, reach + core + side + 1) * step_px
        values = _read_reference(image, point + places[:, None] * np.asarray(normal))
        for k in range(2 * reach + 1):
            left, middle = values[k : k + side], values[k + side : k + side + 2 * core + 1]
            right = values[k + side + 2 * core + 1 : k + 2 * side + 2 * core + 1]
            less, more = middle.mean() - left.mean(), middle.mean() - right.mean()
            agreed = min(less, more, key=abs) if less * more > 0.0 else 0.0
            out[n, k] = agreed / ((left.mean() + right.mean()) / 2.0 + _FLOOR)
    return out


def best_shift(contrast: FloatArray, normals: AnyArray, cap: float, least_prior: float) -> DoubleArray:
    """The shift of a whole line that meets most of it.

    Args:
        contrast: ``(N, K)`` at places as of :func:`contrast_across`, none negative, K odd.
        normals: ``(N, 2)`` unit.
        cap: Contrast above this counts no more: a glint is not better than a line.
        least_prior: What a shift by the whole reach costs, as a share of the cap.

    Returns:
        ``(2,)`` in steps.
    """
    x, y = _best_shift(contrast, np.ascontiguousarray(normals, np.float32), np.float32(cap), np.float32(least_prior))
    return np.array([x, y])


def peaks_near(contrast: FloatArray, at: AnyArray, radius: float) -> tuple[DoubleArray, DoubleArray]:
    """The strongest place of each point near an expected one.

    Args:
        contrast: ``(N, K)`` at places as of :func:`contrast_across`, none negative, K odd.
        at: ``(N,)`` expected shifts along the normals, steps.
        radius: How far from them to look, steps.

    Returns:
        Shifts ``(N,)``, steps, between them by a parabola, and the contrast there ``(N,)``.
    """
    found = np.empty((2, len(contrast)))
    _peaks(contrast, np.ascontiguousarray(at, np.float64), radius, found)
    return found[0], found[1]


def peaks_near_reference(contrast: FloatArray, at: AnyArray, radius: float) -> tuple[DoubleArray, DoubleArray]:
    """Do what :func:`peaks_near` does with NumPy."""
    count, width = contrast.shape
    reach = width // 2
    places = np.arange(width) - reach
    allowed = np.where(np.abs(places - np.asarray(at)[:, None]) <= radius, contrast, -1.0)
    rows, best = np.arange(count), allowed.argmax(axis=1)
    inner = np.clip(best, 1, width - 2)
    below, here, above = (contrast[rows, inner + k].astype(np.float64) for k in (-1, 0, 1))
    bend = 2.0 * here - below - above
    finer = np.where((inner == best) & (bend > 1e-6), 0.5 * (above - below) / np.maximum(bend, 1e-6), 0.0)
    found = allowed[rows, best] > 0.0
    shifts = np.where(found, best - reach + np.clip(finer, -0.5, 0.5), at)
    return shifts.astype(np.float64), np.where(found, contrast[rows, best], 0.0).astype(np.float64)


def smooth_along(values: AnyArray, lines: AnyArray, window: AnyArray) -> DoubleArray:
    """Sums of neighbouring points' values, weighted by a window; closed lines go round, open ones repeat their ends.

    Args:
        values: ``(N, C)`` at the points of lines.
        lines: ``(L, 3)`` first point, point after the last, 1 where closed.
        window: ``(2 * K + 1,)``.
    """
    rows = np.ascontiguousarray(values, np.float64)
    out = np.zeros(rows.shape)
    _smooth_along(rows, np.ascontiguousarray(lines, np.int64), np.ascontiguousarray(window, np.float64), out)
    return out


def _read_reference(image: FloatArray, places: AnyArray) -> DoubleArray:
    height, width = image.shape
    x, y = np.clip(places[:, 0], 0, width - 1.001), np.clip(places[:, 1], 0, height - 1.001)
    i, j = x.astype(int), y.astype(int)
    f, h = x - i, y - j
    top = image[j, i] * (1 - f) + image[j, i + 1] * f
    return np.asarray(top * (1 - h) + (image[j + 1, i] * (1 - f) + image[j + 1, i + 1] * f) * h)


@njit(cache=True, nogil=True, fastmath=True)
def _contrast(image, points, normals, half_widths, step, out):  # type: ignore[no-untyped-def]
    height, width = image.shape
    reach = out.shape[1] // 2
    right, low = np.float32(width - 1.001), np.float32(height - 1.001)
    zero, half, floor = np.float32(0.0), np.float32(0.5), np.float32(_FLOOR)
    most = int(half_widths.max() / step + half)
    sums = np.empty(2 * (reach + most + int(np.float32(SIDE_SHARE) * most) + 4), np.float32)  # along the normal
    for n in range(out.shape[0]):
        core = int(half_widths[n] / step + half)
        side = int(np.float32(SIDE_SHARE) * half_widths[n] / step + half) + 1
        first = -reach - core - side
        sums[0] = zero
        for k in range(1 - 2 * first):
            away = np.float32(first + k) * step
            x = min(max(points[n, 0] + away * normals[n, 0], zero), right)
            y = min(max(points[n, 1] + away * normals[n, 1], zero), low)
            i, j = int(x), int(y)
            f, h = x - np.float32(i), y - np.float32(j)
            top = image[j, i] + f * (image[j, i + 1] - image[j, i])
            bottom = image[j + 1, i] + f * (image[j + 1, i + 1] - image[j + 1, i])
            sums[k + 1] = sums[k] + top + h * (bottom - top)
        beside, within = np.float32(side), np.float32(2 * core + 1)
        for k in range(2 * reach + 1):
            a, b = k + side, k + side + 2 * core + 1
            left, line = (sums[a] - sums[k]) / beside, (sums[b] - sums[a]) / within
            other = (sums[b + side] - sums[b]) / beside
            less, more = line - left, line - other
            agreed = zero
            if less * more > zero:
                agreed = less if abs(less) < abs(more) else more
            out[n, k] = agreed / ((left + other) * half + floor)


@njit(cache=True, nogil=True)
def _peaks(contrast, at, radius, found):  # type: ignore[no-untyped-def]
    width = contrast.shape[1]
    reach = width // 2
    for n in range(contrast.shape[0]):
        best, here = -1, 0.0
        first, last = int(np.ceil(at[n] - radius)) + reach, int(np.floor(at[n] + radius)) + reach
        for k in range(max(first, 0), min(last, width - 1) + 1):
            if contrast[n, k] > here:
                best, here = k, contrast[n, k]
        found[0, n], found[1, n] = at[n], here
        if best < 0:
            continue
        finer = 0.0
        if 0 < best < width - 1:
            below, above = float(contrast[n, best - 1]), float(contrast[n, best + 1])
            bend = 2.0 * here - below - above
            if bend > 1e-6:
                finer = min(max(0.5 * (above - below) / bend, -0.5), 0.5)
        found[0, n] = best - reach + finer


@njit(cache=True, nogil=True)
def _smooth_along(values, lines, window, out):  # type: ignore[no-untyped-def]
    half = len(window) // 2
    for line in range(lines.shape[0]):
        start, stop, closed = lines[line, 0], lines[line, 1], lines[line, 2]
        for n in range(start, stop):
            for k in range(-half, half + 1):
                near = start + (n + k - start) % (stop - start) if closed else min(max(n + k, start), stop - 1)
                for c in range(values.shape[1]):
                    out[n, c] += window[k + half] * values[near, c]


@njit(cache=True, nogil=True, fastmath=True)
def _sum_at(contrast, normals, i, j, stride, cap, prior):  # type: ignore[no-untyped-def]
    """What a shift by (i, j) steps meets; -1 beyond the reach."""
    reach = contrast.shape[1] // 2
    far = np.float32(i * i + j * j) / np.float32(reach * reach)
    if far > np.float32(1.0):
        return np.float32(-1.0e9)
    total, count = np.float32(0.0), 0
    for n in range(0, contrast.shape[0], stride):
        at = np.float32(i) * normals[n, 0] + np.float32(j) * normals[n, 1]
        total += min(contrast[n, int(np.floor(at + np.float32(0.5))) + reach], cap)
        count += 1
    return total / np.float32(count) - prior * cap * far


@njit(cache=True, nogil=True)
def _best_shift(contrast, normals, cap, prior):  # type: ignore[no-untyped-def]
    """First every other shift with every other point, then those around the best with all."""
    reach = contrast.shape[1] // 2
    best, rough_x, rough_y = np.float32(-1e9), 0, 0
    for j in range(-reach, reach + 1, 2):
        for i in range(-reach, reach + 1, 2):
            total = _sum_at(contrast, normals, i, j, 2, cap, prior)
            if total > best:
                best, rough_x, rough_y = total, i, j
    best, best_x, best_y = np.float32(-1e9), rough_x, rough_y
    for j in range(rough_y - 1, rough_y + 2):
        for i in range(rough_x - 1, rough_x + 2):
            total = _sum_at(contrast, normals, i, j, 1, cap, prior)
            if total > best:
                best, best_x, best_y = total, i, j
    return float(best_x), float(best_y)
