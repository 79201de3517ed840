from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.compositing.openings import SAMPLES, Opening, measure_opening, pixel_range, read_curve, smooth_step

UPPER, LOWER = np.arange(9), np.array([0, 9, 10, 11, 12, 13, 14, 15, 8])
ALONG = np.linspace(-1, 1, 9)


def lens(height: float, depth: float, width: float = 60.0, angle: float = 0.0) -> np.ndarray:
    """An opening between two parabolas, ``height`` above and ``depth`` below its corners, about (100, 80)."""
    points = np.zeros((478, 2))
    points[UPPER] = np.stack([ALONG * width / 2, -height * (1 - ALONG**2)], axis=1)
    points[LOWER] = np.stack([ALONG * width / 2, depth * (1 - ALONG**2)], axis=1)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn + [100.0, 80.0])


def measured(source: np.ndarray, target: np.ndarray) -> Opening:
    opening = measure_opening(source, target, UPPER, LOWER)
    assert opening is not None
    return opening


@pytest.mark.parametrize("angle", [0.0, 0.6, -2.0])
def test_edges_are_measured_in_the_openings_own_frame(angle: float) -> None:
    opening = measured(lens(12, 6, angle=angle), lens(20, 8, angle=angle))
    assert opening.width == pytest.approx(60)
    np.testing.assert_allclose(opening.middle, [100, 80], atol=1e-9)
    np.testing.assert_allclose(opening.axes @ opening.axes.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(opening.ends, [[-30, 30]] * 2, atol=1e-9)
    arch = 1 - np.linspace(-1, 1, SAMPLES) ** 2
    for curve, height in zip(opening.curves, (-12, 6, -20, 8), strict=True):
        # The polygon of landmarks lies inside its parabola by 1/64 of the height, and smoothing rounds it a little.
        np.testing.assert_allclose(curve, height * arch, atol=0.04 * abs(height))
        assert curve[[0, -1]] == pytest.approx([0, 0], abs=1e-9)


def test_local_coordinates_go_there_and_back() -> None:
    opening = measured(lens(12, 6, angle=0.6), lens(12, 6, angle=0.6))
    points = np.random.default_rng(0).uniform(0, 200, (20, 2))
    np.testing.assert_allclose(opening.local(points) @ opening.axes + opening.middle, points, atol=1e-9)


def test_what_is_too_small_to_hold_a_picture_is_none() -> None:
    assert measure_opening(lens(1, 1, width=3.9), lens(2, 1, width=3.9), UPPER, LOWER) is None
    assert measure_opening(lens(1, 1, width=0.0), lens(2, 1, width=0.0), UPPER, LOWER) is None
    assert measure_opening(np.full((478, 2), np.nan), lens(2, 1), UPPER, LOWER) is None
    assert measure_opening(lens(1, 1, width=4.1), lens(2, 1, width=4.1), UPPER, LOWER) is not None


def test_edges_that_fold_back_stay_finite() -> None:
    """Seen from the side, landmarks of an edge may change their order."""
    folded = lens(12, 6)
    folded[UPPER[3:6]] = folded[UPPER[5:2:-1]]
    assert np.isfinite(measured(folded, folded).curves).all()


@given(position=st.floats(-1, 2))
def test_curves_are_read_between_their_samples(position: float) -> None:
    line = np.linspace(3.0, 5.0, SAMPLES)
    assert read_curve(line, position) == pytest.approx(3.0 + 2.0 * min(max(position, 0.0), 1.0))


def test_the_smooth_step_is_level_at_both_ends() -> None:
    assert [smooth_step(x) for x in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0, 0, 0.5, 1, 1]
    assert smooth_step(0.01) < 0.001
    assert smooth_step(0.99) > 0.999


def test_pixels_in_reach_are_clipped_to_the_image() -> None:
    image = np.zeros((40, 50, 3), np.float32)
    assert pixel_range(np.array([10.0, 20.0]), 5.0, image) == (5, 17, 15, 27)
    assert pixel_range(np.array([1.0, 39.0]), 5.0, image) == (0, 8, 34, 40)
    x0, x1, _, _ = pixel_range(np.array([-100.0, 20.0]), 5.0, image)
    assert x1 <= x0
