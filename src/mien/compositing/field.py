"""From moved landmarks to the field that resamples a frame: where each pixel comes from and how its light changes.

The mesh of the edited face is rasterised with each vertex's way back to the source. Beyond the face oval a skirt of
four rings lets the displacement fade to nothing, so that hair, collar and background stay. The holes of eyes and
lips are closed, so that the field is whole; what is seen in them is painted afterwards
(:mod:`mien.compositing.eyes`, :mod:`mien.compositing.mouth`).
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import pairwise

import numpy as np

from mien.geometry.rasteriser import rasterise
from mien.geometry.scratch import Scratch
from mien.geometry.seams import smooth_seams
from mien.morphable.outline import outward
from mien.morphable.regions import (
    FACE_OVAL,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)
from mien.types import MESH_VERTEX_COUNT, AnyArray, Box, DoubleArray, FloatArray, IntArray

EYES = ((RIGHT_EYE_UPPER, RIGHT_EYE_LOWER), (LEFT_EYE_UPPER, LEFT_EYE_LOWER))
"""Upper and lower lid of the right and the left eye, from the corner at the image's left to the one at its right."""

SKIRT_WIDTH = 0.5
"""How far beyond the face oval the displacement reaches at most, eye distances; 0.6 is promised to stay untouched."""

SKIRT_DEPTH = 0.05
"""How far behind its oval the skirt ends, eye distances: behind the face, but so gently that it makes no seam."""

SKIRT_FALL = 0.06
"""How far into the background the displacement reaches where the person ends before the skirt does, eye distances."""

LEAST_FALL = 1.6
"""The skirt is so many times as wide as its oval is moved outward at least: narrower, it would fold over."""

SKIRT_RINGS = ((0.25, 0.844), (0.5, 0.5), (0.75, 0.156), (1.0, 0.0))
"""Rings of the skirt: distance as a share of its width, and share of the oval's displacement left (a smooth step)."""

SEAM_DEPTH = 0.03
"""Parts of the mesh that lie so much before each other may move apart at their seam, eye distances."""

SEAM_REACH = 0.12
"""How far from a seam the displacement is smoothed, eye distances."""


@dataclass(frozen=True)
class FieldRoom:
    """Memory for one field at a time and its depths."""

    field: Scratch = dataclass_field(default_factory=Scratch)
    depth: Scratch = dataclass_field(default_factory=Scratch)


def closed_triangles(triangles: IntArray) -> IntArray:
    """The mesh's triangles, strips that close its holes, and the skirt's; vertices 468 and on are the skirt."""
    strips = []
    for upper, lower in ((INNER_LIP_UPPER, INNER_LIP_LOWER), *EYES):
        for k in range(len(upper) - 1):
            a, b, c, d = upper[k], upper[k + 1], lower[k], lower[k + 1]
            strips += [(a, b, c), (b, d, c)]
    count = len(FACE_OVAL)
    skirt = []
    rings: list[AnyArray] = [
        FACE_OVAL,
        *(MESH_VERTEX_COUNT + ring * count + np.arange(count) for ring in range(len(SKIRT_RINGS))),
    ]
    for previous, current in pairwise(rings):
        for k in range(count):
            n = (k + 1) % count
            skirt += [(previous[k], previous[n], current[k]), (previous[n], current[n], current[k])]
    return np.concatenate([triangles, np.array(strips), np.array(skirt)]).astype(np.int32)


def add_skirt(
    points: DoubleArray, displacement: DoubleArray, eye_distance_px: float, reach: AnyArray | None = None
) -> tuple[DoubleArray, DoubleArray]:
    """Append the skirt's vertices.

    Args:
        points: ``(468, 3)`` landmarks of the frame, px.
        displacement: ``(468, 2)`` how each is moved, px.
        eye_distance_px: Outer corner to outer corner, px.
        reach: ``(36,)`` how far the person goes on beyond the oval, eye distances; None if that is not known.

    Returns:
        Points ``(468 + 144, 3)`` and displacements ``(468 + 144, 2)``.
    """
    oval, moved = points[FACE_OVAL], displacement[FACE_OVAL]
    rays, width = outward(points[:, :2]), np.full(len(oval), SKIRT_WIDTH)
    if reach is not None:
        least = LEAST_FALL / eye_distance_px * (moved * rays).sum(axis=1)
        width = np.minimum(np.maximum(reach + SKIRT_FALL, least), SKIRT_WIDTH)
    steps = rays * (width * eye_distance_px)[:, None]
    rings, moves = [points], [displacement]
    for distance, share in SKIRT_RINGS:
        ring = np.empty((len(oval), 3))
        ring[:, :2] = oval[:, :2] + distance * steps
        ring[:, 2] = oval[:, 2] + distance * SKIRT_DEPTH * eye_distance_px
        rings.append(ring)
        moves.append(moved * share)
    return np.concatenate(rings), np.concatenate(moves)


def face_box(points: DoubleArray, displacement: DoubleArray, width: int, height: int) -> Box:
    """The pixels of a frame that an edit of these (skirted) points can touch, with a margin for the cubic kernel."""
    both = np.concatenate([points[:, :2], points[:, :2] + displacement])
    low, high = np.floor(both.min(axis=0)) - 3, np.ceil(both.max(axis=0)) + 4
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])).clipped(width, height)


def rasterise_field(
    points: DoubleArray,
    displacement: DoubleArray,
    attributes: DoubleArray,
    triangles: IntArray,
    box: Box,
    grid_scale: float,
    eye_distance_px: float,
    room: FieldRoom | None = None,
) -> FloatArray:
    """Rasterise the edited mesh over a box.

    Args:
        points: ``(N, 3)`` skirted landmarks, px.
        displacement: ``(N, 2)`` how each is moved, px.
        attributes: ``(N, C)`` further values to interpolate.
        triangles: From :func:`closed_triangles`.
        box: The part of the frame, px.
        grid_scale: Grid px per image px.
        eye_distance_px: Outer corner to outer corner, px.
        room: Memory for the field, which is then good until the next one is made there; None for new memory.

    Returns:
        ``(h, w, 2 + C)``: source minus target position, px, then the attributes; zero where the mesh is not.
    """
    target = points.copy()
    target[:, :2] += displacement
    target[:, 0] = (target[:, 0] - box.x0) * grid_scale
    target[:, 1] = (target[:, 1] - box.y0) * grid_scale
    values = np.concatenate([-displacement, attributes], axis=1).astype(np.float32)
    height = int(np.ceil((box.height - 1) * grid_scale)) + 2
    width = int(np.ceil((box.width - 1) * grid_scale)) + 2
    room = room or FieldRoom()
    out = room.field.array(height, width, values.shape[1]), room.depth.array(height, width)
    field, depth = rasterise(target.astype(np.float32), triangles, values, height, width, out)
    smooth_seams(field, depth, SEAM_DEPTH * eye_distance_px, SEAM_REACH * eye_distance_px * grid_scale, grid_scale)
    return field
