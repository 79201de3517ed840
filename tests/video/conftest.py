"""Clips made with PyAV for the tests of reading and writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest


@dataclass(frozen=True)
class Recipe:
    """What a test clip is made of."""

    width: int = 96
    height: int = 64
    count: int = 12
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    rate: Fraction = Fraction(25)
    time_base: Fraction = Fraction(1, 12800)
    pts: Sequence[int] | None = None
    audio: int = 0
    audio_start: int = 0
    rotation_deg: int | None = None
    pixel_aspect: Fraction | None = None
    tags: tuple[int, int, int, int] | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = (("preset", "ultrafast"), ("crf", "10"))
    container: tuple[tuple[str, str], ...] = ()


def picture(width: int, height: int, number: int, pixel_format: str) -> av.VideoFrame:
    """A smooth coloured picture with a moving square; every plane filled to the peak of its depth."""
    rows, columns = np.mgrid[0:height, 0:width]
    red = (columns * 200 // max(width - 1, 1) + number * 3) % 256
    green = rows * 180 // max(height - 1, 1) + 30
    blue = 200 - (columns + rows) * 120 // (width + height)
    rgb = np.stack([red, green, blue], axis=-1).astype(np.uint8)
    left = (number * 5) % max(width - 16, 1)
    rgb[height // 4 : height // 2, left : left + 12] = (240, 40, 60)
    frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
    return frame.reformat(format=pixel_format, dst_colorspace=1, dst_color_range="MPEG")


def write_clip(path: Path, recipe: Recipe) -> Path:
    """Encode a test clip."""
    with av.open(str(path), "w", container_options=dict(recipe.container)) as output:
        output.metadata.update(dict(recipe.metadata))
        stream: Any = output.add_stream(recipe.codec, rate=recipe.rate, options=dict(recipe.options))
        stream.width, stream.height, stream.pix_fmt = recipe.width, recipe.height, recipe.pixel_format
        stream.time_base = stream.codec_context.time_base = recipe.time_base
        stream.codec_context.thread_count = 1
        if recipe.pixel_aspect:
            stream.codec_context.sample_aspect_ratio = recipe.pixel_aspect
        if recipe.tags:
            context = stream.codec_context
            context.colorspace, context.color_range, context.color_primaries, context.color_trc = recipe.tags
        if recipe.rotation_deg is not None:
            stream.set_display_rotation(recipe.rotation_deg)
        tracks = [_audio_track(output) for _ in range(recipe.audio)]
        step = 1 / (recipe.rate * recipe.time_base)
        pts = recipe.pts or [round(i * step) for i in range(recipe.count)]
        for number, tick in enumerate(pts):
            frame = picture(recipe.width, recipe.height, number, recipe.pixel_format)
            if recipe.tags:
                frame.colorspace, frame.color_range = recipe.tags[:2]
                frame.color_primaries, frame.color_trc = recipe.tags[2:]
            frame.pts, frame.time_base = tick, recipe.time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        for number, track in enumerate(tracks):
            _fill_audio(output, track, number, float((pts[-1] + step) * recipe.time_base), recipe.audio_start)
    return path


def _audio_track(output: Any) -> Any:
    track = output.add_stream("aac" if "webm" not in output.format.name else "libopus", rate=48000)
    track.layout = "mono"
    return track


def _fill_audio(output: Any, track: Any, number: int, seconds: float, start: int) -> None:
    samples = np.sin(np.arange(int(48000 * seconds)) * (0.03 + 0.02 * number)).astype(np.float32) * 0.3
    for place in range(0, len(samples), 1024):
        block = samples[None, place : place + 1024]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start + place, Fraction(1, 48000)
        output.mux(track.encode(frame))
    output.mux(track.encode(None))


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Makes a clip in the test's folder: ``make_clip("a.mp4", count=5, audio=2)``."""

    def make(name: str = "source.mp4", **fields: Any) -> Path:
        return write_clip(tmp_path / name, Recipe(**fields))

    return make


@dataclass(frozen=True)
class Packets:
    """One stream's packets as a demuxer gives them, in order of presentation."""

    kind: str
    times: list[Fraction]
    bytes: list[bytes]
    time_base: Fraction


def _packets_of(path: Path) -> list[Packets]:
    """Everything in a file, stream by stream, read with PyAV alone."""
    with av.open(str(path)) as container:
        found = [Packets(stream.type, [], [], stream.time_base or Fraction(1)) for stream in container.streams]
        for packet in container.demux():
            if packet.pts is not None:
                found[packet.stream.index].times.append(packet.pts * packet.time_base)
                found[packet.stream.index].bytes.append(bytes(packet))
    for stream_packets in found:
        if stream_packets.kind == "video":
            stream_packets.times.sort()
    return found


def _decoded(path: Path) -> list[tuple[Fraction, list[np.ndarray[Any, Any]]]]:
    """Decoded pictures with their times, read with PyAV alone: ``(seconds, planes)``."""
    result = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            planes = []
            for plane in frame.planes:
                kind = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
                rows = np.frombuffer(plane, kind).reshape(plane.height, -1)
                per_pixel = len(frame.format.components) if frame.format.name.startswith("rgb") else 1
                planes.append(rows[:, : plane.width * per_pixel].copy())
            result.append((frame.pts * frame.time_base, planes))
    return result


@pytest.fixture
def packets_of() -> Callable[[Path], list[Packets]]:
    """Reads a file's packets with PyAV alone."""
    return _packets_of


@pytest.fixture
def decoded() -> Callable[[Path], list[tuple[Fraction, list[np.ndarray[Any, Any]]]]]:
    """Decodes a file with PyAV alone."""
    return _decoded
