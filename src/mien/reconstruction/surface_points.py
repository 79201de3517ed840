"""Points spread over the skin of a morphable model, and the part of its mesh that they need.

Photometric refinement compares colours at these points. They lie evenly on the mean face (each stands for the same
area), inside the oval, and not on the eyes or between the lips: what is seen there is not the model's surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import Delaunay, QhullError

from mien.errors import ModelError
from mien.geometry.rasteriser import rasterise
from mien.morphable import regions
from mien.morphable.model import MorphableModel
from mien.types import AnyArray, DoubleArray, FloatArray, IntArray

POINT_COUNT = 2500
_SEED = 20  # Of the points' places; any would do, but every run takes the same.
_LEAST_FACING = 0.2  # Of a point's triangle on the mean face: beyond lies the jaw's underside and the ears' backs.
_RASTER_PX = 256
_DEPTH_MM = 4.0  # Farther behind the foremost surface lie teeth, tongue and eyeballs.
_EYES = (
    (*regions.RIGHT_EYE_UPPER, *regions.RIGHT_EYE_LOWER),
    (*regions.LEFT_EYE_UPPER, *regions.LEFT_EYE_LOWER),
)
_MOUTH = (*regions.INNER_LIP_UPPER, *regions.INNER_LIP_LOWER)


@dataclass(frozen=True, slots=True, eq=False)
class SurfacePoints:
    """Points on a mesh, and the mesh around them.

    Attributes:
        vertices: ``(n,)`` the model's vertices that are needed: corners of the points' triangles, of all triangles that
            touch those, so that normals are right, and landmarks.
        triangles: ``(m, 3)`` the triangles between them, numbers within ``vertices``.
        corners: ``(P, 3)`` each point's triangle, numbers within ``vertices``.
        weights: ``(P, 3)`` each point's place in it, adding up to 1.
        skin: ``(c,)`` the model's vertices on skin, corners of the points' triangles among them: where albedo is known.
        skin_corners: ``(P, 3)`` each point's triangle, numbers within ``skin``.
        skin_edges: ``(e, 2)`` edges between them, numbers within ``skin``.
        landmarks: ``(l,)`` the tracker's landmarks that the model has.
        landmark_vertices: ``(l,)`` their vertices, numbers within ``vertices``.
    """

    vertices: IntArray
    triangles: IntArray
    corners: IntArray
    weights: FloatArray
    skin: IntArray
    skin_corners: IntArray
    skin_edges: IntArray
    landmarks: IntArray
    landmark_vertices: IntArray


@lru_cache(maxsize=4)
def surface_points(model: MorphableModel, count: int = POINT_COUNT) -> SurfacePoints:
    """Choose the points of a model; the same on every call.

    Args:
        model: The morphable model; the oval and the openings are found by its landmarks, as far as it has them.
        count: How many points.

    Raises:
        ModelError: The model has no skin in front.
    """
    mean = np.asarray(model.mean, np.float64)
    triangles = np.asarray(model.triangles, np.int64)
    a, b, c = (mean[triangles[:, k]] for k in range(3))
    cross = np.cross(b - a, c - a)
    area = 0.5 * np.linalg.norm(cross, axis=1)
    facing = cross[:, 2] / np.maximum(2.0 * area, 1e-12)
    centre = (a + b + c) / 3.0
    skin = (facing > _LEAST_FACING) & _foremost(mean, triangles, centre) & _on_skin(model, centre[:, :2])
    chosen = np.flatnonzero(skin & (area > 0.0))
    if not len(chosen):
        raise ModelError(f"the model {model.name!r} has no surface that faces forward inside its face oval")
    rng = np.random.default_rng(_SEED)
    share = np.cumsum(area[chosen]) / area[chosen].sum()
    places = chosen[np.searchsorted(share, (np.arange(count) + rng.random(count)) / count).clip(0, len(chosen) - 1)]
    root, along = np.sqrt(rng.random(count)), rng.random(count)  # R. Osada et al., "Shape Distributions", 2002, eq. 1
    weights = np.stack([1.0 - root, root * (1.0 - along), root * along], axis=1)
    return _around(model, triangles[places], weights, triangles[chosen])


def _around(model: MorphableModel, corners: AnyArray, weights: DoubleArray, skin_triangles: AnyArray) -> SurfacePoints:
    ring = model.triangles[np.isin(model.triangles, np.unique(corners)).any(axis=1)]
    landmarks = np.flatnonzero(model.landmark_vertices >= 0)
    marked = model.landmark_vertices[landmarks]
    vertices = np.unique(np.concatenate([ring.ravel(), marked]))
    skin = np.unique(skin_triangles)
    pairs = np.concatenate([skin_triangles[:, [0, 1]], skin_triangles[:, [1, 2]], skin_triangles[:, [2, 0]]])
    edges = np.unique(np.sort(pairs, axis=1), axis=0)

    def within(numbers: AnyArray, whole: AnyArray) -> IntArray:
        return np.searchsorted(whole, numbers).astype(np.int32)

    return SurfacePoints(
        vertices=vertices.astype(np.int32),
        triangles=within(ring, vertices),
        corners=within(corners, vertices),
        weights=weights.astype(np.float32),
        skin=skin.astype(np.int32),
        skin_corners=within(corners, skin),
        skin_edges=within(edges, skin),
        landmarks=landmarks.astype(np.int32),
        landmark_vertices=within(marked, vertices),
    )


def _foremost(mean: DoubleArray, triangles: AnyArray, centre: DoubleArray) -> AnyArray:
    """Which triangles lie, seen from the front, not behind others."""
    low = mean[:, :2].min(axis=0)
    scale = (_RASTER_PX - 1) / max(float((mean[:, :2].max(axis=0) - low).max()), 1e-6)
    placed = np.concatenate([(mean[:, :2] - low) * scale, -mean[:, 2:]], axis=1).astype(np.float32)
    nothing = np.zeros((len(mean), 1), np.float32)
    depth = rasterise(placed, triangles.astype(np.int32), nothing, _RASTER_PX, _RASTER_PX)[1]
    column, row = np.rint((centre[:, :2] - low) * scale).astype(int).T
    nearest = depth[row, column]
    return np.asarray(~np.isfinite(nearest) | (-centre[:, 2] <= nearest + _DEPTH_MM))


def _on_skin(model: MorphableModel, places: DoubleArray) -> AnyArray:
    """Which places ``(n, 2)`` of the mean face lie in the oval and on no opening."""
    skin = np.ones(len(places), bool)
    oval = _outline(model, regions.FACE_OVAL)
    if oval is not None:
        skin &= oval.find_simplex(places) >= 0
    for ring in (*_EYES, _MOUTH):
        hole = _outline(model, ring)
        if hole is not None:
            skin &= hole.find_simplex(places) < 0
    return skin


def _outline(model: MorphableModel, landmarks: AnyArray | tuple[int, ...]) -> Delaunay | None:
    """The convex outline of landmarks on the mean face; None if the model has too few of them, or they lie flat."""
    at = model.landmark_vertices[np.unique(landmarks)]
    places = np.asarray(model.mean, np.float64)[at[at >= 0], :2]
    if len(places) < 3:
        return None
    try:
        return Delaunay(places)
    except QhullError:
        return None
