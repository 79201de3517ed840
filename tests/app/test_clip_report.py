from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.app.clip_report import ClipReport, FaceReport, ShotReport, Stretch, report_clip
from mien.app.remarks import remarks
from mien.video.clip import Clip
from mien.video.info import ClipInfo

from .conftest import MakeClip, head, nobody

FACE = FaceReport(
    number=1, start_s=0, stop_s=4, frame_count=100, eye_distance_px=120, pitch_degrees=(0, 5), yaw_degrees=(-5, 5),
    roll_degrees=(0, 1), confidence=1, residual=0.008, sharpness=0.14, noise=1, brightness=0.5, turned_share=0,
)  # fmt: skip


def judge(info: ClipInfo, *faces: FaceReport) -> tuple[str, str]:
    report = ClipReport(100, (ShotReport(0, 4, faces),), 5.0)
    judged = remarks(info, report)
    return " | ".join(judged.good), " | ".join(judged.trouble)


@pytest.fixture(scope="module")
def info(head_clip: Path) -> ClipInfo:
    return Clip.open(head_clip).info


def test_a_good_face_has_no_trouble(info: ClipInfo) -> None:
    good, trouble = judge(info, FACE)
    assert "the face is seen well" in good
    assert "sound is copied" in good
    assert trouble == ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"eye_distance_px": 20}, "tiny"),
        ({"eye_distance_px": 40}, "small"),
        ({"turned_share": 0.25}, "25%"),
        ({"hidden": (Stretch(1.0, 1.52),), "unedited": (Stretch(0.9, 1.6),)}, "hidden or not surely seen at 1.0-1.5 s"),
        ({"unedited": (Stretch(3.8, 4.0),)}, "comes or goes at 3.8-4.0 s"),
        ({"sharpness": 0.03}, "blurred"),
        ({"noise": 12.0}, "noisy"),
        ({"brightness": 0.05}, "dark"),
        ({"brightness": 0.95}, "bright"),
        ({"residual": 0.05}, "5.0%"),
    ],
)
def test_each_trouble_is_told(info: ClipInfo, change: dict[str, Any], expected: str) -> None:
    good, trouble = judge(info, dataclasses.replace(FACE, **change))
    assert expected in trouble
    assert "|" not in trouble
    assert "seen well" not in good


def test_several_faces_and_none(info: ClipInfo) -> None:
    assert "--face" in judge(info, FACE, dataclasses.replace(FACE, number=2))[0]
    assert "no face was found" in judge(info)[1]


def test_shots_and_faces_of_a_real_clip_are_measured(make_clip: MakeClip) -> None:
    def painter(number: int) -> np.ndarray[Any, Any]:
        return nobody(number) if number < 8 else head(number) // 6

    clip = Clip.open(make_clip("in.mp4", painter, frames=20))
    report, _ = report_clip(clip)
    assert report.frame_count == 20
    assert [(round(shot.start_s, 3), round(shot.stop_s, 3)) for shot in report.shots] == [(0, 0.32), (0.32, 0.8)]
    assert [len(shot.faces) for shot in report.shots] == [0, 1]
    (face,) = report.shots[1].faces
    assert face.frame_count == 12
    assert face.brightness < 0.15  # a sixth of the portrait's light
    assert report.edit_s is not None
    assert report.edit_s > 0
    judged = remarks(clip.info, report)
    assert any("dark" in sentence for sentence in judged.trouble)
    assert any("no face in shot 1" in sentence for sentence in judged.trouble)
