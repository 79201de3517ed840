from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.app.cli.faces import tracks_from_options
from mien.emotion.files import write_track
from mien.emotion.track import EmotionTrack
from mien.errors import InputError, MienError

HAPPY, SAD = EmotionTrack.parse("happy 0.8"), EmotionTrack.parse("sad")


def test_emotions_go_to_their_faces(tmp_path: Path) -> None:
    write_track(SAD, tmp_path / "sad.csv")
    assert tracks_from_options([], ["happy 0.8"], []) == {"largest": HAPPY}
    assert tracks_from_options(["all"], ["happy 0.8"], []) == {"all": HAPPY}
    assert tracks_from_options(["1", "3"], ["happy 0.8"], []) == {1: HAPPY, 3: HAPPY}
    assert tracks_from_options([], ["1: happy 0.8", "2: sad"], []) == {1: HAPPY, 2: SAD}
    assert tracks_from_options([], ["ALL: happy 0.8"], [f"2: {tmp_path / 'sad.csv'}"]) == {"all": HAPPY, 2: SAD}
    assert tracks_from_options([], [], [str(tmp_path / "sad.csv")]) == {"largest": SAD}


def test_a_time_is_no_face() -> None:
    """``1:05 sad`` is a keyframe after a minute and five seconds."""
    assert tracks_from_options([], ["0 neutral, 1:05 sad"], []) == {"largest": EmotionTrack.parse("0 neutral, 65 sad")}
    assert tracks_from_options([], ["1:05 sad"], []) == {"largest": EmotionTrack.parse("65 sad")}
    assert tracks_from_options([], ["2: 1:05 sad"], []) == {2: EmotionTrack.parse("65 sad")}


@pytest.mark.parametrize(
    ("faces", "emotions"),
    [
        ([], []),
        ([], ["happy", "sad"]),
        ([], ["2: happy", "2: sad"]),
        (["2"], ["2: happy", "sad"]),
        (["2"], ["3: happy"]),
        (["0"], ["happy"]),
        (["two"], ["happy"]),
        ([], ["0: happy"]),
    ],
)
def test_contradictions_are_refused(faces: list[str], emotions: list[str]) -> None:
    with pytest.raises(InputError):
        tracks_from_options(faces, emotions, [])


@given(faces=st.lists(st.text(max_size=12), max_size=3), emotions=st.lists(st.text(max_size=30), max_size=3))
def test_any_text_is_taken_or_refused(faces: list[str], emotions: list[str]) -> None:
    try:
        tracks = tracks_from_options(faces, emotions, [])
    except MienError:
        return
    assert tracks
