"""The ablation without a face model: it learns, goes on, and changes the square around the head alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.data.prepared import PreparedFootage  # noqa: E402
from mien.emotion.track import EmotionTrack  # noqa: E402
from mien.errors import EmotionError  # noqa: E402
from mien.morphable import builtin  # noqa: E402
from mien.reconstruction.analysis import Analysis  # noqa: E402
from mien.reconstruction.views import face_views, view_corners  # noqa: E402
from mien.systems.two_level.config import PRESETS  # noqa: E402
from mien.systems.two_level.material import Material  # noqa: E402
from mien.systems.two_level.stages import TrainingPlan  # noqa: E402
from mien.systems.two_level.texture.losses import gradient_distance  # noqa: E402
from mien.systems.two_level.whole_face import WholeFace, WholeFaceNetworks, train_whole_face  # noqa: E402


def brief_plan(folder: Path) -> TrainingPlan:
    """Three steps of each stage."""
    tiny = PRESETS["tiny"].texture
    brief = replace(tiny, gan=replace(tiny.gan, iterations=3), encoder=replace(tiny.encoder, iterations=3))
    return TrainingPlan(replace(PRESETS["tiny"], texture=brief), folder, {"gradients": gradient_distance})


@pytest.fixture(scope="module")
def trained(footage: PreparedFootage, tmp_path_factory: pytest.TempPathFactory) -> tuple[WholeFaceNetworks, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return train_whole_face(brief_plan(folder), Material(footage, builtin.load())), folder


def test_done_again_it_is_read(trained, footage: PreparedFootage) -> None:
    networks, folder = trained
    again = train_whole_face(brief_plan(folder), Material(footage, builtin.load()))
    torch.testing.assert_close(again.directions, networks.directions, rtol=0, atol=0)
    assert networks.emotions == ("happy",)
    assert networks.directions.abs().sum() > 0


def test_the_square_around_the_head_changes_alone(trained, moving: Analysis) -> None:
    networks, _ = trained
    face, frames = moving.faces[0], list(moving.clip.frames())
    renderer = WholeFace(networks).face_renderer(moving, face, EmotionTrack.parse("happy 1"))
    forwards = [renderer.render(frame).rgb() for frame in frames]
    view = face_views(builtin.load(), face.parameters, 32)[3]
    low, high = view_corners(view, 32)[[0, 3]]
    y, x = np.mgrid[: frames[3].height, : frames[3].width]
    inside = (x > low[0] - 2) & (x < high[0] + 2) & (y > low[1] - 2) & (y < high[1] + 2)
    change = np.abs(forwards[3].astype(int) - frames[3].rgb()).max(axis=2)
    assert (change[inside] > 5).mean() > 0.3
    if (~inside).any():
        assert change[~inside].max() == 0
    renderer.render(frames[6])
    np.testing.assert_array_equal(renderer.render(frames[3]).rgb(), forwards[3])


def test_nothing_asked_is_the_very_same_frame(trained, moving: Analysis) -> None:
    networks, _ = trained
    frame = next(iter(moving.clip.frames()))
    assert WholeFace(networks).face_renderer(moving, moving.faces[0], EmotionTrack.parse("happy 0")).render(
        frame
    ) is frame  # fmt: skip
    with pytest.raises(EmotionError, match="no 'sad'"):
        WholeFace(networks).face_renderer(moving, moving.faces[0], EmotionTrack.parse("sad 1"))
