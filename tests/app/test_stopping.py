"""A run that is stopped, or that the disk fails, leaves nothing behind and says why."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from .conftest import MakeClip, assert_refused, command, run_mien

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")


def wait_for_stage(lines: IO[str], stage: str) -> None:
    for line in lines:
        if json.loads(line).get("stage") == stage:
            return
    raise AssertionError(f"the stage {stage} never came")


def hear_ctrl_c() -> None:
    """A shell's background jobs, such as a test run may be, are started deaf to it, and all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("number", "stage", "code"), [(signal.SIGINT, "render", 130), (signal.SIGTERM, "analyse", 143)]
)
def test_a_stopped_run_leaves_nothing(
    make_clip: MakeClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, stage: str, code: int
) -> None:
    make_clip("in.mp4", frames=200)  # so long that the run cannot be over before the signal comes
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    words = ["edit", "in.mp4", "-o", "out.mp4", "--emotion", "sad", "--json", "--codec", "hevc", "--preset", "veryslow"]
    with subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        wait_for_stage(process.stdout, stage)
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        said = process.stderr.read().splitlines()
    assert said == [f"mien: stopped ({signal.Signals(number).name}); nothing is left half-written."]
    assert {entry.name for entry in tmp_path.iterdir()} <= {"in.mp4", "cache"}
    assert not list((tmp_path / "cache").glob("**/making-*"))
    if stage == "analyse":
        assert not list((tmp_path / "cache").glob("analyses/*"))


def test_a_full_disk_is_told_in_one_sentence(head_clip: Path, tmp_path: Path) -> None:
    """A limit on file sizes fails in the same place, and with the same kind of error, as a disk without space."""
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    words = ("edit", head_clip, "-o", "out.mp4", "--emotion", "sad", "--quality", "0")
    assert run_mien(*words, "--quiet").returncode == 0  # the analysis and the compiled kernels are kept now
    for entry in tmp_path.iterdir():
        entry.unlink()
    assert_refused(run_mien(*words, preexec_fn=limit), "out.mp4: cannot be written")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_under_the_cache_is_told_too(make_clip: MakeClip, tmp_path: Path) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    make_clip("in.mp4", frames=10)
    environment = {**os.environ, "MIEN_CACHE": str(tmp_path / "cache")}
    words = ("edit", "in.mp4", "-o", "out.mp4", "--emotion", "sad")
    assert_refused(run_mien(*words, preexec_fn=limit, env=environment), "cache", "cannot be written")
    assert {entry.name for entry in tmp_path.iterdir()} == {"in.mp4", "cache"}
    assert not [entry for entry in (tmp_path / "cache").rglob("*") if entry.is_file()]


def test_a_reader_that_goes_away_is_no_accident() -> None:
    with subprocess.Popen(command("emotions"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == ""
