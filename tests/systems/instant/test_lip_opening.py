"""Kept lips on real footage: the opening of the mouth, as a tracker reads it, follows the source's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mien
from benchmarks.cut import cut
from mien.emotion.track import EmotionTrack
from mien.metrics.action_units import LANDMARKER_FILE, FaceMeter
from mien.metrics.lip_sync import lip_sync
from mien.types import FloatArray
from mien.video import Clip

SECONDS = 3.0


@pytest.fixture(scope="module")
def talking(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first seconds of the clip on which the opening was read worst: dark lips before a dark mouth."""
    source = shared_folder / "clips" / "driving_d3.mp4"
    return cut(source, tmp_path_factory.mktemp("talking") / "talking.mp4", seconds=SECONDS)


def read(pictures: list[np.ndarray], landmarker: Path) -> FloatArray:
    with FaceMeter(landmarker, follow=True) as meter:
        found = [meter.measure(picture, k / 25) for k, picture in enumerate(pictures)]
    assert all(each is not None for each in found)
    return np.stack([each[0] for each in found if each is not None])


def test_the_opening_is_read_as_in_the_source(talking: Path, shared_folder: Path) -> None:
    """At least 0.98 and at most 0.02 eye distances are asked of every clip. With the mouth carried all the way by the
    lip that moves more, anger had 0.970 here, disgust 0.971."""
    landmarker = shared_folder / LANDMARKER_FILE
    analysis = mien.open(str(talking)).analyse()
    source = read([frame.rgb() for frame in Clip.open(talking).frames()], landmarker)
    for emotion in ("angry", "disgusted"):
        edited = mien.load("instant").render(analysis, EmotionTrack.parse(f"{emotion} 1"))
        sync = lip_sync(source, read([frame.rgb() for frame in edited], landmarker))
        assert sync.moving
        assert sync.correlation >= 0.98, emotion  # 0.984 and 0.985 when written
        assert sync.mean_difference <= 0.02, emotion
