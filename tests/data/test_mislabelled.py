"""A clip whose face shows another emotion than its label is named; one that shows little, or what is alike, is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.data.labelled_clip import LabelledClip
from mien.data.mislabelled import contradicted_clips
from mien.data.seen_expressions import SEEN
from mien.emotion.action_units import AU_COLUMN_INDEX, AU_COLUMNS, columns_of

FRAMES = 60


def expressions(emotion: str | None, strength: float, seed: int) -> np.ndarray:
    """A face that talks, with what is seen of an emotion."""
    random = np.random.default_rng(seed)
    beta = np.abs(random.normal(scale=0.02, size=(FRAMES, len(AU_COLUMNS))))
    beta[:, AU_COLUMN_INDEX["AU26"]] = 0.3 * np.abs(np.sin(np.arange(FRAMES) / 3))
    for unit, amount in SEEN.get(emotion or "", {}).items():
        for column in columns_of(unit):
            beta[:, AU_COLUMN_INDEX[column]] += strength * amount
    return beta


def named(tmp_path: Path, shown: str | None, labelled: str, strength: float = 1.0) -> list[str]:
    """What is said of a neutral clip and one that shows an emotion under a label."""
    clips, parts = [], []
    for number, (emotion, label) in enumerate([(None, "neutral"), (shown, labelled)]):
        intensity = 0.0 if label == "neutral" else 1.0
        clips.append(LabelledClip(Path("x.mp4"), f"{number}.mp4", "ann", label, intensity, "front"))
        part = tmp_path / f"part-{number}"
        part.mkdir(exist_ok=True)
        beta = expressions(emotion, strength, number)
        np.savez(part / "frames.npz", clip=np.full(FRAMES, number), time_s=np.arange(FRAMES) / 25, beta=beta)
        parts.append(part)
    return contradicted_clips(parts, clips)


@pytest.mark.parametrize(("shown", "labelled"), [("happy", "sad"), ("surprised", "happy"), ("happy", "neutral")])
def test_a_wrong_label_is_named(tmp_path: Path, shown: str, labelled: str) -> None:
    (sentence,) = named(tmp_path, shown, labelled)
    assert sentence == f"1.mp4 is labelled {labelled}, but 60 of its 60 frames look {shown}"


@pytest.mark.parametrize(
    ("shown", "labelled", "strength"),
    [
        ("happy", "happy", 1.0),
        ("happy", "neutral", 0.3),  # a little smile is no lie
        ("angry", "disgusted", 1.0),  # tracking mixes them up
        (None, "sad", 1.0),  # what hardly moves a landmark looks neutral
    ],
)
def test_a_label_that_may_be_right_is_not(tmp_path: Path, shown: str | None, labelled: str, strength: float) -> None:
    assert named(tmp_path, shown, labelled, strength) == []


def test_other_models_expressions_are_not_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "frames.npz", clip=np.zeros(4), time_s=np.arange(4) / 25, beta=np.zeros((4, 7)))
    assert contradicted_clips([tmp_path], [LabelledClip(Path("x.mp4"), "x", "ann", "neutral", 0.0, "front")]) == []
