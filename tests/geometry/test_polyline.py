"""Splines against SciPy's; nearest places on a polyline against the plain reference, and where the answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from mien.errors import InputError
from mien.geometry.polyline import cubic_spline, nearest_on_polyline, nearest_on_polyline_reference


@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_spline_equals_that_of_scipy(seed, count):
    """Also before the first and after the last point, where both go on with the last piece's cubic."""
    rng = np.random.default_rng(seed)
    places, points = np.cumsum(rng.uniform(0.3, 2.0, count)), rng.normal(size=(count, 3))
    at = np.linspace(places[0] - 0.2, places[-1] + 0.2, 37)
    np.testing.assert_allclose(cubic_spline(places, points, at), CubicSpline(places, points)(at), atol=1e-8)
    np.testing.assert_allclose(cubic_spline(places, points, places), points, atol=1e-9)


def test_straight_line_gives_the_perpendicular_and_its_foot():
    line = np.array([[0.0, 0, 0], [2, 0, 0], [4, 0, 0]])
    points = np.array([[1.0, 3, 0], [3, 0, 2], [-3, 4, 0], [4, 0, 0]])
    distance, along = nearest_on_polyline(points, line)
    np.testing.assert_allclose(distance, [3, 2, 5, 0], atol=1e-12)
    np.testing.assert_allclose(along, [0.25, 0.75, 0, 1], atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_kernel_equals_reference(seed, corners):
    rng = np.random.default_rng(seed)
    line, points = rng.normal(size=(corners, 3)) * 20, rng.normal(size=(40, 3)) * 30
    found, expected = nearest_on_polyline(points, line), nearest_on_polyline_reference(points, line)
    # Rounding of sums of squares of some 1e3, in double precision.
    np.testing.assert_allclose(found[0], expected[0], atol=1e-7)
    # Two places may be equally near to within rounding; then either is right.
    ends = np.concatenate([found[1][:, None], expected[1][:, None]], axis=1) * (corners - 1)
    k = np.minimum(ends.astype(int), corners - 2)
    feet = line[k] + (ends - k)[..., None] * (line[k + 1] - line[k])
    gap = np.linalg.norm(points[:, None] - feet, axis=2)
    np.testing.assert_allclose(gap[:, 0], gap[:, 1], atol=1e-7)


def test_repeated_corner_and_no_points_are_fine():
    distance, _ = nearest_on_polyline(np.array([[3.0, 4, 0]]), np.zeros((2, 3)))
    assert distance[0] == 5.0
    assert len(nearest_on_polyline(np.zeros((0, 3)), np.zeros((2, 3)))[0]) == 0


@pytest.mark.parametrize(("points", "line"), [((4, 2), (2, 3)), ((4, 3), (1, 3)), ((4, 3), (3,))])
def test_bad_shapes_are_named(points, line):
    with pytest.raises(InputError, match="came as"):
        nearest_on_polyline(np.zeros(points), np.zeros(line))
