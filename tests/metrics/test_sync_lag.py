import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from mien.errors import InputError
from mien.metrics.lip_sync import INNER_PAIRS
from mien.metrics.sync_lag import motion_lag, sync_lag

LOWER = [pair[1] for pair in INNER_PAIRS]
UPPER = [pair[0] for pair in INNER_PAIRS]


def walk(count, seed=0, dimensions=1):
    """A motion as a head's or a mouth's: noise with a memory of a few frames."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count + 40, dimensions))
    kernel = np.hanning(9)
    return np.stack([np.convolve(column, kernel, "same") for column in noise.T], axis=1)[20:-20]


def clip(faces, count, lips=0, head=0, noise=0.0, seed=0):
    """A talking, moving head, its lips and its head each late by so many frames."""
    opening, place = walk(count + 60, 1), walk(count + 60, 2, 2)
    t = np.arange(30, 30 + count)
    points = faces.face(count)
    points[:, LOWER] = points[:, UPPER]
    points[:, LOWER, 1] += 6 * np.abs(opening[t - lips])
    points[..., :2] += 4 * place[t - head][:, None]
    return points + np.random.default_rng(seed).normal(0, noise, points.shape) if noise else points


@pytest.mark.parametrize("lag", [-15, -3, -1, 0, 1, 2, 7, 15])
def test_the_planted_lag_is_found(faces, lag):
    found = sync_lag(clip(faces, 90), clip(faces, 90, lips=lag, head=lag, noise=0.3))
    assert (found.lips.frames, found.motion.frames) == (lag, lag)
    assert found.lips.sure
    assert found.motion.sure
    assert found.shifted == (lag != 0)
    assert found.motion.correlation > 0.9
    assert (found.motion.worst_frame is None) == (lag == 0)


def test_lips_alone_may_be_late(faces):
    found = sync_lag(clip(faces, 90), clip(faces, 90, lips=3))
    assert (found.lips.frames, found.motion.frames) == (3, 0)
    assert found.shifted


def test_an_emotion_that_comes_and_goes_is_no_lag(faces):
    edited = clip(faces, 90, noise=0.2)
    edited[:, :100, :2] += 20 * np.sin(np.linspace(0, np.pi, 90))[:, None, None]
    edited[:, LOWER, 1] += 5 * np.linspace(0, 1, 90)[:, None]
    found = sync_lag(clip(faces, 90, noise=0.2, seed=1), edited)
    assert (found.lips.frames, found.motion.frames) == (0, 0)
    assert not found.shifted


def test_short_clips_are_not_sure_and_long_ones_are(faces):
    assert not sync_lag(clip(faces, 8), clip(faces, 8, 2, 2)).shifted
    assert sync_lag(clip(faces, 25), clip(faces, 25, 2, 2, noise=0.1)).shifted
    with_more = [sync_lag(clip(faces, n), clip(faces, n, 2, 2, noise=0.5)).motion.standard_errors for n in (30, 90)]
    assert with_more[1] > with_more[0]


def test_correlation_against_scipy():
    a, b = walk(60, 3)[:, 0], walk(60, 4)[:, 0]
    u, v = np.diff(a), np.diff(b)
    u, v = u - u.mean(), v - v.mean()
    full = correlate(v, u, "full")  # lag k at index k + 58
    found = motion_lag(a[:, None], b[:, None], largest=5)
    norms = {k: np.sqrt((u[max(0, -k) : 59 - max(0, k)] ** 2).sum() * (v[max(0, k) : 59 + min(0, k)] ** 2).sum())
             for k in range(-5, 6)}  # fmt: skip
    expected = {k: full[k + 58] / norms[k] for k in norms}
    best = max(expected, key=expected.get)
    assert found.frames == best
    assert found.correlation == pytest.approx(expected[best])
    assert found.correlation_at_zero == pytest.approx(expected[0])


def test_gaps_are_left_out(faces):
    source, result = clip(faces, 90), clip(faces, 90, lips=2, head=2)
    keep = np.setdiff1d(np.arange(90), [20, 21, 55])
    source[60:] += 500  # a cut
    result[62:] += 500
    before = keep < 60
    found = sync_lag(source[keep][before], result[keep][before], keep[before] + 7)
    assert (found.lips.frames, found.motion.frames) == (2, 2)
    assert 7 <= found.motion.worst_frame < 67


def test_the_worst_frame_is_where_it_moves(faces):
    source, result = faces.face(60), faces.face(60)
    source[30:, :, 0] += 40
    result[32:, :, 0] += 40
    assert sync_lag(source, result).motion.worst_frame in (29, 31)


def test_nothing_moves(faces):
    found = sync_lag(faces.face(30), faces.face(30))
    assert found.motion.frames == 0
    assert np.isnan(found.motion.correlation)
    assert not found.motion.sure
    for count in (0, 1, 5):
        assert not sync_lag(faces.face(count), faces.face(count)).shifted


@given(st.integers(-6, 6), st.floats(0.2, 5), st.integers(0, 50))
def test_size_does_not_matter(lag, scale, seed):
    motion = walk(90, seed, 3)
    t = np.arange(10, 80)
    found = motion_lag(motion[t], scale * motion[t - lag] + 3)
    assert found.frames == lag
    assert found.correlation == pytest.approx(1, abs=0.02)  # means are taken over slightly different frames


def test_refuses(faces):
    with pytest.raises(InputError, match="same frames"):
        sync_lag(faces.face(4), faces.face(5))
    with pytest.raises(InputError, match="finite"):
        sync_lag(faces.face(4), np.full((4, 478, 3), np.nan))
    with pytest.raises(InputError, match="all finite"):
        motion_lag(np.array([[np.nan]]), np.array([[0.0]]))
    with pytest.raises(InputError, match="largest lag"):
        sync_lag(faces.face(4), faces.face(4), largest=-1)
    with pytest.raises(InputError, match="one index"):
        sync_lag(faces.face(4), faces.face(4), frames=[0, 1])
