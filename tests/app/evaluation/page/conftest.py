"""The start of the example clip, edited once for all tests of pages."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import av
import pytest

import mien

FRAMES = 64


@dataclass(frozen=True)
class Edited:
    """Names that a page must not stumble over: they could be elements, attributes or entities."""

    source: Path
    result: Path


@pytest.fixture(scope="session")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Edited:
    folder = tmp_path_factory.mktemp('a<b> & "c" d\'')
    source, result = folder / "<i>source&amp;.mp4", folder / '<script>alert(1)<&"quoted" result\'.mp4'
    with resources.as_file(resources.files("mien.app") / "data" / "example.mp4") as example:
        _copy_start(example, source)
    mien.edit(source, "0 neutral, 1 happy 1, 2 sad 0.8").save(result)
    return Edited(source, result)


def _copy_start(clip: Path, path: Path) -> None:
    """The first frames as they are encoded."""
    with av.open(str(clip)) as before, av.open(str(path), "w") as after:
        stream: Any = after.add_stream_from_template(before.streams.video[0])
        packets = [packet for packet in before.demux(video=0) if packet.pts is not None]
        for packet in packets[:FRAMES]:
            packet.stream = stream
            after.mux(packet)
