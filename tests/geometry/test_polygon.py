"""Pixels inside a polygon, against scikit-image and areas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay
from skimage.draw import polygon

from mien.errors import InputError
from mien.geometry.polygon import polygon_mask, within_hull


def test_a_square_on_pixel_centres_counts_its_left_and_upper_edge() -> None:
    mask = polygon_mask(np.array([[2, 1], [5, 1], [5, 4], [2, 4]]), 6, 8)
    wanted = np.zeros((6, 8), bool)
    wanted[1:4, 2:5] = True
    np.testing.assert_array_equal(mask, wanted)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 35), st.floats(-5, 25)), min_size=3, max_size=9))
def test_as_scikit_image(corners) -> None:
    """Centres within rounding of an edge may fall either way; corners at random places between pixels have none."""
    points = np.array(corners) + 0.123456789
    wanted = np.zeros((20, 30), bool)
    wanted[polygon(points[:, 1], points[:, 0], wanted.shape)] = True
    differing = polygon_mask(points, 20, 30) ^ wanted
    for y, x in np.argwhere(differing):
        starts, steps = points, np.roll(points, -1, axis=0) - points
        share = np.clip(((np.array([x, y]) - starts) * steps).sum(1) / np.maximum((steps**2).sum(1), 1e-12), 0, 1)
        assert np.linalg.norm(starts + share[:, None] * steps - [x, y], axis=1).min() < 1e-6


def test_outside_the_picture_is_empty() -> None:
    assert not polygon_mask(np.array([[50, 50], [60, 50], [55, 60]]), 20, 30).any()


@pytest.mark.parametrize("corners", [np.zeros((2, 2)), np.zeros((4, 3)), np.array([[0, 0], [1, np.nan], [1, 1]])])
def test_what_is_no_polygon_is_refused(corners) -> None:
    with pytest.raises(InputError, match="polygon"):
        polygon_mask(corners, 4, 4)


@pytest.mark.parametrize("count", [3, 4, 7, 40])
def test_the_hull_is_that_of_a_triangulation(count: int) -> None:
    """Also from far away, where all corners lie within rounding of one direction."""
    random = np.random.default_rng(count)
    corners, places = (
        random.normal(size=(count, 2)),
        random.normal(size=(500, 2)) * 10.0 ** random.normal(size=(500, 1)),
    )
    wanted = Delaunay(corners).find_simplex(places) >= 0
    assert 0 < wanted.sum() < 500
    np.testing.assert_array_equal(within_hull(corners, places), wanted)


def test_points_on_a_line_hold_nothing() -> None:
    assert not within_hull(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), np.array([[0.5, 0.6], [3.0, 3.0]])).any()
