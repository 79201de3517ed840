"""The plane in which glasses lie: pictures of it as seen from the front, and tables of lines round each eye in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are first used

from mien.geometry.camera import project
from mien.geometry.lines import LineMap
from mien.morphable import regions
from mien.morphable.model import MorphableModel
from mien.reconstruction.light import LUMINANCE, Picture
from mien.reconstruction.parameters import FaceParameters
from mien.types import AnyArray, Box, DoubleArray, FloatArray

PX_PER_MM = 2.0

REACH_MM = (78.0, 40.0)
"""How far a picture reaches from the middle between the eyes, across and up or down."""

LENS_MM = (35.0, -4.0)
"""Middle of a usual lens, outward and up from the middle between the eyes."""

LENS_RADII_MM = (26.0, 19.0)

RADII = np.arange(0.3, 1.6, 0.02)
"""Where lines are looked for round a lens, as shares of :data:`LENS_RADII_MM`."""

USUAL_EYES_APART_MM = 62.0

INSIDE = -0.03
"""Strength of a line within the eye: lids and lashes are strong lines and no rims."""


@dataclass(frozen=True, slots=True)
class Seat:
    """How glasses sit on a face, or how the plane is missed: what makes the lenses' places differ from mirror images.

    Attributes:
        across: Moved towards the person's left, mm of a usual head.
        up: Moved up, mm of a usual head.
        turn: Turned, radians, up on the person's left.
        skew: The left lens larger by this share, and the right one smaller.
    """

    across: float = 0.0
    up: float = 0.0
    turn: float = 0.0
    skew: float = 0.0


STRAIGHT = Seat()

_NASION = 168
_LEAST_EYE_DISTANCE_PX = 60.0
_LEAST_BRIGHTNESS = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class GlassesPlane:
    """The plane through the root of the nose that faces forward.

    Attributes:
        origin: ``(3,)`` mm, between the eyes.
        size: Distance of the eyes over the usual one.
        eyes: ``(2, 4)`` of the right and the left eye: its middle outward and up, half its width, half its height; mm
            of a usual head.
    """

    origin: DoubleArray
    size: float
    eyes: DoubleArray

    @classmethod
    def of(cls, model: MorphableModel, parameters: FaceParameters) -> GlassesPlane:
        """The plane of a person."""
        shape = model.shape(parameters.alpha, np.zeros(parameters.beta.shape[1]))[model.landmark_vertices]
        lids = [shape[regions.REGIONS[f"{side} eye"]].astype(np.float64) for side in ("right", "left")]
        middles = np.array([(eye.min(axis=0) + eye.max(axis=0)) / 2.0 for eye in lids])
        origin = middles.mean(axis=0)
        origin[2] = shape[_NASION, 2]
        size = float(np.linalg.norm(middles[1, :2] - middles[0, :2])) / USUAL_EYES_APART_MM
        eyes = [
            [side * (middle[0] - origin[0]), middle[1] - origin[1], *np.ptp(eye[:, :2], axis=0) / 2.0]
            for side, middle, eye in zip((-1.0, 1.0), middles, lids, strict=True)
        ]
        return cls(origin, size, np.array(eyes) / size)

    def to_px(self, points: AnyArray) -> DoubleArray:
        """Where points ``(N, 2 or 3)`` of model space, mm, lie in a picture of the plane."""
        away = (np.asarray(points)[:, :2] - self.origin[:2]) / self.size
        return np.asarray((away * [1.0, -1.0] + REACH_MM) * PX_PER_MM)

    def to_mm(self, places: AnyArray) -> DoubleArray:
        """The way back ``(N, 3)``."""
        flat = (np.asarray(places) / PX_PER_MM - REACH_MM) * [1.0, -1.0] * self.size + self.origin[:2]
        return np.column_stack([flat, np.full(len(flat), self.origin[2])])

    def view(self, parameters: FaceParameters, picture: Picture) -> FloatArray | None:
        """The brightness of a frame on this plane ``(H, W)``, 0-1, or None where the face is too small."""
        width, height = (round(2.0 * reach * PX_PER_MM) + 1 for reach in REACH_MM)
        corners = self.to_mm(np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], float))
        places = project(corners, parameters.pose(picture.index))[:, :2]
        across, down = (places[1] - places[0]) / (width - 1), (places[2] - places[0]) / (height - 1)
        if not np.linalg.norm(across) * USUAL_EYES_APART_MM * 1.5 * PX_PER_MM >= _LEAST_EYE_DISTANCE_PX:
            return None
        low, high = np.floor(places.min(axis=0)).astype(int) - 2, np.ceil(places.max(axis=0)).astype(int) + 3
        box = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])).clipped(picture.width, picture.height)
        if min(box.width, box.height) < 8:
            return None
        crop = picture.crop(box) @ LUMINANCE.astype(np.float32)
        step = max(1, int(np.linalg.norm(across)))
        if step > 1:  # A large face is made smaller first: what is skipped would come in as noise.
            rows, columns = crop.shape[0] // step, crop.shape[1] // step
            crop = crop[: rows * step, : columns * step].reshape(rows, step, columns, step).mean(axis=(1, 3))
        start = (places[0] - [box.x0, box.y0] - (step - 1) / 2.0) / step
        matrix = np.column_stack([down[::-1], across[::-1]]) / step
        shown = scipy.ndimage.affine_transform(crop, matrix, start[::-1], (height, width), order=1, mode="nearest")
        return np.asarray(np.clip(shown, _LEAST_BRIGHTNESS, 1.0), np.float32)

    def round_lens(self, side: int, angles: AnyArray, seat: Seat = STRAIGHT) -> tuple[DoubleArray, DoubleArray]:
        """Places round a lens.

        Args:
            side: 0 for the right eye, 1 for the left one.
            angles: ``(A,)`` radians, 0 outward, a quarter turn up.
            seat: How the glasses sit.

        Returns:
            ``(A, R, 2)`` px of a picture, and the direction outward ``(A, 2)``, unit.
        """
        sign = 2.0 * side - 1.0
        x = sign * (LENS_MM[0] + RADII * LENS_RADII_MM[0] * np.cos(angles)[:, None])
        y = LENS_MM[1] + seat.up + RADII * LENS_RADII_MM[1] * np.sin(angles)[:, None]
        outward = np.column_stack([sign * np.cos(angles) / LENS_RADII_MM[0], np.sin(angles) / LENS_RADII_MM[1]])
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        turn = np.array([[np.cos(seat.turn), -np.sin(seat.turn)], [np.sin(seat.turn), np.cos(seat.turn)]])
        flat = np.stack([x, y], axis=-1) @ turn.T * (1.0 + sign * seat.skew) + [seat.across, 0.0]
        return (flat * [1.0, -1.0] + REACH_MM) * PX_PER_MM, outward @ turn.T * [1.0, -1.0]

    def lines_round(
        self, side: int, angles: AnyArray, lines: LineMap, margins_mm: tuple[float, float, float], seat: Seat = STRAIGHT
    ) -> FloatArray:
        """How much of a line that runs round a lens is at each place of :meth:`round_lens`.

        Args:
            side: 0 for the right eye, 1 for the left one.
            angles: ``(A,)`` radians.
            lines: Of a picture of the plane.
            margins_mm: How far beyond the opening of the eye a line may be that of lids: sideways, above and below.
            seat: How the glasses sit.

        Returns:
            ``(A, R)`` contrast; :data:`INSIDE` where the eye is.
        """
        places, outward = self.round_lens(side, angles, seat)
        strength = lines_along(lines, places, outward[:, None])
        sign, (out, up, half_width, half_height) = 2.0 * side - 1.0, self.eyes[side]
        x, y = np.moveaxis(places / PX_PER_MM - REACH_MM, -1, 0)
        above = half_height + np.where(-y > up, margins_mm[1], margins_mm[2])
        eye = ((sign * x - out) / (half_width + margins_mm[0])) ** 2 + ((-y - up) / above) ** 2 < 1.0
        strength[eye | (sign * x < 3.0)] = INSIDE
        return strength


def better_seat(seat: Seat, angles: AnyArray, radii: DoubleArray) -> Seat:
    """The seat in which both lenses have most nearly the same shape.

    Args:
        seat: In which the shapes were measured.
        angles: ``(A,)`` of :meth:`GlassesPlane.round_lens`.
        radii: ``(2, A)`` of the right and the left lens, shares of a usual one.
    """
    along = np.column_stack([np.cos(angles), np.sin(angles)]) * LENS_RADII_MM
    normals = np.column_stack([np.cos(angles), np.sin(angles)]) / LENS_RADII_MM
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    places = radii.mean(axis=0)[:, None] * along + [LENS_MM[0], LENS_MM[1] + seat.up]
    apart = (radii[1] - radii[0]) * (along * normals).sum(axis=1)
    turned = places[:, 0] * normals[:, 1] - places[:, 1] * normals[:, 0]
    design = 2.0 * np.column_stack([normals[:, 0], turned, (places * normals).sum(axis=1)])
    prior = np.diag([1e-3, 1e-3, 4.0]) * len(apart)  # skew only where the arcs leave no other way
    weights, found = np.ones(len(apart)), np.zeros(3)
    for _ in range(10):
        weighted = design * weights[:, None]
        found = np.linalg.solve(weighted.T @ design + prior, weighted.T @ apart)
        weights = 1.0 / (1.0 + (apart - design @ found) ** 2) ** 2
    return Seat(seat.across + found[0], seat.up, seat.turn + found[1], seat.skew + found[2])


def lines_along(lines: LineMap, places: AnyArray, normals: AnyArray) -> FloatArray:
    """How much of a line with given normals ``(..., 2)`` is at places ``(..., 2)``, px; never negative."""
    at = np.moveaxis(np.asarray(places), -1, 0)[::-1]
    cosine, sine = (scipy.ndimage.map_coordinates(lines.across[..., k], at, order=1, mode="nearest") for k in range(2))
    x, y = np.moveaxis(np.asarray(normals), -1, 0)
    return np.asarray(np.maximum(cosine * (x * x - y * y) + sine * (2.0 * x * y), 0.0), np.float32)
