"""The rasteriser: against its plain reference, and against what a triangle must look like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError
from mien.geometry.rasteriser import rasterise, rasterise_reference


@given(seed=st.integers(0, 10_000), count=st.integers(3, 20), channels=st.sampled_from([3, 8]))
@settings(max_examples=60, deadline=None)
def test_kernel_equals_reference(seed: int, count: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    vertices = rng.uniform(-10, 50, (count, 3)).astype(np.float32)
    triangles = rng.integers(0, count, (12, 3)).astype(np.int32)
    attributes = rng.normal(size=(count, channels)).astype(np.float32)
    fast, fast_depth = rasterise(vertices, triangles, attributes, 32, 40)
    plain, plain_depth = rasterise_reference(vertices, triangles, attributes, 32, 40)
    # Slivers: where three weights are all within rounding of the edge, single and double precision may disagree.
    same = np.isfinite(fast_depth) == np.isfinite(plain_depth)
    assert same.mean() > 0.995
    close = np.abs(fast - plain).max(axis=-1) < 1e-2
    assert close[same].mean() > 0.995


def test_given_arrays_are_filled_whatever_they_held() -> None:
    rng = np.random.default_rng(4)
    vertices, attributes = rng.uniform(0, 20, (9, 3)).astype(np.float32), rng.normal(size=(9, 8)).astype(np.float32)
    triangles = rng.integers(0, 9, (5, 3)).astype(np.int32)
    held = np.full((16, 20, 8), np.nan, np.float32), np.full((16, 20), -9.0, np.float32)
    given_back = rasterise(vertices, triangles, attributes, 16, 20, held)
    assert given_back[0] is held[0]
    for filled, new in zip(held, rasterise(vertices, triangles, attributes, 16, 20), strict=True):
        np.testing.assert_array_equal(filled, new)


def test_linear_attribute_is_reproduced_exactly() -> None:
    vertices = np.array([[2, 3, 0], [30, 5, 0], [10, 28, 0]], np.float32)
    attributes = vertices[:, :2] * [2.0, -1.0] + 5.0
    image, depth = rasterise(vertices, np.array([[0, 1, 2]], np.int32), attributes.astype(np.float32), 32, 32)
    rows, columns = np.nonzero(np.isfinite(depth))
    assert len(rows) > 200
    np.testing.assert_allclose(image[rows, columns, 0], 2.0 * columns + 5.0, atol=1e-4)
    np.testing.assert_allclose(image[rows, columns, 1], 5.0 - rows, atol=1e-4)


def test_nearer_triangle_wins_whatever_the_order() -> None:
    square = np.array([[0, 0], [20, 0], [0, 20]], np.float32)
    vertices = np.concatenate([np.column_stack([square, [5.0] * 3]), np.column_stack([square, [1.0] * 3])])
    attributes = np.array([[1.0]] * 3 + [[2.0]] * 3, np.float32)
    for order in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        image, _ = rasterise(vertices.astype(np.float32), np.array(order, np.int32), attributes, 16, 16)
        assert image[3, 3, 0] == 2.0


def test_nothing_outside_and_no_crash_on_nan_or_empty() -> None:
    vertices = np.array([[np.nan, 0, 0], [5, 0, 0], [0, 5, 0], [1, 1, 0], [1, 1, 0], [1, 1, 0]], np.float32)
    image, depth = rasterise(vertices, np.array([[0, 1, 2], [3, 4, 5]], np.int32), np.ones((6, 1), np.float32), 8, 8)
    assert not image.any()
    assert np.isinf(depth).all()


@pytest.mark.parametrize(
    ("vertices", "triangles", "attributes"),
    [((4, 2), (1, 3), (4, 1)), ((4, 3), (1, 4), (4, 1)), ((4, 3), (1, 3), (3, 1))],
)
def test_wrong_shapes_are_named(vertices: tuple, triangles: tuple, attributes: tuple) -> None:
    with pytest.raises(InputError, match="must be"):
        rasterise(np.zeros(vertices, np.float32), np.zeros(triangles, np.int32), np.zeros(attributes, np.float32), 4, 4)


def test_triangle_naming_a_missing_vertex() -> None:
    with pytest.raises(InputError, match="outside"):
        rasterise(np.zeros((3, 3), np.float32), np.array([[0, 1, 3]], np.int32), np.zeros((3, 1), np.float32), 4, 4)
