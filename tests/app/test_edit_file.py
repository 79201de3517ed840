from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.app.edit import Edit, fingerprint
from mien.app.edit_file import edit_from_json, edit_path, edit_to_json, read_edit
from mien.emotion.track import EmotionTrack
from mien.errors import ClipError, InputError, MienError
from mien.systems.base import TimeRange
from mien.video.encoder import EncoderSettings


def example(folder: Path) -> Edit:
    return Edit(
        source=folder / "clips" / "talk.mp4",
        fingerprint="sha256:00ff",
        tracks={
            2: EmotionTrack.parse("0 neutral, 1.25 happy 0.8 smooth, 3 AU12L 0.1"),
            "all": EmotionTrack.parse("sad"),
        },
        settings={"lips": 0.3, "smoothing_frames": 5, "mode": "x", "on": True, "nothing": None},
        actor=folder / "ann",
        time_range=TimeRange(0.1, 7.000001),
        encoder=EncoderSettings("hevc", 12, "slow", 2),
        mien_version="9.9",
        output=folder / "out" / "happy.mkv",
    )


def test_round_trip(tmp_path: Path) -> None:
    edit = example(tmp_path)
    assert edit_from_json(edit_to_json(edit, tmp_path / "out"), tmp_path / "out") == edit


def test_paths_are_kept_relative_to_the_file(tmp_path: Path) -> None:
    text = edit_to_json(example(tmp_path / "here"), tmp_path / "here" / "out")
    assert json.loads(text)["source"]["path"] == "../clips/talk.mp4"
    moved = edit_from_json(text, tmp_path / "there" / "out")
    assert moved.source == tmp_path / "there" / "clips" / "talk.mp4"
    assert moved.output == tmp_path / "there" / "out" / "happy.mkv"


def change(data: dict[str, Any], place: str, value: Any) -> None:
    *way, last = place.split(".")
    for step in way:
        data = data[int(step)] if isinstance(data, list) else data[step]
    if value is KeyError:
        del data[last]
    else:
        data[last] = value


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("extra", 1, "'extra'"),
        ("faces.0.extra", 1, "'extra'"),
        ("encoder.extra", 1, "'extra'"),
        ("source.path", KeyError, "'path'"),
        ("schema", 2, "schema is 2"),
        ("schema", True, "schema"),
        ("format", "other", "format"),
        ("faces", [], "at least one face"),
        ("faces", {}, "list"),
        ("faces.0.face", 0, "face"),
        ("faces.0.face", True, "face"),
        ("faces.0.face", [], "face"),
        ("faces.0.face", "all", "two emotions"),
        ("faces.0.emotion", "hapy", "did you mean 'happy'"),
        ("time_range.start_s", -1, "time range"),
        ("time_range.start_s", "0", "start_s"),
        ("time_range.start_s", 10**400, "too large"),
        ("encoder.codec", "divx", "divx"),
        ("encoder.quality", 1.5, "quality"),
        ("encoder.preset", "warp", "warp"),
        ("system.settings.lips", [1], "lips"),
        ("system.name", 3, "name"),
        ("output", 3, "output"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, place: str, value: Any, expected: str) -> None:
    data = json.loads(edit_to_json(example(tmp_path), tmp_path))
    change(data, place, value)
    (tmp_path / "edit.mien.json").write_text(json.dumps(data))
    with pytest.raises(MienError, match=expected) as caught:
        read_edit(tmp_path / "edit.mien.json")
    assert "edit.mien.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100000, '"x"', "1" * 10000])
def test_text_that_is_no_edit_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        edit_from_json(text, tmp_path)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLACES = (
    "format", "schema", "mien", "source", "source.path", "source.fingerprint", "faces", "faces.0", "faces.0.face",
    "faces.0.emotion", "system", "system.name", "system.actor", "system.settings", "time_range", "time_range.start_s",
    "time_range.stop_s", "encoder", "encoder.codec", "encoder.quality", "encoder.preset", "encoder.threads", "output",
)  # fmt: skip


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=values)
def test_any_value_anywhere_is_taken_or_refused(tmp_path: Path, place: str, value: Any) -> None:
    """Nothing but MienError comes out, and what is taken round-trips."""
    data = json.loads(edit_to_json(example(tmp_path), tmp_path))
    way, last = place.split(".")[:-1], place.split(".")[-1]
    target: Any = data
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target[step]
    target[int(last) if isinstance(target, list) else last] = value
    try:
        edit = edit_from_json(json.dumps(data), tmp_path)
    except MienError:
        return
    assert edit_from_json(edit_to_json(edit, tmp_path), tmp_path) == edit


def test_a_missing_file_and_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        read_edit(tmp_path / "nowhere.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text"):
        read_edit(tmp_path / "bytes.json")


def test_a_system_object_cannot_be_written(tmp_path: Path) -> None:
    class Mine:
        name = "mine"

        def face_renderer(self, analysis: Any, face: Any, track: Any) -> Any:
            raise NotImplementedError

    edit = Edit(tmp_path / "a.mp4", "", {"all": EmotionTrack.parse("sad")}, Mine())
    with pytest.raises(InputError, match="object"):
        edit_to_json(edit, tmp_path)


def test_fingerprint_follows_content_only(tmp_path: Path) -> None:
    one, other = tmp_path / "one.mp4", tmp_path / "other.mp4"
    one.write_bytes(b"abc" * 1000)
    other.write_bytes(b"abc" * 1000)
    assert fingerprint(one) == fingerprint(other)
    # sha256 of "abc", FIPS 180-2 appendix B.1
    one.write_bytes(b"abc")
    assert fingerprint(one) == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(ClipError):
        fingerprint(tmp_path / "none")
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "1.png").write_bytes(b"1")
    before = fingerprint(folder)
    (folder / "1.png").rename(folder / "2.png")
    assert fingerprint(folder) != before


def test_edit_path() -> None:
    assert edit_path(Path("a/happy.mp4")) == Path("a/happy.mien.json")
    assert edit_path(Path("folder")) == Path("folder.mien.json")


def test_the_documented_example_is_an_edit(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    text = page.split("```json\n")[1].split("```")[0]
    edit = edit_from_json(text, tmp_path)
    assert edit.tracks == {"largest": EmotionTrack.parse("0 neutral, 2 happy 0.8")}
    assert json.loads(edit_to_json(edit, tmp_path)) == json.loads(text)
