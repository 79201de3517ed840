"""Clips made for the tests of tracking, from the public-domain portrait that scikit-image carries."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.ndimage import zoom
from skimage.data import astronaut

from mien.types import ByteArray
from mien.video.clip import Clip

MakeClip = Callable[..., Clip]


@pytest.fixture(scope="session")
def portrait() -> ByteArray:
    """A face of about 110 px, upright, in 256 x 256 px."""
    return np.ascontiguousarray(astronaut()[0:256, 96:352])


@pytest.fixture(scope="session")
def wide(portrait: ByteArray) -> Callable[[int, int, float], ByteArray]:
    """The portrait at (x, y), scaled, on a plain ground of 640 x 360 px."""

    def place(x: int, y: int, scale: float = 1.0) -> ByteArray:
        face = portrait if scale == 1 else zoom(portrait, (scale, scale, 1), order=1)
        canvas = np.full((360, 640, 3), 96, np.uint8)
        canvas[y : y + face.shape[0], x : x + face.shape[1]] = face[: 360 - y, : 640 - x]
        return canvas

    return place


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    """Encodes pictures, almost without loss, to a clip of 25 frames a second."""

    def make(pictures: Sequence[ByteArray], aspect: Fraction = Fraction(1), name: str = "clip.mp4") -> Clip:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = "yuv444p"
            stream.sample_aspect_ratio = aspect
            stream.options = {"preset": "ultrafast", "crf": "8"}
            for picture in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode(None))
        return Clip.open(path)

    return make


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips, where a developer has it."""
    default = Path(__file__).parents[2].parent / "shared"
    folder = Path(os.environ.get("MIEN_SHARED", default))
    if not folder.is_dir():
        pytest.skip(f"needs the clips of {folder}")
    return folder
