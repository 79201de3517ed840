"""`mien prepare` and `mien train classifier` as people call them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

from .conftest import MakeClip, assert_refused, command, nobody, run_here

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


@pytest.fixture
def footage(make_clip: MakeClip, tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    folder.mkdir()
    for name, frames in (("still.mp4", 12), ("glad.mp4", 10)):
        make_clip(name, frames=frames, audio=0).rename(folder / name)
    make_clip("room.mp4", nobody, frames=4, audio=0).rename(folder / "room.mp4")
    rows = "still.mp4,neutral,\nglad.mp4,happy,0.5\nroom.mp4,sad,1\n"
    (folder / "labels.csv").write_text("file,emotion,intensity\n" + rows)
    return folder


@needs_torch
def test_footage_to_classifier(footage: Path, tmp_path: Path) -> None:
    done = run_here("prepare", footage, "-o", "ready", "--preset", "tiny", "--anyway", "--consent", "of the estate")
    assert done.returncode == 0, done.stderr
    assert "the footage does not suffice:" in done.stderr
    assert "lacking: neutral has 12 frames and needs 60" in done.stderr
    assert done.stdout.startswith("ready: 22 pictures of 22 frames")
    assert "passed over: room.mp4: no face is seen in it" in done.stdout
    again = run_here("prepare", footage, "-o", "ready", "--anyway")
    assert "--overwrite" in again.stderr
    done = run_here(
        "train", "classifier", "ready", "-o", "judge", "--preset", "tiny", "--steps", "2", "--device", "cpu"
    )
    assert done.returncode == 0, done.stderr
    assert "judge: resnet-tiny, 2 types, 1 levels" in done.stdout
    assert "frames held out (the last fifth of every clip)" in done.stdout
    card = json.loads(Path("judge/card.json").read_text())
    assert card["types"] == ["neutral", "happy"]
    assert card["consent"] == "of the estate"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["footage", "judge", "ready"]


def test_lines_for_machines(footage: Path) -> None:
    done = run_here("prepare", footage, "-o", "ready", "--preset", "tiny", "--anyway", "--json", "--texture", "96")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["event"] == "plan"
    assert lines[0]["suffices"] is False
    assert lines[0]["frames"] == {"neutral": 12, "happy": 10, "sad": 4}
    assert lines[-1]["event"] == "result"
    assert lines[-1]["pictures"] == 22
    assert {line["stage"] for line in lines if line["event"] == "progress"} == {"analyse", "prepare"}
    assert json.loads(Path("ready/card.json").read_text())["pictures"]["sizes"]["texture"] == 96


def test_what_is_refused(footage: Path, tmp_path: Path) -> None:
    done = run_here("prepare", footage, "-o", "ready")
    assert done.returncode == 2
    assert "does not suffice to train on: neutral has 12 frames and needs 60; happy" in done.stderr.splitlines()[-1]
    assert_refused(run_here("prepare", tmp_path / "nowhere", "-o", "ready"), "not there")
    assert_refused(
        run_here("prepare", footage, "-o", "ready", "--preset", "huge", "--quiet"), "there is no preset 'huge'"
    )
    assert_refused(run_here("prepare", footage, "-o", "ready", "--actor", "Bob"), "no actor 'Bob'")
    assert not (tmp_path / "ready").exists()


@needs_torch
def test_what_training_refuses(footage: Path) -> None:
    assert_refused(run_here("train", "classifier", footage, "-o", "c"), "is what `mien prepare` makes")
    assert_refused(run_here("train", "classifier", footage, "-o", "c", "--preset", "x"), "there is no preset 'x'")
    assert_refused(run_here("train", "classifier", footage, "-o", "c", "--device", "tpu"), "no device 'tpu'")


@needs_torch
def test_killed_while_preparing_it_goes_on(footage: Path, tmp_path: Path) -> None:
    """SIGKILL once the first video is done; the same command ends with the same folder as one that was not killed."""
    words = ["prepare", footage, "-o", "ready", "--preset", "tiny", "--anyway", "--quiet"]
    process = subprocess.Popen(command(*words), cwd=tmp_path)
    first = tmp_path / ".ready.preparing" / "part-00000"
    while process.poll() is None and not first.exists():
        pass
    process.kill()
    process.wait()
    assert run_here(*words).returncode == 0
    assert run_here(*[word if word != "ready" else "whole" for word in words]).returncode == 0
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "ready" / path.name).read_bytes()
    assert not first.parent.exists()
