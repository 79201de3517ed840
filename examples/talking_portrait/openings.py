"""What moving lids and lips cover and uncover: painted column by column between an opening's two edges."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import map_coordinates

from mien.morphable.regions import (
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)
from mien.types import DoubleArray, FloatArray, IntArray

MOUTH = (INNER_LIP_UPPER, INNER_LIP_LOWER)
EYES = ((RIGHT_EYE_UPPER, RIGHT_EYE_LOWER), (LEFT_EYE_UPPER, LEFT_EYE_LOWER))

CAVITY = np.array([0.20, 0.085, 0.08])
TONGUE = np.array([0.62, 0.34, 0.33])
"""Share of the skin's colour that the mouth's depth has, and the tongue behind the lower lip."""


class Edges:
    """The upper and lower edge of an opening, row by column, before and after it moved.

    Attributes:
        columns: ``(1, w)`` px of the picture, from corner to corner of the moved opening.
        width: Corner to corner, px.
        at: ``(1, w)`` 0 to 1 from corner to corner.
        old_top: ``(1, w)`` row of the edge in the portrait; likewise the others.
    """

    def __init__(self, source: DoubleArray, target: DoubleArray, upper: IntArray, lower: IntArray) -> None:
        left, right = target[upper[0], 0], target[upper[-1], 0]
        self.columns = np.arange(int(np.ceil(left)), int(right) + 1)[None]
        self.width = float(right - left)
        self.at = (self.columns - left) / self.width
        self.old_top, self.old_bottom = _row(source[upper], self.columns), _row(source[lower], self.columns)
        self.top, self.bottom = _row(target[upper], self.columns), _row(target[lower], self.columns)
        self.old_left, self.old_right = float(source[upper[0], 0]), float(source[upper[-1], 0])


def _row(points: DoubleArray, columns: IntArray) -> DoubleArray:
    """Row of a curve through points at the columns; level beyond its ends."""
    x = np.maximum.accumulate(points[:, 0] + 1e-3 * np.arange(len(points)))
    return np.asarray(PchipInterpolator(x, points[:, 1])(np.clip(columns, x[0], x[-1])))


def _step(x: DoubleArray) -> DoubleArray:
    """0 up to 0, 1 from 1 on, smooth between."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))


def _read(portrait: FloatArray, rows: DoubleArray, columns: DoubleArray) -> DoubleArray:
    first = int(rows.min()) - 8, int(columns.min()) - 8
    part = portrait[first[0] : int(rows.max()) + 9, first[1] : int(columns.max()) + 9]
    places = np.broadcast_arrays(rows - first[0], columns - first[1])
    return np.stack([map_coordinates(part[..., k], places, order=3, mode="nearest") for k in range(3)], axis=-1)


def paint_lid(image: FloatArray, portrait: FloatArray, eye: Edges) -> None:
    """Paint a lid that comes down, in place: its lashes keep their width, its skin unfolds, the eyeball stays.

    Args:
        image: ``(H, W, 3)`` the moved portrait.
        portrait: ``(H, W, 3)``.
        eye: The lids' edges.
    """
    lashes, fold = 0.15 * eye.width, 0.36 * eye.width
    start = eye.old_top - fold
    rows = np.arange(int(start.min()), int(eye.bottom.max()) + 3)[:, None]
    top = np.minimum(eye.top, eye.bottom)
    down = top - eye.old_top
    skin = start + (rows - start) * (fold - lashes) / np.maximum(fold - lashes + down, 1e-3)
    lid = np.where(rows > top - lashes, np.minimum(rows - down, eye.old_top + 1.0), skin)
    ball = np.broadcast_to(rows.astype(float), lid.shape)
    below = (np.clip(rows - top - 1.0, 0.0, 1.0) * _step((eye.bottom - top - 1.5) / 4.0))[..., None]
    columns = np.broadcast_to(eye.columns.astype(float), lid.shape)
    painted = _read(portrait, lid, columns) * (1.0 - below) + _read(portrait, ball, columns) * below
    share = _step((rows - start) / (0.3 * fold)) * np.clip(eye.bottom + 1.5 - rows, 0.0, 1.0)
    share = share * _step(np.minimum(eye.at, 1.0 - eye.at) / 0.12) * _step(down / 2.0)
    place = image[rows, eye.columns]
    image[rows, eye.columns] = place + share[..., None] * (np.clip(painted, 0.0, 1.0) - place)


def paint_mouth(image: FloatArray, portrait: FloatArray, skin: FloatArray, mouth: Edges) -> None:
    """Paint the inside of the mouth, in place: the upper teeth of the portrait's smile, tongue, and the dark.

    Args:
        image: ``(H, W, 3)`` the moved portrait.
        portrait: ``(H, W, 3)``.
        skin: ``(3,)`` the face's colour.
        mouth: The inner lips' edges.
    """
    # The line where closed lips meet is never thinner than this, at the corners it ends.
    line = 0.6 * _step(np.minimum(mouth.at, 1.0 - mouth.at) / 0.06)
    top, bottom = mouth.top - line, mouth.bottom + line
    gap = np.maximum(bottom - top, 0.0)
    rows = np.arange(int(top.min()) - 2, int(bottom.max()) + 4)[:, None]
    columns = np.broadcast_to(mouth.columns.astype(float), (len(rows), mouth.columns.size))
    depth = (rows - top) / np.maximum(gap, 1.0)
    painted = np.broadcast_to(CAVITY * skin, (*depth.shape, 3))
    tongue = _step((depth - 0.5) / 0.5) * _step(gap / (0.22 * mouth.width) - 0.2)
    tongue = tongue * _step(np.minimum(mouth.at, 1.0 - mouth.at) / 0.35)
    painted = painted + tongue[..., None] * (TONGUE * skin - painted)
    teeth = np.clip(_read(portrait, np.broadcast_to(rows.astype(float), depth.shape), columns), 0.0, 1.0)
    teeth = teeth * (0.62 + 0.33 * _step((rows - top) / (0.08 * mouth.width)))[..., None]
    from_corner = np.minimum(columns - mouth.old_left, mouth.old_right - columns)
    shown = _step((mouth.old_bottom - 1.0 - rows) / 2.0) * _step(from_corner / (0.15 * mouth.width))
    shown = shown * _step((gap - 1.0) / (0.06 * mouth.width))  # A slit shows dark, not teeth.
    painted = painted + shown[..., None] * (teeth - painted)
    share = np.clip(np.minimum(rows - top, bottom - rows) + 0.5, 0.0, 1.0) * _step(gap / 1.2)
    place = image[rows, mouth.columns]
    image[rows, mouth.columns] = place + share[..., None] * (painted - place)
