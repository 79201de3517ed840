"""Lists of clips: both forms say the same, and what is wrong with one is said in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mien.app.study.clips import StudyClip, read_clip_list
from mien.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.mp4", "b.mp4", "ann.mp4"):
        (tmp_path / name).write_bytes(b"0")
    return tmp_path


def test_both_forms(folder: Path) -> None:
    (folder / "list.csv").write_text(
        "clip, system, emotion, intensity, source, seed\n"
        "a.mp4, instant, joy, 0.5, ann.mp4, 3\nb.mp4,real,neutral,,ann,\n"
    )
    entries = [
        {"clip": "a.mp4", "system": "instant", "emotion": "happy", "intensity": 0.5, "source": "ann.mp4", "seed": 3},
        {"clip": "b.mp4", "system": "real", "emotion": "neutral", "source": "ann"},
    ]
    (folder / "list.json").write_text(json.dumps(entries))
    expected = [
        StudyClip(folder / "a.mp4", "instant", "happy", 0.5, "ann", folder / "ann.mp4", 3),
        StudyClip(folder / "b.mp4", "real", "neutral", 0.0, "ann"),
    ]
    assert read_clip_list(folder / "list.csv") == expected
    assert read_clip_list(folder / "list.json") == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clip,system,emotion\n", "no clips"),
        ("clip,system\na.mp4,x\n", "lacks its emotion"),
        ("clip,system,emotion\ngone.mp4,x,happy\n", "there is no file"),
        ("clip,system,emotion\na.mp4,x,hapy\n", "did you mean"),
        ("clip,system,emotion,intensity\na.mp4,x,happy,1.5\n", "0 to 1"),
        ("clip,system,emotion,intensity\na.mp4,x,happy,strong\n", "not a number"),
        ("clip,system,emotion,strength\na.mp4,x,happy,1\n", "'strength' is not a column"),
        ("clip,system,emotion\na.mp4,x\n", "line 2"),
    ],
)
def test_what_is_wrong_with_a_list(folder: Path, text: str, said: str) -> None:
    path = folder / "list.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as error:
        read_clip_list(path)
    assert str(error.value).startswith(str(path))


def test_what_is_no_list(folder: Path) -> None:
    for text in ("{}", "[1]", "no", "[" * 100_000):
        (folder / "list.json").write_text(text)
        with pytest.raises(InputError):
            read_clip_list(folder / "list.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_clip_list(folder / "gone.csv")
