import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mien.geometry.resampling import resampling


@given(st.integers(1, 700), st.booleans())
def test_resampling_rows_are_means(size, smooth):
    weights = resampling(size, 64, smooth)
    assert weights.shape == (64, size)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("smooth", "method"), [(True, Image.Resampling.BOX), (False, None)])
def test_resampling_against_pillow_and_by_hand(smooth, method):
    row = np.random.default_rng(0).uniform(0, 255, 256).astype(np.float32)
    found = resampling(256, 64, smooth) @ row
    if smooth:
        expected = np.asarray(Image.fromarray(row[None]).resize((64, 1), method))[0]
    else:  # four pixels to one: the middle lies between the second and the third
        expected = (row[1::4] + row[2::4]) / 2
    np.testing.assert_allclose(found, expected, atol=1e-3)
