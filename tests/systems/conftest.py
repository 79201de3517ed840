"""Faces to edit: the public-domain portrait that scikit-image carries, still, moving, and twice in one picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from skimage.data import astronaut

from mien.reconstruction.analysis import Analysis, analyse
from mien.types import ByteArray
from mien.video.clip import Clip

FRAMES = 14
STEP_PX = 2


@pytest.fixture(scope="session")
def portrait() -> ByteArray:
    """A smiling face, 60 px between the outer eye corners, in 320 x 360 px."""
    return np.ascontiguousarray(astronaut()[0:320, 60:420])


def write_lossless(path: Path, pictures: Sequence[ByteArray]) -> Clip:
    """A clip of 25 frames a second that holds these pictures bit for bit."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode(None))
    return Clip.open(path)


@pytest.fixture(scope="session")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Sequence[ByteArray]], Analysis]:
    folder = tmp_path_factory.mktemp("systems")

    def make(name: str, pictures: Sequence[ByteArray]) -> Analysis:
        return analyse(write_lossless(folder / f"{name}.mkv", pictures), cache=False)

    return make


@pytest.fixture(scope="session")
def still(portrait: ByteArray, analysed: Callable[[str, Sequence[ByteArray]], Analysis]) -> Analysis:
    """One frame."""
    return analysed("still", [portrait])


@pytest.fixture(scope="session")
def moving(portrait: ByteArray, analysed: Callable[[str, Sequence[ByteArray]], Analysis]) -> Analysis:
    """The face moves right by 2 px a frame; nothing is resampled."""
    starts = [STEP_PX * (FRAMES - 1 - k) for k in range(FRAMES)]
    return analysed("moving", [portrait[:, start : start + 330] for start in starts])


@pytest.fixture(scope="session")
def couple(portrait: ByteArray, analysed: Callable[[str, Sequence[ByteArray]], Analysis]) -> Analysis:
    """The face at the left, and at the right its mirror image at two thirds of the size; three frames."""
    small = np.full_like(portrait, 90)
    columns, rows = np.arange(240) * 3 // 2, np.arange(213) * 3 // 2
    small[50:263, 60:300] = portrait[:, ::-1][np.ix_(rows, columns)]
    return analysed("couple", [np.concatenate([portrait, small], axis=1)] * 3)


@pytest.fixture(scope="session")
def actor_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An actor of two_level with tiny random networks: what it shows means nothing, but it shows something."""
    import torch

    from mien.emotion.vocabulary import EMOTIONS
    from mien.morphable import builtin
    from mien.morphable.signature import signature
    from mien.systems.two_level.actor import Actor, ActorSizes, save_actor
    from mien.systems.two_level.config import PRESETS

    torch.manual_seed(0)
    model, preset = builtin.load(), PRESETS["tiny"]
    pictures = (preset.texture.gan.network, preset.texture.encoder.network)
    sizes = ActorSizes(model.identity_count, model.expression_count, EMOTIONS, preset.shape, *pictures, *pictures)
    actor = Actor(sizes, {"actor": "nobody", "consent": "made of random numbers", "model": signature(model)})
    actor.person.directions.normal_()
    folder = tmp_path_factory.mktemp("actors") / "nobody"
    save_actor(folder, actor)
    return folder
