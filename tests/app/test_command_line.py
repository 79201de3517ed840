"""The command as people run it: in a process of its own, judged by what it writes, says and returns."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mien.app.demonstration import example_clip
from mien.emotion.vocabulary import EMOTIONS
from mien.video.clip import Clip

from .conftest import MakeClip, assert_refused, nobody, run_here, run_mien


@pytest.fixture(scope="module")
def edited(head_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A lossless edit of the head, and the lines of JSON that were printed."""
    output = tmp_path_factory.mktemp("edited") / "happy.mkv"
    done = run_mien("edit", head_clip, "-o", output, "--emotion", "happy 0.8", "--codec", "ffv1", "--json")
    assert done.returncode == 0, done.stderr
    return output, [json.loads(line) for line in done.stdout.splitlines()]


def pixels(path: Path) -> list[np.ndarray[Any, Any]]:
    return [frame.rgb() for frame in Clip.open(path).frames()]


def test_edit_changes_the_face_and_nothing_else(head_clip: Path, edited: tuple[Path, list[dict[str, Any]]]) -> None:
    before, after = list(Clip.open(head_clip).frames()), list(Clip.open(edited[0]).frames())
    assert [round(frame.time_s, 3) for frame in before] == [round(frame.time_s, 3) for frame in after]
    for source, result in zip(before, after, strict=True):
        changed = np.abs(source.rgb().astype(int) - result.rgb()).max(axis=-1)
        # The face fills the middle; the flag, the shuttle and the suit stand at the edges.
        assert changed[60:200, 70:190].max() > 20
        assert changed[:8].max() == changed[:, :8].max() == changed[:, -8:].max() == changed[-8:].max() == 0


def test_json_lines_tell_progress_and_result(edited: tuple[Path, list[dict[str, Any]]]) -> None:
    output, lines = edited
    stages = [line["stage"] for line in lines if line["event"] == "progress"]
    assert stages == sorted(stages)
    assert set(stages) == {"analyse", "render"}
    for stage in ("analyse", "render"):
        fractions = [line["fraction"] for line in lines if line.get("stage") == stage]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0
    result = lines[-1]
    assert result["event"] == "result"
    assert result["frames"] == 12
    assert result["output"] == str(output)
    assert Path(result["edit_file"]) == output.with_name("happy.mien.json")
    assert Path(result["edit_file"]).is_file()
    assert result["frames_per_second"] == pytest.approx(12 / result["elapsed_s"], rel=0.02)


def test_nothing_but_the_results_is_left(edited: tuple[Path, list[dict[str, Any]]]) -> None:
    assert {path.name for path in edited[0].parent.iterdir()} <= {"happy.mkv", "happy.mien.json", "happy.c2pa"}


def test_render_gives_the_same_frames_bit_for_bit(edited: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    output, _ = edited
    done = run_mien("render", output.with_name("happy.mien.json"), "-o", "again.mkv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("again.mkv: 12 frames in ")
    for first, second in zip(pixels(output), pixels(tmp_path / "again.mkv"), strict=True):
        np.testing.assert_array_equal(first, second)


def test_render_refuses_a_changed_source_unless_allowed(
    make_clip: MakeClip, edited: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    source = make_clip("head.mp4", frames=8)
    data = json.loads(edited[0].with_name("happy.mien.json").read_text())
    data["source"]["path"] = source.name
    data["output"] = "happy.mkv"
    (tmp_path / "happy.mien.json").write_text(json.dumps(data))
    assert_refused(run_mien("render", "happy.mien.json", "-o", "new.mkv"), "head.mp4", "content differs")
    done = run_mien("render", "happy.mien.json", "-o", "new.mkv", "--allow-changed", "--quiet")
    assert (done.returncode, done.stdout) == (0, "")
    assert len(pixels(tmp_path / "new.mkv")) == 8
    # Without -o the edit's own result is meant.
    assert_refused(run_here("render", "happy.mien.json"), "content differs")
    assert run_here("render", "happy.mien.json", "--allow-changed", "--overwrite").returncode == 0
    assert len(pixels(tmp_path / "happy.mkv")) == 8


def test_the_documented_options_exist() -> None:
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"--[a-z][a-z-]+", page))
    offered = set()
    for name in ("edit", "inspect", "sheet", "render", "emotions", "demo", "evaluate", "compare", "study make"):
        offered |= set(re.findall(r"--[a-z][a-z-]+", run_here(*name.split(), "--help").stdout))
    assert documented - {"--help"} <= offered


def test_a_result_that_is_there_is_not_replaced_unasked(head_clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_text("precious")
    assert_refused(run_mien("edit", head_clip, "-o", "out.mp4", "--emotion", "sad"), "out.mp4", "--overwrite")
    assert (tmp_path / "out.mp4").read_text() == "precious"
    (tmp_path / "out.mp4").rename(tmp_path / "other.mp4")
    (tmp_path / "out.mien.json").write_text("precious too")
    assert_refused(run_mien("edit", head_clip, "-o", "out.mp4", "--emotion", "sad"), "out.mien.json", "--overwrite")
    done = run_mien("edit", head_clip, "-o", "out.mp4", "--emotion", "sad", "--overwrite", "--preset", "ultrafast")
    assert done.returncode == 0, done.stderr
    assert len(pixels(tmp_path / "out.mp4")) == 12
    assert json.loads((tmp_path / "out.mien.json").read_text())["encoder"]["preset"] == "ultrafast"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--emotion", "hapy 0.8"], ["did you mean 'happy'"]),
        (["--emotion", "happy 1.5"], ["1.5", "from 0 to 1"]),
        (["--emotion", "happy nan"], ["nan", "from 0 to 1"]),
        (["--emotion", "3 happy, 2 sad"], ["in order of time"]),
        ([], ["--emotion"]),
        (["--emotion", "happy", "--emotion", "sad"], ["two emotions"]),
        (["--emotion", "happy", "--face", "0"], ["face"]),
        (["--emotion", "happy", "--lips", "2"], ["lips", "between 0 and 1"]),
        (["--emotion", "happy", "--smoothing", "4"], ["odd number"]),
        (["--emotion", "happy", "--smoothing", "soft"], ["none, latent or image", "'soft'"]),
        (["--emotion", "happy", "--smoothing", "image"], ["instant has no setting 'smoothing_space'"]),
        (["--emotion", "happy", "--from", "3", "--to", "2"], ["time range"]),
        (["--emotion", "happy", "--from", "9"], ["0.48 s long"]),
        (["--emotion", "happy", "--system", "magic"], ["no system 'magic'", "instant"]),
        (["--emotion", "happy", "--codec", "divx"], ["divx"]),
        (["--emotion", "happy", "--loud"], ["--loud", "mien --help"]),
        (["--emotion-file", "none.json"], ["none.json"]),
    ],
)
def test_options_that_make_no_sense_are_refused(
    head_clip: Path, tmp_path: Path, words: list[str], expected: list[str]
) -> None:
    """In this process, since there are many; the way out is the same: see the next test."""
    assert_refused(run_here("edit", head_clip, "-o", "out.mp4", *words), *expected)
    assert list(tmp_path.iterdir()) == []


def test_unknown_emotion_in_a_process_of_its_own(head_clip: Path, tmp_path: Path) -> None:
    done = run_mien("edit", head_clip, "-o", "out.mp4", "--emotion", "supprised")
    assert_refused(done, "did you mean 'surprised'")
    assert list(tmp_path.iterdir()) == []


def test_keyframes_past_the_end_are_warned_of(head_clip: Path, tmp_path: Path) -> None:
    done = run_here("edit", head_clip, "-o", "out.mp4", "--emotion", "0 happy, 60 sad")
    assert done.returncode == 0
    assert done.stderr.startswith("mien: warning: ")
    assert "60 s" in done.stderr
    assert "0.48 s long" in done.stderr
    assert len(pixels(tmp_path / "out.mp4")) == 12


def damaged(make_clip: MakeClip, folder: Path, kind: str) -> Path:
    path = folder / "in.mp4"
    if kind == "text":
        path.write_text("this is a letter to my aunt\n" * 50)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "cut off":
        whole = make_clip("whole.mp4").read_bytes()
        (folder / "whole.mp4").unlink()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "folder":
        path.mkdir()
    elif kind == "sound":
        with av.open(str(path), "w") as output:
            stream: Any = output.add_stream("aac", rate=16000, layout="mono")
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
            silence.sample_rate = 16000
            output.mux(stream.encode(silence))
            output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("text", "text file"), ("empty", "empty"), ("cut off", "incomplete or damaged"), ("none", "no such file"),
     ("folder", "no images"), ("sound", "no video in it")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["edit", "inspect"])
def test_inputs_that_are_no_clips_are_refused(
    make_clip: MakeClip, tmp_path: Path, name: str, kind: str, expected: str
) -> None:
    path = damaged(make_clip, tmp_path, kind)
    before = set(tmp_path.iterdir())
    words = ["-o", "out.mp4", "--emotion", "sad"] if name == "edit" else []
    assert_refused(run_here(name, path, *words), "in.mp4", expected)
    assert set(tmp_path.iterdir()) == before


def test_a_clip_without_a_face_is_refused(make_clip: MakeClip, tmp_path: Path) -> None:
    path = make_clip("in.mp4", nobody, frames=5)
    assert_refused(run_mien("edit", path, "-o", "out.mp4", "--emotion", "sad"), "no face was found")
    assert {entry.name for entry in tmp_path.iterdir()} == {"in.mp4"}


def test_a_face_that_is_not_there_is_refused(head_clip: Path, tmp_path: Path) -> None:
    done = run_here("edit", head_clip, "-o", "out.mp4", "--emotion", "2: sad")
    assert_refused(done, "face 2")
    assert list(tmp_path.iterdir()) == []


def test_output_places_are_checked_before_work_starts(make_clip: MakeClip, tmp_path: Path) -> None:
    path = make_clip("in.mp4")
    content = path.read_bytes()
    assert_refused(run_here("edit", path, "-o", path, "--emotion", "sad"), "is the input")
    assert_refused(run_here("edit", path, "-o", path, "--emotion", "sad", "--overwrite"), "is the input")
    assert_refused(run_here("edit", path, "-o", "nowhere/out.mp4", "--emotion", "sad"), "does not exist")
    (tmp_path / "file").write_text("")
    assert_refused(run_here("edit", path, "-o", "file/out.mp4", "--emotion", "sad"), "file")
    assert_refused(run_here("edit", path, "-o", "out.xyz", "--emotion", "sad"), ".xyz")
    assert_refused(run_here("sheet", path, path, "-o", path, "--overwrite"), ".png")
    assert path.read_bytes() == content
    assert {entry.name for entry in tmp_path.iterdir()} == {"in.mp4", "file"}


def test_inspect_for_machines_and_for_people(head_clip: Path) -> None:
    done = run_here("inspect", head_clip, "--json")
    data = json.loads(done.stdout.splitlines()[-1])
    assert (data["info"]["width"], data["info"]["height"], data["info"]["audio_streams"]) == (256, 256, 1)
    assert data["frame_count"] == 12
    assert len(data["shots"]) == 1
    (face,) = data["shots"][0]["faces"]
    assert face["eye_distance_px"] == pytest.approx(61, abs=6)  # measured in the portrait by hand: 60 to 62 px
    assert abs(np.mean(face["yaw_degrees"])) < 12
    assert data["edit_s"] > 0
    text = run_here("inspect", head_clip).stdout
    assert "256x256, h264" in text
    assert "1 sound track" in text
    assert "an edit will take about" in text


def test_sheet(head_clip: Path, edited: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    done = run_mien("sheet", head_clip, edited[0], "-o", "sheet.png", "--count", "3", "--faces")
    assert done.returncode == 0, done.stderr
    (sheet,) = pixels(tmp_path / "sheet.png")
    assert sheet.shape[1] > 3 * 256
    assert sheet.shape[0] > 2 * 256 + 2 * 320


def test_emotions_lists_all(tmp_path: Path) -> None:
    data = json.loads(run_here("emotions", "--json").stdout)
    assert {entry["name"] for entry in data["emotions"]} == {"neutral", *EMOTIONS}
    happy = next(entry for entry in data["emotions"] if entry["name"] == "happy")
    assert "joy" in happy["synonyms"]
    assert {"AU6", "AU12"} <= {row["action_unit"] for row in happy["recipe"]}
    assert all(row["source"] for entry in data["emotions"] for row in entry["recipe"])
    assert {"AU1", "AU12"} <= {unit["name"] for unit in data["action_units"]}
    text = run_mien("emotions").stdout
    assert all(name in text for name in EMOTIONS)
    assert "lip corner puller" in text


def test_help_version_and_no_words_at_all() -> None:
    for words in ([], ["--help"]):
        done = run_here(*words)
        assert done.returncode == 0
        for name in ("edit", "inspect", "sheet", "render", "emotions", "demo"):
            assert name in done.stdout
    assert run_mien("--version").stdout.startswith("mien ")
    assert_refused(run_here("edti"), "Did you mean", "edit")


def test_nothing_is_looked_through_at_the_end() -> None:
    """What is registered first runs last: it sees everything frozen, so that Python's last collection is of nothing."""
    code = (
        "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count() > 0, gc.get_count()[2]));"
        "from mien.app.cli import main; main(['--version'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True 0"


def test_demo_of_a_clip(make_clip: MakeClip, tmp_path: Path) -> None:
    path = make_clip("talk.mp4", frames=25)
    done = run_here("demo", path, "-o", "results", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout.splitlines()[-1])
    assert data["frames"] == 25
    # A mouth that does not move has no correlation worth a figure, but the face is tracked in both.
    assert data["lip_correlation"] is not None
    assert {entry.name for entry in (tmp_path / "results").iterdir()} == {
        "emotions.mp4", "emotions.mien.json", "emotions.png"
    }  # fmt: skip


def test_the_example_that_comes_with_mien_is_whole_and_small() -> None:
    path = example_clip()
    assert path.stat().st_size <= 2**20
    clip = Clip.open(path)
    assert clip.info.has_audio
    assert sum(1 for _ in clip.frames()) == clip.info.frame_count
    assert 4.0 < (clip.info.duration_s or 0.0) < 6.5
