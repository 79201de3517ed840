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
