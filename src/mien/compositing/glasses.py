"""Glasses in a frame: where their rims are, and what their arms hold.

Rims are known in model space (:mod:`mien.reconstruction.glasses`). The head's pose puts them within a few mm of where
they are; from there they are found in each frame's own pixels, frame by frame alone, so that they are where they are
seen and no error is handed on. What is done with them: :mod:`mien.compositing.rim_layer`.
"""

from __future__ import annotations

import numpy as np

from mien.compositing.placement import Placement
from mien.compositing.rim_layer import ALL_CLEARED_PX, GlassesRoom, LiftedRims, SeenRims, lift_rims
from mien.geometry.camera import project
from mien.geometry.contour import smooth_along
from mien.geometry.contour_fit import FoundLine, follow_line
from mien.geometry.rotation import matrix_from_vector
from mien.reconstruction.parameters import Glasses
from mien.types import AnyArray, DoubleArray, FloatArray, Pose

STEP_MM = 0.25
"""Rims are looked for in such steps from where the head's pose puts them."""

_WINDOW = np.hanning(9)[1:-1]  # over 8 mm of a rim
_MOST_REST_MM = 0.8
_SEEN = (0.010, 0.025)
_THERE = (0.20, 0.26)
"""Contrast that counts as seen, from and in full; and how much must be. Other faces reach 0.20, own glasses 0.27."""


ARM_MM, ARM_HELD_MM, ARM_EASE_MM = 25.0, 3.0, 9.0
"""The arms begin at the rims' outer ends: so far the skin beneath them is looked at, held still, and let go again."""


def held_by_arms(glasses: Glasses, vertices: AnyArray) -> DoubleArray:
    """How far the arms of glasses, and the hinges, hold the skin beneath them still.

    Arms look too different for their pixels to be told from hair, and skin hardly moves at the temples: it is stretched
    round them.

    Args:
        glasses: What the person wears.
        vertices: ``(V, 3)`` mm, the face.

    Returns:
        ``(V,)`` 0 free to 1 held.
    """
    held = np.zeros(len(vertices))
    for start, stop, closed in glasses.lines:
        ring = glasses.points[start:stop].astype(np.float64)
        if not closed:
            continue
        side = np.sign(ring[:, 0].mean())
        outward = side * ring[:, 0]
        # Arms are fixed to the upper half of the rims.
        upper = ring[:, 1] >= ring[:, 1].mean()
        hinge = ring[np.where(upper, outward, -np.inf).argmax(), :2]
        away = np.asarray(vertices, np.float64)[:, :2] - hinge
        along = np.clip(side * away[:, 0], 0.0, ARM_MM)
        distance = np.hypot(away[:, 0] - side * along, away[:, 1])
        share = np.clip((ARM_HELD_MM + ARM_EASE_MM - distance) / ARM_EASE_MM, 0.0, 1.0)
        held = np.maximum(held, share * share * (3.0 - 2.0 * share))
    return held


def see_rims(crop: FloatArray, glasses: Glasses, pose: Pose, corner: AnyArray | tuple[int, int]) -> SeenRims | None:
    """Find the rims of known glasses in a frame.

    Args:
        crop: ``(h, w, 3)`` a part of the frame.
        glasses: What the person wears.
        pose: Of the head.
        corner: ``(2,)`` where it begins, px of the frame.

    Returns:
        The rims, or None where they are not seen, as when the glasses have been taken off.
    """
    points = project(glasses.points, pose)[:, :2] - np.asarray(corner, np.float64)
    stretch = np.array(pose.stretch)
    turned = glasses.normals @ matrix_from_vector(pose.rotation)[:2, :2].T * [1.0, -1.0] / stretch
    normals = turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-6)
    px_per_mm = pose.scale / float(np.sqrt(stretch.prod()))
    widths, step = glasses.half_widths * px_per_mm, STEP_MM * px_per_mm
    margin = 20.0 * step
    low = np.maximum(np.floor(points.min(axis=0) - margin).astype(int), 0)
    high = np.minimum(np.ceil(points.max(axis=0) + margin).astype(int) + 1, [crop.shape[1], crop.shape[0]])
    if (high - low).min() < 8:
        return None
    green = np.ascontiguousarray(crop[low[1] : high[1], low[0] : high[0], 1])
    found = follow_line(green, points - low, normals, widths, glasses.senses, glasses.strengths, step)
    seen = float(np.average(np.clip((found.contrast - _SEEN[0]) / (_SEEN[1] - _SEEN[0]), 0.0, 1.0),
                            weights=glasses.strengths + 1e-6))  # fmt: skip
    share = float(np.clip((seen - _THERE[0]) / (_THERE[1] - _THERE[0]), 0.0, 1.0))
    if share == 0.0:
        return None
    placed = found.place(points - low) + low + _rest(found, glasses, px_per_mm)[:, None] * normals
    extents, shares = (np.asarray(a, np.float64) for a in (glasses.extents * px_per_mm, glasses.strengths * share))
    return SeenRims(placed, normals, extents, px_per_mm, shares, glasses.lines)


def take_off(
    crop: FloatArray,
    glasses: Glasses,
    pose: Pose,
    place: Placement,
    landmarks: DoubleArray,
    room: GlassesRoom | None = None,
) -> LiftedRims | None:
    """Lift the rims of known glasses off a crop, in place.

    Args:
        crop: ``(h, w, 3)`` the frame's pixels within the placement's box.
        glasses: What the person wears.
        pose: Of the head.
        place: Where the face will move.
        landmarks: ``(478, 2)`` px of the crop.
        room: Memory for the work; None for new memory.

    Returns:
        The rims, to be laid back; None where they are not seen.
    """
    rims = see_rims(crop, glasses, pose, (place.box.x0, place.box.y0))
    return None if rims is None else lift_rims(crop, rims, landmarks, float(np.abs(place.shift).max()), room)


def without_rims(
    crop: FloatArray, corner: AnyArray, glasses: Glasses | None, pose: Pose, landmarks: AnyArray
) -> FloatArray:
    """The face as if it wore no glasses, as far as their rims can be told from it.

    Args:
        crop: ``(h, w, 3)`` a part of a frame.
        corner: ``(2,)`` where it begins, px of the frame.
        glasses: What the person wears, if anything.
        pose: Of the head.
        landmarks: ``(478, 2 or 3)`` px of the frame.

    Returns:
        A new crop; the same where there is nothing to lift off.
    """
    rims = None if glasses is None else see_rims(crop, glasses, pose, corner)
    if rims is None:
        return crop
    bare = crop.copy()
    lift_rims(bare, rims, np.asarray(landmarks, np.float64)[:, :2] - corner, ALL_CLEARED_PX)
    return bare


def _rest(found: FoundLine, glasses: Glasses, px_per_mm: float) -> DoubleArray:
    """How far each point lies from where the motion of the whole puts it, px, smooth along the rims."""
    weights = np.minimum(found.contrast, 0.1) * glasses.strengths + 1e-4
    total = smooth_along(np.column_stack([weights * found.rest, weights]), glasses.lines, _WINDOW)
    return np.clip(total[:, 0] / total[:, 1], -_MOST_REST_MM * px_per_mm, _MOST_REST_MM * px_per_mm)
