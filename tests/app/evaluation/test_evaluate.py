"""``mien evaluate`` as people use it: a clip, a folder, a suite that is killed and goes on, what cannot be measured."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

import mien
from mien.app.evaluation.outputs import read_evaluation
from mien.app.evaluation.suite_file import read_suite
from mien.errors import InputError

from ..conftest import ClipRecipe, MakeClip, assert_refused, command, head, nobody, run_here, run_mien, write_clip


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head's clip and its edit ``happy.mp4``, with sound; not to be written to."""
    folder = tmp_path_factory.mktemp("edited")
    source = write_clip(folder / "source.mp4", head, ClipRecipe(frames=14))
    mien.edit(source, "happy 1").save(folder / "happy.mp4")
    return folder / "happy.mp4"


def result_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "result"
    return last


def figures(folder: Path) -> dict[str, Any]:
    return {figure.key: figure for figure in read_evaluation(folder / "evaluation.json").figures}


def test_one_clip_becomes_a_page_json_and_csv(edited: Path, tmp_path: Path) -> None:
    done = run_mien("evaluate", edited, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("happy.mp4: no faults")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "evaluation.csv",
        "evaluation.json",
        "index.html",
    ]
    found = read_evaluation(tmp_path / "out" / "evaluation.json")
    assert (found.emotion, found.system, found.frames) == ("happy 1", "instant", 14)
    assert found.source == str(edited.parent / "source.mp4")
    assert found.with_verdict("fault") == ()
    with (tmp_path / "out" / "evaluation.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["key"] for row in rows] == [figure.key for figure in found.figures]
    assert [row["verdict"] for row in rows] == [figure.verdict for figure in found.figures]
    assert "<html" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_machines_get_progress_and_verdicts(edited: Path, tmp_path: Path) -> None:
    done = run_here("evaluate", edited, "-o", tmp_path / "out", "--json")
    told = result_of(done)
    assert told["folder"] == str(tmp_path / "out")
    assert "frame_times" in told["good"]
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert any(event["event"] == "progress" and event["stage"] == "measure" for event in events)


def test_what_is_there_is_not_replaced_unasked(edited: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "evaluation.json").write_text("mine")
    assert_refused(run_here("evaluate", edited, "-o", tmp_path / "out"), "--overwrite")
    assert (tmp_path / "out" / "evaluation.json").read_text() == "mine"
    assert run_here("evaluate", edited, "-o", tmp_path / "out", "--overwrite", "--quiet").returncode == 0
    assert (tmp_path / "out" / "index.html").exists()


def test_a_clip_without_an_edit_file_needs_its_source(edited: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.mp4"
    stranger.write_bytes(edited.read_bytes())
    assert_refused(run_here("evaluate", stranger), "no edit file", "--source")
    source = edited.parent / "source.mp4"
    told = result_of(run_here("evaluate", stranger, "--source", source, "--emotion", "happy 1", "--json"))
    assert "action_rise:happy:lip_corner_height" in {
        f.key for f in read_evaluation(Path(told["folder"]) / "evaluation.json").figures
    }


def test_what_cannot_be_measured_is_one_sentence(edited: Path, tmp_path: Path) -> None:
    source = edited.parent / "source.mp4"
    assert_refused(run_here("evaluate", source, "--source", source), "the source itself")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 500)
    assert_refused(run_here("evaluate", broken, "--source", source), "broken.mp4")
    assert_refused(run_here("evaluate", tmp_path / "nothing.mp4", "--source", source), "nothing.mp4", "no such file")
    assert_refused(run_here("evaluate", edited, "--emotion", "hapy 1", "-o", tmp_path / "x"), "hapy", "happy")
    assert not (tmp_path / "x").exists()
    (tmp_path / "empty").mkdir()
    assert_refused(run_here("evaluate", tmp_path / "empty"), "no clip in it")


def test_another_length_is_measured_and_said(edited: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.mp4"
    with av.open(str(edited)) as given, av.open(str(short), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "14"})
        stream.width, stream.height, stream.pix_fmt = 256, 256, "yuv420p"
        for number, frame in enumerate(given.decode(video=0)):
            if number < 11:
                frame.pts, frame.time_base = number, Fraction(1, 25)
                frame.pict_type = av.video.frame.PictureType.NONE
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    told = result_of(
        run_here("evaluate", short, "--source", edited.parent / "source.mp4", "-o", tmp_path / "o", "--json")
    )
    assert {fault["key"] for fault in told["faults"]} == {"frame_count"}
    found = figures(tmp_path / "o")
    assert found["frame_count"].value == 3
    assert "matched by their times" in found["frame_count"].sentence
    assert found["lip_difference"].value is not None
    assert found["sound"].verdict == "attention"  # the cut clip has none


def test_a_clip_without_a_face(make_clip: MakeClip, tmp_path: Path) -> None:
    first = make_clip("first.mp4", nobody, audio=0)
    second = make_clip("second.mp4", nobody, audio=0, options=(("crf", "20"),))
    told = result_of(run_here("evaluate", second, "--source", first, "-o", tmp_path / "out", "--json"))
    assert {"face_found", "lip_correlation", "jitter_ratio", "sound"} <= set(told["unavailable"])
    assert told["faults"] == []
    found = figures(tmp_path / "out")
    assert "No face is found in the source" in found["face_found"].sentence
    assert found["background_change"].value is not None
    assert found["frame_times"].verdict == "good"


def test_real_footage_of_the_target(edited: Path, tmp_path: Path) -> None:
    source = edited.parent / "source.mp4"
    run = run_here("evaluate", edited, "--target", source, "-o", tmp_path / "out", "--json")
    result_of(run)
    found = figures(tmp_path / "out")
    assert found["PSNR"].value > 25  # the edit changes the face alone, which fills half of the picture
    assert 0 < found["APD (NED, pixels)"].value < found["MAPD (NED, mouth pixels)"].value  # the mouth changes most
    assert found["FAPD (NED, face pixels)[face mesh]"].value > 0
    assert found["LMD[eye distances]"].value > 0.005
    assert found["target_pose"].value < 5
    assert 0.005 < found["AED (FG-EmoTalk, emotion coefficients)[mien's fit]"].value < 0.5
    assert found["APD (FG-EmoTalk, pose)[mien's fit]"].value < 0.1


def test_a_folder_measures_every_result_once(edited: Path, tmp_path: Path) -> None:
    told = result_of(run_here("evaluate", edited.parent, "-o", tmp_path / "all", "--json"))
    assert [Path(clip["result"]).name for clip in told["clips"]] == ["happy.mp4"]
    assert not told["clips"][0]["kept"]
    again = result_of(run_here("evaluate", edited.parent, "-o", tmp_path / "all", "--json"))
    assert again["clips"][0]["kept"]
    assert again["clips"][0]["good"] == told["clips"][0]["good"]


SUITE = """
name = "Two"
sources = ["source.mp4"]
emotions = ["joy"]
intensities = [1, 0.5]
lie_intensities = 3
"""


def suite_of(folder: Path, edited: Path, text: str = SUITE) -> Path:
    (folder / "source.mp4").write_bytes((edited.parent / "source.mp4").read_bytes())
    (folder / "two.toml").write_text(text)
    return folder / "two.toml"


def test_a_suite_that_is_killed_goes_on(edited: Path, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, edited)
    first = tmp_path / "two.evaluation" / "clips" / "source_happy_0.5_instant" / "evaluation.json"
    running = subprocess.Popen(command("evaluate", suite, "--quiet"))
    deadline = time.monotonic() + 280
    while not first.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert first.exists()
    measured_at = first.stat().st_mtime_ns
    told = result_of(run_here("evaluate", suite, "--json"))
    assert [clip["kept"] for clip in told["clips"]] == [True, False]
    assert first.stat().st_mtime_ns == measured_at
    place = tmp_path / "two.evaluation"
    assert {"index.html", "suite.csv", "suite.json"} <= {path.name for path in place.iterdir()}
    summary = json.loads((place / "suite.json").read_text())
    assert [(clip["emotion"], clip["intensity"]) for clip in summary["clips"]] == [("happy", 0.5), ("happy", 1.0)]
    response = next(r for r in summary["responses"] if r["response"]["key"].endswith("lip_corner_height"))
    assert response["response"]["intensities"] == [0.0, 0.5, 1.0]
    assert response["response"]["r_squared"] > 0.9
    tables = {(table["paper"], table["number"]) for table in summary["tables"]}
    assert {("CCFE", "Table 4"), ("CCFE", "Table 5"), ("NED", "Table 1"), ("DNT", "Table 2")} <= tables
    assert all(table["differs"] for table in summary["tables"])
    for figure in summary["figures"]:  # whatever networks this machine has
        assert (figure["value"] is not None) or "vailable" in figure["sentence"]
    assert {"FID", "FED", "LIE[LPIPS-Alex]", "LIE[mini-xception]"} <= {figure["key"] for figure in summary["figures"]}

    suite_of(tmp_path, edited, SUITE.replace("[1, 0.5]", "[1]") + "\n[settings]\nwrinkles = 0.5\n")
    changed = result_of(run_here("evaluate", suite, "--json"))
    assert [clip["kept"] for clip in changed["clips"]] == [False]  # other settings are another render
    # What was killed half-way lies in hidden folders only.
    assert not [p for p in (place / "clips").iterdir() if not p.name.startswith((".", "source_happy_"))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SUITE.replace("joy", "joyy"), ["joyy", "happy"]),
        (SUITE.replace("source.mp4", "missing.mp4"), ["missing.mp4"]),
        (SUITE.replace("source.mp4", "*.mkv"), ["*.mkv"]),
        (SUITE.replace("0.5", "1.5"), ["1.5", "0 to 1"]),
        (SUITE + 'systems = ["instand"]', ["instand", "instant"]),
        (SUITE + "[settings]\nlip = 1", ["lip"]),
        (SUITE + "emotion = 3", ["emotion"]),
        (SUITE.replace("lie_intensities = 3", "lie_intensities = 2"), ["lie_intensities", "from 3"]),
        (SUITE.replace("emotions", "feelings"), ["feelings"]),
        ("sources = [", ["not a suite file"]),
    ],
)
def test_a_suite_that_cannot_be_run_is_one_sentence(
    edited: Path, tmp_path: Path, text: str, expected: list[str]
) -> None:
    suite = suite_of(tmp_path, edited, text)
    assert_refused(run_here("evaluate", suite), "two.toml", *expected)
    assert not (tmp_path / "two.evaluation").exists()


def test_a_suite_file_may_be_json(edited: Path, tmp_path: Path) -> None:
    suite_of(tmp_path, edited)
    path = tmp_path / "two.json"
    path.write_text(
        json.dumps({"sources": ["*.mp4"], "emotions": ["sad", "happiness"], "systems": [{"name": "instant"}]})
    )
    suite = read_suite(path)
    assert suite.emotions == ("sad", "happy")
    assert [render.name for render in suite.renders()] == ["source_sad_1_instant", "source_happy_1_instant"]
    with pytest.raises(InputError, match="cannot be read"):
        read_suite(tmp_path / "none.json")


def test_one_failure_does_not_stop_the_others(edited: Path, tmp_path: Path) -> None:
    write_clip(tmp_path / "empty_room.mp4", nobody, ClipRecipe(frames=3))
    suite = suite_of(
        tmp_path, edited, SUITE.replace('["source.mp4"]', '["empty_room.mp4", "source.mp4"]').replace("[1, 0.5]", "[1]")
    )
    told = result_of(run_here("evaluate", suite, "--json"))
    assert "error" in told["clips"][0]
    assert "face" in told["clips"][0]["error"]
    assert told["clips"][1]["faults"] == []
    assert "empty_room" in (tmp_path / "two.evaluation" / "index.html").read_text()


def test_options_of_one_clip_are_refused_for_many(edited: Path) -> None:
    assert_refused(run_here("evaluate", edited.parent, "--emotion", "happy"), "--emotion", "a folder")
    assert os.listdir(edited.parent)
