"""Seams of a displacement field: where one part of a surface hides another, the displacement is made to change gently.

Where a turned cheek hides the rim of the face, the displacement jumps from the cheek's to that of the surroundings
within a pixel, and is steep before it, since the surface is seen from its edge. An image whose own outline lies near,
never quite on, the mesh's comes out jagged when it is resampled through that.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.geometry.window_mean import window_mean
from mien.types import FloatArray

SMALLEST_PX = 0.1
"""Steps between two samples up to this, in grid px, are no seam; twice as large ones are, and between in part (so it is
with the depth, too), so that a seam that opens does so without a jump in time."""

PASSES = 2
"""Means over a window one after the other: two weigh a neighbour the less the further away it is."""


def smooth_seams(field: FloatArray, depth: FloatArray, depth_step: float, reach_px: float, grid_scale: float) -> None:
    """Smooth a displacement field around its seams, in place.

    Args:
        field: ``(h, w, C)`` float32, C-contiguous; the first two channels are a displacement, image px.
        depth: ``(h, w)`` float32, smaller is nearer, infinite where nothing is.
        depth_step: Neighbours whose depth differs by more may lie on two surfaces.
        reach_px: How far from a seam the displacement changes, grid px.
        grid_scale: Grid px per image px.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    _check(field, depth, depth_step, reach_px, grid_scale)
    share = np.zeros(depth.shape, np.float32)
    top, bottom, left, right = _find(field, depth, np.float32(depth_step), np.float32(SMALLEST_PX / grid_scale), share)
    if top > bottom:
        return
    radius = max(1, round(reach_px / (PASSES + 1)))
    margin = math.ceil(reach_px) + PASSES * radius
    rows = slice(max(0, top - margin), bottom + margin + 1)
    columns = slice(max(0, left - margin), right + margin + 1)
    share, part = np.ascontiguousarray(share[rows, columns]), field[rows, columns]
    _spread(share, np.float32(1.0 / reach_px))
    smooth = np.ascontiguousarray(part[..., :2].transpose(2, 0, 1))
    for _ in range(PASSES):
        window_mean(smooth, radius)
    _mix(part, smooth, share)


def smooth_seams_reference(
    field: FloatArray, depth: FloatArray, depth_step: float, reach_px: float, grid_scale: float
) -> FloatArray:
    """Do what :func:`smooth_seams` does, slowly and plainly: a new field."""
    from scipy.ndimage import uniform_filter

    _check(field, depth, depth_step, reach_px, grid_scale)
    share = np.zeros(depth.shape)
    for y, x in np.argwhere(np.isfinite(depth[:-1, :-1])):
        for j, i in ((y, x + 1), (y + 1, x)):
            apart = abs(depth[y, x] - depth[j, i]) / depth_step - 1.0
            step = np.abs(field[j, i, :2] - field[y, x, :2]).max() * grid_scale / SMALLEST_PX - 1.0
            if 0.0 < apart < np.inf and step > 0.0:
                most = min(apart, 1.0) * min(step, 1.0)
                share[y, x], share[j, i] = (max(share[at], most) for at in ((y, x), (j, i)))
    spread = np.zeros(depth.shape)
    rows, columns = np.indices(depth.shape)
    for y, x in np.argwhere(share > 0):
        away = abs(rows - y) + abs(columns - x)
        spread = np.maximum(spread, share[y, x] - away / reach_px)
    size = 2 * max(1, round(reach_px / (PASSES + 1))) + 1
    inside = uniform_filter(np.ones(depth.shape), size, mode="constant")
    smooth = field[..., :2].astype(np.float64)
    for _ in range(PASSES):
        smooth = np.stack([uniform_filter(c, size, mode="constant") / inside for c in np.moveaxis(smooth, 2, 0)], 2)
    result = field.copy()
    result[..., :2] += (spread * spread * (3.0 - 2.0 * spread))[..., None] * (smooth - field[..., :2])
    return result


def _check(field: FloatArray, depth: FloatArray, depth_step: float, reach_px: float, grid_scale: float) -> None:
    if field.ndim != 3 or field.shape[2] < 2 or field.dtype != np.float32 or not field.flags.c_contiguous:
        raise InputError(f"field must be (h, w, 2 or more) float32 in one piece, but came as {field.shape}")
    if depth.shape != field.shape[:2] or depth.dtype != np.float32:
        raise InputError(f"depth must be {field.shape[:2]} float32, but came as {depth.shape} {depth.dtype}")
    if not (reach_px > 0 and grid_scale > 0 and depth_step > 0):
        raise InputError(f"reach {reach_px}, scale {grid_scale} and step {depth_step} must be positive")


@njit(cache=True, nogil=True)
def _find(field, depth, depth_step, smallest, share):  # type: ignore[no-untyped-def]
    """How far each sample lies at a seam, 0 to 1; first and last row and column where there is one."""
    height, width = depth.shape
    top, bottom, left, right = height, -1, width, -1
    zero, one = np.float32(0.0), np.float32(1.0)
    for y in range(height - 1):
        for x in range(width - 1):
            own = depth[y, x]
            if own == np.inf:
                continue
            for j, i in ((y, x + 1), (y + 1, x)):
                apart = abs(own - depth[j, i]) / depth_step - one
                if not zero < apart < np.inf:
                    continue
                step = max(abs(field[j, i, 0] - field[y, x, 0]), abs(field[j, i, 1] - field[y, x, 1]))
                if step <= smallest:
                    continue
                most = min(apart, one) * min(step / smallest - one, one)
                share[y, x], share[j, i] = max(share[y, x], most), max(share[j, i], most)
                top, bottom, left, right = min(top, y), max(bottom, j), min(left, x), max(right, i)
    return top, bottom, left, right


@njit(cache=True, nogil=True)
def _spread(share, fall):  # type: ignore[no-untyped-def]
    """Let each share fall off along rows and columns; where several meet the largest wins."""
    height, width = share.shape
    for y in range(height):
        for x in range(1, width):
            share[y, x] = max(share[y, x], share[y, x - 1] - fall)
        for x in range(width - 2, -1, -1):
            share[y, x] = max(share[y, x], share[y, x + 1] - fall)
    for y in range(1, height):
        for x in range(width):
            share[y, x] = max(share[y, x], share[y - 1, x] - fall)
    for y in range(height - 2, -1, -1):
        for x in range(width):
            share[y, x] = max(share[y, x], share[y + 1, x] - fall)


@njit(cache=True, nogil=True)
def _mix(field, smooth, share):  # type: ignore[no-untyped-def]
    for y in range(share.shape[0]):
        for x in range(share.shape[1]):
            s = share[y, x]
            if s > 0.0:
                s = s * s * (np.float32(3.0) - np.float32(2.0) * s)
                field[y, x, 0] += s * (smooth[0, y, x] - field[y, x, 0])
                field[y, x, 1] += s * (smooth[1, y, x] - field[y, x, 1])
