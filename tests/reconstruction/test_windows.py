from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import convolve1d, gaussian_filter1d

from mien.reconstruction.windows import STEADY_FRAMES, hann_smooth, steady_activity


def test_three_frames_weigh_a_quarter_a_half_a_quarter() -> None:
    """CCFE 3.5.1."""
    impulse = np.zeros((7, 1))
    impulse[3] = 1.0
    np.testing.assert_allclose(hann_smooth(impulse, 3)[:, 0], [0, 0, 0.25, 0.5, 0.25, 0, 0], atol=1e-12)


@pytest.mark.parametrize("width", [3, 5, 9, 31])
def test_a_window_of_any_width_is_hanns(width: int) -> None:
    impulse = np.zeros((101, 2))
    impulse[50, 1] = 1.0
    response = hann_smooth(impulse, width)
    k = np.arange(-50, 51)
    expected = np.where(np.abs(k) <= width // 2, np.cos(np.pi * k / (width + 1)) ** 2, 0.0)
    np.testing.assert_allclose(response[:, 1], expected / expected.sum(), atol=1e-12)
    assert (response[:, 0] == 0).all()


def test_width_one_changes_nothing() -> None:
    values = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(hann_smooth(values, 1), values)


@given(
    values=arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.floats(-5, 5)),
    width=st.sampled_from([1, 3, 5, 11]),
)
def test_smoothing_stays_within_its_values(values: np.ndarray, width: int) -> None:
    smooth = hann_smooth(values, width)
    assert smooth.shape == values.shape
    assert (smooth <= values.max(axis=0) + 1e-9).all()
    assert (smooth >= values.min(axis=0) - 1e-9).all()


@pytest.mark.parametrize("smooth", [lambda v: hann_smooth(v, 5), steady_activity])
def test_what_is_constant_stays_also_at_the_ends(smooth) -> None:
    np.testing.assert_allclose(smooth(np.full((9, 2), 0.7)), 0.7, atol=1e-12)
    assert smooth(np.empty((0, 2))).shape == (0, 2)


def test_the_steady_view_is_slower_than_a_syllable() -> None:
    """A wave of 12 frames (half a second) is gone; what is held for much longer than the window is seen."""
    frames = np.arange(400)
    wave = steady_activity(0.5 + 0.5 * np.sin(2 * np.pi * frames / 12)[:, None])[50:-50]
    assert np.abs(wave - 0.5).max() < 0.01
    held = steady_activity((frames > 200).astype(float)[:, None])[:, 0]
    assert held[200 - int(3 * STEADY_FRAMES)] < 0.01
    assert held[200 + int(3 * STEADY_FRAMES)] > 0.99


@pytest.mark.parametrize("frames", [1, 2, 7, 60])
def test_windows_are_scipys_to_the_last_bit(frames: int) -> None:
    values = np.random.default_rng(1).normal(size=(frames, 5))
    for width in (3, 5, 9, 31):
        window = np.hanning(width + 2)[1:-1]
        expected = convolve1d(values, window / window.sum(), axis=0, mode="nearest")
        np.testing.assert_array_equal(hann_smooth(values, width), expected)
    np.testing.assert_array_equal(
        steady_activity(values), gaussian_filter1d(values, STEADY_FRAMES, axis=0, mode="nearest")
    )
