"""Files appear whole, and a disk that refuses is told in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from mien.disk import disk_errors, write_whole
from mien.errors import OutputError


def test_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_whole(target, b"one")
    write_whole(target, b"two")
    assert target.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"the folder does not exist\.$"):
        write_whole(tmp_path / "no" / "a.json", b"")


def test_full_disk_is_one_sentence(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")

    def write() -> None:
        with disk_errors(tmp_path / "x"), full.open("wb", buffering=0) as file:
            file.write(b"x")

    with pytest.raises(OutputError, match="no space left"):
        write()
