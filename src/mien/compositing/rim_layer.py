"""Rims of glasses as a layer: lifted off a frame, and laid back when the face has moved behind them.

Before a frame is edited each pixel of its rims takes the skin's colour from both sides across the rim. The face then
moves, slides under the rims and is lit anew as if there were none, and the rims are laid back with the very pixels they
had. What is seen through the lenses moves with the face.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from mien.compositing.field import EYES
from mien.geometry.contour import smooth_along
from mien.geometry.scratch import Scratch
from mien.types import AnyArray, DoubleArray, FloatArray, IntArray

GROWN_MM, GROWN_PX, SOFT_PX = 0.15, 0.5, 1.0
"""A rim is laid back with so much around it, its blur, and let go over so many more px."""

CLEARED_MM = 0.7
"""So much farther skin is drawn where the rim was: highlights and shade beside it must not move off with the skin."""

LASHES = 0.12
"""How far lashes reach beyond the lids, in eye widths."""

_CLOSE, _WIDE = np.hanning(5)[1:-1], np.hanning(17)[1:-1]
"""Colours beside rims are smoothed over some 4 mm, and over 18 mm how far they are known."""

ALL_CLEARED_PX = 2.0
"""Skin that moves by so much takes all that lies beside the rims along."""

_BESIDE_PX = 1.0
_FAR = 1e9


@dataclass(frozen=True)
class GlassesRoom:
    """Memory for one frame's rims at a time."""

    near: Scratch = field(default_factory=Scratch)


@dataclass(frozen=True, slots=True, eq=False)
class SeenRims:
    """Rims in one crop.

    Attributes:
        points: ``(N, 2)`` px of the crop.
        normals: ``(N, 2)`` unit.
        extents: ``(N, 2)`` px, how far the rim reaches against the normals and along them.
        px_per_mm: Of the face.
        shares: ``(N,)`` with which they are kept, 0-1.
        lines: ``(L, 3)`` as in :class:`mien.reconstruction.parameters.Glasses`.
    """

    points: DoubleArray
    normals: DoubleArray
    extents: DoubleArray
    px_per_mm: float
    shares: DoubleArray
    lines: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LiftedRims:
    """The pixels of rims that were lifted off a crop.

    Attributes:
        places: ``(P,)`` of the flat crop's pixels.
        pixels: ``(P, 4)`` their colours and shares.
    """

    places: AnyArray
    pixels: FloatArray

    def lay_back(self, picture: FloatArray) -> None:
        """Lay the rims on a picture of the crop's size, in place."""
        _lay_back(picture.reshape(-1, 3), self.places, self.pixels)

    def restore(self, crop: FloatArray) -> None:
        """Give the crop its own pixels again, bit for bit."""
        _restore(crop.reshape(-1, 3), self.places, self.pixels)


def lift_rims(
    crop: FloatArray, rims: SeenRims, landmarks: DoubleArray, moved_px: float, room: GlassesRoom | None = None
) -> LiftedRims:
    """Lift rims off a crop, in place: skin from both sides is drawn in their stead.

    Args:
        crop: ``(h, w, 3)``.
        rims: Where they are.
        landmarks: ``(478, 2)`` px of the crop: what is seen of eyes and lashes beside a rim is not drawn in its stead.
        moved_px: How far the skin will move at most: where it hardly moves, nothing beside the rims is drawn.
        room: Memory for the work; None for new memory.
    """
    room = room or GlassesRoom()
    extents = rims.extents + (GROWN_PX + GROWN_MM * rims.px_per_mm)
    clear = np.float32(CLEARED_MM * rims.px_per_mm * min(moved_px / ALL_CLEARED_PX, 1.0))
    reach = float(extents.max()) + float(clear) + SOFT_PX + _BESIDE_PX + 2.0
    low = np.maximum(np.floor(rims.points.min(axis=0) - reach).astype(int), 0)
    high = np.minimum(np.ceil(rims.points.max(axis=0) + reach).astype(int) + 1, [crop.shape[1], crop.shape[0]])
    near = room.near.array(max(high[1] - low[1], 0), max(high[0] - low[0], 0), 3)
    near[..., 0] = _FAR
    arrays = [np.ascontiguousarray(a, np.float32) for a in (rims.points - low, rims.normals, extents)]
    _measure(*arrays, rims.lines, clear, near)
    sides = _sides(crop, low[0], low[1], *arrays, clear, near, _eyes(landmarks - low))
    sides = _smooth_sides(sides, rims.lines)
    count = int(np.count_nonzero(near[..., 0] < clear + np.float32(SOFT_PX)))
    places, pixels = np.empty(count, np.int64), np.empty((count, 4), np.float32)
    shares = np.ascontiguousarray(rims.shares, np.float32)
    _lift(crop, low[0], low[1], near, arrays[2], clear, shares, sides, places, pixels)
    return LiftedRims(places, pixels)


def _eyes(landmarks: DoubleArray) -> FloatArray:
    """Ellipses round the eyes with their lashes ``(2, 6)``: middle, unit direction, half axes; px."""
    ellipses = np.empty((2, 6), np.float32)
    for row, (upper, lower) in enumerate(EYES):
        corners = landmarks[upper[[0, -1]]]
        along = corners[1] - corners[0]
        width = float(np.linalg.norm(along)) + 1e-6
        across = np.array([-along[1], along[0]]) / width
        heights = (landmarks[np.concatenate([upper, lower])] - corners.mean(axis=0)) @ across
        middle = corners.mean(axis=0) + across * (heights.max() + heights.min()) / 2.0
        ellipses[row] = *middle, *(along / width), 0.6 * width, np.ptp(heights) / 2.0 + LASHES * width
    return ellipses


def _smooth_sides(sides: FloatArray, lines: IntArray) -> FloatArray:
    """Colours beside rims, smooth along them, so that no hair is drawn across; the last column stays the weight."""
    weighted = sides.copy()
    weighted[..., :3] *= sides[..., 3:]
    flat = weighted.reshape(len(sides), -1)
    close, wide = (smooth_along(flat, lines, window).reshape(sides.shape) for window in (_CLOSE, _WIDE))
    out = np.where(close[..., 3:] > 1e-3, close, wide)
    out[..., :3] /= np.maximum(out[..., 3:], 1e-6)
    out[..., 3] = wide[..., 3] / _WIDE.sum()
    return np.asarray(out, np.float32)


@njit(cache=True, nogil=True)
def _measure(points, normals, extents, lines, clear, near):  # type: ignore[no-untyped-def]
    """For each pixel near a rim: how far beyond its edge, the nearest point, how far across from there."""
    height, width = near.shape[0], near.shape[1]
    for line in range(lines.shape[0]):
        start, stop, closed = lines[line, 0], lines[line, 1], lines[line, 2]
        for k in range(start, stop if closed else stop - 1):
            n = k + 1 if k + 1 < stop else start
            ax, ay = points[k, 0], points[k, 1]
            sx, sy = points[n, 0] - ax, points[n, 1] - ay
            square = max(sx * sx + sy * sy, np.float32(1e-6))
            reach = max(extents[k].max(), extents[n].max()) + clear + np.float32(SOFT_PX)
            x0, x1 = int(np.ceil(min(ax, ax + sx) - reach)), int(np.floor(max(ax, ax + sx) + reach))
            y0, y1 = int(np.ceil(min(ay, ay + sy) - reach)), int(np.floor(max(ay, ay + sy) + reach))
            for y in range(max(y0, 0), min(y1, height - 1) + 1):
                for x in range(max(x0, 0), min(x1, width - 1) + 1):
                    px, py = np.float32(x) - ax, np.float32(y) - ay
                    t = min(max((px * sx + py * sy) / square, np.float32(0.0)), np.float32(1.0))
                    dx, dy = px - t * sx, py - t * sy
                    across = dx * normals[k, 0] + dy * normals[k, 1]
                    side = 0 if across < np.float32(0.0) else 1
                    half = extents[k, side] + t * (extents[n, side] - extents[k, side])
                    beyond = np.sqrt(dx * dx + dy * dy) - half
                    if beyond < near[y, x, 0]:
                        near[y, x, 0] = beyond
                        near[y, x, 1] = k if t < 0.5 else n
                        near[y, x, 2] = across


@njit(cache=True, nogil=True)
def _in_eye(x, y, eye):  # type: ignore[no-untyped-def]
    dx, dy = x - eye[0], y - eye[1]
    along, across = (dx * eye[2] + dy * eye[3]) / eye[4], (dy * eye[2] - dx * eye[3]) / eye[5]
    return along * along + across * across < 1.0


@njit(cache=True, nogil=True)
def _sides(crop, left, top, points, normals, extents, clear, near, eyes):  # type: ignore[no-untyped-def]
    """Colours beside each point ``(N, 2, 4)``, inner then outer, and 1 where there is skin and no other rim."""
    sides = np.zeros((points.shape[0], 2, 4), np.float32)
    for n in range(points.shape[0]):
        for side in range(2):
            sign = 2.0 * side - 1.0
            count = 0
            for tap in range(3):
                away = sign * (extents[n, side] + clear + SOFT_PX + _BESIDE_PX * (0.5 * tap))
                x, y = points[n, 0] + away * normals[n, 0], points[n, 1] + away * normals[n, 1]
                i, j = int(np.rint(x)), int(np.rint(y))
                if i < 0 or j < 0 or i >= near.shape[1] or j >= near.shape[0] or near[j, i, 0] < clear + 0.5 * SOFT_PX:
                    continue
                if _in_eye(x, y, eyes[0]) or _in_eye(x, y, eyes[1]):
                    continue
                count += 1
                for c in range(3):
                    sides[n, side, c] += crop[j + top, i + left, c]
            if count > 0:
                sides[n, side, 3] = 1.0
                for c in range(3):
                    sides[n, side, c] /= count
    return sides


@njit(cache=True, nogil=True)
def _lift(crop, left, top, near, extents, clear, shares, sides, places, pixels):  # type: ignore[no-untyped-def]
    height, width = near.shape[0], near.shape[1]
    count = 0
    for y in range(height):
        for x in range(width):
            beyond = near[y, x, 0]
            if beyond >= clear + np.float32(SOFT_PX):
                continue
            n, one = int(near[y, x, 1]), np.float32(1.0)
            share = shares[n] * min(one, max(one - beyond / np.float32(SOFT_PX), np.float32(0.0)))
            drawn = shares[n] * min(one, one - (beyond - clear) / np.float32(SOFT_PX))
            places[count] = (y + top) * crop.shape[1] + x + left
            pixels[count, 3] = share
            edge = extents[n, 0 if near[y, x, 2] < 0.0 else 1] + clear + np.float32(SOFT_PX)
            outer = np.float32(0.5) + np.float32(0.5) * near[y, x, 2] / edge
            outer = min(max(outer, np.float32(0.0)), np.float32(1.0))
            inner, outer = (np.float32(1.0) - outer) * sides[n, 0, 3], outer * sides[n, 1, 3]
            known = inner + outer
            for c in range(3):
                own = crop[y + top, x + left, c]
                pixels[count, c] = own
                if known > 0.0:
                    skin = (inner * sides[n, 0, c] + outer * sides[n, 1, c]) / known
                    crop[y + top, x + left, c] = own + drawn * (skin - own)
            count += 1


@njit(cache=True, nogil=True)
def _lay_back(picture, places, pixels):  # type: ignore[no-untyped-def]
    for p in range(len(places)):
        share = pixels[p, 3]
        for c in range(3):
            below = picture[places[p], c]
            picture[places[p], c] = pixels[p, c] if share >= 1.0 else below + share * (pixels[p, c] - below)


@njit(cache=True, nogil=True)
def _restore(picture, places, pixels):  # type: ignore[no-untyped-def]
    for p in range(len(places)):
        for c in range(3):
            picture[places[p], c] = pixels[p, c]
