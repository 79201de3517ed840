import pytest

from mien.emotion.vocabulary import EMOTION_INDEX, EMOTIONS, NEUTRAL, SYNONYMS, canonical
from mien.errors import EmotionError

MEAD = {"angry": "angry", "contempt": "contempt", "disgusted": "disgusted", "fear": "fear", "happy": "happy"} | {
    "neutral": "neutral",
    "sad": "sad",
    "surprised": "surprised",
}
RAVDESS = {"neutral": "neutral", "calm": "calm", "happy": "happy", "sad": "sad", "angry": "angry"} | {
    "fearful": "fear",
    "disgust": "disgusted",
    "surprised": "surprised",
}
HSEMOTION = {"Anger": "angry", "Contempt": "contempt", "Disgust": "disgusted", "Fear": "fear"} | {
    "Happiness": "happy",
    "Neutral": "neutral",
    "Sadness": "sad",
    "Surprise": "surprised",
}


@pytest.mark.parametrize("labels", [MEAD, RAVDESS, HSEMOTION], ids=["MEAD", "RAVDESS", "HSEmotion"])
def test_data_sets_labels_are_understood(labels: dict[str, str]) -> None:
    assert {word: canonical(word) for word in labels} == labels


def test_order_is_fixed() -> None:
    # Files and trained weights hold vectors in this order: it may grow at the end, never change.
    assert EMOTIONS[:8] == ("happy", "sad", "angry", "fear", "disgusted", "surprised", "contempt", "calm")
    assert [EMOTION_INDEX[name] for name in EMOTIONS] == list(range(len(EMOTIONS)))
    assert NEUTRAL not in EMOTIONS
    assert set(SYNONYMS.values()) == {NEUTRAL, *EMOTIONS}


def test_case_and_blanks_do_not_matter() -> None:
    assert canonical("  HaPPy ") == "happy"


@pytest.mark.parametrize(("word", "nearest"), [("hapy", "'happy'"), ("sadd", "'sad'"), ("suprised", "'surprised'")])
def test_unknown_word_names_itself_and_the_nearest(word: str, nearest: str) -> None:
    with pytest.raises(EmotionError) as caught:
        canonical(word)
    assert repr(word) in str(caught.value)
    assert f"did you mean {nearest}" in str(caught.value)


def test_far_word_lists_the_emotions_in_one_short_line() -> None:
    with pytest.raises(EmotionError) as caught:
        canonical("xyzzy\n" * 10_000)
    message = str(caught.value)
    assert "did you mean" not in message
    assert "\n" not in message
    assert all(name in message for name in EMOTIONS)
    assert len(message) < 300
