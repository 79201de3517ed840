"""Tracing glasses in a picture of their plane: the closed ring round each lens, and the bridge."""

from __future__ import annotations

import numpy as np
import scipy  # its parts load when they are first used

from mien.geometry.lines import LineMap
from mien.geometry.paths import strongest_path, strongest_ring
from mien.reconstruction.glasses_plane import PX_PER_MM, RADII, REACH_MM, GlassesPlane, Seat, better_seat, lines_along
from mien.reconstruction.parameters import Glasses
from mien.types import AnyArray, DoubleArray, FloatArray

ROUND = np.linspace(0.0, 2.0 * np.pi, 160, endpoint=False)

SPACING_MM = 1.2

SURE_CONTRAST = 0.03
"""Contrast at which a point of the rims is surely seen."""

FAR = -1.0
"""Strength where no line may be."""

_CAP = 0.04
_MORE_SHARE = 0.3
_BEND_COST = 0.0012
_MOST_STEP = 5
_EYE_MARGINS_MM = (0.0, -3.0, 0.0)
_OWN_COST = 0.0005
_OWN_STEPS = 9
_SENSE_WINDOW = 31
_OTHER_SENSE = 0.3
_SMOOTHING = 1.2
_BRIDGED = 41
_LEAST_BRIDGE = 0.01
_SECOND_MM = (1.5, 2.5)
_SECOND_SHARE = 0.4
_LEAST_SECOND = 0.12

TracedLine = tuple[DoubleArray, bool, DoubleArray]
"""Places px ``(N, 2)``, whether closed, and ``(N, 5)``: half width px, sense, extents px, strength."""


def trace(plane: GlassesPlane, picture: FloatArray, lines: LineMap, seat: Seat) -> tuple[Glasses, Seat]:
    """Trace glasses that are known to be there.

    Args:
        plane: The person's.
        picture: Logarithm of the brightness, mean of pictures of the plane laid rims upon rims.
        lines: Of it.
        seat: How the glasses sit.

    Returns:
        The glasses, and a better seat.
    """
    rings, radii = _rings(plane, lines, seat)
    traced = [(ring, True) for ring in rings]
    bridge = _bridge(rings, lines)
    traced += [] if bridge is None else [(bridge, False)]
    found = glasses_of(plane, [_measured(line, closed, picture, lines) for line, closed in traced])
    return found, better_seat(seat, ROUND, radii)


def glasses_of(plane: GlassesPlane, lines: list[TracedLine]) -> Glasses:
    """Lines in a picture of the plane as glasses in model space, their points evenly spaced."""
    points, normals, values, table, count = [], [], [], [], 0
    for places, closed, measured in lines:
        known = np.column_stack([places, measured])
        known = np.concatenate([known, known[:1]]) if closed else known
        length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(known[:, :2], axis=0), axis=1))])
        number = max(3, round(length[-1] / PX_PER_MM / SPACING_MM))
        even = np.linspace(0.0, length[-1], number, endpoint=not closed)
        read = np.column_stack([np.interp(even, length, column) for column in known.T])
        points.append(plane.to_mm(read[:, :2]))
        normals.append(_normals(read[:, :2], closed) * [1.0, -1.0])  # in model space y is up
        values.append(read[:, 2:])
        table.append((count, count + number, int(closed)))
        count += number
    half_widths, senses, *extents, strengths = np.concatenate(values).T
    mm = plane.size / PX_PER_MM
    return Glasses(
        points=_single(np.concatenate(points)),
        normals=_single(np.concatenate(normals)),
        half_widths=_single(half_widths * mm),
        senses=_single(senses),
        extents=_single(np.column_stack(extents) * mm),
        strengths=_single(strengths),
        lines=np.array(table, np.int32),
    )


def _single(values: AnyArray) -> FloatArray:
    return np.ascontiguousarray(values, np.float32)


def _normals(places: DoubleArray, closed: bool) -> DoubleArray:
    """Unit normals of a line ``(N, 2)``, all on the same side."""
    ahead, behind = np.roll(places, -1, axis=0), np.roll(places, 1, axis=0)
    if not closed:
        ahead[-1], behind[0] = places[-1], places[0]
    along = (ahead - behind) / np.maximum(np.linalg.norm(ahead - behind, axis=1, keepdims=True), 1e-9)
    return np.column_stack([along[:, 1], -along[:, 0]])


def _rings(plane: GlassesPlane, lines: LineMap, seat: Seat) -> tuple[list[DoubleArray], DoubleArray]:
    """The closed line round each lens: first one shape for both, then each near that.

    Returns:
        Places ``(N, 2)`` of each, px, and the radii ``(2, N)``.
    """
    tables = [_valued(plane.lines_round(side, ROUND, lines, _EYE_MARGINS_MM, seat)) for side in range(2)]
    shape = strongest_ring(tables[0] + tables[1], _MOST_STEP, 2.0 * _BEND_COST)
    away = np.abs(np.arange(len(RADII)) - shape[:, None])
    own = np.where(away <= _OWN_STEPS, -_OWN_COST * away**2, FAR).astype(np.float32)
    senses = [_read(lines.dark, plane.round_lens(side, ROUND, seat)[0], 0) for side in range(2)]
    rows = np.arange(len(ROUND))
    seen = sum(sense[rows, shape] * table[rows, shape] for sense, table in zip(senses, tables, strict=True))
    dark = np.sign(scipy.ndimage.uniform_filter1d(np.asarray(seen), _SENSE_WINDOW, mode="wrap"))
    rings, radii = [], np.empty((2, len(ROUND)))
    for side, (table, sense) in enumerate(zip(tables, senses, strict=True)):
        table[(sense * dark[:, None] < 0.0) & (table > 0.0)] *= _OTHER_SENSE
        path = strongest_ring(table + own, _MOST_STEP, _BEND_COST)
        places, outward = plane.round_lens(side, ROUND, seat)
        ring = _to_ridge(places[np.arange(len(path)), path], outward, lines)
        rings.append(np.asarray(scipy.ndimage.gaussian_filter1d(ring, _SMOOTHING, axis=0, mode="wrap")))
        radii[side] = RADII[path]
    return rings, radii


def _valued(contrast: FloatArray) -> FloatArray:
    """What contrast is worth to a path: little more where it is high, since hair has more of it than rims."""
    return np.asarray(np.minimum(contrast, _CAP) + _MORE_SHARE * np.clip(contrast - _CAP, 0.0, 4.0 * _CAP), np.float32)


def _read(image: FloatArray, places: AnyArray, order: int = 1) -> FloatArray:
    """An image at places ``(..., 2)``, px."""
    at = np.moveaxis(np.asarray(places), -1, 0)[::-1]
    return np.asarray(scipy.ndimage.map_coordinates(image, at, order=order, mode="nearest"), np.float32)


def _to_ridge(places: DoubleArray, normals: AnyArray, lines: LineMap) -> DoubleArray:
    """Places moved by less than a step of the table to where the line is strongest."""
    away = np.array([-1.0, 0.0, 1.0])
    below, here, above = (lines_along(lines, places + a * normals, normals) for a in away)
    bend = 2.0 * here - below - above
    finer = np.clip(np.where(bend > 1e-5, 0.5 * (above - below) / np.maximum(bend, 1e-5), 0.0), -1.0, 1.0)
    return np.asarray(places + finer[:, None] * normals)


def _bridge(rings: list[DoubleArray], lines: LineMap) -> DoubleArray | None:
    """The line across the nose from ring to ring, or None where none is seen."""
    middle = REACH_MM[0] * PX_PER_MM
    right, left = (ring[np.abs(ring[:, 0] - middle).argmin()] for ring in rings)
    columns = np.arange(np.floor(right[0]), np.ceil(left[0]) + 1.0)
    if len(columns) < 6:
        return None
    top = min(rings[0][:, 1].min(), rings[1][:, 1].min())
    rows = np.arange(top - 2.0 * PX_PER_MM, max(right[1], left[1]) + 6.0 * PX_PER_MM)
    line, contrast = _across_table(columns, rows, lines)
    return line if np.median(contrast) >= _LEAST_BRIDGE else None


def _across_table(columns: DoubleArray, rows: DoubleArray, lines: LineMap) -> tuple[DoubleArray, DoubleArray]:
    """The strongest level line over columns and rows of a picture: its places and contrast."""
    places = np.stack(np.broadcast_arrays(columns[:, None], rows[None, :]), axis=-1)
    table = lines_along(lines, places, np.array([0.0, 1.0]))
    path = strongest_path(_valued(table), 2, _BEND_COST)
    line = np.column_stack([columns, rows[path]])
    line[:, 1] = scipy.ndimage.gaussian_filter1d(line[:, 1], _SMOOTHING, mode="nearest")
    return line, np.asarray(table[np.arange(len(path)), path], np.float64)


def _measured(line: DoubleArray, closed: bool, picture: FloatArray, lines: LineMap) -> TracedLine:
    """A line with its half widths, sense, extents and how surely it is seen, all without outliers."""
    mode, normals = "wrap" if closed else "nearest", _normals(line, closed)
    # Where a little of a closed rim is not seen it is there all the same.
    sure = np.clip(lines_along(lines, line, normals) / SURE_CONTRAST, 0.0, 1.0)
    sure = scipy.ndimage.maximum_filter1d(sure, min(_BRIDGED, len(line)), mode=mode)
    size = min(9, len(line))
    read = np.column_stack([_read(lines.width_px, line), _read(lines.dark, line, 0)]).astype(np.float64)
    read = scipy.ndimage.median_filter(read, (size, 1), mode=mode)
    extents = scipy.ndimage.median_filter(_extents(picture, line, normals, read), (size, 1), mode=mode)
    return line, closed, np.column_stack([read, extents, sure])


def _extents(picture: FloatArray, line: DoubleArray, normals: DoubleArray, measured: DoubleArray) -> DoubleArray:
    """How far a rim reaches from its line, against the normals and along them ``(N, 2)``, px.

    Beside a dark line there may be a bright one, the edge of the lens, and beside a bright one a dark one: it is part
    of the rim where it is thin, so that what lies beyond it is again like skin.

    Args:
        picture: Logarithm of the brightness.
        line: ``(N, 2)`` px.
        normals: ``(N, 2)``.
        measured: ``(N, 2)`` half widths, px, and senses.
    """
    half, sense = measured[:, :1], measured[:, 1:]
    away = np.arange(0.0, _SECOND_MM[1] + 0.01, 0.25) * PX_PER_MM
    extents = np.empty((len(line), 2))
    for side in range(2):
        places = line[:, None] + ((2.0 * side - 1.0) * (half + away))[..., None] * normals[:, None]
        profile = _read(picture, places) * sense
        beyond = np.median(profile[:, away >= _SECOND_MM[0] * PX_PER_MM], axis=1)[:, None]
        rise = np.where(away < _SECOND_MM[0] * PX_PER_MM, profile - beyond, 0.0)
        most = rise.max(axis=1, keepdims=True)
        inside = (rise >= _SECOND_SHARE * most) & (most >= _LEAST_SECOND)
        extents[:, side] = half[:, 0] + np.where(inside, away, 0.0).max(axis=1)
    return extents
