"""The command whose speed and memory are measured."""

from __future__ import annotations

from pathlib import Path

TRACK = "0 neutral, 1 happy 0.8, 3 sad 0.8"


def edit_words(clip: Path, target: Path) -> list[str]:
    """What follows ``mien`` on the command line."""
    return ["edit", str(clip), "-o", str(target), "--emotion", TRACK, "--quiet", "--overwrite"]
