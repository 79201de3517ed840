"""The study folder: it gives nothing away, is the same again, and is there whole or not at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import av
import pytest

from mien.app.study.clips import read_clip_list
from mien.app.study.key import read_key
from mien.app.study.make import plan_study
from mien.errors import InputError
from mien.video.provenance import read

from ..conftest import assert_refused, run_here
from .conftest import ORDERED, RATED, MakeStudy, write_list


def public_text(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.is_file())


def test_the_public_folder_gives_nothing_away(make_study: MakeStudy) -> None:
    for kind, rows in (("ned", RATED), ("dnt", ORDERED)):
        study = make_study(kind, rows)
        data = json.loads((study.folder / "data.js").read_text().split("const STUDY = ")[1].rstrip().rstrip(";"))
        assert {key for item in data["items"] for key in item} == (
            {"id", "clips"} if kind == "ned" else {"id", "clips", "emotion"}
        )
        text = public_text(study.folder)
        for word in ("instant", "rival", "clip0", "ann", *(clip.sha256[-20:] for clip in study.key.clips)):
            assert not re.search(rf"\b{word}\b", text), word
        files = sorted(study.folder.rglob("*.mp4"))
        assert {file.stem for file in files} == {clip.name for clip in study.key.clips}
        assert len({path.stat().st_mtime for path in study.folder.rglob("*")}) == 1
        comments = set()
        for file in files:
            with av.open(str(file)) as container:
                comments.add(container.metadata["comment"])
        assert len(comments) == 1, "edited or not, every clip says the same"
        assert "may have been changed" in comments.pop()
        stores = [read(file) for file in files]
        assert {store["validation_state"] for store in stores} == {"Valid"}
        told = json.dumps([store["manifests"] for store in stores])
        assert told.count("may have been changed") == len(files), "every clip is signed, and says the same"
        for word in ("instant", "rival", "clip0", "happy", "neutral"):
            assert not re.search(rf"\b{word}\b", told), word


def test_all_is_in_the_key(make_study: MakeStudy) -> None:
    study = make_study("ccfe", RATED)
    labels = {(Path(c.file).name, c.system, c.emotion, c.intensity, c.source) for c in study.key.clips}
    assert labels == {(name, s, e, 1.0, "clip5") for name, s, e, _, _ in RATED} | {
        ("clip5.mp4", "original", "", 0.0, "clip5")
    }
    original = next(clip.name for clip in study.key.clips if clip.system == "original")
    assert {item.reference for item in study.key.items} == {original}
    for clip in study.key.clips:  # each anonymous file shows the grey of its own clip
        with av.open(str(study.folder / "clips" / f"{clip.name}.mp4")) as container:
            grey = next(container.decode(video=0)).to_ndarray(format="rgb24").mean()
        assert grey == pytest.approx(30 + 40 * int(Path(clip.file).stem[-1]), abs=2.5)  # two encodings


def test_the_same_again_and_another_with_another_seed(clip_folder: Path) -> None:
    clips = read_clip_list(write_list(clip_folder / "again.csv", RATED))
    once = plan_study(clips, "ned", 5, "t")
    assert once == plan_study(clips, "ned", 5, "t")
    other = plan_study(clips, "ned", 6, "t")
    assert other.study != once.study
    assert {c.name for c in other.clips}.isdisjoint(c.name for c in once.clips)


def test_names_do_not_follow_the_list(clip_folder: Path) -> None:
    """Over many seeds the first clip of the list stands at every place of the study's own order."""
    clips = read_clip_list(write_list(clip_folder / "many.csv", RATED))
    places = set()
    for seed in range(40):
        key = plan_study(clips, "ned", seed, "t")
        order = [key.clip(item.clips[0]).file for item in key.items]
        places.add(order.index(str(clips[0].path)))
    assert places == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ORDERED[:1], "one intensity only"),
        ([*ORDERED[:2], ("clip5.mp4", "instant", "happy", 0.5, "ann")], "twice with the same intensity"),
        ([ORDERED[0], ORDERED[0]], "twice with the same labels"),
    ],
)
def test_what_cannot_be_ordered(clip_folder: Path, rows: list[tuple[object, ...]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan_study(read_clip_list(write_list(clip_folder / "bad.csv", rows)), "dnt", 1, "t")


def test_one_intensity_can_be_chosen(make_study: MakeStudy) -> None:
    rows = [*RATED, ("clip4.mp4", "instant", "happy", 0.5, "ann")]
    assert len(make_study("ned", rows, "--intensity", "1").key.clips) == 4


def test_nothing_is_replaced_or_left_half_made(make_study: MakeStudy, tmp_path: Path, clip_folder: Path) -> None:
    study = make_study("ned", RATED)
    listed = clip_folder / "ned.csv"
    before = public_text(study.folder)
    assert_refused(run_here("study", "make", listed, "-o", study.folder, "--kind", "ned"), "--overwrite")
    done = run_here("study", "make", listed, "-o", study.folder, "--kind", "ned", "--seed", "9", "--overwrite")
    assert done.returncode == 0, done.stderr
    assert read_key(study.key_file).seed == 9
    assert public_text(study.folder) != before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    refused = run_here("study", "make", listed, "-o", tmp_path / "mine", "--overwrite")
    assert_refused(refused, "is not a study")
    (clip_folder / "broken.mp4").write_bytes(b"no video")
    broken = write_list(clip_folder / "broken.csv", [*RATED, ("broken.mp4", "instant", "fear", 1, "")])
    there = sorted(tmp_path.iterdir())
    assert_refused(run_here("study", "make", broken, "-o", tmp_path / "new"), "broken.mp4")
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kind", "mos"), "ccfe, ned, dnt"),
        (("--seed", "-1"), "seed"),
        (("--key", "out/key.json"), "public folder"),
        (("--intensity", "0.3"), "there are 1"),
    ],
)
def test_options_that_cannot_be(clip_folder: Path, options: tuple[str, ...], said: str) -> None:
    listed = write_list(clip_folder / "options.csv", RATED)
    Path("out").mkdir()
    assert_refused(run_here("study", "make", listed, "-o", "out", *options), said)
    assert list(Path("out").iterdir()) == []


def test_keys_that_are_none(make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ned", RATED[:2])
    good = json.loads(study.key_file.read_text())
    bad = tmp_path / "bad.key.json"
    for change in ({"format": "x"}, {"version": 2}, {"kind": "mos"}, {"clips": []}, {"items": [{}]}, {"more": 1}):
        bad.write_text(json.dumps({**good, **change}))
        with pytest.raises(InputError, match="key"):
            read_key(bad)
    for text in ("", "[]", "{"):
        bad.write_text(text)
        with pytest.raises(InputError, match="key"):
            read_key(bad)
