import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from mien.errors import InputError
from mien.metrics.lip_sync import INNER_PAIRS, correlation, lip_opening, lip_sync


def talking(faces, opening):
    """The face with lips 13-14 open by ``opening`` (eye distances), along y."""
    points = faces.face(len(opening))
    points[:, 14] = points[:, 13]
    points[:, 14, 1] += np.asarray(opening) * faces.eye_distance
    return points


def test_opening_by_hand(faces):
    np.testing.assert_allclose(lip_opening(talking(faces, [0, 0.1, 0.25])), [0, 0.1, 0.25])


def test_depth_counts_in_three_dimensions_alone(faces):
    points = talking(faces, [0.3])
    points[:, 14, 2] += 40
    assert lip_opening(points)[0] == pytest.approx(0.5)
    assert lip_opening(points, dimensions=2)[0] == pytest.approx(0.3)
    with pytest.raises(InputError, match="2 or 3"):
        lip_opening(points, dimensions=1)


def test_pairs_are_averaged(faces):
    points = faces.face()
    for upper, lower in INNER_PAIRS:
        points[:, lower] = points[:, upper] + (0, 9, 0)
    points[:, 14, 1] += 9
    assert lip_opening(points, INNER_PAIRS)[0] == pytest.approx(0.09 * 10 / 9)


def test_sync_by_hand_and_against_scipy(faces):
    a = np.array([0, 0.1, 0.3, 0.2, 0.05])
    b = np.array([0.02, 0.1, 0.25, 0.22, 0.05])
    found = lip_sync(talking(faces, a), talking(faces, b))
    assert found.correlation == pytest.approx(pearsonr(a, b).statistic)
    assert found.mean_difference == pytest.approx(0.09 / 5)
    assert found.source_range == pytest.approx(0.3)
    assert found.moving


def test_still_lips_have_no_correlation(faces):
    found = lip_sync(talking(faces, [0.05] * 4), talking(faces, [0.05, 0.06, 0.07, 0.05]))
    assert np.isnan(found.correlation)
    assert not found.moving
    assert found.mean_difference == pytest.approx(0.03 / 4)
    assert np.isnan(correlation([0.3], [0.2]))


@given(
    st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=3, max_size=20),
    st.floats(0.1, 10),
    st.floats(-5, 5),
)
def test_correlation_does_not_see_scale_and_offset(pairs, scale, offset):
    a, b = np.array(pairs).T
    if np.ptp(a) < 1e-3 or np.ptp(b) < 1e-3:
        return
    assert correlation(a, b) == pytest.approx(pearsonr(a, b).statistic, abs=1e-6)
    assert correlation(scale * a + offset, b) == pytest.approx(correlation(a, b), abs=1e-6)
    assert correlation(a, a) == pytest.approx(1)
    assert correlation(a, -a) == pytest.approx(-1)


def test_pose_and_size_do_not_matter(faces):
    a, b = talking(faces, [0, 0.1, 0.3, 0.2]), talking(faces, [0, 0.15, 0.25, 0.2])
    turned = faces.moved(b, faces.rotation(25, (0.2, 1, 0.1)), 2.5)
    assert lip_sync(a, turned).correlation == pytest.approx(lip_sync(a, b).correlation)
    assert lip_sync(a, turned).mean_difference == pytest.approx(lip_sync(a, b).mean_difference)


def test_no_frames_is_an_error(faces):
    with pytest.raises(InputError, match="no frames"):
        lip_sync(faces.face(0), faces.face(0))
