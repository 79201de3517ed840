"""A texture over an image: against a plain reference, and in cases that can be told by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import InputError
from mien.geometry.overlay import lay_texture, lay_texture_reference


def places(height: int, width: int, share: float) -> np.ndarray:
    """Every pixel shows the texel of its own place."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, np.full(rows.shape, share)], axis=-1).astype(np.float32)


@pytest.mark.parametrize("add", [True, False])
@pytest.mark.parametrize("grid_scale", [1.0, 0.4])
def test_as_the_reference(add: bool, grid_scale: float) -> None:
    rng = np.random.default_rng(0)
    image = rng.random((20, 30, 3), np.float32)
    texture = (rng.random((16, 16, 3), np.float32) - 0.5) * (1 if add else 0.5) + (0 if add else 0.5)
    grid = rng.random((int(20 * grid_scale) + 2, int(30 * grid_scale) + 2, 3), np.float32)
    grid[..., :2] *= 15
    grid[:3, :, 2] = 0
    found = lay_texture(image, grid, grid_scale, texture, add)
    np.testing.assert_allclose(found, lay_texture_reference(image, grid, grid_scale, texture, add), atol=2e-5)


def test_mixed_whole_it_is_the_texture_and_with_no_share_the_image() -> None:
    rng = np.random.default_rng(1)
    image, texture = rng.random((12, 12, 3), np.float32), rng.random((12, 12, 3), np.float32)
    np.testing.assert_allclose(lay_texture(image, places(12, 12, 1.0), 1.0, texture, False), texture, atol=1e-6)
    np.testing.assert_array_equal(lay_texture(image, places(12, 12, 0.0), 1.0, texture, False), image)
    np.testing.assert_array_equal(lay_texture(image, places(12, 12, 1.0), 1.0, 0 * texture, True), image)


def test_added_values_are_clipped() -> None:
    image, texture = np.full((4, 4, 3), 0.9, np.float32), np.full((4, 4, 3), 0.5, np.float32)
    assert (lay_texture(image, places(4, 4, 1.0), 1.0, texture, True) == 1).all()
    assert (lay_texture(image, places(4, 4, 1.0), 1.0, -2 * texture, True) == 0).all()


def test_other_arrays_are_refused() -> None:
    image = np.zeros((4, 4, 3), np.float32)
    for bad in (np.zeros((4, 4, 3)), np.zeros((4, 4), np.float32), np.zeros((1, 1, 3), np.float32)):
        with pytest.raises(InputError, match="float32"):
            lay_texture(image, bad, 1.0, image, True)
    with pytest.raises(InputError, match="grid_scale"):
        lay_texture(image, image, 2.0, image, True)
