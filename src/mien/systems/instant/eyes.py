"""The eye openings: lids slide over an eyeball that stays where it is.

Inside the opening of the *edited* eye the picture is made here, in the eye's own frame: a strip along each lid, its
lashes and their shadow, moves with the lid; the eyeball keeps its pixels; and where a raised lid uncovers what the
source never showed, iris and white are completed from what it shows at the same distance from the iris' centre. So a widened eye shows a round iris with white above it, and nothing is stretched.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.geometry.warp import sample_cubic
from mien.systems.instant.field import EYES
from mien.systems.instant.openings import measure_opening, pixel_range, read_curve, smooth_step
from mien.types import DoubleArray, FloatArray

IRISES = (np.arange(468, 473), np.arange(473, 478))
"""Landmarks of the right and the left iris: its centre, then four on its rim."""

LID_STRIP = 0.13
"""Width of the strip that moves with a lid, in eye widths (corner to corner, about 30 mm): lashes and their shadow."""

STILL_PX = 0.02
"""Lids that move less leave the eye as the field made it."""


def paint_eyes(result: FloatArray, crop: FloatArray, source: DoubleArray, target: DoubleArray) -> None:
    """Paint the inside of both edited eye openings, in place.

    Args:
        result: ``(H, W, 3)`` the edited crop.
        crop: ``(H, W, 3)`` the same part of the source.
        source: ``(478, 2)`` landmarks of the frame, px of the crop.
        target: ``(478, 2)`` the same after the edit; iris rows are not used, the eyeball does not move.
    """
    for (upper, lower), iris_landmarks in zip(EYES, IRISES, strict=True):
        lids = np.concatenate([upper, lower])
        opening = measure_opening(source, target, upper, lower)
        if opening is None or np.abs(target[lids] - source[lids]).max() < STILL_PX:
            continue
        centre = opening.local(source[iris_landmarks[:1]])[0]
        _paint_eye(result, crop, *opening.arrays, centre, LID_STRIP * opening.width, opening.width)


@njit(cache=True, nogil=True)
def _paint_eye(result, crop, middle, axes, ends, curves, iris, strip, width):  # type: ignore[no-untyped-def]
    x0, x1, y0, y1 = pixel_range(middle, 0.75 * width, result)
    for y in range(y0, y1):
        for x in range(x0, x1):
            px, py = x - middle[0], y - middle[1]
            s, t = axes[0, 0] * px + axes[0, 1] * py, axes[1, 0] * px + axes[1, 1] * py
            at = (s - ends[1, 0]) / max(ends[1, 1] - ends[1, 0], 1e-6)
            if at <= 0.0 or at >= 1.0:
                continue
            top, bottom = read_curve(curves[2], at), read_curve(curves[3], at)
            inside = min(t - top, bottom - t) + 0.5
            if inside <= 0.0:
                continue
            source_at = (s - ends[0, 0]) / max(ends[0, 1] - ends[0, 0], 1e-6)
            old_top, old_bottom = read_curve(curves[0], source_at), read_curve(curves[1], source_at)
            ss, st = _eye_source(s, t, top, bottom, old_top, old_bottom, strip, iris)
            sx = middle[0] + axes[0, 0] * ss + axes[1, 0] * st
            sy = middle[1] + axes[0, 1] * ss + axes[1, 1] * st
            r, g, b = sample_cubic(crop, sx, sy)
            # One pixel of blending at the lid's edge, and none at the corners where lids meet.
            share = min(inside, 1.0) * smooth_step(min(at, 1.0 - at) / 0.08)
            result[y, x, 0] += share * (min(max(r, 0.0), 1.0) - result[y, x, 0])
            result[y, x, 1] += share * (min(max(g, 0.0), 1.0) - result[y, x, 1])
            result[y, x, 2] += share * (min(max(b, 0.0), 1.0) - result[y, x, 2])


@njit(cache=True, nogil=True)
def _eye_source(s, t, top, bottom, old_top, old_bottom, strip, iris):  # type: ignore[no-untyped-def]
    """Where to take the pixel (s, t) of an edited eye from."""
    edge = min(strip, 0.3 * (bottom - top), 0.3 * max(old_bottom - old_top, 0.0))
    if top < old_top and t < old_top + edge:  # A raised upper lid.
        if t < top + edge:
            return s, t + (old_top - top)
        return _uncovered(s, t, old_top + edge, iris)
    if bottom > old_bottom and t > old_bottom - edge:  # A lowered lower lid.
        if t > bottom - edge:
            return s, t - (bottom - old_bottom)
        return _uncovered(s, t, old_bottom - edge, iris)
    st = t
    if top > old_top:  # A lowered upper lid: its strip comes along, then eases into the eyeball.
        st += (old_top - top) * (1.0 - smooth_step((t - top) / (edge + 1.6 * (top - old_top))))
    if bottom < old_bottom:
        st += (old_bottom - bottom) * (1.0 - smooth_step((bottom - t) / (edge + 1.6 * (old_bottom - bottom))))
    return s, st


@njit(cache=True, nogil=True)
def _uncovered(s, t, seam, iris):  # type: ignore[no-untyped-def]
    """Where to take a pixel from that a lid uncovered; ``seam`` is the last line that the source shows.

    The same distance from the iris' centre, turned just far enough towards the horizontal to be visible in the source:
    rim stays rim and white stays white.
    """
    ds, dt = s - iris[0], t - iris[1]
    distance = np.sqrt(ds * ds + dt * dt)
    height = min(max(seam - iris[1], -distance), distance)
    height = max(height, dt) if dt < 0.0 else min(height, dt)
    across = np.sqrt(max(distance * distance - height * height, 0.0))
    return iris[0] + (across if ds >= 0.0 else -across), iris[1] + height
