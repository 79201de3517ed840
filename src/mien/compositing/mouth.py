"""The inside of a mouth that opens beyond the source's.

Upper teeth belong to the skull and keep their pixels; lower teeth and tongue go down with the lower lip; between them
appears what no frame may have shown, the dark of the mouth, so it is painted: the middle of the source's own opening,
darkened to the colour of an unlit mouth under the frame's light. Nothing is stretched.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.compositing.openings import SAMPLES, Opening, measure_opening, pixel_range, place, read_curve, smooth_step
from mien.geometry.sampling import sample_cubic
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.types import AnyArray, DoubleArray, FloatArray

CAVITY = np.array([[0.17, 0.08, 0.08], [0.42, 0.20, 0.20]])
"""Colours inside the open mouth as shares of the skin's (gamma coded): its depth, dark and red since it is lit through
flesh, and its floor behind the lower lip, where tongue and lip still catch light."""

UPPER_SHARE = 0.65
"""Share of the source's opening that stays with the skull: where teeth show, it is the upper ones that do."""

EDGE = 0.05
"""Width over which the lip's inner side turns into the dark, in mouth widths."""

FLOOR = 0.22
"""Height over which the floor shows above the lower lip, in mouth widths."""

LEAST_GROWTH = 0.01
"""Openings that grow by less, in mouth widths, stay with the field, which carries them as they are."""


def paint_mouth(result: FloatArray, crop: FloatArray, skin: AnyArray, source: DoubleArray, target: DoubleArray) -> None:
    """Paint the inside of a mouth that the edit opens, in place.

    Args:
        result: ``(H, W, 3)`` the edited crop.
        crop: ``(H, W, 3)`` the same part of the source.
        skin: ``(3,)`` mean colour of the face's skin, 0-1.
        source: ``(478, 2)`` landmarks of the frame, px of the crop.
        target: ``(478, 2)`` the same after the edit.
    """
    mouth = measure_opening(source, target, INNER_LIP_UPPER, INNER_LIP_LOWER)
    if mouth is None:
        return
    growth = _growth(mouth, source, target)
    if growth.max() >= LEAST_GROWTH * mouth.width:
        _paint_mouth(result, crop, CAVITY * np.asarray(skin, np.float64), *mouth.arrays, growth, mouth.width)


def _growth(mouth: Opening, source: DoubleArray, target: DoubleArray) -> DoubleArray:
    """How much farther apart the lips are than in the source, from corner to corner ``(SAMPLES,)``, px.

    Taken from the lips' own pairs and not from the outlines: a pair that moves as one has not opened, even where the
    corners slide along.
    """
    upper, lower = mouth.local(target[INNER_LIP_UPPER]), mouth.local(target[INNER_LIP_LOWER])
    before = mouth.local(source[INNER_LIP_LOWER])[:, 1] - mouth.local(source[INNER_LIP_UPPER])[:, 1]
    along = (upper[:, 0] + lower[:, 0]) / 2.0
    at = (along - mouth.ends[1, 0]) / max(mouth.ends[1, 1] - mouth.ends[1, 0], 1e-6)
    growth = (lower[:, 1] - upper[:, 1]) - before
    return np.asarray(np.interp(np.linspace(0.0, 1.0, SAMPLES), np.maximum.accumulate(at), growth))


@njit(cache=True, nogil=True)
def _paint_mouth(result, crop, cavity, middle, axes, ends, curves, growths, width):  # type: ignore[no-untyped-def]
    x0, x1, y0, y1 = pixel_range(middle, 1.3 * width, result)
    edge_px = max(EDGE * width, 1.5)
    for y in range(y0, y1):
        for x in range(x0, x1):
            _, t, at, top, bottom, inside = place(x, y, middle, axes, ends, curves)
            if inside <= 0.0:
                continue
            old_top, old_bottom = read_curve(curves[0], at), read_curve(curves[1], at)
            opened = max(old_bottom - old_top, 0.0)
            upper, lower = UPPER_SHARE * opened, (1.0 - UPPER_SHARE) * opened
            growth = read_curve(growths, at)
            if growth <= 0.0:
                continue
            # How far below the upper and above the lower end of the newly opened gap this pixel lies.
            from_upper = t - (min(max(top, old_top), bottom) + upper)
            from_lower = (bottom - lower) - t
            if from_upper <= 0.0:
                source_t = max(t, old_top)
            elif from_lower <= 0.0:
                source_t = t - bottom + old_bottom
            else:
                source_t = old_top + upper
            source_s = ends[0, 0] + at * (ends[0, 1] - ends[0, 0])
            sx = middle[0] + axes[0, 0] * source_s + axes[1, 0] * source_t
            sy = middle[1] + axes[0, 1] * source_s + axes[1, 1] * source_t
            r, g, b = sample_cubic(crop, sx, sy)
            dark = smooth_step(from_upper / edge_px + 0.65) * smooth_step(from_lower / (2.5 * edge_px) + 0.5)
            dark *= smooth_step(growth / (0.03 * width))
            low = smooth_step(1.0 - from_lower / (FLOOR * width))
            share = min(inside, 1.0) * smooth_step(growth / (0.02 * width))
            for channel, value in ((0, r), (1, g), (2, b)):
                value = min(max(value, 0.0), 1.0)
                depth = cavity[0, channel] + low * (cavity[1, channel] - cavity[0, channel])
                value += dark * min(depth - value, 0.0)
                result[y, x, channel] += share * (value - result[y, x, channel])
