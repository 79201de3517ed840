from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mien.tracking.continuity import APPROACH_S, BRIDGED_S, FADE_S, bridge, confidence_of, fade_of, gaps, read_filled
from mien.tracking.face_track import Rows

RATE = 25.0


def times(count: int) -> np.ndarray:
    return np.arange(count) / RATE


def sure(count: int, *holes: tuple[int, int]) -> np.ndarray:
    confidence = np.ones(count, np.float32)
    for start, stop in holes:
        confidence[start:stop] = 0
    return confidence


def test_a_short_gap_is_bridged_with_less_confidence() -> None:
    confidence, usable = bridge(sure(50, (20, 24)), times(50))
    assert usable.all()
    assert (confidence[20:24] == 0.5).all()
    assert (confidence[:20] == 1).all()


def test_a_long_gap_is_left_alone_and_faded() -> None:
    confidence, usable = bridge(sure(75, (20, 45)), times(75))
    assert not usable[20:45].any()
    assert (confidence[20:45] == 0).all()
    fade = fade_of(usable, times(75), eased_start=False, eased_stop=False)
    assert (fade[20:45] == 0).all()
    assert (np.diff(fade[:20]) <= 0).all()
    assert (np.diff(fade[45:]) >= 0).all()
    assert fade[0] == fade[74] == 1
    beside = round(APPROACH_S * RATE)
    assert beside > 0
    assert np.allclose(fade[20 - beside : 45 + beside], 0, atol=1e-9)
    assert 0 < fade[19 - beside] < 0.2
    assert 0 < fade[45 + beside] < 0.2
    full = beside + round(FADE_S * RATE)
    assert fade[19 - full] == fade[45 + full] == 1


def test_fade_at_the_ends_of_a_track_only_where_the_shot_goes_on() -> None:
    usable = np.ones(30, bool)
    assert (fade_of(usable, times(30), eased_start=False, eased_stop=False) == 1).all()
    late = fade_of(usable, times(30), eased_start=True, eased_stop=False)
    assert late[0] < 0.2
    assert late[-1] == 1
    early = fade_of(usable, times(30), eased_start=False, eased_stop=True)
    assert np.allclose(early, late[::-1])


def test_a_single_frame_has_full_weight() -> None:
    assert fade_of(np.array([True]), np.array([3.0]), eased_start=False, eased_stop=False).tolist() == [1]


@given(
    hnp.arrays(np.float32, st.integers(1, 60), elements=st.floats(0, 1, width=32)),
    st.booleans(),
    st.booleans(),
    st.floats(0.001, 0.2),
)
def test_fades_are_weights_and_gradual(confidence: np.ndarray, start: bool, stop: bool, step_s: float) -> None:
    time_s = 5 + step_s * np.arange(len(confidence))
    raised, usable = bridge(confidence, time_s)
    assert (raised >= confidence).all()
    assert (raised <= 1).all()
    fade = fade_of(usable, time_s, eased_start=start, eased_stop=stop)
    assert ((fade >= 0) & (fade <= 1)).all()
    assert (fade[~usable] == 0).all()
    # The steepest slope of the smooth step is 1.5 over the fade's length.
    assert (np.abs(np.diff(fade)) <= 1.5 * step_s / FADE_S + 1e-5).all()
    assert all(time_s[b] - time_s[a - 1] > BRIDGED_S for a, b in gaps(usable))


def test_presence_alone_decides_between_face_and_none() -> None:
    still = np.full(40, 0.1)
    presence = np.full(40, 30.0)
    presence[10:20] = [-10, 0, 3, 5, 6, 6, 5, 3, 0, -10]
    confidence = confidence_of(presence, still, still, 0 * presence)
    assert (confidence[10:20] < 0.01).all()
    assert (confidence[:10] == 1).all()


def test_a_covered_mouth_needs_both_signs() -> None:
    still, presence = np.full(60, 0.15), np.full(60, 30.0)
    strange, dropped, front = still.copy(), presence.copy(), np.zeros(60)
    strange[20:40], dropped[20:40] = 0.6, 21.0
    assert (confidence_of(presence, still, strange, front) == 1).all()  # another light
    assert (confidence_of(dropped, still, still, front) == 1).all()  # a grimace
    covered = confidence_of(dropped, still, strange, front)
    assert (covered[24:36] < 0.1).all()
    assert (covered[:16] == 1).all()


def test_a_face_that_comes_back_changed_is_not_covered_for_good() -> None:
    """It went away at 40 and is back at 60 with other colours and lips pressed together; at 90 a hand passes."""
    presence, mouth, front = np.full(140, 30.0), np.full(140, 0.15), np.zeros(140)
    presence[40:60] = np.nan
    presence[60:], mouth[60:] = 22.0, 0.6
    still = np.full(140, 0.15)
    assert (confidence_of(presence, still, mouth, front)[60:] == 1).all()
    presence[90:110], mouth[90:110] = 14.0, 2.4
    covered = confidence_of(presence, still, mouth, front)
    assert (covered[94:106] < 0.1).all()
    assert (covered[60:86] == 1).all()
    assert (covered[114:] == 1).all()
    seen_all_along = np.where(np.isnan(presence), 30.0, presence)  # no absence: then it is something in the way
    assert (confidence_of(seen_all_along, still, mouth, front)[94:106] < 0.1).all()


def test_profiles_are_doubtful_on_both_sides() -> None:
    yaw_deg = np.array([0, 30, -40, 52.5, -52.5, 61, -80])
    presence, still = np.full(7, 25.0), np.full(7, 0.1)
    assert confidence_of(presence, still, still, yaw_deg) == pytest.approx([1, 1, 1, 0.5, 0.5, 0, 0])


def test_unseen_frames_have_no_confidence() -> None:
    presence = np.array([30, np.nan, 30.0])
    differences = np.array([0.1, np.nan, 0.1])
    assert confidence_of(presence, differences, differences, 0 * presence).tolist() == [1, 0, 1]


@pytest.mark.parametrize("window", [(0, 30), (0, 7), (7, 9), (12, 30)])
def test_gaps_are_filled_the_same_in_any_window(tmp_path: Path, window: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=(30, 4)).astype(np.float32)
    present = np.ones(30, bool)
    present[[5, 6, 7, 8, 9, 20]] = False
    raw = np.where(present[:, None], true, np.nan).astype(np.float32)
    raw.tofile(tmp_path / "rows")
    time_s = np.cumsum(rng.uniform(0.01, 0.1, 30))
    inside = np.flatnonzero(present)
    expected = np.stack([np.interp(time_s, time_s[inside], true[inside, k]) for k in range(4)], axis=1)
    filled = read_filled(Rows((4,), tmp_path / "rows"), present, time_s, *window)
    assert np.allclose(filled, expected[slice(*window)], atol=1e-5)
