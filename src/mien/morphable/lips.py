"""The expression basis with the lips' relative distance kept (CCFE eq. 4, here a constraint and not a loss).

The expression basis is linear: each column is corrected once, and every frame then keeps the constraint exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mien.kept import kept_arrays
from mien.morphable import builtin
from mien.morphable.model import MorphableModel
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER, OUTER_LIP_LOWER, OUTER_LIP_UPPER
from mien.types import DoubleArray, IntArray

JAW_COLUMNS = ("AU25", "AU26", "AU27", "jawOpen")
"""Columns that *are* the opening of the lips, under the names that models give them. Kept lips mean none of them; the
others are corrected."""

LIP_REACH_MM = 26.0
"""Beyond this way over the mesh from the lips the correction is nothing."""


UPPER_LEAD = 0.3
"""How far a pair goes from the mean of its two movements towards the upper lip's, where that one moves more; 1 would be
all the way that a plain weighting by size goes.

The mouth as a whole is carried up or down by what this leaves, and the tracker reads a carried opening wrong, each time
by another amount: with 1, disgust and anger carried it up by 5 mm, and on some clips the opening read in the result
correlated with the source's by 0.970. With 0 a raised upper lip is hardly seen raised. A lower lip that moves more does
not lead: what it alone would do, pushing the whole mouth up with the chin, is seen least."""

SMOOTHING_PASSES = 2
"""Times that the kept lips' movement is averaged with its neighbours' (weights 1/4, 1/2, 1/4)."""


@dataclass(frozen=True)
class LipConstraint:
    """The expression basis with the lips free, and with their relative distance kept.

    Attributes:
        free: ``(468, 3, E)`` mm, the model's own columns at the tracker's vertices.
        kept: ``(468, 3, E)`` mm, the same with each inner-lip pair moving as one.
    """

    free: DoubleArray
    kept: DoubleArray

    def basis(self, lips: float) -> DoubleArray:
        """Between the two: ``lips`` 1 keeps the relative distance, 0 leaves the action units as they are."""
        return (1.0 - lips) * self.free + lips * self.kept


@lru_cache(maxsize=1)
def builtin_lips() -> LipConstraint:
    """The built-in model's columns, read from the cache folder if they are there."""
    model = builtin.load()

    def make() -> dict[str, DoubleArray]:
        return {"kept": constrain_lips(model).kept}

    return LipConstraint(_free_columns(model), kept_arrays("lips", builtin.MADE_BY, make)["kept"])


def constrain_lips(model: MorphableModel) -> LipConstraint:
    """Correct a model's expression columns so that the lips keep their relative distance.

    Both lips of a pair take the mean of their movements, so that the mouth as a whole is carried no farther than it has
    to be; an upper lip that moves more counts more (:data:`UPPER_LEAD`), so that it is still seen raised. Each lip
    moves whole, and the correction spreads over the skin around them as a biharmonic surface, fixed to nothing at
    :data:`LIP_REACH_MM`.
    """
    vertices = model.mean[model.landmark_vertices].astype(np.float64)
    free = _free_columns(model)
    upper, lower = free[INNER_LIP_UPPER], free[INNER_LIP_LOWER]
    together = _smooth_along_lips(_common_movement(upper, lower))
    # The red of each lip goes along whole: an edge that went alone would make the lip thicker or thinner, and a lip of
    # another thickness is seen (by trackers too) as a mouth that opens or shuts.
    above, below = together - upper, (together - lower)[1:-1]
    handles = np.concatenate([INNER_LIP_UPPER, INNER_LIP_LOWER[1:-1], OUTER_LIP_UPPER, OUTER_LIP_LOWER[1:-1]])
    fixed = np.concatenate([above, below, above, below])
    spread = _spread(vertices, landmark_triangles(model), handles)
    kept = free + np.einsum("vf,fce->vce", spread, fixed)
    kept[:, :, [name in JAW_COLUMNS for name in model.expression_names]] = 0.0
    return LipConstraint(free, kept)


def _free_columns(model: MorphableModel) -> DoubleArray:
    return model.expression[model.landmark_vertices].astype(np.float64)


def _common_movement(upper: DoubleArray, lower: DoubleArray) -> DoubleArray:
    """What both lips of each pair do once they are kept, of what each would do ``(11, 3, E)``."""
    size_upper = np.linalg.norm(upper, axis=1, keepdims=True)
    size_lower = np.linalg.norm(lower, axis=1, keepdims=True)
    more = np.maximum(size_upper / np.maximum(size_upper + size_lower, 1e-9) - 0.5, 0.0)
    share = 0.5 + UPPER_LEAD * more
    return np.asarray(share * upper + (1.0 - share) * lower)


def _smooth_along_lips(moves: DoubleArray) -> DoubleArray:
    """Even out how the pairs of lips move, from corner to corner ``(11, 3, E)``: what moves as one has no steps."""
    for _ in range(SMOOTHING_PASSES):
        beside = np.concatenate([moves[:1], moves, moves[-1:]])
        moves = 0.25 * beside[:-2] + 0.5 * moves + 0.25 * beside[2:]
    return moves


def landmark_triangles(model: MorphableModel) -> IntArray:
    """The model's triangles between vertices at the tracker's landmarks, as landmark numbers ``(M, 3)``."""
    where = np.full(len(model.mean), -1)
    where[model.landmark_vertices] = np.arange(len(model.landmark_vertices))
    triangles = where[model.triangles]
    return np.asarray(triangles[(triangles >= 0).all(axis=1)], np.int32)


def _spread(vertices: DoubleArray, triangles: IntArray, handles: IntArray) -> DoubleArray:
    """Weights ``(V, H)`` that carry values at handle vertices smoothly over the mesh, zero beyond the reach."""
    import scipy.sparse.linalg  # here, because columns that were kept are read without it

    count = len(vertices)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    weights = scipy.sparse.coo_matrix((1.0 / length, (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
    weights = weights + weights.T
    degree = np.asarray(weights.sum(axis=1)).ravel()
    laplacian = scipy.sparse.diags(1.0 / degree) @ (scipy.sparse.diags(degree) - weights)
    graph = scipy.sparse.coo_matrix((length, (edges[:, 0], edges[:, 1])), (count, count))
    ways = scipy.sparse.csgraph.dijkstra(graph, directed=False, indices=handles, min_only=True)
    known = np.concatenate([handles, np.flatnonzero(ways > LIP_REACH_MM)])
    values = np.zeros((len(known), len(handles)))
    values[np.arange(len(handles)), np.arange(len(handles))] = 1.0
    unknown = np.setdiff1d(np.arange(count), known)
    energy = (laplacian.T @ laplacian).tocsc()
    solved = scipy.sparse.linalg.spsolve(energy[unknown][:, unknown].tocsc(), -(energy[unknown][:, known] @ values))
    spread = np.zeros((count, len(handles)))
    spread[known] = values
    spread[unknown] = np.asarray(solved)
    return spread
