"""The example clip, a short one made from it, and the examples' folder on the path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from mien.app.demonstration import example_clip

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="session")
def examples_folder() -> Iterator[Path]:
    """Where the scripts are; they import what lies beside them."""
    sys.path.insert(0, str(EXAMPLES))
    yield EXAMPLES
    sys.path.remove(str(EXAMPLES))


@pytest.fixture(scope="session")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every fifth frame of the example's first 2.4 s, at 5 frames/s: 12 frames of the same length in time."""
    path = tmp_path_factory.mktemp("clip") / "short.mp4"
    with av.open(str(example_clip())) as source, av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=5, options={"preset": "ultrafast", "crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 512, 512, "yuv420p"
        for number, frame in enumerate(source.decode(video=0)):
            if number % 5 == 0:
                frame.pts, frame.time_base = number // 5, Fraction(1, 5)
                output.mux(stream.encode(frame))
            if number == 55:
                break
        output.mux(stream.encode(None))
    return path
