"""The built-in morphable model: authored here, on the tracker's own topology, needing no download and no licence.

Mean: a measured average (``tools/measure_face.py``). Expression: the rig (:mod:`mien.morphable.rig`). Identity: the
mean's own smooth harmonics, each along x, y and z, with the spectrum of real heads (``SPECTRUM_MM``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.kept import kept_arrays
from mien.morphable.model import MorphableModel
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.morphable.rig import EXPRESSION_NAMES, build_expression, read_table
from mien.types import AnyArray, DoubleArray, IntArray

if TYPE_CHECKING:
    from mien.morphable.surface import Surface

MADE_BY = ("geometry", "morphable")
"""The rooms whose code and tables the model, and what follows from it alone, is made by (:mod:`mien.kept`)."""

IDENTITY_COUNT = 80

SPECTRUM_MM = 1.4
"""Standard deviation of the smoothest harmonic along one axis, root mean square over the face."""
SPECTRUM_POWER = -0.6
"""Standard deviations go with the Laplacian's eigenvalue to this power.

Both were measured at the tracker's vertices, pose and size taken out: ICT-FaceKit's 100 identity columns give 1.1 mm
and -0.55 (mean of the axes), nine people's tracked neutral faces, with the tracker's error, 1.4 mm and -0.75."""
ASYMMETRIC = 0.25
"""Columns that make the two sides differ, beside those that do not: 0.18 in ICT-FaceKit, 0.24 in the tracked faces."""


@lru_cache(maxsize=1)
def load() -> MorphableModel:
    """The built-in model: 468 vertices, the tracker's; 80 identity columns; an expression column an action unit.

    Its arrays are read from the cache folder if they are there.
    """
    arrays: dict[str, Any] = dict(kept_arrays("model", MADE_BY, build))
    return MorphableModel(name="builtin", expression_names=EXPRESSION_NAMES, **arrays)


def build() -> dict[str, AnyArray]:
    """The model's arrays, as :class:`mien.morphable.model.MorphableModel` has them."""
    from mien.morphable.surface import Surface  # here, because a model that was kept is read without SciPy

    rows = read_table("face.csv")
    mean = np.array([[float(row["x_mm"]), float(row["y_mm"]), float(row["z_mm"])] for row in rows])
    uv = np.array([[float(row["u"]), float(row["v"])] for row in rows])
    mirror = np.array([int(row["mirror"]) for row in rows], np.int32)
    triangles = np.array([[int(row[k]) for k in "abc"] for row in read_table("triangles.csv")], np.int32)
    surface = Surface(mean, triangles, mirror)
    return {
        "mean": mean.astype(np.float32),
        "identity": build_identity(surface, mirror).astype(np.float32),
        "expression": build_expression(surface, mirror).astype(np.float32),
        "triangles": triangles,
        "uv": uv.astype(np.float32),
        "landmark_vertices": np.arange(len(mean), dtype=np.int32),
        "lip_pairs": np.stack([INNER_LIP_UPPER[1:-1], INNER_LIP_LOWER[1:-1]], axis=1),
        "mirror": mirror,
    }


def build_identity(surface: Surface, mirror: IntArray) -> DoubleArray:
    """The identity basis ``(N, 3, 80)`` mm per standard deviation.

    Harmonic by harmonic, each along x, y, z. What a pose could do as well (move, turn, scale) is taken out.
    """
    count = -(-IDENTITY_COUNT // 3)
    values, waves = surface.harmonics(count)
    columns = np.einsum("nk,cd->nckd", waves, np.eye(3)).reshape(len(waves), 3, 3 * count)[..., :IDENTITY_COUNT]
    sigma = SPECTRUM_MM * (values / values[0]) ** SPECTRUM_POWER
    columns = columns * np.repeat(sigma, 3)[:IDENTITY_COUNT]
    swapped = columns[mirror] * np.array([-1.0, 1.0, 1.0])[:, None]
    symmetric = np.einsum("ncj,ncj->j", swapped, columns) > 0
    columns = columns * np.where(symmetric, 1.0, ASYMMETRIC)
    return np.asarray(columns - _similarity_part(surface, columns))


def _similarity_part(surface: Surface, columns: DoubleArray) -> DoubleArray:
    """The part of displacement fields ``(N, 3, K)`` that moves, turns or scales the whole face."""
    weight = np.repeat(np.sqrt(surface.area), 3)[:, None]
    x, y, z = surface.vertices.T
    zero, one = np.zeros_like(x), np.ones_like(x)
    moves = [[one, zero, zero], [zero, one, zero], [zero, zero, one]]
    moves += [[zero, -z, y], [z, zero, -x], [-y, x, zero], [x, y, z]]
    span = np.linalg.qr(np.array(moves).transpose(2, 1, 0).reshape(-1, 7) * weight)[0]
    flat = columns.reshape(-1, columns.shape[-1]) * weight
    return np.asarray((span @ (span.T @ flat) / weight).reshape(columns.shape))
