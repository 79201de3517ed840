"""A study out of a suite: every clip with its labels, failed ones left out and told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mien.app.evaluation.outputs import PAGE_NAME
from mien.app.evaluation.suite import CLIPS, SUMMARY_NAME, summary_to_json
from mien.app.evaluation.suite_summary import SuiteClip, SuiteSummary
from mien.app.study.clips import StudyClip
from mien.app.study.key import read_key
from mien.app.study.suite_clips import read_suite_clips
from mien.errors import InputError
from mien.video.info import MienWarning

from ..conftest import assert_refused, run_here


def write_suite(folder: Path, clips: list[SuiteClip]) -> Path:
    summary = SuiteSummary("s", "s.toml", tuple(clips), (), ())
    folder.mkdir(exist_ok=True)
    (folder / SUMMARY_NAME).write_text(json.dumps(summary_to_json(summary)), encoding="utf-8")
    return folder


@pytest.fixture
def suite(tmp_path: Path, clip_folder: Path) -> Path:
    """Two intensities of one emotion, made by one system from one source; and one clip that failed."""
    clips = []
    (tmp_path / "suite" / CLIPS).mkdir(parents=True)
    for number, intensity in enumerate((0.5, 1.0)):
        name = f"clip5_happy_{intensity:g}_instant"
        shutil.copy(clip_folder / f"clip{number}.mp4", tmp_path / "suite" / "clips" / f"{name}.mp4")
        page = f"{CLIPS}/{name}/{PAGE_NAME}"
        clips.append(SuiteClip(str(clip_folder / "clip5.mp4"), "happy", intensity, "instant", None, page, "", number))
    failed = SuiteClip(str(clip_folder / "clip5.mp4"), "sad", 1.0, "instant", error="no face")
    return write_suite(tmp_path / "suite", [*clips, failed])


def test_labels(suite: Path, clip_folder: Path) -> None:
    source = clip_folder / "clip5.mp4"
    with pytest.warns(MienWarning, match="1 of the suite's 3"):
        clips = read_suite_clips(suite)
    assert clips == [
        StudyClip(suite / "clips" / "clip5_happy_0.5_instant.mp4", "instant", "happy", 0.5, "clip5", source),
        StudyClip(suite / "clips" / "clip5_happy_1_instant.mp4", "instant", "happy", 1.0, "clip5", source),
    ]


def test_a_study_of_a_suite(suite: Path) -> None:
    done = run_here("study", "make", suite, "-o", "study", "--kind", "dnt")
    assert done.returncode == 0, done.stderr
    assert "left out" in done.stderr
    key = read_key(Path("study.key.json"))
    assert sorted(clip.intensity for clip in key.clips) == [0.5, 1.0]
    assert len(key.items) == 1


def test_folders_that_are_no_suite(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_refused(run_here("study", "make", "empty", "-o", "study"), "suite.json", "list of clips")
    for text in ("{}", "[]", '{"format": "mien suite", "version": 2, "clips": []}', "no"):
        (tmp_path / "empty" / "suite.json").write_text(text)
        with pytest.raises(InputError):
            read_suite_clips(tmp_path / "empty")
    with pytest.raises(InputError, match="none of the suite"):
        read_suite_clips(write_suite(tmp_path / "empty", []))
