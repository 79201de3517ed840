from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.emotion.action_units import AU_COLUMN_INDEX
from mien.emotion.keyframes import Keyframe
from mien.emotion.track import EmotionSamples, EmotionTrack
from mien.emotion.vocabulary import EMOTION_INDEX, EMOTIONS
from mien.errors import EmotionError, InputError

from .tracks import tracks


def emotion(track: str, times: list[float], name: str) -> list[float]:
    return EmotionTrack.parse(track).sample(times).emotion[:, EMOTION_INDEX[name]].tolist()


def test_constant_holds_everywhere() -> None:
    track = EmotionTrack.constant("joy", 0.8)
    assert emotion(str(track), [-5.0, 0.0, 1e9], "happy") == [0.8, 0.8, 0.8]
    assert EmotionTrack.constant("sad") == EmotionTrack.parse("sad 1")


def test_linear_between_and_constant_outside() -> None:
    values = emotion("1 happy 0.2, 3 happy 0.8", [-1, 0, 1, 2, 2.5, 3, 9], "happy")
    assert values == pytest.approx([0.2, 0.2, 0.2, 0.5, 0.65, 0.8, 0.8])


def test_easings() -> None:
    assert emotion("0 neutral smooth, 1 happy", [0.25, 0.5, 0.75], "happy") == pytest.approx([0.15625, 0.5, 0.84375])
    assert emotion("0 neutral hold, 1 happy", [0.0, 0.999, 1.0], "happy") == [0.0, 0.0, 1.0]


def test_switch_leads_through_neutral_at_an_even_rate() -> None:
    # From 0.75 to 0.25 the zero lies at 3/4 of the way; everywhere the intensity changes by 1 per second.
    track, times = "0 happy 0.75, 1 sad 0.25", [0.0, 0.25, 0.5, 0.75, 0.875, 1.0]
    assert emotion(track, times, "happy") == pytest.approx([0.75, 0.5, 0.25, 0, 0, 0])
    assert emotion(track, times, "sad") == pytest.approx([0, 0, 0, 0, 0.125, 0.25])


def test_neutral_on_either_side_of_a_switch() -> None:
    assert emotion("0 happy 0, 1 sad 0.5", [0.5], "sad") == pytest.approx([0.25])
    assert emotion("0 happy 0.5, 1 sad 0", [0.5], "happy") == pytest.approx([0.25])


def test_channels_are_independent() -> None:
    # AU4 goes its own way over the keyframes that do not name it; so does the emotion.
    samples = EmotionTrack.parse("0 happy 1 AU4 0, 1 neutral, 2 AU4L 1, 3 sad 1").sample([0, 1, 1.5, 2, 2.5])
    assert samples.emotion[:, EMOTION_INDEX["happy"]] == pytest.approx([1, 0, 0, 0, 0])
    assert samples.emotion[:, EMOTION_INDEX["sad"]] == pytest.approx([0, 0, 0.25, 0.5, 0.75])
    assert samples.action_units[:, AU_COLUMN_INDEX["AU4L"]] == pytest.approx([0, 0.5, 0.75, 1, 1])
    assert not samples.action_units[:, AU_COLUMN_INDEX["AU4R"]].any()


def test_action_units_alone_leave_the_emotion_neutral() -> None:
    samples = EmotionTrack.parse("AU12 0.5").sample([0.0, 1.0])
    assert not samples.emotion.any()
    assert samples.action_units.sum() == 2.0


def test_end_and_neutrality() -> None:
    assert EmotionTrack.parse("0 neutral, 2.5 happy").end_s == 2.5
    assert EmotionTrack.parse("0 neutral, 2 happy 0 AU4 0").is_neutral
    assert not EmotionTrack.parse("0 neutral, 2 AU4 0.1").is_neutral


def test_immutable_and_hashable() -> None:
    track = EmotionTrack.parse("happy")
    with pytest.raises(FrozenInstanceError):
        track.keyframes = ()  # type: ignore[misc]
    assert len({track, EmotionTrack.parse("happy 1")}) == 1


def test_a_track_needs_keyframes() -> None:
    with pytest.raises(EmotionError, match="at least one"):
        EmotionTrack(())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0.0, "happy", float("nan")), "nan"),
        ((0.0, "happy", 1.5), r"1\.5"),
        ((float("inf"), "happy"), "inf"),
        ((0.0,), "sets nothing"),
        ((0.0, None, 0.5, (("AU4", 1.0),)), "belongs to no emotion"),
        ((0.0, "happy", "0.5"), "not a number"),
        ((0.0, "happy", True), "not a number"),
        ((0.0, "happy", 10**400), "not a number"),
        ((0.0, "happy", 1.0, (), "bounce"), "'bounce' is not an easing"),
    ],
)
def test_keyframes_are_checked(arguments: tuple[object, ...], says: str) -> None:
    with pytest.raises(EmotionError, match=says):
        Keyframe(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [[[0.0]], [float("nan")], [0.0, float("inf")]])
def test_times_are_checked(times: list[float]) -> None:
    with pytest.raises(InputError, match="times_s"):
        EmotionTrack.constant("happy").sample(times)


def test_no_times_give_no_rows() -> None:
    samples = EmotionTrack.constant("happy").sample([])
    assert len(samples) == 0
    assert samples.emotion.shape == (0, len(EMOTIONS))


@pytest.mark.parametrize(
    ("emotion_shape", "action_units_shape", "fill", "says"),
    [
        ((2, 3), (2, 47), 0.0, "emotion has the shape"),
        ((2, 8), (3, 47), 0.0, "rows"),
        ((2, 8), (2, 47), 0.5, "more than one"),
        ((2, 8), (2, 47), float("nan"), "outside 0 to 1"),
    ],
)
def test_samples_are_checked(
    emotion_shape: tuple[int, int], action_units_shape: tuple[int, int], fill: float, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        EmotionSamples(np.full(emotion_shape, fill), np.zeros(action_units_shape))


near_times = st.integers(0, 40).map(lambda n: n / 4)


@given(tracks(), st.lists(st.floats(-1e6, 2e6), max_size=20))
def test_at_most_one_emotion_and_everything_in_range(track: EmotionTrack, times: list[float]) -> None:
    samples = track.sample(times)
    assert np.count_nonzero(samples.emotion, axis=1).max(initial=0) <= 1
    for array in (samples.emotion, samples.action_units):
        assert array.min(initial=0) >= 0
        assert array.max(initial=0) <= 1


@given(tracks())
def test_keyframes_are_met(track: EmotionTrack) -> None:
    samples = track.sample([keyframe.time_s for keyframe in track.keyframes])
    for row, keyframe in enumerate(track.keyframes):
        if keyframe.emotion in EMOTION_INDEX:
            # One rounding of the linear form lies between them at the last keyframe.
            assert samples.emotion[row, EMOTION_INDEX[keyframe.emotion]] == pytest.approx(keyframe.intensity, abs=1e-15)
        for column, value in keyframe.action_units:
            assert samples.action_units[row, AU_COLUMN_INDEX[column]] == pytest.approx(value, abs=1e-15)


@given(tracks(near_times, easings=("linear", "smooth")))
def test_without_hold_nothing_jumps(track: EmotionTrack) -> None:
    # Neighbouring keyframes are 0.25 s apart or more and intensities are at most 1. The fastest way is between two
    # emotions, 2 units in 0.25 s, and easing with soft ends is at most 1.5 times as steep: 12 per second.
    step = 1 / 64
    samples = track.sample(np.arange(-1, 12, step))
    for array in (samples.emotion, samples.action_units):
        assert np.abs(np.diff(array, axis=0)).max() <= 12 * step + 1e-12


@given(tracks(near_times), st.permutations(list(np.linspace(-1, 11, 9))))
def test_times_may_come_in_any_order(track: EmotionTrack, times: list[float]) -> None:
    whole = track.sample(times)
    for row, time_s in enumerate(times):
        one = track.sample([time_s])
        assert np.array_equal(one.emotion[0], whole.emotion[row])
        assert np.array_equal(one.action_units[0], whole.action_units[row])
