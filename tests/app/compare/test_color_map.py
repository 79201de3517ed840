"""The colour map against scikit-image's CIELAB: even steps, rising lightness, nothing outside of a screen's colours."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import deltaE_cie76, lab2rgb, rgb2lab

from mien.app.compare.color_map import color_table, colored, lab_to_srgb, path
from mien.errors import InputError


def test_conversion_is_that_of_scikit_image() -> None:
    lab = path(50)
    assert np.abs(lab_to_srgb(lab) - lab2rgb(lab)).max() < 1e-3  # the published matrices differ in the 4th digit


def test_nothing_is_clipped() -> None:
    rgb = lab_to_srgb(path(2000))
    assert rgb.min() >= 0
    assert rgb.max() <= 1


def test_equal_steps_look_equal() -> None:
    """Of 100 steps (a chord of a bent path is a little shorter than the path), and lightness rises with each."""
    lab = rgb2lab(lab_to_srgb(path(101))[None])[0]
    steps = deltaE_cie76(lab[:-1], lab[1:])
    assert steps.max() / steps.min() < 1.02
    assert np.all(np.diff(lab[:, 0]) > 0)
    lightness = rgb2lab(color_table()[None] / 255.0)[0, :, 0]
    assert np.diff(lightness).min() > -0.2  # of 100: rounding to 8 bits


def test_values_get_their_colours() -> None:
    picture = colored(np.array([[0.0, 5.0, 10.0, 99.0]]), 10.0)
    table = color_table()
    assert np.array_equal(picture[0], [table[0], table[128], table[255], table[255]])
    with pytest.raises(InputError):
        colored(np.zeros((2, 2)), 0.0)
