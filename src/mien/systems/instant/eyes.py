"""The eye openings: lids slide over an eyeball that stays where it is.

The mesh has a hole where the eye is open. Inside the hole of the *edited* face the field is made here, in the eye's own
frame (``s`` along the corners, ``t`` across, down positive): a strip along each lid, its lashes and their shadow, moves
with the lid; the eyeball keeps its pixels; and where a raised lid uncovers what the source never showed, the iris is
completed from its own rim at the same distance from its centre, and the white is mirrored from just below. So a widened
eye shows a round iris with white above it and nothing is stretched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mien.systems.instant.openings import grid_range, measure_opening, read_curve, smooth_step
from mien.types import DoubleArray, FloatArray

RIGHT_UPPER = np.array([33, 246, 161, 160, 159, 158, 157, 173, 133])
RIGHT_LOWER = np.array([33, 7, 163, 144, 145, 153, 154, 155, 133])
LEFT_UPPER = np.array([362, 398, 384, 385, 386, 387, 388, 466, 263])
LEFT_LOWER = np.array([362, 382, 381, 380, 374, 373, 390, 249, 263])
"""Lid contours from the corner at the image's left to the one at its right (landmarks of MediaPipe's mesh)."""

LID_STRIP = 0.13
"""Width of the strip that moves with a lid, in eye widths (corner to corner, about 30 mm): lashes and their shadow."""


@dataclass(frozen=True)
class _Eye:
    upper: np.ndarray
    lower: np.ndarray
    iris: np.ndarray


EYES = (
    _Eye(RIGHT_UPPER, RIGHT_LOWER, np.array([468, 469, 470, 471, 472])),
    _Eye(LEFT_UPPER, LEFT_LOWER, np.array([473, 474, 475, 476, 477])),
)


def fill_eyes(field: FloatArray, source: DoubleArray, target: DoubleArray, origin: DoubleArray, grid_scale: float) -> None:
    """Write the displacement inside both edited eye openings into a field, in place.

    Args:
        field: ``(h, w, 5)`` as :func:`mien.geometry.warp.warp` takes it.
        source: ``(478, 2)`` landmarks of the frame, px.
        target: ``(478, 2)`` the same after the edit, px; iris rows are not used, the eyeball does not move.
        origin: ``(2,)`` px of the frame on which grid sample (0, 0) lies.
        grid_scale: Grid px per image px.
    """
    for eye in EYES:
        opening = measure_opening(source, target, eye.upper, eye.lower)
        if opening is None:
            continue
        iris = opening.local(source[eye.iris])
        radius = float(np.linalg.norm(iris[1:] - iris[0], axis=1).mean())
        _fill_eye(
            field,
            opening.middle - origin,
            opening.axes,
            opening.ends,
            opening.curves,
            iris[0],
            radius,
            LID_STRIP * opening.width,
            opening.width,
            float(grid_scale),
        )


@njit(cache=True, nogil=True)
def _fill_eye(field, middle, frame, ends, curves, iris, radius, strip, width, grid_scale):  # type: ignore[no-untyped-def]
    x0, x1, y0, y1 = grid_range(middle, 0.75 * width, grid_scale, field.shape[0], field.shape[1])
    for j in range(y0, y1):
        for i in range(x0, x1):
            px, py = i / grid_scale - middle[0], j / grid_scale - middle[1]
            s = frame[0, 0] * px + frame[0, 1] * py
            t = frame[1, 0] * px + frame[1, 1] * py
            target_at = (s - ends[1, 0]) / max(ends[1, 1] - ends[1, 0], 1e-6)
            if target_at <= 0.0 or target_at >= 1.0:
                continue
            top, bottom = read_curve(curves[2], target_at), read_curve(curves[3], target_at)
            if t <= top or t >= bottom:
                continue
            source_at = (s - ends[0, 0]) / max(ends[0, 1] - ends[0, 0], 1e-6)
            old_top, old_bottom = read_curve(curves[0], source_at), read_curve(curves[1], source_at)
            opening = bottom - top
            edge = min(strip, 0.3 * opening, 0.3 * max(old_bottom - old_top, 0.0))
            ss, st = s, t
            if top < old_top and t < old_top + edge:  # A raised upper lid.
                if t < top + edge:
                    st = t + (old_top - top)
                else:
                    ss, st = _uncovered(s, t, old_top + edge, old_bottom - edge, iris, radius)
            elif bottom > old_bottom and t > old_bottom - edge:  # A lowered lower lid.
                if t > bottom - edge:
                    st = t - (bottom - old_bottom)
                else:
                    ss, st = _uncovered(s, t, old_bottom - edge, old_top + edge, iris, radius)
            else:
                if top > old_top:  # A lowered upper lid: its strip comes along, then eases into the eyeball.
                    st += (old_top - top) * (1.0 - smooth_step((t - top) / (edge + 1.6 * (top - old_top))))
                if bottom < old_bottom:
                    st += (old_bottom - bottom) * (1.0 - smooth_step((bottom - t) / (edge + 1.6 * (old_bottom - bottom))))
            field[j, i, 0] = frame[0, 0] * (ss - s) + frame[1, 0] * (st - t)
            field[j, i, 1] = frame[0, 1] * (ss - s) + frame[1, 1] * (st - t)
            field[j, i, 2] = field[j, i, 3] = field[j, i, 4] = 0.0


@njit(cache=True, nogil=True)
def _uncovered(s, t, seam, far, iris, radius):  # type: ignore[no-untyped-def]
    """Where to take the pixel (s, t) from that a lid uncovered; ``seam`` is the last line that the source shows."""
    mirrored = 2.0 * seam - t
    if (seam - far) * (mirrored - far) < 0.0:
        mirrored = far
    ds, dt = s - iris[0], t - iris[1]
    distance = np.sqrt(ds * ds + dt * dt)
    if distance > radius * 1.08:
        return s, mirrored
    # The same distance from the centre, turned just far enough towards the horizontal to be visible in the source.
    limit = seam - iris[1]
    height = min(max(limit, -distance), distance)
    if dt < 0.0:
        height = max(height, dt)
    else:
        height = min(height, dt)
    across = np.sqrt(max(distance * distance - height * height, 0.0))
    if ds < 0.0:
        across = -across
    return iris[0] + across, iris[1] + height
