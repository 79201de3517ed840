"""The inside of a mouth that opens beyond the source's.

Upper teeth belong to the skull and keep their pixels; lower teeth and tongue go down with the lower lip; between them
appears what no frame may have shown, the dark of the mouth, so it is painted: the middle of the source's own opening,
darkened to the colour of an unlit mouth under the frame's light. Nothing is stretched.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.systems.instant.field import INNER_LOWER_LIP, INNER_UPPER_LIP
from mien.systems.instant.openings import grid_range, measure_opening, read_curve, smooth_step
from mien.types import DoubleArray, FloatArray

CAVITY = np.array([0.16, 0.075, 0.075])
"""Colour of the open mouth's depth as a share of the skin's (gamma coded): dark and red, since it is lit through flesh."""

LEAST_GROWTH = 0.01
"""Openings that grow by less than this share of the mouth's width stay with the mesh, which carries them as they are."""


def fill_mouth(
    field: FloatArray,
    crop: FloatArray,
    skin: DoubleArray,
    source: DoubleArray,
    target: DoubleArray,
    origin: DoubleArray,
    grid_scale: float,
) -> None:
    """Write the inside of a mouth that the edit opens into a field, in place.

    Args:
        field: ``(h, w, 5)`` as :func:`mien.geometry.warp.warp` takes it.
        crop: ``(H, W, 3)`` the frame's pixels from ``origin`` on, 0-1.
        skin: ``(3,)`` mean colour of the face's skin, 0-1.
        source: ``(478, 2)`` landmarks of the frame, px.
        target: ``(478, 2)`` the same after the edit.
        origin: ``(2,)`` px of the frame on which grid sample (0, 0) lies.
        grid_scale: Grid px per image px.
    """
    mouth = measure_opening(source, target, INNER_UPPER_LIP, INNER_LOWER_LIP)
    if mouth is None:
        return
    growth = (mouth.curves[3] - mouth.curves[2]) - (mouth.curves[1] - mouth.curves[0])
    if growth.max() < LEAST_GROWTH * mouth.width:
        return
    _fill_mouth(
        field,
        crop,
        CAVITY * skin,
        mouth.middle - origin,
        mouth.axes,
        mouth.ends,
        mouth.curves,
        mouth.width,
        float(grid_scale),
    )


@njit(cache=True, nogil=True)
def _fill_mouth(field, crop, cavity, middle, axes, ends, curves, width, grid_scale):  # type: ignore[no-untyped-def]
    x0, x1, y0, y1 = grid_range(middle, 1.3 * width, grid_scale, field.shape[0], field.shape[1])
    for j in range(y0, y1):
        for i in range(x0, x1):
            px, py = i / grid_scale - middle[0], j / grid_scale - middle[1]
            s, t = axes[0, 0] * px + axes[0, 1] * py, axes[1, 0] * px + axes[1, 1] * py
            at = (s - ends[1, 0]) / max(ends[1, 1] - ends[1, 0], 1e-6)
            if at <= 0.0 or at >= 1.0:
                continue
            top, bottom = read_curve(curves[2], at), read_curve(curves[3], at)
            if t <= top or t >= bottom:
                continue
            old_top, old_bottom = read_curve(curves[0], at), read_curve(curves[1], at)
            old_half = 0.5 * max(old_bottom - old_top, 0.0)
            seam = 0.5 * (old_top + old_bottom)
            growth = max((bottom - top) - 2.0 * old_half, 0.0)
            # How far into the newly opened gap this pixel lies, from its upper and from its lower end.
            from_upper = t - max(top + old_half, min(old_top, top) + old_half)
            from_lower = (bottom - old_half) - t
            if from_upper <= 0.0:
                source_t = t - top + old_top
            elif from_lower <= 0.0:
                source_t = t - bottom + old_bottom
            else:
                source_t = seam
            edge = max(0.02 * width, 1.2)
            inside = smooth_step(min(from_upper + 0.3 * edge, from_lower + 0.3 * edge) / edge)
            inside *= smooth_step(growth / (0.06 * width))
            source_s = ends[0, 0] + at * (ends[0, 1] - ends[0, 0])
            ds, dt = source_s - s, source_t - t
            field[j, i, 0] = axes[0, 0] * ds + axes[1, 0] * dt
            field[j, i, 1] = axes[0, 1] * ds + axes[1, 1] * dt
            column = min(max(int(i / grid_scale + field[j, i, 0] + 0.5), 0), crop.shape[1] - 1)
            row = min(max(int(j / grid_scale + field[j, i, 1] + 0.5), 0), crop.shape[0] - 1)
            for channel in range(3):
                wanted = cavity[channel] / max(crop[row, column, channel], 1e-3)
                field[j, i, 2 + channel] = inside * min(np.log(max(wanted, 1e-3)), 0.0)
