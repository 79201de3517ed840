import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from mien.errors import InputError
from mien.metrics.landmark_distance import INNER_LIPS, MOUTH_20, landmark_distance, landmark_distances
from mien.morphable.regions import LIPS


def test_by_hand():
    first = np.array([[(0.0, 0), (10, 0)]])
    second = np.array([[(5.0, 0), (11, 0)]])  # means 5 and 8: after matching, -3 and 3 against -5 and 5
    np.testing.assert_allclose(landmark_distances(first, second), [2])
    np.testing.assert_allclose(landmark_distances(first, second, centred=False), [3])


@given(st.integers(1, 5), st.integers(1, 9), st.integers(0, 99))
def test_against_scipy(frames, count, seed):
    a, b = np.random.default_rng(seed).normal(0, 30, (2, frames, count, 2))
    expected = [np.diag(cdist(x - x.mean(0), y - y.mean(0))).mean() for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(landmark_distances(a, b), expected, atol=1e-9)
    one_by_one = [landmark_distances(x[None], y[None])[0] for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(landmark_distances(a, b), one_by_one)


def test_of_faces(faces):
    source, result = faces.face(3), faces.face(3)
    upper = [i for i in MOUTH_20 if source[0, i, 1] < np.median(source[0, MOUTH_20, 1])]
    result[1, upper, 1] -= 4
    share = len(upper) / 20
    expected = (
        4 * 2 * share * (1 - share)
    )  # those that moved lie 4(1 - share) from the mean's motion, the others 4 share
    found = landmark_distance(source, result)
    assert found.px == pytest.approx(expected / 3)
    assert found.eye_distances == pytest.approx(expected / 3 / 100)
    assert found.worst_frame == 1
    assert landmark_distance(source, source).px == 0
    assert landmark_distance(source, source + np.array((9, -4, 3))).px == pytest.approx(
        0, abs=1e-12
    )  # places are matched
    assert landmark_distance(source, source + np.array((9, -12, 3)), centred=False).px == pytest.approx(15)
    larger = landmark_distance(2 * source, 2 * result)
    assert (larger.px, larger.eye_distances) == (pytest.approx(2 * found.px), pytest.approx(found.eye_distances))


def test_the_landmarks_are_the_lips():
    assert len(set(MOUTH_20)) == 20
    assert len(set(INNER_LIPS)) == 20
    assert set(MOUTH_20) <= set(LIPS.tolist())
    assert set(INNER_LIPS) <= set(LIPS.tolist())


def test_refuses(faces):
    with pytest.raises(InputError, match=r"\(T, P, 2\)"):
        landmark_distances(np.zeros((3, 4, 3)), np.zeros((3, 4, 3)))
    with pytest.raises(InputError, match=r"\(T, P, 2\)"):
        landmark_distances(np.zeros((3, 0, 2)), np.zeros((3, 0, 2)))
    with pytest.raises(InputError, match="not finite"):
        landmark_distances(np.full((1, 1, 2), np.nan), np.zeros((1, 1, 2)))
    with pytest.raises(InputError, match="no frames"):
        landmark_distance(faces.face(0), faces.face(0))
    with pytest.raises(InputError, match="same frames"):
        landmark_distance(faces.face(1), faces.face(2))
    assert landmark_distances(np.zeros((0, 4, 2)), np.zeros((0, 4, 2))).shape == (0,)
