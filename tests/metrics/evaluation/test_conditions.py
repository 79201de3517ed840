"""The conditions name the commit that measured, where there is one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mien.metrics.evaluation.conditions import commit_of, program
from mien.video.claim import mien_version

ROOT = Path(__file__).parents[3]


def git(folder: Path, *words: str) -> str:
    names = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", "-C", str(folder), *names, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_commit_and_whether_it_is_all(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert commit_of(tmp_path) == ""  # nothing is committed yet
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-q", "-m", "one")
    commit_of.cache_clear()
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert commit.startswith(commit_of(tmp_path))
    assert len(commit_of(tmp_path)) == 12
    (tmp_path / "not_its_own").write_text("")
    (tmp_path / "file").write_text("two")
    commit_of.cache_clear()
    assert commit_of(tmp_path) == f"{commit[:12]}, with uncommitted changes"


def test_no_checkout_and_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit_of(tmp_path) == ""
    git(tmp_path, "init", "-q")
    monkeypatch.setenv("PATH", str(tmp_path))
    commit_of.cache_clear()
    assert commit_of(tmp_path) == ""


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_this_checkout_is_named() -> None:
    told = program()
    assert told["mien"] == mien_version()
    assert git(ROOT, "rev-parse", "HEAD").startswith(told["commit"].partition(",")[0])
