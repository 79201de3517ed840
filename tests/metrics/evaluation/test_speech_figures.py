"""LSE-D and LSE-C: through SyncNet's own layout where it is there, one sentence where it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.app.demonstration import example_clip
from mien.metrics.evaluation import speech_figures
from mien.metrics.evaluation.measured import Measured
from mien.metrics.evaluation.speech_figures import judge_speech
from mien.video.clip import Clip

FRAMES = 12


def measured_of(clip: Clip) -> Measured:
    """The first frames of a clip, its face in the middle; one frame without it."""
    measured = Measured()
    for frame in clip.frames(0, FRAMES):
        row = measured.table.add_row()
        measured.frames.append(frame.index)
        measured.times_s.append(frame.time_s)
        if row != 5:
            measured.table.set(row, sync_x=256.0, sync_y=256.0, sync_half=120.0)
    return measured


def test_without_the_network_the_sentence_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path))
    clip = Clip.open(example_clip())
    for figure in judge_speech(measured_of(clip), clip):
        assert figure.verdict == "unavailable"
        assert "mien weights get syncnet" in figure.sentence


def test_a_network_of_the_same_layout_gives_both(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from mien.nn.syncnet import SyncNet

    torch.manual_seed(0)
    network = SyncNet().eval()
    monkeypatch.setattr(speech_figures, "load_syncnet", lambda: network)
    clip = Clip.open(example_clip())
    distance, confidence = judge_speech(measured_of(clip), clip)
    assert (distance.key, confidence.key) == ("LSE-D", "LSE-C")
    for figure in (distance, confidence):
        assert figure.verdict == "measured"
        assert figure.value is not None
        assert np.isfinite(figure.value)
        assert figure.value >= 0  # the median is no less than the least


def test_a_face_that_is_nowhere_has_no_figure() -> None:
    clip = Clip.open(example_clip())
    measured = Measured()
    measured.table.add_row()
    assert {figure.verdict for figure in judge_speech(measured, clip)} == {"unavailable"}
