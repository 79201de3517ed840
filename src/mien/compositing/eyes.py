"""The eye openings: lids slide over an eyeball that stays where it is.

Inside the opening of the *edited* eye the picture is made here, in the eye's own frame. The eyeball keeps its pixels;
where a raised lid uncovers what the source never showed, iris and white are completed from what it shows at the same
distance from the iris' centre. Each lid then brings its lashes, and its shadow as measured in the source. So a widened
eye shows a round iris with white above it, nothing is stretched, and no piece of iris moves with a lid.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.compositing.field import EYES
from mien.compositing.openings import measure_opening, pixel_range, place, read_curve, smooth_step
from mien.geometry.sampling import sample_cubic
from mien.types import DoubleArray, FloatArray

IRISES = (np.arange(468, 473), np.arange(473, 478))
"""Landmarks of the right and the left iris: its centre, then four on its rim."""

LID_STRIP = 0.13
"""Width of the strip that moves with a lid, in eye widths (corner to corner, about 30 mm): lashes and shadow."""

LASHES = 0.4
"""Share of the strip, from the lid's edge, in which lashes are taken along as they are; the rest is their shadow."""

DEPTHS, ACROSS = 9, 21
"""Steps in which the shadow under a lid is measured."""

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
    colour, taken, frame = np.empty(3, np.float32), np.empty(3, np.float32), (middle, axes, iris)
    shades = _shades(crop, frame, ends, curves, strip, taken)
    for y in range(y0, y1):
        for x in range(x0, x1):
            s, t, at, top, bottom, inside = place(x, y, middle, axes, ends, curves)
            if inside <= 0.0:
                continue
            source_at = (s - ends[0, 0]) / max(ends[0, 1] - ends[0, 0], 1e-6)
            old_top, old_bottom = read_curve(curves[0], source_at), read_curve(curves[1], source_at)
            edge = max(min(strip, 0.3 * (bottom - top), 0.3 * (old_bottom - old_top)), 1e-6)
            _eyeball(crop, frame, s, t, old_top, old_bottom, edge, shades, colour, taken)
            _lid(crop, frame, s, t - top, old_top, 1.0, edge, shades[0], colour, taken)
            _lid(crop, frame, s, bottom - t, old_bottom, -1.0, edge, shades[1], colour, taken)
            # One pixel of blending at the lid's edge, and none at the corners where lids meet.
            share = min(inside, 1.0) * smooth_step(min(at, 1.0 - at) / 0.08)
            for k in range(3):
                result[y, x, k] += share * (colour[k] - result[y, x, k])


@njit(cache=True, nogil=True)
def _shades(crop, frame, ends, curves, strip, taken):  # type: ignore[no-untyped-def]
    """How dark the source's eyeball is under each lid ``(2, DEPTHS)``, from the lid's edge to the end of its strip.

    The median over the eye's width of the brightness there over the brightness at the same distance from the iris'
    centre but out of the strip, so that an iris is no shadow.
    """
    shades, ratios = np.ones((2, DEPTHS), np.float32), np.empty(ACROSS, np.float32)
    for side in range(2):
        down = 1.0 - 2.0 * side
        for depth in range(DEPTHS - 1):
            for i in range(ACROSS):
                at = 0.2 + 0.6 * i / (ACROSS - 1)
                s = ends[0, 0] + at * (ends[0, 1] - ends[0, 0])
                lid, other = read_curve(curves[side], at), read_curve(curves[1 - side], at)
                edge = min(strip, 0.3 * abs(other - lid))
                t = lid + down * edge * depth / (DEPTHS - 1)
                _take(crop, frame, s, t, taken)
                here = taken[0] + taken[1] + taken[2]
                _take_turned(crop, frame, s, t, lid + down * edge, taken)
                ratios[i] = min(here / max(taken[0] + taken[1] + taken[2], 0.03), 1.0)
            shades[side, depth] = np.median(ratios)
    return shades


@njit(cache=True, nogil=True)
def _eyeball(crop, frame, s, t, old_top, old_bottom, edge, shades, colour, taken):  # type: ignore[no-untyped-def]
    """The eyeball's colour at (s, t) without lids and their shadow: its own where it is seen, else completed."""
    upper, lower = old_top + edge, old_bottom - edge
    if upper <= t <= lower:
        _take(crop, frame, s, t, colour)
        return
    _take_turned(crop, frame, s, t, upper if t < upper else lower, colour)
    depth = (t - old_top if t < upper else old_bottom - t) / edge
    seen = smooth_step((depth - LASHES) / (1.0 - LASHES))
    if seen > 0.0:
        shade = max(read_curve(shades[0 if t < upper else 1], depth), 0.2)
        _take(crop, frame, s, t, taken)
        for k in range(3):
            colour[k] += seen * (min(taken[k] / shade, 1.0) - colour[k])


@njit(cache=True, nogil=True)
def _lid(crop, frame, s, depth_px, old_lid, down, edge, shade, colour, taken):  # type: ignore[no-untyped-def]
    """A lid's shadow and lashes on the eyeball's colour, ``depth_px`` from its edited edge."""
    depth = depth_px / edge
    if depth >= 1.0:
        return
    for k in range(3):
        colour[k] *= read_curve(shade, depth)
    lashes = 1.0 - smooth_step(depth / LASHES)
    if lashes > 0.0:
        _take(crop, frame, s, old_lid + down * depth_px, taken)
        for k in range(3):
            colour[k] += lashes * (taken[k] - colour[k])


@njit(cache=True, nogil=True)
def _take_turned(crop, frame, s, t, seam, colour):  # type: ignore[no-untyped-def]
    """The source's colour at the distance of (s, t) from the iris' centre, but this side of the seam.

    Turned about the centre just far enough towards the horizontal to be visible: rim stays rim and white stays white.
    """
    iris = frame[2]
    ds, dt = s - iris[0], t - iris[1]
    distance = np.sqrt(ds * ds + dt * dt)
    height = min(max(seam - iris[1], -distance), distance)
    height = max(height, dt) if dt < 0.0 else min(height, dt)
    across = np.sqrt(max(distance * distance - height * height, 0.0))
    _take(crop, frame, iris[0] + (across if ds >= 0.0 else -across), iris[1] + height, colour)


@njit(cache=True, nogil=True)
def _take(crop, frame, s, t, colour):  # type: ignore[no-untyped-def]
    """The source's colour at (s, t), 0-1."""
    middle, axes = frame[0], frame[1]
    x = middle[0] + axes[0, 0] * s + axes[1, 0] * t
    y = middle[1] + axes[0, 1] * s + axes[1, 1] * t
    r, g, b = sample_cubic(crop, x, y)
    colour[0], colour[1], colour[2] = min(max(r, 0.0), 1.0), min(max(g, 0.0), 1.0), min(max(b, 0.0), 1.0)
