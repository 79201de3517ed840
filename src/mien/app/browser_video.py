"""A copy of a clip that every browser plays: H.264 in 8-bit 4:2:0 and AAC, in an MP4 that begins to play at once."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from mien.errors import ClipError
from mien.video.claim import generator
from mien.video.clip import Clip
from mien.video.frame import Frame
from mien.video.output import discard, output_errors, partial_path
from mien.video.reader import open_container

LONGEST_SIDE_PX = 1920
"""Larger pictures are made smaller: level 4.2 of H.264 ends there, and so do the decoders of many phones."""

_TICKS = 90_000
_SOUND_RATE = 48_000
_QUALITY = "16"  # no difference to the source that would be seen beside it
_MUXER = {"movflags": "+faststart", "fflags": "+bitexact"}


def write_browser_video(source: Path, target: Path, comment: str = "") -> tuple[int, int]:
    """Write a clip again for browsers: upright, square pixels, even size, first sound track, its own frame times.

    Nothing of the source's names, tags, manifests or encoder settings gets into the copy.

    Args:
        source: A video, or a folder of numbered images.
        target: The ``.mp4``; it appears when it is complete.
        comment: Put into the file's metadata.

    Returns:
        Width and height of the copy, px.

    Raises:
        ClipError: The source cannot be read, or is a single image.
        OutputError: The target cannot be written.
    """
    clip = Clip.open(source)
    if clip.info.is_still:
        raise ClipError(f"{source}: a single image; a video is needed.")
    partial = partial_path(target)
    try:
        with output_errors(target):
            with av.open(str(partial), "w", format="mp4", options=_MUXER) as output:
                size = _write(clip, output, comment)
            partial.replace(target)
            return size
    finally:
        discard(partial)


def _write(clip: Clip, output: Any, comment: str) -> tuple[int, int]:
    output.metadata.update({"comment": comment, "software": generator()} if comment else {})
    frames = clip.frames()
    first = next(frames, None)
    if first is None:
        raise ClipError(f"{clip.path}: has no frame.")
    video = _add_video(output, clip, first)
    sound = None if clip.info.is_folder or not clip.info.has_audio else _Sound(clip, output, first.format.start)
    for frame in _with(first, frames):
        pixels = frame.thumbnail(LONGEST_SIDE_PX)[: video.height, : video.width]  # 4:2:0 asks for even sizes
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        picture.pts = round((frame.pts * clip.info.time_base - first.format.start) * _TICKS)
        picture.time_base = Fraction(1, _TICKS)
        for packet in video.encode(picture):
            output.mux_one(packet)
        if sound is not None:
            sound.write_until(frame.time_s)
    for packet in video.encode(None):
        output.mux_one(packet)
    if sound is not None:
        sound.write_until(None)
    return video.width, video.height


def _add_video(output: Any, clip: Clip, first: Frame) -> Any:
    height, width = first.thumbnail(LONGEST_SIDE_PX).shape[:2]
    stream = output.add_stream(
        "libx264", rate=(clip.info.frame_rate or Fraction(25)).limit_denominator(1001000),
        options={"crf": _QUALITY, "preset": "fast"},
    )  # fmt: skip
    if min(width, height) < 2:
        raise ClipError(f"{clip.path}: a picture of {width}x{height} px is too small for a browser's video.")
    stream.width, stream.height, stream.pix_fmt = width // 2 * 2, height // 2 * 2, "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, _TICKS)
    context = stream.codec_context
    context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 1, 1, 1
    return stream


def _with(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from rest


class _Sound:
    """The first sound track, decoded and encoded in step with the pictures."""

    def __init__(self, clip: Clip, output: Any, start: Fraction) -> None:
        self._container = open_container(clip.path)
        self._output = output
        self._start = start
        decoder = self._container.streams.audio[0]
        self._stream = output.add_stream("aac", rate=_SOUND_RATE, layout="mono" if decoder.channels == 1 else "stereo")
        self._stream.bit_rate = 160_000
        self._frames = self._container.decode(decoder)

    def write_until(self, time_s: float | None) -> None:
        """Hand on sound up to a time of the clip, or all that is left."""
        try:
            for frame in self._frames:
                assert frame.time_base is not None
                if frame.pts is not None:
                    frame.pts -= round(self._start / frame.time_base)
                self._mux(frame)
                if time_s is not None and frame.time is not None and frame.time > time_s:
                    return
        except av.error.FFmpegError:  # cut off; the pictures have told about it
            pass
        if time_s is None:
            self._mux(None)
            self._container.close()

    def _mux(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self._output.mux_one(packet)
