"""ACC_emo of a clip: the share of frames that a classifier files under what they were asked to show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mien.emotion.track import EmotionTrack
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.measured import Measured
from mien.metrics.evaluation.seen import EVERY, Recogniser, SeenWatcher, recognisers

CLASSES = ("neutral", "happy", "sad")


def figures_of(track: str, seen: list[int], classes: tuple[str, ...] = CLASSES) -> dict[str, Any]:
    """Of a result whose every fifth frame a classifier files under the classes of these numbers."""
    times = np.arange(len(seen) * EVERY) / 25.0
    asked = Asked(EmotionTrack.parse(track))
    asked.sample(times)
    told = iter([number for one in seen for number in (0, one)])  # the source is neutral
    recogniser = Recogniser(
        "x", lambda _rgb, _points: np.eye(3)[next(told)], lambda p, e: p[..., CLASSES.index(e)], classes
    )
    watcher, measured = SeenWatcher(recogniser, asked), Measured()
    face = SimpleNamespace(landmarks=np.zeros((478, 3)))
    for row, time_s in enumerate(times):
        measured.table.add_row()
        measured.frames.append(row)
        measured.times_s.append(time_s)
        watcher.see(row, SimpleNamespace(source=None, result=None, source_face=face, result_face=face))  # type: ignore[arg-type]
    return {figure.key: figure for figure in watcher.figures(measured)}


def test_frames_filed_under_what_was_asked_count() -> None:
    found = figures_of("happy 1", [1, 1, 2, 1])
    assert found["ACC_emo[x]"].value == pytest.approx(3 / 4)
    assert "Of 4 frames" in found["ACC_emo[x]"].sentence
    assert found["recognised[x]:happy"].value == pytest.approx(3 / 4)


def test_each_frame_counts_for_its_own_emotion() -> None:
    # Steps: happy until 0.5 s (frames 0, 5, 10), then sad (15, 20, 25, 30, 35).
    found = figures_of("0 happy 1, 0.5 happy 1, 0.501 sad 1", [1, 1, 2, 2, 2, 2, 0, 1])
    assert found["ACC_emo[x]"].value == pytest.approx(5 / 8)


def test_frames_that_ask_for_nothing_do_not_count() -> None:
    found = figures_of("0 neutral, 0.5 neutral, 0.501 happy 1", [2, 2, 2, 1, 1, 1])
    assert found["ACC_emo[x]"].value == 1.0
    assert "Of 3 frames" in found["ACC_emo[x]"].sentence


def test_why_there_is_none() -> None:
    assert "asked for" in figures_of("neutral", [0])["ACC_emo[x]"].sentence
    unknown = figures_of("happy 1", [1], ("neutral", "angry", "sad"))["ACC_emo[x]"]
    assert unknown.value is None
    assert "no class for 'happy'" in unknown.sentence


def test_absent_classifiers_say_what_to_run(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("MIEN_SHARED", str(tmp_path))
    names = {one.name: one.missing for one in recognisers()}
    assert list(names) == ["mini-xception", "face-api", "HSEmotion"]
    for why, weights in zip(names.values(), ("mini-xception", "face-api-expression", "hsemotion"), strict=True):
        assert f"mien weights get {weights}" in why
