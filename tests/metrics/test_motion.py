"""Jitter, continuity and pose drift."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.metrics.continuity import added_jumps, jumps, largest_jump_ratio
from mien.metrics.face_frame import STABLE
from mien.metrics.jitter import added_jitter, aligned, consecutive, jitter, jitter_ratio, jitter_series
from mien.metrics.pose_drift import pose_drift

LOOSE = np.setdiff1d(np.arange(478), (*STABLE, 33, 263))


def noisy(faces, frames, sigma, seed=0, expression_only=True):
    points = faces.face(frames)
    where = LOOSE if expression_only else np.arange(478)
    points[:, where, :2] += np.random.default_rng(seed).normal(0, sigma, (frames, len(where), 2))
    return points


def test_jitter_by_hand(faces):
    points = faces.face(4)
    points[2, LOOSE, 0] += 3.0  # second differences of this series: 3, -6, then nothing else: two terms
    expected = (3 + 6) / 2 / 100 * len(LOOSE) / 478
    assert jitter(points) == pytest.approx(expected, rel=1e-9)


def test_steady_motion_is_no_jitter(faces):
    points = faces.face(6) + np.arange(6)[:, None, None] * np.array([4.0, -2.0, 0])
    assert jitter(points) == pytest.approx(0, abs=1e-12)
    assert jitter(points, align=False) == pytest.approx(0, abs=1e-12)


def test_the_heads_own_motion_is_taken_out(faces):
    still = noisy(faces, 12, 0.5)
    shaking = still + np.random.default_rng(5).normal(0, 5, (12, 1, 3))
    assert jitter(shaking) == pytest.approx(jitter(still))
    assert jitter(shaking, align=False) > 3 * jitter(still)
    nodding = np.concatenate(
        [faces.moved(frame[None], faces.rotation(4 * i, (1, 0.3, 0))) for i, frame in enumerate(still)]
    )
    assert jitter(nodding) == pytest.approx(jitter(still), rel=0.1)  # depth turns into the image a little


def test_jitter_ratio_is_the_ratio_of_noise(faces):
    assert jitter_ratio(noisy(faces, 60, 0.5), noisy(faces, 60, 1.0, seed=1)) == pytest.approx(2, rel=0.02)
    same = noisy(faces, 10, 0.5)
    assert jitter_ratio(same, same) == 1
    assert jitter_ratio(same, same * 3) == pytest.approx(1)  # the unit is the face's own
    assert np.isnan(jitter_ratio(faces.face(5), same[:5]))  # a still source has no jitter to compare with


def test_jitter_frame_by_frame(faces):
    points = faces.face(7)
    points[3, LOOSE, 0] += 2.0  # second differences 2, -4, 2 around it
    share = len(LOOSE) / 478 / 100
    np.testing.assert_allclose(jitter_series(points), np.array([np.nan, 0, 2, 4, 2, 0, np.nan]) * share, atol=1e-12)
    assert jitter(points) == pytest.approx(np.nanmean(jitter_series(points)))
    added, worst = added_jitter(faces.face(7), points)
    np.testing.assert_allclose(added, jitter_series(points), atol=1e-12)
    assert worst == 3
    frames = [4, 5, 6, 7, 9, 10, 11]  # a frame is missing right after the trembling one
    np.testing.assert_allclose(
        jitter_series(points, frames), np.array([np.nan, 0, 2, np.nan, np.nan, 0, np.nan]) * share, atol=1e-12
    )
    assert added_jitter(faces.face(7), points, frames)[1] == 6
    assert added_jitter(points, points)[0][3] == 0
    assert added_jitter(points[:2], points[:2])[1] is None
    assert jitter_series(faces.face(0)).shape == (0,)


def test_gaps_are_left_out(faces):
    points = faces.face(6)
    points[3:, LOOSE, 0] += 20  # a cut between frames 2 and 10
    frames = [0, 1, 2, 10, 11, 12]
    assert jitter(points, frames) == pytest.approx(0, abs=1e-12)
    assert jitter(points) > 0.01
    assert jumps(points, frames).max() == pytest.approx(0, abs=1e-12)
    assert len(jumps(points, frames)) == 4
    assert np.isnan(jitter(points[:2]))
    with pytest.raises(InputError, match="one index"):
        jitter(points, frames[:4])


def test_consecutive_by_hand():
    assert consecutive(5, [0, 1, 2, 4, 5], 2).tolist() == [True, True, False, True]
    assert consecutive(5, [0, 1, 2, 4, 5], 3).tolist() == [True, False, False]
    assert consecutive(1, None, 3).tolist() == []


def test_aligned_is_in_eye_distances(faces):
    turned = faces.moved(faces.face(3), faces.rotation(20, (0, 1, 0)), 4)
    turned[1:] = faces.moved(faces.face(2), faces.rotation(-20, (1, 0, 0)), 0.5)
    placed = aligned(turned)
    np.testing.assert_allclose(placed[1:], placed[:1].repeat(2, 0), atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(placed[:, 263] - placed[:, 33], axis=1), 1)
    assert aligned(faces.face(0)).shape == (0, 478, 3)


def test_jump_by_hand(faces):
    points = faces.face(3)
    points[2, LOOSE] += (3.0, 4.0, 0)
    np.testing.assert_allclose(jumps(points), [0, 0.05 * np.sqrt(len(LOOSE) / 478)], atol=1e-12)
    source = faces.face(3)
    source[1:, LOOSE, 0] += 2.5
    assert largest_jump_ratio(source, points) == pytest.approx(2)
    assert np.isnan(largest_jump_ratio(faces.face(3), points))
    assert np.isnan(largest_jump_ratio(points[:1], points[:1]))


def test_added_jumps_see_the_edit_alone(faces):
    source = noisy(faces, 5, 2.0) + np.arange(5)[:, None, None] * np.array((7.0, 0, 0))
    edited = source.copy()
    edited[3:, LOOSE] += (3.0, 4.0, 0)
    expected = 0.05 * np.sqrt(len(LOOSE) / 478)
    np.testing.assert_allclose(added_jumps(source, edited), [0, 0, expected, 0], atol=1e-12)
    np.testing.assert_allclose(added_jumps(source, edited, [0, 1, 2, 8, 9]), 0, atol=1e-12)


@pytest.mark.parametrize("degrees", [0.0, 1e-4, 1.5, 40.0, 179.0])
@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0.3, -0.5, 0.8)])
def test_pose_drift_is_the_angle(faces, degrees, axis):
    turned = faces.moved(faces.face(2), faces.rotation(degrees, axis), 1.3, (5, -8, 2))
    np.testing.assert_allclose(pose_drift(faces.face(2), turned), degrees, atol=1e-6)


def test_expressions_are_no_pose(faces):
    acting = faces.face(5)
    acting[:, LOOSE] += np.random.default_rng(0).normal(0, 8, (5, len(LOOSE), 3))
    np.testing.assert_allclose(pose_drift(faces.face(5), acting), 0, atol=1e-6)
    assert not {46, 52, 53, 55, 65, 70, 276, 282, 283, 285, 295, 300, 336, 107, 66, 105, 296, 334} & set(STABLE)
