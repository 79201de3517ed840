import numpy as np
import pytest

from mien.tracking.smoothing import REACH, smooth
from mien.types import FloatArray


def face(seed: int = 0) -> FloatArray:
    """Landmarks like a face's in size and in the order of its eyes; the rest scattered over the oval."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 1, (478, 3)) * [90, 120, 40] + [300, 200, 0]
    points[33], points[263] = [230, 170, 0], [370, 170, 0]
    return points.astype(np.float32)


def noisy(track: FloatArray, sigma_px: float, seed: int = 1) -> FloatArray:
    return np.float32(track + np.random.default_rng(seed).normal(0, sigma_px, track.shape))


def jitter(track: FloatArray) -> float:
    return float(np.abs(np.diff(track, 2, axis=0))[..., :2].mean())


def test_noise_of_a_still_face_is_taken_out() -> None:
    track = np.repeat(face()[None], 60, axis=0)
    trembling = noisy(track, 0.25)  # 0.18 % of the eye distance: what the network shows on still faces
    assert jitter(smooth(trembling, trembling[0])[5:-5]) < 0.35 * jitter(trembling[5:-5])


def test_even_movement_is_kept_exactly() -> None:
    times = np.arange(40, dtype=np.float32)[:, None, None]
    track = face() + times * np.float32([4.0, -2.5, 0.5])
    assert np.abs(smooth(track, track[0]) - track).max() < 1e-2


def test_no_lag_and_no_preferred_direction() -> None:
    phase = np.linspace(0, 6 * np.pi, 90)
    shift = np.stack([30 * np.sin(phase), 10 * np.cos(phase), 0 * phase], axis=1)[:, None]
    track = noisy(face() + shift, 0.2)
    forward, backward = smooth(track, track[0]), smooth(track[::-1], track[0])[::-1]
    assert np.abs(forward - backward).max() < 1e-3
    true, seen = shift[:, 0, 0], forward[:, :, 0].mean(axis=1) - face()[:, 0].mean()
    delays = [np.dot(true[5:-5], seen[5 + lag : len(seen) - 5 + lag]) for lag in (-1, 0, 1)]
    assert np.argmax(delays) == 1


def test_a_blink_keeps_its_depth() -> None:
    track = np.repeat(face()[None], 40, axis=0)
    lid = np.linalg.norm(face()[:, :2] - face()[159, :2], axis=1) < 12  # the upper lid and what lies around it
    dip = np.zeros(40)
    dip[18:23] = [3, 9, 14, 9, 3]  # closed within two frames: 10 % of the eye distance
    track[:, lid, 1] += dip[:, None].astype(np.float32)
    closed = smooth(noisy(track, 0.2), face())[20, lid, 1] - face()[lid, 1]
    assert closed.mean() == pytest.approx(14, rel=0.05)


def test_a_stretch_by_itself_gives_the_same_as_within_the_whole() -> None:
    rng = np.random.default_rng(3)
    track = noisy(face() + np.cumsum(rng.normal(0, 1, (80, 1, 3)), axis=0), 0.3)
    whole = smooth(track, track[0])
    part = smooth(track[30 - REACH : 50 + REACH], track[0])[REACH:-REACH]
    assert np.abs(part - whole[30:50]).max() < 1e-3  # float32 of values near 400 px


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_tracks_come_through(count: int) -> None:
    track = noisy(np.repeat(face()[None], count, axis=0), 0.3)
    result = smooth(track, track[0])
    assert result.shape == track.shape
    assert np.abs(result - track).max() < 1.5
