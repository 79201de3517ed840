"""Readers of footage, on small trees of the true layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.data.footage import read_footage
from mien.data.labelled_clip import Footage, LabelledClip
from mien.data.labelled_folder import HEADER, table_line
from mien.emotion.vocabulary import EMOTION_INDEX
from mien.errors import InputError


def put(root: Path, *names: str, content: bytes = b"video") -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def labels(footage: Footage) -> dict[str, tuple[str, float]]:
    return {clip.name: (clip.emotion, round(clip.intensity, 4)) for clip in footage.clips}


MEAD = (
    "M003/video/front/neutral/level_1/001.mp4",
    "M003/video/front/happy/level_1/001.mp4",
    "M003/video/front/happy/level_2/001.mp4",
    "M003/video/front/happy/level_3/001.mp4",
    "M003/video/left_30/contempt/level_2/007.mp4",
    "W011/1/video/front/2/disgusted/level_3/001.mp4",  # a tree with further folders
)


def test_mead(tmp_path: Path) -> None:
    put(tmp_path, *MEAD, "M003/audio/happy/level_1/001.m4a", ".cache/M003/video/front/happy/level_1/001.mp4")
    footage = read_footage(tmp_path)
    assert footage.layout == "mead"
    assert footage.actors == ("M003", "W011")
    assert footage.views == ("front", "left_30")
    assert footage.emotions == ("neutral", "happy", "disgusted", "contempt")
    assert [clip.intensity for clip in footage.of("M003").clips] == [1 / 3, 2 / 3, 1.0, 0.0]
    assert footage.of("W011").clips[0].emotion == "disgusted"
    assert not footage.skipped


@pytest.mark.parametrize("below", ["M003", "M003/video/front"])
def test_part_of_mead(tmp_path: Path, below: str) -> None:
    footage = read_footage(put(tmp_path, *MEAD) / below)
    assert footage.actors == ("M003",)
    assert len(footage.of(view="front").clips) == 4


def test_mead_lists_what_it_cannot_use(tmp_path: Path) -> None:
    put(tmp_path, *MEAD, "M003/video/front/cheerful/level_1/1.mp4", "M003/video/front/neutral/level_2/1.mp4", "x.mp4")
    put(tmp_path, "M003/video/front/sad/level_1/001.mp4", content=b"")
    skipped = {entry.name: entry.reason for entry in read_footage(tmp_path).skipped}
    assert skipped == {
        "M003/video/front/cheerful/level_1/1.mp4": "none of its folders is an emotion",
        "M003/video/front/neutral/level_2/1.mp4": "neutral has level_1 only, and this is in level_2",
        "M003/video/front/sad/level_1/001.mp4": "it is empty",
        "x.mp4": "none of its folders is an actor (M003, W011)",
    }


def test_ravdess(tmp_path: Path) -> None:
    put(
        tmp_path,
        "Actor_12/01-01-01-01-02-01-12.mp4",
        "Actor_12/02-01-01-01-02-01-12.mp4",  # the same without sound
        "Actor_12/01-01-06-01-02-01-12.mp4",
        "Actor_12/02-01-07-02-02-01-12.mp4",  # without sound only
        "Actor_12/01-02-03-01-02-01-12.mp4",  # sung
        "Actor_12/01-01-02-02-01-01-11.mp4",  # in another actor's folder
        "Actor_12/03-01-06-01-02-01-12.wav",
        "Actor_12/01-01-09-01-02-01-12.mp4",
    )
    footage = read_footage(tmp_path)
    assert footage.layout == "ravdess"
    assert labels(footage) == {
        "Actor_12/01-01-01-01-02-01-12.mp4": ("neutral", 0.0),
        "Actor_12/01-01-06-01-02-01-12.mp4": ("fear", 0.5),
        "Actor_12/02-01-07-02-02-01-12.mp4": ("disgusted", 1.0),
    }
    assert footage.actors == ("Actor_12",)
    reasons = {entry.reason for entry in footage.skipped}
    assert reasons == {"it is sung, not spoken", "its name says actor 11, its folder 12", "there is no emotion 09"}


def test_labelled_folder(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4", "sub/b.mp4")
    put(tmp_path, "empty.mp4", content=b"")
    (tmp_path / "labels.csv").write_text(
        "file,emotion,intensity,actor,view,start_s,stop_s\n"
        "a.mp4,joy,0.5,Ann,,1,2.5\n"
        "a.mp4,Neutral,,Ann,,2.5,\n"
        "\n"
        "sub/b.mp4,sadness,,Ann,left_30,,\n"
        "gone.mp4,sad,,Ann,,,\n"
        "empty.mp4,sad,,Ann,,,\n",
        encoding="utf-8-sig",
    )
    footage = read_footage(tmp_path)
    assert labels(footage) == {"a.mp4@1-2.5": ("happy", 0.5), "a.mp4@2.5-": ("neutral", 0.0), "sub/b.mp4": ("sad", 1.0)}
    assert footage.clips[0].stop_s == 2.5
    assert footage.of(view="left_30").clips[0].path == tmp_path / "sub" / "b.mp4"
    assert {entry.name: entry.reason for entry in footage.skipped} == {
        "gone.mp4": "it is not there",
        "empty.mp4": "it is empty",
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("file,emotion\na.mp4,grumpy\n", "line 2: 'grumpy' is not an emotion"),
        ("file,emoton\na.mp4,happy\n", "did you mean 'emotion'"),
        ("file\na.mp4\n", "the column emotion is missing"),
        ("file,file,emotion\na,a,happy\n", "comes twice"),
        ("file,emotion,intensity\na.mp4,happy,1.5\n", "at most 1, not 1.5"),
        ("file,emotion,intensity\na.mp4,happy,nan\n", "at most 1, not nan"),
        ("file,emotion,intensity\na.mp4,neutral,0.5\n", "neutral has intensity 0"),
        ("file,emotion,intensity\na.mp4,happy,much\n", "'much', not a number"),
        ("file,emotion,start_s,stop_s\na.mp4,happy,3,2\n", "0 <= start < stop"),
        ("file,emotion\na.mp4,happy\na.mp4,sad\n", "labelled already, as happy"),
        ("file,emotion\na.mp4\n", "1 cells under 2 columns"),
        ('file,emotion\n"a.mp4,happy\n', "not CSV"),
    ],
)
def test_a_table_that_is_wrong_is_told_in_one_sentence(tmp_path: Path, table: str, words: str) -> None:
    put(tmp_path, "a.mp4")
    (tmp_path / "labels.csv").write_text(table, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_footage(tmp_path)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_footage_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not there"):
        read_footage(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no video"):
        read_footage(tmp_path)
    put(tmp_path, "holiday.mp4")
    with pytest.raises(InputError, match=r"neither MEAD .* nor RAVDESS .* no labels\.csv"):
        read_footage(tmp_path)
    with pytest.raises(InputError, match="no layout 'cremad'"):
        read_footage(tmp_path, "cremad")
    with pytest.raises(InputError, match=r"no clip that can be used \(holiday.mp4: its name"):
        read_footage(tmp_path, "ravdess")


def test_choosing_actor_and_view(tmp_path: Path) -> None:
    footage = read_footage(put(tmp_path, *MEAD))
    with pytest.raises(InputError, match=r"2 people \(M003, W011\): name one with --actor"):
        footage.of()
    with pytest.raises(InputError, match="no actor 'M009'"):
        footage.of("M009")
    with pytest.raises(InputError, match="nothing from the view 'top'"):
        footage.of("M003", "top")
    assert len(footage.of("M003", None).clips) == 5


def test_emotion_vector() -> None:
    clip = LabelledClip(Path("a"), "a", "Ann", "sad", 2 / 3)
    expected = np.zeros(8)
    expected[EMOTION_INDEX["sad"]] = 2 / 3
    np.testing.assert_allclose(clip.vector, expected, atol=1e-7)
    assert not LabelledClip(Path("a"), "a", "Ann", "neutral", 0.0).vector.any()


def test_a_table_may_name_videos_elsewhere_and_who_made_them(tmp_path: Path) -> None:
    put(tmp_path, "videos/a.mp4", "b.mp4")
    folder = tmp_path / "labels"
    folder.mkdir()
    elsewhere = (tmp_path / "b.mp4").as_posix()
    lines = [
        HEADER,
        table_line(["../videos/a.mp4", "happy", 1 / 3, "Ann", "front", 12.345678, 1000.25, None, None]),
        table_line([elsewhere, "neutral", None, "Ann, the 1st", None, None, None, "mien 1, instant", "a"]),
    ]
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    first, second = read_footage(folder).clips
    assert (first.name, first.start_s, first.stop_s) == ("../videos/a.mp4@12.3457-1000.25", 12.3457, 1000.25)
    assert first.intensity == pytest.approx(1 / 3, abs=1e-4)
    assert (first.made_by, first.made_from) == ("", "")
    assert (second.path, second.actor) == (Path(elsewhere), "Ann, the 1st")
    assert (second.made_by, second.made_from) == ("mien 1, instant", "a")
