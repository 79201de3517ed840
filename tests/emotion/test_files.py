import contextlib
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.emotion.files import (
    MAX_FILE_BYTES,
    read_track,
    track_from_csv,
    track_from_json,
    track_to_csv,
    track_to_json,
    write_track,
)
from mien.emotion.track import EmotionTrack
from mien.errors import EmotionError, OutputError

from .tracks import tracks

EXAMPLE = EmotionTrack.parse("0 neutral AU4 0, 2 angry 0.7 AU4L 1 AU4R 0.5 smooth, 3 AU17 0.25, 4.5 joy hold")


def document(*keyframes: object, **other: object) -> str:
    return json.dumps({"version": 1, "keyframes": keyframes} | other)


@given(tracks())
def test_round_trips_are_exact(track: EmotionTrack) -> None:
    assert track_from_json(track_to_json(track)) == track
    assert track_from_csv(track_to_csv(track)) == track


@pytest.mark.parametrize("name", ["track.json", "track.csv", "TRACK.JSON"])
def test_files_round_trip(tmp_path: Path, name: str) -> None:
    write_track(EXAMPLE, tmp_path / name)
    assert read_track(str(tmp_path / name)) == EXAMPLE
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_csv_as_a_spreadsheet_writes_it() -> None:
    # Byte order mark, CRLF, quotes, blank line, columns in another order, both sides in one column.
    text = 'emotion,"AU12",time_s,intensity\r\nHappy,,0,"0.5"\r\n\r\n,,,\r\n,0.25,1.5,\r\n'
    assert track_from_csv(text) == EmotionTrack.parse("0 happy 0.5, 1.5 AU12 0.25")


def test_null_is_as_if_left_out() -> None:
    text = document({"time_s": 0, "emotion": "sad", "intensity": None, "easing": None, "valence": None})
    assert track_from_json(text) == EmotionTrack.parse("sad")


def test_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbftime_s,emotion\n0,sad\n")
    assert read_track(tmp_path / "a.csv") == EmotionTrack.parse("sad")


def test_valence_and_arousal_in_files() -> None:
    expected = EmotionTrack.parse("va -0.6 0.4")
    assert track_from_csv("time_s,valence,arousal\n0,-0.6,0.4\n") == expected
    assert track_from_json(document({"time_s": 0, "valence": -0.6, "arousal": 0.4})) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON: .* in line 1"),
        ("[]", "is an object"),
        ("9" * 5000, "not JSON"),
        ("[" * 100_000, "not JSON"),
        (document(), "at least one keyframe"),
        (document(version=2), "version is '2'"),
        (document(version=True), "version is 'True'"),
        (document(fps=25), "'fps' is not known"),
        (document(1), "keyframe 1: it is not an object"),
        (document({"emotion": "happy"}), "keyframe 1: time_s is missing"),
        (document({"time_s": 0, "emotion": "happy", "intensty": 1}), "did you mean 'intensity'"),
        (document({"time_s": 0, "emotion": "happy", "intensity": "1"}), "intensity is '1', not a number"),
        (document({"time_s": 0, "emotion": "happy", "intensity": 1.5}), r"the intensity of happy is 1\.5"),
        (document({"time_s": 0, "emotion": "happy", "intensity": float("nan")}), "NaN is not a number"),
        (document({"time_s": 10**400, "emotion": "happy"}), "too large"),
        (document({"time_s": 0, "emotion": 3}), "emotion is '3', not a word"),
        (document({"time_s": None, "emotion": "sad"}), "time_s is missing"),
        (document({"time_s": 0, "emotion": "sad", "easing": 1}), "easing is '1', not a word"),
        (document({"time_s": 0, "action_units": ["AU4"]}), "action_units is not an object"),
        (document({"time_s": 0, "action_units": {"AU4": None}}), "AU4 is 'None', not a number"),
        (document({"time_s": 0, "emotion": "sad", "valence": 0, "arousal": 0}), "in place of"),
        (document({"time_s": 0, "valence": 0}), "arousal is missing"),
        (document({"time_s": 1, "emotion": "sad"}, {"time_s": 0, "emotion": "sad"}), "does not come after"),
        ('{"version": 1, "version": 1, "keyframes": []}', "'version' comes twice"),
    ],
)
def test_wrong_json_is_refused(text: str, says: str) -> None:
    with pytest.raises(EmotionError, match=says) as caught:
        track_from_json(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column time_s"),
        ("time_s;emotion\n0;happy\n", "must be a comma"),
        ("time_s,emotion\n", "at least one keyframe"),
        ("time_s,emotoin\n0,happy\n", "line 1: the field 'emotoin' is not known; did you mean 'emotion'"),
        ("time_s,AU3\n0,1\n", "'AU3' is not an action unit"),
        ("time_s,emotion,emotion\n0,sad,sad\n", "comes twice"),
        ("time_s,emotion\n0,happy,1\n", "line 2: there are 3 cells under 2 columns"),
        ("time_s,emotion\n,happy\n", "line 2: time_s is missing"),
        ("time_s,emotion\n0,sad\nzwei,sad\n", "line 3: time_s is 'zwei', not a number"),
        ("time_s,emotion,intensity\n0,sad,nan\n", "the intensity of sad is nan"),
        ("time_s,emotion\n0,\n", "line 2: sets nothing"),
        ("time_s,AU4,AU4L\n0,1,1\n", "AU4L is set twice"),
        ('time_s,emotion\n0,"sad\n', "not CSV"),
    ],
)
def test_wrong_csv_is_refused(text: str, says: str) -> None:
    with pytest.raises(EmotionError, match=says) as caught:
        track_from_csv(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.json", "folder.csv", "bad\0name.json", "track.txt", "track"])
def test_unreadable_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(EmotionError, match="emotion file"):
        read_track(tmp_path / name)


def test_other_contents_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "track.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EmotionError, match=r"track\.json: .*UTF-8"):
        read_track(path)
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # a sparse file: takes no room
    with pytest.raises(EmotionError, match="larger than 64 MiB"):
        read_track(path)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "taken.json"
    target.mkdir()
    file = tmp_path / "file"
    file.touch()
    for path in (target, tmp_path / "nowhere" / "a.csv", file / "a.csv", tmp_path / "a\0.csv"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_track(EXAMPLE, path)
    with pytest.raises(EmotionError, match=r"must end in \.json or \.csv"):
        write_track(EXAMPLE, tmp_path / "a.txt")
    assert set(tmp_path.iterdir()) == {target, file}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_a_written_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_track(EXAMPLE, tmp_path / "a.json")
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["happy", "smooth", "AU4", "x"])
_KEYS = st.sampled_from(["time_s", "emotion", "intensity", "valence", "arousal", "easing", "action_units", "AU4", "x"])
_RECORDS = st.dictionaries(_KEYS, _SCALARS | st.dictionaries(_KEYS, _SCALARS, max_size=3), max_size=6)


@given(st.lists(_RECORDS | _SCALARS, max_size=3))
def test_any_json_ends_in_a_track_or_an_emotion_error(records: list[object]) -> None:
    try:
        track = track_from_json(document(*records))
    except EmotionError:
        return
    assert track_from_json(track_to_json(track)) == track


_CELLS = st.sampled_from(
    ["time_s", "emotion", "intensity", "valence", "arousal", "easing", "AU4", "0", "1", "happy", ""]
)


@given(st.lists(st.lists(_CELLS | st.text(max_size=5), max_size=4).map(",".join), max_size=5).map("\n".join))
def test_any_csv_ends_in_a_track_or_an_emotion_error(text: str) -> None:
    try:
        track = track_from_csv(text)
    except EmotionError:
        return
    assert track_from_csv(track_to_csv(track)) == track


@given(st.text(max_size=100))
def test_any_text_is_no_traceback(text: str) -> None:
    for read in (track_from_json, track_from_csv):
        with contextlib.suppress(EmotionError):
            read(text)
