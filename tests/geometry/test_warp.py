"""The warp: against its plain reference, SciPy's spline-free sampling, and what must not change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError
from mien.geometry.warp import FIELD_CHANNELS, warp, warp_reference


def _field(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width, FIELD_CHANNELS), np.float32)


@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1.0, 0.61, 0.25]))
@settings(max_examples=25, deadline=None)
def test_kernel_equals_reference(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random((33, 41, 3)).astype(np.float32)
    field = rng.normal(size=(int(33 * scale) + 2, int(41 * scale) + 2, FIELD_CHANNELS)).astype(np.float32)
    field *= np.array([3, 3, 0.2, 0.5, 9, 9, 0.3, 1], np.float32)
    field[..., 6] = np.abs(field[..., 6])
    field[:5] = 0
    texture = (rng.normal(size=(20, 24)) * 0.1).astype(np.float32)
    tint = (0.01, -0.02, 0.03)
    # Single precision of positions, 16 taps and an exponential.
    np.testing.assert_allclose(
        warp(image, field, scale, texture, tint, (-0.1, 0.0, 0.1)),
        warp_reference(image, field, scale, texture, tint, (-0.1, 0.0, 0.1)),
        atol=3e-5,
    )


def test_a_given_array_is_filled_whatever_it_held() -> None:
    rng = np.random.default_rng(3)
    image, field = rng.random((21, 30, 3)).astype(np.float32), _field(11, 16)
    field[3:6, 4:9, :4] = 0.2
    held = np.full(image.shape, np.nan, np.float32)
    assert warp(image, field, 0.5, out=held) is held
    np.testing.assert_array_equal(held, warp(image, field, 0.5))


def test_zero_field_copies_bit_for_bit() -> None:
    image = np.random.default_rng(0).random((20, 30, 3)).astype(np.float32)
    assert np.array_equal(warp(image, _field(11, 16), 0.5), image)


def test_whole_pixel_shift_moves_pixels_exactly() -> None:
    image = np.random.default_rng(1).random((20, 30, 3)).astype(np.float32)
    field = _field(20, 30)
    field[..., 0], field[..., 1] = 2.0, -3.0
    moved = warp(image, field, 1.0)
    np.testing.assert_allclose(moved[3:, :-2], image[:-3, 2:], atol=1e-6)


def test_half_pixel_shift_keeps_a_smooth_picture() -> None:
    """A Catmull-Rom cubic reproduces a parabola exactly (Keys 1981: third-order convergence)."""
    x = np.linspace(0, 1, 40, dtype=np.float32)
    image = np.broadcast_to((x * x)[None, :, None], (12, 40, 3)).astype(np.float32)
    field = _field(12, 40)
    field[..., 0] = 0.5
    step = x[1]
    np.testing.assert_allclose(warp(image, field, 1.0)[5, 2:-3, 0], (x[2:-3] + 0.5 * step) ** 2, atol=1e-6)


def test_gain_tint_and_texture_multiply() -> None:
    image = np.full((8, 8, 3), 0.25, np.float32)
    field = _field(8, 8)
    field[..., 2], field[..., 3], field[..., 6] = 0.1, 1.0, 1.0
    texture = np.full((4, 4), 0.2, np.float32)
    expected = 0.25 * np.exp(0.3 + np.array([0.02, 0.0, -0.02]))
    np.testing.assert_allclose(warp(image, field, 1.0, texture, (0.02, 0.0, -0.02))[4, 4], expected, rtol=1e-4)


@pytest.mark.parametrize("scale", [0.0, 1.5, float("nan")])
def test_grid_scale_out_of_range(scale: float) -> None:
    with pytest.raises(InputError, match="grid_scale"):
        warp(np.zeros((4, 4, 3), np.float32), _field(4, 4), scale)


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(InputError, match="image must be"):
        warp(np.zeros((4, 4), np.float32), _field(4, 4), 1.0)
    with pytest.raises(InputError, match="field must be"):
        warp(np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 2), np.float32), 1.0)


def test_a_field_without_numbers_stays_inside_the_image() -> None:
    image = np.random.default_rng(2).random((8, 9, 3)).astype(np.float32)
    field = _field(8, 9)
    field[:, :, 1] = 1e30
    field[4:6, 3:, 0] = np.nan
    # Far too large a displacement takes the lower edge; what is no number reads nothing outside the image.
    np.testing.assert_allclose(warp(image, field, 1.0)[:3], np.broadcast_to(image[-1], (3, 9, 3)), atol=1e-6)
