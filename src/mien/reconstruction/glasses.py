"""Glasses: whether a face wears some, and where their rims, bridge and arms lie, once for a shot.

Glasses are flat enough: pictures of the shot are drawn as seen from the front on the plane in which they lie
(:mod:`mien.reconstruction.glasses_plane`). Round each eye a thin line, dark or bright, is looked for below the lids and
beside the nose, where bare faces have none. It is believed where it stands out all along in most pictures and at the
same place in them. Then the pictures are laid upon each other, rims upon rims, and traced
(:mod:`mien.reconstruction.glasses_tracing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy  # its parts load when they are first used

from mien.geometry.contour_fit import FoundLine, follow_line
from mien.geometry.lines import find_lines
from mien.geometry.paths import strongest_path
from mien.morphable.model import MorphableModel
from mien.reconstruction.glasses_plane import (
    LENS_MM,
    LENS_RADII_MM,
    PX_PER_MM,
    RADII,
    STRAIGHT,
    GlassesPlane,
    Seat,
    better_seat,
)
from mien.reconstruction.glasses_tracing import glasses_of, trace
from mien.reconstruction.light import Picture
from mien.reconstruction.parameters import FaceParameters, Glasses
from mien.types import AnyArray, DoubleArray, FloatArray

FINE_PX = (1.0, 2.0)
"""Half widths of thin lines, px of the plane: what tells rims from bags under the eyes and shadows."""

ALL_PX = (1.0, 1.6, 2.6, 4.0)
"""Half widths of rims once they are known to be there, px of the plane."""

WEAKEST = 0.35
LEAST_CONTRAST = 0.014
"""Contrast that all but the weakest third of the arcs must exceed. Bare faces of the shared clips and the example, as
they are and edited to every emotion, reach 0.007 in any picture; those with glasses 0.026 and more in ten pictures, and
0.016 at half their size."""

LEAST_PROMINENCE = 6.0
"""Contrast of the arcs over that of what is around them: bare faces up to 3.3, glasses 7 and more."""

MOST_SPREAD_MM = 1.0
"""Median distance of a picture's arcs from those of all, each picture shifted as a whole."""

ARC = np.linspace(1.02 * np.pi, 1.98 * np.pi, 80)
"""Angles of the lower half of a lens, where no brow can be."""

_EYE_MARGINS_MM = (3.0, 4.0, 6.0)
_HALF_LENS_MM = 17.0
_CAP = 0.08
_BEND_COST = 0.0004
_MOST_STEP = 7
_LEAST_PICTURES = 3
_MOST_TURN_DEGREES = 30.0
_ROUNDS = 3
_STEP_PX = 0.5


def find_glasses(model: MorphableModel, parameters: FaceParameters, pictures: Sequence[Picture]) -> Glasses | None:
    """Find the glasses of a face.

    Args:
        model: The morphable model.
        parameters: Its fit.
        pictures: Frames of the track, ten or so, spread over it.

    Returns:
        The glasses, or None where there are none, or none that can be told from a face with certainty: rimless ones,
        rims of the skin's colour, faces too small for their rims to be seen.
    """
    plane = GlassesPlane.of(model, parameters)
    angles = parameters.pitch_yaw_roll_degrees()
    frontal = [p for p in pictures if np.abs(angles[parameters.row(p.index), :2]).max() < _MOST_TURN_DEGREES]
    views = [view for view in (plane.view(parameters, picture) for picture in frontal) if view is not None]
    if len(views) < min(_LEAST_PICTURES, len(pictures)) or not views:
        return None
    arcs = believed_arcs(measure_arcs(plane, views))
    if arcs is None:
        return None
    known, seat = _arcs_as_glasses(plane, arcs), _seat_of_arcs(arcs)
    for _ in range(_ROUNDS):
        laid = [_laid(view, _find(plane, known, view)) for view in views]
        mean = np.log(np.mean(laid, axis=0, dtype=np.float32))
        known, seat = trace(plane, mean, find_lines(mean, ALL_PX), seat)
    return known


def measure_arcs(plane: GlassesPlane, views: Sequence[FloatArray]) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """The strongest arcs below the eyes.

    Args:
        plane: The person's.
        views: ``(H, W)`` pictures of the plane.

    Returns:
        For each view and side: radii ``(V, 2, A)``, shares of a usual lens; contrast along them ``(V, 2, A)``; and its
        median over that of everything around the eye ``(V, 2)``.
    """
    shape = (len(views), 2, len(ARC))
    radii, contrast, prominence = np.empty(shape), np.empty(shape), np.empty(shape[:2])
    for n, view in enumerate(views):
        lines = find_lines(np.log(view), FINE_PX)
        for side in range(2):
            table = plane.lines_round(side, ARC, lines, _EYE_MARGINS_MM)
            path = strongest_path(np.minimum(table, _CAP), _MOST_STEP, _BEND_COST)
            radii[n, side], contrast[n, side] = RADII[path], table[np.arange(len(path)), path]
            around = float(np.median(np.maximum(table, 0.0)))
            prominence[n, side] = np.median(contrast[n, side]) / (around + 0.003)
    return radii, contrast, prominence


def believed_arcs(measured: tuple[DoubleArray, DoubleArray, DoubleArray]) -> DoubleArray | None:
    """The arcs that pictures share ``(2, A)``, or None where they are not those of rims."""
    radii, contrast, prominence = measured
    weakest = np.quantile(contrast, WEAKEST, axis=2)
    # In some pictures rims are lost in a glint or on skin of their brightness, so the clearer half is judged.
    clearer = np.argsort(-weakest.min(axis=1), kind="stable")[: (len(weakest) + 1) // 2]
    if np.median(weakest[clearer], axis=0).min() < LEAST_CONTRAST:
        return None
    if np.median(prominence[clearer], axis=0).min() < LEAST_PROMINENCE:
        return None
    middle = np.median(radii[clearer], axis=0)
    away = radii[clearer] - middle
    away -= np.median(away, axis=2, keepdims=True)
    spread = np.median(np.abs(away), axis=(0, 2)) * float(np.mean(LENS_RADII_MM))
    return None if spread.max() > MOST_SPREAD_MM else np.asarray(middle)


def _seat_of_arcs(arcs: DoubleArray) -> Seat:
    """A first seat, from the lower halves of the lenses ``(2, A)``: how high they sit, too."""
    height = [LENS_MM[1] + radii * LENS_RADII_MM[1] * np.sin(ARC) for radii in arcs]
    seat = better_seat(STRAIGHT, ARC, arcs)
    return replace(seat, up=float(np.quantile(height, 0.1)) + _HALF_LENS_MM - LENS_MM[1])


def _arcs_as_glasses(plane: GlassesPlane, arcs: DoubleArray) -> Glasses:
    values = np.tile([1.0, 0.0, 1.0, 1.0, 1.0], (len(ARC), 1))
    return glasses_of(plane, [(_arc_places(plane, side, arcs[side]), False, values) for side in range(2)])


def _arc_places(plane: GlassesPlane, side: int, radii: DoubleArray) -> DoubleArray:
    """Places of an arc ``(A, 2)``, px."""
    places, _ = plane.round_lens(side, ARC)
    first, last = places[:, 0], places[:, -1]
    return np.asarray(first + ((radii - RADII[0]) / (RADII[-1] - RADII[0]))[:, None] * (last - first))


def _find(plane: GlassesPlane, known: Glasses, view: FloatArray) -> FoundLine:
    normals = known.normals * [1.0, -1.0]
    half_widths = known.half_widths / plane.size * PX_PER_MM
    return follow_line(view, plane.to_px(known.points), normals, half_widths, known.senses, known.strengths, _STEP_PX)


def _laid(view: FloatArray, found: FoundLine) -> AnyArray:
    """A picture moved so that its rims lie where they are expected."""
    turned = found.matrix[::-1, ::-1]
    offset = found.shift[::-1] - turned @ found.middle[::-1]
    return np.asarray(scipy.ndimage.affine_transform(view, np.eye(2) + turned, offset, order=1, mode="nearest"))
