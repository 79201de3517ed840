"""Small clips that can be told apart, and a study made of them by the command."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.app.study.key import KeyItem, StudyKey, read_key
from mien.app.study.order import shuffled

from ..conftest import ClipRecipe, run_here, write_clip


@dataclass(frozen=True)
class Study:
    """A study on disk."""

    folder: Path
    key_file: Path
    key: StudyKey


def write_list(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("clip", "system", "emotion", "intensity", "source"), *rows])
    return path


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six clips of a third of a second, each of another grey, with sound."""
    folder = tmp_path_factory.mktemp("study-clips")
    for number in range(6):
        grey = np.full((64, 96, 3), 30 + 40 * number, np.uint8)
        write_clip(folder / f"clip{number}.mp4", lambda _, grey=grey: grey, ClipRecipe(frames=8, rate=Fraction(25)))
    return folder


RATED = (
    ("clip0.mp4", "instant", "happy", 1, "clip5.mp4"),
    ("clip1.mp4", "instant", "sad", 1, "clip5.mp4"),
    ("clip2.mp4", "rival", "happy", 1, "clip5.mp4"),
    ("clip3.mp4", "rival", "sad", 1, "clip5.mp4"),
)
ORDERED = (
    ("clip0.mp4", "instant", "happy", 0.2, "ann"),
    ("clip1.mp4", "instant", "happy", 0.5, "ann"),
    ("clip2.mp4", "instant", "happy", 0.9, "ann"),
    ("clip3.mp4", "instant", "sad", 0.3, "ann"),
    ("clip4.mp4", "instant", "sad", 0.6, "ann"),
)

MakeStudy = Callable[..., Study]


@pytest.fixture
def make_study(clip_folder: Path, tmp_path: Path) -> MakeStudy:
    """``make_study("ccfe", rows, *options)``: made by the command."""

    def make(kind: str, rows: Sequence[Sequence[object]], *options: str) -> Study:
        listed = write_list(clip_folder / f"{kind}.csv", rows)
        done = run_here("study", "make", listed, "-o", tmp_path / kind, "--kind", kind, "--seed", "5", *options)
        assert done.returncode == 0, done.stderr
        key_file = tmp_path / f"{kind}.key.json"
        return Study(tmp_path / kind, key_file, read_key(key_file))

    return make


def answers_file(
    folder: Path, key: StudyKey, code: str, give: Callable[[KeyItem], dict[str, Any] | None], **changes: Any
) -> Path:
    """A file as the page saves it; ``give`` has the values of a page, or None for one that is not answered."""
    order = shuffled([item.name for item in key.items], key.seed, code, "items")
    items = {item.name: item for item in key.items}
    given = {name: give(items[name]) for name in order}
    answers = [
        {
            "item": name,
            "values": values,
            "time_s": 4.2,
            "unplayable": [],
            "shown": shuffled(items[name].clips, key.seed, code, name),
        }
        for name, values in given.items()
        if values is not None
    ]
    data = {
        "format": "mien study answers", "version": 1, "study": key.study, "kind": key.kind, "seed": key.seed,
        "participant": code, "started": "2026-01-01T00:00:00.000Z", "finished": "2026-01-01T00:10:00.000Z",
        "complete": len(answers) == len(order), "order": order, "answers": answers,
    }  # fmt: skip
    path = folder / f"answers-{code}.json"
    path.write_text(json.dumps({**data, **changes}), encoding="utf-8")
    return path
