"""The model class: its arithmetic and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mien.errors import InputError, ModelError
from mien.morphable.model import MorphableModel


@pytest.fixture
def model() -> MorphableModel:
    rng = np.random.default_rng(3)
    return MorphableModel(
        name="small",
        mean=rng.normal(size=(7, 3)).astype(np.float32),
        identity=rng.normal(size=(7, 3, 4)).astype(np.float32),
        expression=rng.normal(size=(7, 3, 2)).astype(np.float32),
        expression_names=("AU1L", "AU1R"),
        triangles=np.array([[0, 1, 2], [2, 3, 4]], np.int32),
        uv=rng.uniform(size=(7, 2)).astype(np.float32),
        landmark_vertices=np.full(468, -1, np.int32),
        lip_pairs=np.array([[5, 6]], np.int32),
        mirror=np.arange(7, dtype=np.int32),
    )


def test_shape_is_mean_plus_weighted_columns(model):
    alpha, beta = np.array([1.0, -2.0, 0.5, 0.0]), np.array([0.25, 1.0])
    expected = model.mean.astype(float).copy()
    for k in range(4):
        expected += alpha[k] * model.identity[:, :, k]
    for k in range(2):
        expected += beta[k] * model.expression[:, :, k]
    np.testing.assert_allclose(model.shape(alpha, beta), expected, rtol=1e-6)
    assert (model.vertex_count, model.identity_count, model.expression_count) == (7, 4, 2)


def test_shape_takes_one_person_and_many_frames(model):
    rng = np.random.default_rng(4)
    alpha, beta = rng.normal(size=4), rng.uniform(size=(5, 3, 2))
    shapes = model.shape(alpha, beta)
    assert shapes.shape == (5, 3, 7, 3)
    np.testing.assert_allclose(shapes[4, 1], model.shape(alpha, beta[4, 1]), rtol=1e-12)
    assert model.shape(rng.normal(size=(5, 1, 4)), beta).shape == (5, 3, 7, 3)


@pytest.mark.parametrize(
    ("alpha", "beta"), [(np.zeros(3), np.zeros(2)), (np.zeros(4), np.zeros(3)), (0.0, np.zeros(2))]
)
def test_shape_refuses_other_counts(model, alpha, beta):
    with pytest.raises(InputError, match="must be"):
        model.shape(alpha, beta)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mean": np.zeros((7, 2), np.float32)}, r"mean must be \(7, 3\)"),
        ({"identity": np.zeros((6, 3, 4), np.float32)}, "identity must be"),
        ({"expression_names": ("AU1L",)}, "expression must be"),
        ({"uv": np.full((7, 2), np.nan, np.float32)}, "uv holds NaN"),
        ({"triangles": np.array([[0, 1, 7]], np.int32)}, "triangles names vertices outside"),
        ({"lip_pairs": np.array([[-1, 0]], np.int32)}, "lip_pairs names vertices outside"),
        ({"landmark_vertices": np.zeros(478, np.int32)}, "landmark_vertices must be"),
        ({"landmark_vertices": np.full(468, -2, np.int32)}, "landmark_vertices names"),
    ],
)
def test_wrong_arrays_are_refused(model, changes, says):
    with pytest.raises(ModelError, match=says):
        replace(model, **changes)
