from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from scipy.stats import linregress

from mien.errors import InputError
from mien.metrics.background import background_change, distance_to_hull
from mien.metrics.linearity import linearity
from mien.metrics.timing import timing_change


def test_distance_to_a_square_by_hand():
    found = distance_to_hull(np.array([(10, 10), (20, 10), (20, 20), (10, 20), (15, 14)]), 30, 40)
    assert found.shape == (30, 40)
    assert found[15, 15] == 0
    assert found[10, 20] == 0
    assert found[15, 24] == pytest.approx(4)
    assert found[7, 6] == pytest.approx(5)


def test_distance_to_a_hull_against_a_distance_transform():
    points = np.random.default_rng(0).normal((60, 50), 14, (40, 2))
    found = distance_to_hull(points, 100, 120)
    grid = distance_transform_edt(found > 0)  # distance to the nearest pixel inside: at most a diagonal farther
    assert (grid >= found - 1e-3).all()
    assert (grid - found).max() < 1.5


def test_background_sees_far_pixels_alone(faces):
    points = faces.face()
    source = np.full((800, 900, 3), 100, np.uint8)
    near = source.copy()
    near[250:350, 250:350] = 0  # on the face
    found = background_change(source, near, points)
    assert (found.largest, found.mean) == (0, 0)
    far = near.copy()
    far[700, 800, 1] = 107
    found = background_change(source, far, points)
    assert found.largest == 7
    assert found.mean == pytest.approx(7 / (3 * found.pixels))
    # The hull's area grown by a margin d is A + P d + pi d²: here within the rough figure of a 160 x 220 px face.
    assert 0.8 < (800 * 900 - found.pixels) / (160 * 220 + 2 * 380 * 60 + np.pi * 60**2) < 1.05


def test_background_margin_and_faces(faces):
    points = faces.face()
    source = np.zeros((800, 900, 3), np.uint16)
    result = source.copy()
    result[300, 450] = 500  # some 70 px beyond the face's side at x = 380
    assert background_change(source, result, points).largest == 500
    assert background_change(source, result, points, margin=1.0).largest == 0
    second = points + np.array((200, 0, 0))  # another face over that place may be edited there
    assert background_change(source, result, np.concatenate([points, second])).largest == 0
    assert background_change(source, result, points[:0]).pixels == 800 * 900


def test_background_needs_alike_images_and_some_background(faces):
    points = faces.face()
    with pytest.raises(InputError, match="same type"):
        background_change(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8), points)
    small = np.zeros((20, 20, 3), np.uint8)
    found = background_change(small, small, points - (300, 300, 0))
    assert found.pixels == 0
    assert np.isnan(found.mean)


def test_timing():
    base = Fraction(1001, 30000)
    assert timing_change([0, 1, 2], base, [0, 1001, 2002], Fraction(1, 30000)).equal
    late = timing_change([0, 1, 2], base, [0, 1001, 2003], Fraction(1, 30000))
    assert not late.equal
    assert late.largest_s == pytest.approx(1 / 30000)
    short = timing_change([0, 1, 2], base, [0, 1], base)
    assert not short.equal
    assert (short.source_frames, short.result_frames, short.largest_s) == (3, 2, 0)
    assert timing_change([], base, [], base).equal


@given(st.lists(st.floats(-100, 100), min_size=5, max_size=5))
def test_linearity_against_scipy(response):
    x = np.array([0, 0.25, 0.5, 0.75, 1])
    if np.ptp(response) < 1e-3:
        return
    expected, found = linregress(x, response), linearity(x, response)
    assert found.slope == pytest.approx(expected.slope, abs=1e-9)
    assert found.r_squared == pytest.approx(expected.rvalue**2, abs=1e-9)
    scaled = linearity(x, 3 * np.array(response) + 5)
    assert scaled.r_squared == pytest.approx(found.r_squared, abs=1e-9)


def test_linearity_by_hand():
    assert linearity([0, 0.5, 1], [1, 2, 3]).r_squared == pytest.approx(1)
    assert linearity([0, 0.5, 1], [1, 2, 3]).slope == pytest.approx(2)
    assert linearity([0, 0.5, 1], [0, 1, 0]).r_squared == pytest.approx(0)
    assert linearity([0, 0.5, 1], [0.1, 0.1, 0.1]).r_squared == 0  # no response is not a linear response


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [([0, 1], [0, 1], "at least 3"), ([1, 1, 1], [0, 1, 2], "equal"), ([0, 1, 2], [0, np.nan, 1], "finite")],
)
def test_linearity_refuses(x, y, words):
    with pytest.raises(InputError, match=words):
        linearity(x, y)
