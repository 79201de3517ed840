"""`mien expand` as people call it: neutral footage to labelled footage."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mien.app.labelling.expand import Expansion, parse_intensities
from mien.data.prepared import open_prepared
from mien.emotion.vocabulary import EMOTION_INDEX
from mien.errors import InputError
from mien.morphable import builtin
from mien.video.clip import Clip
from mien.video.provenance import claim_of

from .conftest import MakeClip, assert_refused, command, head, nobody, run_here


@pytest.fixture
def neutral(make_clip: MakeClip) -> Path:
    return make_clip("anna.mp4", frames=16)


def labels(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_footage_of_every_look_is_made_and_can_be_prepared(neutral: Path, tmp_path: Path) -> None:
    words = ["expand", neutral, "-o", "footage", "--emotions", "joy,angry", "--intensities", "1/2,1"]
    done = run_here(*words, "--seconds", "0.4", "--actor", "Anna")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("footage: 5 clips, 50 frames\n")
    found = labels(Path("footage"))
    assert [(row["emotion"], row["intensity"]) for row in found.values()] == [
        ("neutral", ""),
        ("happy", "0.5"),
        ("happy", "1"),
        ("angry", "0.5"),
        ("angry", "1"),
    ]
    source = [frame.rgb() for frame in Clip.open(neutral).frames(0, 10)]
    for file, row in found.items():
        clip = Clip.open(Path("footage") / file)
        frames = [frame.rgb() for frame in clip.frames()]
        assert len(frames) == 10  # 0.4 s of 25 frames a second
        assert clip.info.duration_s == pytest.approx(0.4, abs=0.1)  # its sound ends there, too
        change = np.mean([np.abs(a.astype(int) - b).max(axis=2) > 24 for a, b in zip(source, frames, strict=True)])
        assert (change < 0.001) == (row["emotion"] == "neutral")
        claim = claim_of(Path("footage") / file)
        assert claim is not None
        assert claim.emotions == (row["emotion"],)
        assert (row["actor"], row["made_from"]) == ("Anna", "anna")
        assert row["made_by"].endswith(", instant")
        assert (Path("footage") / file).with_suffix(".landmarks.npz").is_file()
    done = run_here("prepare", "footage", "-o", "ready", "--preset", "tiny", "--anyway")
    assert done.returncode == 0, done.stderr
    card = json.loads(Path("ready/card.json").read_text())
    assert {clip["made_from"] for clip in card["footage"]["clips"]} == {"anna"}
    assert {clip["landmarks"] for clip in card["footage"]["clips"]} == {"known"}
    assert any("5 of 5 clips were made by mien" in sentence for sentence in card["warnings"])
    assert not any("somebody else" in sentence for sentence in card["warnings"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["anna.mp4", "footage", "ready"]
    # Brows come down as far as they were drawn down, though the tracker sees a third of it.
    frames = open_prepared(Path("ready")).frames
    brows = frames.beta[:, [builtin.load().expression_names.index(name) for name in ("AU4L", "AU4R")]].mean(axis=1)
    angry = frames.emotion[:, EMOTION_INDEX["angry"]]
    rise = [brows[np.isclose(angry, intensity)].mean() - brows[angry == 0].mean() for intensity in (0.5, 1.0)]
    assert rise[1] > 0.6


def test_killed_while_rendering_it_goes_on(neutral: Path, tmp_path: Path) -> None:
    words = ["expand", neutral, "-o", "footage", "--emotions", "sad", "--intensities", "0.5,1"]
    process = subprocess.Popen(command(*words, "--quiet"), cwd=tmp_path)
    first = tmp_path / ".footage.expanding" / "result" / "anna" / "neutral.mp4"
    while process.poll() is None and not first.exists():
        pass
    process.kill()
    process.wait()
    assert first.exists()
    assert not (tmp_path / "footage").exists()
    before = first.stat().st_mtime_ns
    done = run_here(*words, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["kept"] >= 1
    assert (tmp_path / "footage" / "anna" / "neutral.mp4").stat().st_mtime_ns == before
    assert len(labels(tmp_path / "footage")) == told["clips"] == 3
    for file in labels(tmp_path / "footage"):
        assert Clip.open(tmp_path / "footage" / file).count_frames() == 16
    assert not (tmp_path / ".footage.expanding").exists()
    assert {path.name for path in (tmp_path / "footage").iterdir()} == {"anna", "expansion.json", "labels.csv"}
    assert_refused(run_here(*words), "--overwrite")
    done = run_here(*words[:-1], "1", "--overwrite")
    assert done.returncode == 0, done.stderr
    assert len(labels(tmp_path / "footage")) == 2


def test_what_is_refused(neutral: Path, make_clip: MakeClip, tmp_path: Path) -> None:
    quiet = ("--quiet",)
    assert_refused(run_here("expand", "-o", "x"), "at least one video")
    assert_refused(run_here("expand", neutral, "-o", "x", "--emotions", "hapy"), "did you mean 'happy'")
    assert_refused(run_here("expand", neutral, "-o", "x", "--emotions", "neutral"), "one emotion")
    assert_refused(run_here("expand", neutral, "-o", "x", "--intensities", "1/0"), "is not an intensity")
    assert_refused(run_here("expand", neutral, "-o", "x", "--intensities", "1.5"), "at most 1, not 1.5")
    assert_refused(run_here("expand", neutral, "-o", "x", "--seconds", "0"), "above 0 s")
    assert_refused(run_here("expand", "nobody.mp4", "-o", "x"), "no such file")
    room = make_clip("room.mp4", nobody, frames=4, audio=0)
    assert_refused(run_here("expand", room, "-o", "x", *quiet), "no face is seen in it")
    from mien.app.contact_sheet import write_png

    write_png(head(0), tmp_path / "still.png")
    assert_refused(run_here("expand", "still.png", "-o", "x", *quiet), "this is a picture")
    assert run_here("edit", neutral, "-o", "sad.mp4", "--emotion", "sad", *quiet).returncode == 0
    assert_refused(run_here("expand", "sad.mp4", "-o", "x", *quiet), "was edited by mien already")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "novel.txt").write_text("Chapter 1")
    assert_refused(run_here("expand", neutral, "-o", "mine", "--overwrite", *quiet), "choose another name")
    assert not (tmp_path / "x").exists()
    assert not list(tmp_path.glob(".*"))


def test_intensities_are_read() -> None:
    assert parse_intensities(["1/3, 2/3,1", "0.5"]) == pytest.approx((1 / 3, 2 / 3, 1.0, 0.5))
    with pytest.raises(InputError, match="twice"):
        Expansion((Path("a"),), ("happy",), (0.5, 0.5))
