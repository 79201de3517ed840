"""Faults planted in an edited clip are named with the frame where they are worst; a clean edit has none."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from mien.metrics.evaluation.evaluation import Evaluation, Figure, from_json, to_json

from . import planting
from .conftest import Edited, Judge


def fault(evaluation: Evaluation, key: str) -> Figure:
    found = evaluation.figure(key)
    assert found is not None
    assert found.verdict == "fault", found
    return found


def keys(evaluation: Evaluation) -> set[str]:
    return {figure.key for figure in evaluation.with_verdict("fault")}


def test_a_clean_edit_has_no_fault(edited: Edited, judge: Judge) -> None:
    found = judge(edited.result)
    assert keys(found) == set()
    good = {figure.key for figure in found.with_verdict("good")}
    assert {"repeated_frames", "frozen_mouth", "lip_lag", "background_change", "frame_times", "frame_count"} <= good
    smile = found.figure("action_rise:happy:lip_corner_height")
    assert smile is not None
    assert smile.value is not None
    assert smile.value > 0.03  # README: 0.058 eye distances at intensity 1, on other faces
    assert from_json(to_json(found)) == found


def test_a_frozen_mouth(edited: Edited, judge: Judge, tmp_path: Path) -> None:
    pictures = planting.mouth_frozen(edited.pictures, edited.places, 12, 45)
    found = judge(planting.write(tmp_path / "frozen.mp4", edited.result, pictures))
    figure = fault(found, "frozen_mouth")
    assert figure.worst_frame is not None
    assert 12 < figure.worst_frame < 45
    assert "stands still" in figure.sentence


def test_two_frames_late(edited: Edited, judge: Judge, tmp_path: Path) -> None:
    found = judge(planting.write(tmp_path / "late.mp4", edited.result, planting.shifted(edited.pictures, 2)))
    for key in ("lip_lag", "picture_lag"):
        figure = fault(found, key)
        assert figure.value == 2
        assert "later" in figure.sentence
        assert figure.worst_frame is not None


def test_trembling(edited: Edited, judge: Judge, tmp_path: Path) -> None:
    pictures = planting.trembling(edited.pictures, edited.places, 30, 50, 2.0)
    found = judge(planting.write(tmp_path / "trembling.mp4", edited.result, pictures))
    figure = fault(found, "jitter_added")
    assert figure.worst_frame is not None
    assert 29 <= figure.worst_frame <= 50  # the second difference reaches one frame farther


def test_every_tenth_face_is_the_one_before(edited: Edited, judge: Judge, tmp_path: Path) -> None:
    pictures = planting.repeating(edited.pictures, edited.places, 10)
    found = judge(planting.write(tmp_path / "repeating.mp4", edited.result, pictures))
    figure = fault(found, "repeated_frames")
    assert figure.value is not None
    assert figure.value >= 4  # of seven; where the face keeps still a repeat cannot be seen
    assert figure.worst_frame is not None
    # Frame t shows t - 1 and so looks like it: where noise decides, either of the two is taken for the repeat.
    assert figure.worst_frame % 10 in (0, 9)


def test_a_changed_background(edited: Edited, judge: Judge, tmp_path: Path) -> None:
    pictures = planting.background_changed(edited.pictures, 30, 41, shades=14)
    found = judge(planting.write(tmp_path / "background.mp4", edited.result, pictures))
    figure = fault(found, "background_change")
    assert figure.worst_frame == 35
    assert keys(found) == {"background_change"}


def test_another_background_altogether(edited: Edited, judge: Judge, tmp_path: Path) -> None:
    """All of it 12 shades brighter: no part stands out from the rest."""
    pictures = [(picture.astype(int) * 0 + 12 + picture).clip(0, 255).astype("uint8") for picture in edited.pictures]
    found = judge(planting.write(tmp_path / "brighter.mp4", edited.result, pictures))
    assert "background_error" in keys(found)


def test_a_coarse_encoder_is_no_changed_background(edited: Edited, judge: Judge, tmp_path: Path) -> None:
    found = judge(planting.write(tmp_path / "coarse.mp4", edited.result, edited.pictures, crf=32))
    assert not {"background_change", "background_error"} & keys(found)


def test_retimed_to_30(edited: Edited, judge: Judge, tmp_path: Path) -> None:
    found = judge(planting.retimed(tmp_path / "retimed.mp4", edited.result, Fraction(30)))
    figure = fault(found, "frame_times")
    assert "30 frames/s" in figure.sentence
    assert "29.97" in figure.sentence
    assert figure.worst_frame == len(edited.pictures) - 1  # the difference grows
    # n frames of 1/30 s are shorter than of 1001/30000 s by n/30000 s.
    assert figure.value is not None
    assert abs(figure.value - (len(edited.pictures) - 1) / 30) < 1e-6
    assert keys(found) == {"frame_times"}
