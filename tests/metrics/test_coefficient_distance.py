import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cityblock

from mien.errors import InputError
from mien.metrics.coefficient_distance import (
    CoefficientDistances,
    coefficient_distances,
    coefficient_figure_name,
    rotation_distances,
)
from mien.metrics.pixel_distance import APD_NAME


def test_by_hand():
    np.testing.assert_allclose(coefficient_distances([[0.0, 1, 2]], [[1.0, 1, 0]]), [1.0])
    np.testing.assert_allclose(rotation_distances([[3.1, 0.2]], [[-3.1, 0.1]]), [(2 * np.pi - 6.2 + 0.1) / 2])


@given(st.integers(1, 6), st.integers(1, 64), st.integers(0, 99))
def test_against_scipy_and_one_by_one(frames, count, seed):
    a, b = np.random.default_rng(seed).normal(size=(2, frames, count))
    expected = [cityblock(x, y) / count for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(coefficient_distances(a, b), expected)
    np.testing.assert_allclose(rotation_distances(a / 9, b / 9), np.array(expected) / 9)
    whole, parts = CoefficientDistances(), CoefficientDistances()
    whole.add(coefficient_distances(a, b), first_frame=7)
    for t in range(frames):
        parts.add(coefficient_distances(a[t : t + 1], b[t : t + 1]), first_frame=7 + t)
    assert whole.result().mean == pytest.approx(parts.result().mean)
    assert whole.result().worst_frame == parts.result().worst_frame == 7 + int(np.argmax(expected))
    assert whole.result().frames == frames


@given(st.lists(st.tuples(st.floats(-9, 9), st.integers(-2, 2)), min_size=1, max_size=5))
def test_full_turns_do_not_count(angles):
    a = np.array([[angle for angle, _ in angles]])
    turned = a + 2 * np.pi * np.array([[turns for _, turns in angles]])
    np.testing.assert_allclose(rotation_distances(a, turned), 0, atol=1e-9)


def test_names_say_whose_they_are():
    names = [coefficient_figure_name(kind) for kind in ("apd", "aed", "mae_pose", "mae_expression")]
    assert len({*names, APD_NAME}) == 5
    assert all("FG-EmoTalk" in name for name in names)
    assert coefficient_figure_name("apd", "built-in fit") == "APD (FG-EmoTalk, pose)[built-in fit]"
    with pytest.raises(InputError, match="no coefficient distance 'nonsense'"):
        coefficient_figure_name("nonsense")


def test_refuses():
    with pytest.raises(InputError, match=r"\(T, K\)"):
        coefficient_distances(np.zeros((3, 4)), np.zeros((3, 5)))
    with pytest.raises(InputError, match="not finite"):
        rotation_distances([[np.nan]], [[0.0]])
    empty = CoefficientDistances()
    empty.add(coefficient_distances(np.zeros((0, 3)), np.zeros((0, 3))))
    assert np.isnan(empty.result().mean)
    assert empty.result().worst_frame is None
    with pytest.raises(InputError, match="finite"):
        empty.add([np.inf])
