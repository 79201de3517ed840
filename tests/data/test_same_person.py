"""Clips of somebody else are told apart by how much worse the shared identity fits them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from mien.data.labelled_clip import LabelledClip
from mien.data.same_person import doubtful_clips


def analysis_of(residual: float) -> Any:
    """Ten frames at 25 a second of one face, fitted this well by an identity of its own."""
    track = SimpleNamespace(start=0, stop=10, fade=np.ones(10))
    face = SimpleNamespace(track=track, parameters=SimpleNamespace(start=0, residual=np.full(10, residual)))
    return SimpleNamespace(shots=(SimpleNamespace(faces=(face,)),), times_s=np.arange(10) / 25)


def test_the_clip_that_fits_badly_is_named(tmp_path: Path) -> None:
    clips = [LabelledClip(Path(name), name, "Ann", "neutral", 0.0) for name in ("a.mp4", "b.mp4", "c.mp4")]
    parts = []
    for number, shared in enumerate((0.0105, 0.016, 0.012)):
        parts.append(tmp_path / str(number))
        parts[-1].mkdir()
        np.savez(parts[-1] / "frames.npz", clip=np.full(10, number), residual=np.full(10, shared))
    analyses = {clip.path: analysis_of(own) for clip, own in zip(clips, (0.01, 0.01, 0.0115), strict=True)}
    (sentence,) = doubtful_clips(parts, clips, analyses)
    assert sentence.startswith("b.mp4 may show somebody else")
    assert "1.60 times" in sentence


def write_part(folder: Path, residuals: list[float]) -> list[Path]:
    """One part in which clip k fits the shared identity this badly; every clip's own fit is 0.01."""
    part = folder / "part"
    part.mkdir()
    numbers = np.repeat(np.arange(len(residuals)), 10)
    np.savez(part / "frames.npz", clip=numbers, residual=np.repeat(residuals, 10))
    return [part]


def test_what_was_made_of_the_same_footage_is_not_somebody_else(tmp_path: Path) -> None:
    def clip(name: str, emotion: str, source: str) -> LabelledClip:
        amount = 0.0 if emotion == "neutral" else 1.0
        return LabelledClip(Path(name), name, "Ann", emotion, amount, made_by="mien, instant", made_from=source)

    clips = [
        clip("neutral.mp4", "neutral", "ann"),
        clip("angry.mp4", "angry", "ann"),
        clip("bob.mp4", "neutral", "bob"),
        clip("other.mp4", "angry", "carl"),
    ]
    parts = write_part(tmp_path, [0.0101, 0.0154, 0.0154, 0.0154])
    analyses = {each.path: analysis_of(0.01) for each in clips}
    edited = {each.path for each in clips}
    named = [sentence.split()[0] for sentence in doubtful_clips(parts, clips, analyses, edited)]
    # Bob's neutral footage is judged, and what has no neutral clip of its own, too.
    assert named == ["bob.mp4", "other.mp4"]
    # A table that says so is not enough: where the manifest does not say that mien made it, the clip is judged.
    named = [sentence.split()[0] for sentence in doubtful_clips(parts, clips, analyses)]
    assert named == ["angry.mp4", "bob.mp4", "other.mp4"]


def test_a_shot_shows_one_person_throughout(tmp_path: Path) -> None:
    """Two shots of 5 frames: a neutral stretch in the first one vouches for it, not for the second."""
    shots = []
    for start in (0, 5):
        track = SimpleNamespace(start=start, stop=start + 5, fade=np.ones(5))
        parameters = SimpleNamespace(start=start, residual=np.full(5, 0.01))
        shots.append(SimpleNamespace(faces=(SimpleNamespace(track=track, parameters=parameters),)))
    analysis: Any = SimpleNamespace(shots=tuple(shots), times_s=np.arange(10) / 25)
    path = Path("a.mp4")
    clips = [
        LabelledClip(path, "rest", "Ann", "neutral", 0.0, start_s=0.0, stop_s=0.1),
        LabelledClip(path, "same", "Ann", "angry", 1.0, start_s=0.1, stop_s=0.19),
        LabelledClip(path, "later", "Ann", "angry", 1.0, start_s=0.2),
        LabelledClip(path, "both", "Ann", "sad", 1.0, start_s=0.1),
    ]
    parts = write_part(tmp_path, [0.01, 0.015, 0.015, 0.015])
    named = [sentence.split()[0] for sentence in doubtful_clips(parts, clips, {path: analysis})]
    assert named == ["later", "both"]
