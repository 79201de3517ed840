"""Level 2: wrinkles as authored relief in UV space.

``data/wrinkles.csv`` draws each wrinkle as a curve on the mesh. Here the curves become height on a texture map, in mm,
with what a frame needs of it: the surface gradient, which turns into light and dark under the frame's own light, and
the occlusion of the valley, which is dark under any light. A frame mixes them by its added action units.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numba import njit

from mien.geometry.polyline import cubic_spline, nearest_on_polyline
from mien.geometry.rasteriser import rasterise
from mien.geometry.warp import NO_TEXTURE
from mien.kept import kept_arrays
from mien.morphable import builtin
from mien.morphable.model import MorphableModel
from mien.types import AnyArray, DoubleArray, FloatArray

MAP_SIZE = 512
"""Texels across the relief map: about 0.4 mm each on a face."""


@dataclass(frozen=True)
class Stroke:
    """One row of the table: a curve through mesh points and the profile across it."""

    name: str
    drivers: dict[str, float]
    width_mm: float
    depth_mm: float
    shade: float
    taper: float
    path: tuple[tuple[tuple[int, float], ...], ...]

    def mirrored(self, mirror: np.ndarray) -> Stroke:
        """The same stroke on the other side of the face; ``mirror`` maps each vertex to its counterpart."""
        swap = {"L": "R", "R": "L"}
        drivers = {name[:-1] + swap[name[-1]] if name[-1] in swap else name: w for name, w in self.drivers.items()}
        path = tuple(tuple((int(mirror[vertex]), weight) for vertex, weight in point) for point in self.path)
        return Stroke(self.name[:-1] + "L", drivers, self.width_mm, self.depth_mm, self.shade, self.taper, path)


@dataclass(frozen=True)
class Relief:
    """All strokes on the texture map, packed one after the other.

    Attributes:
        drivers: ``(K, E)`` weight of each expression column for each stroke.
        first_lines: ``(K + 1,)`` int64 number of each stroke's first line; the lines of all, in the end.
        lines: ``(S, 4)`` int64: row, first column and width on the map of a piece of a row that a stroke lies on, and
            where it starts in ``texels``.
        texels: ``(4, P)`` float32 surface gradient of the height in model space (mm per mm), and shade.
    """

    drivers: DoubleArray
    first_lines: np.ndarray
    lines: np.ndarray
    texels: FloatArray

    def mix(
        self, activity: DoubleArray, light_direction: DoubleArray, strength: float, out: FloatArray | None = None
    ) -> FloatArray:
        """The logarithm of the brightness change over the map.

        Args:
            activity: ``(E,)`` added activity of each expression column.
            light_direction: ``(3,)`` in model space: change of brightness per unit change of the normal, relative.
            strength: Factor on relief and shade.
            out: ``(MAP_SIZE, MAP_SIZE)`` float32 to hold the map; None for a new one.

        Returns:
            ``(MAP_SIZE, MAP_SIZE)`` float32; a map of nothing where no stroke is active.
        """
        weights = np.clip(self.drivers @ activity, 0.0, 1.25) * strength
        if weights.max(initial=0.0) < 1e-3:
            return NO_TEXTURE
        result = np.empty((MAP_SIZE, MAP_SIZE), np.float32) if out is None else out
        result.fill(0.0)
        _mix(weights, light_direction.astype(np.float64), self.first_lines, self.lines, self.texels, result)
        return result

    def mix_reference(self, activity: DoubleArray, light_direction: DoubleArray, strength: float) -> FloatArray:
        """Do what :meth:`mix` does, plainly; a map of zeros where no stroke is active."""
        weights = np.clip(self.drivers @ activity, 0.0, 1.25) * strength
        active = np.flatnonzero(weights >= 1e-3)
        direction = np.array([*light_direction, 1.0])
        total = sum((weights[k] * (self.stroke_map(int(k)) @ direction) for k in active), np.zeros((MAP_SIZE,) * 2))
        return np.asarray(-total, np.float32)

    def stroke_map(self, stroke: int) -> FloatArray:
        """Gradient and shade of one stroke over the whole map ``(MAP_SIZE, MAP_SIZE, 4)``."""
        whole = np.zeros((MAP_SIZE, MAP_SIZE, 4), np.float32)
        for row, first, width, start in self.lines[self.first_lines[stroke] : self.first_lines[stroke + 1]]:
            whole[row, first : first + width] = self.texels[:, start : start + width].T
        return whole


@njit(cache=True, nogil=True, fastmath=True)
def _mix(weights, light, first_lines, lines, texels, result):  # type: ignore[no-untyped-def]
    for k in range(weights.shape[0]):
        weight = weights[k]
        if weight < 1e-3:
            continue
        lx, ly, lz = np.float32(light[0] * weight), np.float32(light[1] * weight), np.float32(light[2] * weight)
        dark = np.float32(weight)
        for line in range(first_lines[k], first_lines[k + 1]):
            y, x, width, start = lines[line]
            row = result[y, x : x + width]  # Arrays of their own: their loop is then made of vector instructions.
            gx, gy = texels[0, start : start + width], texels[1, start : start + width]
            gz, shade = texels[2, start : start + width], texels[3, start : start + width]
            for i in range(width):
                row[i] -= lx * gx[i] + ly * gy[i] + lz * gz[i] + dark * shade[i]


@lru_cache(maxsize=1)
def read_strokes() -> tuple[Stroke, ...]:
    """The rows of ``data/wrinkles.csv``, right side and midline only."""
    text = resources.files("mien.systems.instant").joinpath("data/wrinkles.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Stroke(
            row["name"],
            {name: float(weight) for name, weight in (pair.split(":") for pair in row["drivers"].split())},
            float(row["width_mm"]),
            float(row["depth_mm"]),
            float(row["shade"]),
            float(row["taper"]),
            tuple(_point(point) for point in row["path"].split("|")),
        )
        for row in rows
    )


def _point(text: str) -> tuple[tuple[int, float], ...]:
    pairs = [[*part.split(":"), "1"][:2] for part in text.split()]
    total = sum(float(weight) for _, weight in pairs)
    return tuple((int(vertex), float(weight) / total) for vertex, weight in pairs)


@lru_cache(maxsize=1)
def builtin_relief() -> Relief:
    """The strokes on the built-in model's map, read from the cache folder if they are there."""

    def make() -> dict[str, AnyArray]:
        return vars(build_relief(builtin.load()))

    return Relief(**kept_arrays("relief", (*builtin.MADE_BY, "systems/instant"), make))


def build_relief(model: MorphableModel) -> Relief:
    """Draw every stroke of the table on a model's texture map (both sides of the face)."""
    where = model.landmark_vertices
    vertices, uv = model.mean[where].astype(np.float64), model.uv[where].astype(np.float64)
    strokes = [s for stroke in read_strokes() for s in _both(stroke, model.mirror)]
    position = _position_map(model)
    drawn = [_draw(stroke, vertices, uv, position) for stroke in strokes]
    drivers = np.zeros((len(strokes), len(model.expression_names)))
    for k, stroke in enumerate(strokes):
        for name, weight in stroke.drivers.items():
            drivers[k, model.expression_names.index(name)] = weight
    lines, texels = zip(*(_packed(*patch) for patch in drawn), strict=True)
    first_lines = np.concatenate([[0], np.cumsum([len(each) for each in lines])]).astype(np.int64)
    places = np.concatenate(lines)
    places[:, 3] = np.cumsum(places[:, 2]) - places[:, 2]
    return Relief(drivers, first_lines, places, np.ascontiguousarray(np.concatenate(texels).T))


def _packed(x: int, y: int, patch: FloatArray) -> tuple[AnyArray, FloatArray]:
    """The rows of a patch ``(h, w, 4)`` from their first texel that holds something to the last, one after the other.

    Returns:
        Row, first column, width of each on the map, and 0, ``(S, 4)`` int64; their texels ``(P, 4)``.
    """
    held = (patch != 0.0).any(axis=2)
    rows = np.flatnonzero(held.any(axis=1))
    first, stop = held[rows].argmax(axis=1), held.shape[1] - held[rows, ::-1].argmax(axis=1)
    columns = np.arange(held.shape[1])
    within = (columns >= first[:, None]) & (columns < stop[:, None])
    lines = np.stack([rows + y, first + x, stop - first, np.zeros_like(rows)], axis=1).astype(np.int64)
    return lines, patch[rows][within]


def _both(stroke: Stroke, mirror: np.ndarray) -> tuple[Stroke, ...]:
    return (stroke, stroke.mirrored(mirror)) if stroke.name.endswith("_R") else (stroke,)


def _position_map(model: MorphableModel) -> FloatArray:
    """Model-space position (mm) of each texel, NaN off the face."""
    pixels = np.column_stack([model.uv * (MAP_SIZE - 1), np.zeros(len(model.uv))]).astype(np.float32)
    ones = np.ones((len(model.mean), 1))
    image, _ = rasterise(
        pixels, model.triangles, np.concatenate([model.mean, ones], axis=1).astype(np.float32), MAP_SIZE, MAP_SIZE
    )
    return np.where(image[..., 3:] > 0, image[..., :3], np.nan).astype(np.float32)


def _draw(stroke: Stroke, vertices: DoubleArray, uv: DoubleArray, position: FloatArray) -> tuple[int, int, FloatArray]:
    """A stroke's patch: its left and upper edge on the map and its texels ``(h, w, 4)``."""
    knots = np.array([sum(weight * vertices[vertex] for vertex, weight in point) for point in stroke.path])
    knots_uv = np.array([sum(weight * uv[vertex] for vertex, weight in point) for point in stroke.path])
    at = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    curve = cubic_spline(at, knots, np.linspace(0.0, at[-1], 80))
    reach = 4.5 * stroke.width_mm
    texels_per_mm = np.linalg.norm(np.diff(knots_uv, axis=0), axis=1).sum() * MAP_SIZE / at[-1]
    margin = int(np.ceil(reach * texels_per_mm * 1.5)) + 2
    low = np.clip(np.floor(knots_uv.min(0) * MAP_SIZE).astype(int) - margin, 0, MAP_SIZE - 1)
    high = np.clip(np.ceil(knots_uv.max(0) * MAP_SIZE).astype(int) + margin, 1, MAP_SIZE)
    patch = position[low[1] : high[1], low[0] : high[0]].astype(np.float64)
    near = ((patch >= curve.min(axis=0) - reach) & (patch <= curve.max(axis=0) + reach)).all(axis=2)
    columns, rows = np.flatnonzero(near.any(axis=0)), np.flatnonzero(near.any(axis=1))
    # Two texels more, so that the gradient's ends lie where nothing is.
    first = np.maximum([columns[0] - 2, rows[0] - 2], 0)
    last = np.minimum([columns[-1] + 3, rows[-1] + 3], high - low)
    patch = patch[first[1] : last[1], first[0] : last[0]]
    low = low + first
    height, shade = _profile(stroke, patch, curve, reach)
    gradient = _surface_gradient(patch, height)
    texels = np.nan_to_num(np.concatenate([gradient, shade[..., None]], axis=2))
    return int(low[0]), int(low[1]), texels.astype(np.float32)


def _profile(stroke: Stroke, patch: DoubleArray, curve: DoubleArray, reach: float) -> tuple[DoubleArray, DoubleArray]:
    """Height (mm) and shade of a stroke at each texel of its patch."""
    shape = patch.shape[:2]
    points = np.nan_to_num(patch.reshape(-1, 3), nan=1e6)
    distance, along = (part.reshape(shape) for part in nearest_on_polyline(points, curve))
    ends = np.clip(np.minimum(along, 1.0 - along) / stroke.taper, 0.0, 1.0)
    ends = ends * ends * (3.0 - 2.0 * ends)
    d = distance / stroke.width_mm
    window = np.clip((reach - distance) / (0.25 * reach), 0.0, 1.0)
    valley = np.exp(-0.5 * d * d)
    bulge = np.exp(-0.5 * ((d - 2.4) / 0.9) ** 2)
    height = stroke.depth_mm * ends * window * (-valley + 0.45 * bulge)
    return height, stroke.shade * ends * window * (valley - 0.2 * bulge)


def _surface_gradient(position: DoubleArray, height: DoubleArray) -> DoubleArray:
    """Gradient of a height over the surface ``(h, w, 3)``, in model space: rise per mm, along the steepest way up."""
    pu, pv = np.gradient(position, axis=1), np.gradient(position, axis=0)
    hu, hv = np.gradient(height, axis=1), np.gradient(height, axis=0)
    e, f, g = (pu * pu).sum(-1), (pu * pv).sum(-1), (pv * pv).sum(-1)
    determinant = np.maximum(e * g - f * f, 1e-9)
    a, b = (g * hu - f * hv) / determinant, (e * hv - f * hu) / determinant
    return np.asarray(a[..., None] * pu + b[..., None] * pv)
