"""Small clips of a head, and footage made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from skimage import data as pictures


def head(number: int) -> np.ndarray[Any, Any]:
    """Frame ``number`` of a head that sways by whole pixels."""
    x, y = round(96 + 8 * np.sin(number / 4)), round(14 + 5 * np.cos(number / 5))
    return np.ascontiguousarray(pictures.astronaut()[y : y + 256, x : x + 256])


def nobody(number: int) -> np.ndarray[Any, Any]:
    rows, columns = np.mgrid[0:256, 0:256]
    return np.stack([(rows + number) % 256, columns, 255 - rows], axis=-1).astype(np.uint8)


def write_clip(
    path: Path, painter: Callable[[int], np.ndarray[Any, Any]] = head, frames: int = 12, shift: int = 0
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=25, options={"crf": "12", "preset": "veryfast"})
        stream.height, stream.width = painter(0).shape[:2]
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(painter(number + shift), format="rgb24").reformat(format="yuv420p")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def footage_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Neutral, happy at two intensities (stretches of a clip), a clip without a face, and a file that is no video."""
    folder = tmp_path_factory.mktemp("footage")
    write_clip(folder / "calm.mp4")
    write_clip(folder / "glad.mp4", frames=14, shift=40)
    write_clip(folder / "empty-room.mp4", nobody, frames=5)
    (folder / "broken.mp4").write_bytes(b"this is no video" * 50)
    (folder / "labels.csv").write_text(
        "file,emotion,intensity,actor,start_s,stop_s\n"
        "calm.mp4,neutral,,Eileen,,\n"
        "glad.mp4,happy,0.5,Eileen,0,0.24\n"
        "glad.mp4,happy,1,Eileen,0.24,\n"
        "empty-room.mp4,sad,1,Eileen,,\n"
        "broken.mp4,sad,1,Eileen,,\n"
    )
    return folder
