import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.emotion.keyframes import Keyframe
from mien.emotion.notation import parse_time
from mien.emotion.track import EmotionTrack
from mien.errors import EmotionError

from .tracks import tracks


@pytest.mark.parametrize(
    ("text", "keyframes"),
    [
        ("happy 0.8", (Keyframe(0, "happy", 0.8),)),
        ("happy", (Keyframe(0, "happy", 1.0),)),
        ("0 neutral, 2 happy .8", (Keyframe(0, "neutral"), Keyframe(2, "happy", 0.8))),
        (
            "0 neutral, 1.5 happy 0.8 smooth, 3 sad 0.6 hold, 4 neutral",
            (
                Keyframe(0, "neutral"),
                Keyframe(1.5, "happy", 0.8, (), "smooth"),
                Keyframe(3, "sad", 0.6, (), "hold"),
                Keyframe(4, "neutral"),
            ),
        ),
        ("AU12L 0.6", (Keyframe(0, None, None, (("AU12L", 0.6),)),)),
        (
            "0 neutral AU4 0, 2 angry 0.7 AU4 1",
            (
                Keyframe(0, "neutral", None, (("AU4L", 0), ("AU4R", 0))),
                Keyframe(2, "angry", 0.7, (("AU4L", 1), ("AU4R", 1))),
            ),
        ),
        ("AU17 AU4L .5 Joy 0.25 STEP", (Keyframe(0, "happy", 0.25, (("AU4L", 0.5), ("AU17", 1)), "hold"),)),
        ("500ms fear 1e-1,1:02.5 anger,1:00:00 neutral 0", None),
    ],
)
def test_notation_is_read(text: str, keyframes: tuple[Keyframe, ...] | None) -> None:
    track = EmotionTrack.parse(text)
    if keyframes is None:
        keyframes = (Keyframe(0.5, "fear", 0.1), Keyframe(62.5, "angry", 1), Keyframe(3600, "neutral"))
    assert track.keyframes == keyframes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("hapy", "'hapy' is not an emotion; did you mean 'happy'"),
        ("happy smoth", "'smoth' is not an emotion; did you mean 'smooth'"),
        ("happy 1.5", "the intensity of happy is 1.5; it must be from 0 to 1"),
        ("happy nan", "the intensity of happy is nan"),
        ("happy -inf", "the intensity of happy is -inf"),
        ("AU12 -0.1", "the intensity of AU12 is -0.1"),
        ("neutral 0.5", "neutral has no intensity"),
        ("0 neutral, hapy 1", "keyframe 2 ('hapy 1'): a time is missing"),
        ("0 neutral, 2 hapy 1", "keyframe 2 ('2 hapy 1'): 'hapy' is not"),
        ("2 happy, 1 sad", "keyframe 2 at 1 s does not come after keyframe 1 at 2 s"),
        ("2 happy, 2 sad", "keyframe 2 at 2 s does not come after"),
        ("0 happy,", "keyframe 2 (''): nothing stands here"),
        ("0 happy 0,8", "a decimal has a point"),
        ("3", "nothing follows the time"),
        ("happy sad", "'sad' is a second emotion"),
        ("happy va 0 0", "'va' is a second emotion"),
        ("happy 0.5 0.6", "'0.6' belongs to nothing"),
        ("smooth happy", "the easing smooth must come last"),
        ("smooth", "sets nothing"),
        ("AU12 1 AU12L 1", "AU12L is set twice"),
        ("AU99", "'AU99' is not an action unit"),
        ("va 0.5", "va needs two numbers"),
        ("va 0.5 2", "arousal is 2"),
        ("va nan 0", "valence is nan"),
        ("25f happy", "'25f' is not a time"),
        ("1:75 happy", "'1:75' is not a time"),
        ("-1 happy", "time -1 s is negative"),
        ("nan happy", "time nan is not a finite"),
        ("inf happy", "time inf is not a finite"),
        ("1e7 happy", "times are in seconds"),
    ],
)
def test_mistakes_are_pointed_at(text: str, says: str) -> None:
    with pytest.raises(EmotionError) as caught:
        EmotionTrack.parse(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_message_about_a_long_piece_is_short() -> None:
    with pytest.raises(EmotionError) as caught:
        EmotionTrack.parse("x" * 100_000)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("word", "seconds"),
    [("2", 2.0), (".5", 0.5), ("2.5s", 2.5), ("500ms", 0.5), ("1:02.5", 62.5), ("2:00:01", 7201.0), ("90:00", 5400.0)],
)
def test_times(word: str, seconds: float) -> None:
    assert parse_time(word) == pytest.approx(seconds, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("happy", "happy 1"),
        ("0 JOY 0.50", "happy 0.5"),
        ("2 sad hold", "2 sad 1 hold"),
        ("AU12L .3 AU12R .3 AU4L .1", "AU4L 0.1 AU12 0.3"),
        ("AU30L .3 AU30R .3", "AU30L 0.3 AU30R 0.3"),
        ("0 neutral AU4 0, 0.00001 AU4", "0 neutral AU4 0, 0.00001 AU4 1"),
    ],
)
def test_canonical_text(text: str, written: str) -> None:
    assert str(EmotionTrack.parse(text)) == written


@given(tracks())
def test_round_trip_is_exact(track: EmotionTrack) -> None:
    text = str(track)
    assert EmotionTrack.parse(text) == track
    assert str(EmotionTrack.parse(text)) == text


@given(st.text(max_size=200))
def test_any_text_ends_in_a_track_or_an_emotion_error(text: str) -> None:
    _parse_or_refuse(text)


_WORDS = ["happy", "neutral", "Joy", "AU4", "au12l", "AU99", "va", "smooth", "step", "0", "0.5", "1:02", "5ms", "nan"]
_PIECES = st.lists(st.sampled_from([*_WORDS, "-1", ",", ",", ":", "1e999", "²", "\x00", "١"]), max_size=12)


@given(_PIECES, st.sampled_from(["", " ", "\t"]))
def test_any_mixture_of_words_ends_in_a_track_or_an_emotion_error(pieces: list[str], separator: str) -> None:
    _parse_or_refuse(separator.join(pieces))


def _parse_or_refuse(text: str) -> None:
    try:
        track = EmotionTrack.parse(text)
    except EmotionError as error:
        message = str(error)
    else:
        message = "none"
        assert EmotionTrack.parse(str(track)) == track
    assert message
    assert "\n" not in message
