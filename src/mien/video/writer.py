"""Writing an edited clip: video encoded, everything else of the source copied, under its name only when complete."""

from __future__ import annotations

import contextlib
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import av
from av.container import OutputContainer

from mien.errors import InputError, OutputError
from mien.video.clip import Clip
from mien.video.encoder import CONTAINERS, EncoderSettings, EncodingPlan, plan_encoding
from mien.video.frame import Frame
from mien.video.image_sink import ImageSink
from mien.video.images import is_image
from mien.video.info import MienWarning
from mien.video.output import check_target, discard, output_errors, partial_path
from mien.video.reader import VideoReader
from mien.video.remux import Remuxer

_FRAME_DURATION = int(av.codec.context.Flags.frame_duration)


class _Sink(Protocol):
    """What writes one kind of output."""

    def write(self, frame: Frame) -> None:
        """Take one frame."""

    def finish(self) -> None:
        """Complete the partial output."""

    def abort(self) -> None:
        """Close whatever is open."""


class ClipWriter:
    """Writes a clip with edited frames; a context manager.

    The output gets every frame given, at the frame's own timestamp, and all else the source has. On leaving the
    ``with`` block it appears under its name; on any exception nothing is left.

    Attributes:
        path: the output: ``.mp4``, ``.m4v``, ``.mov``, ``.mkv``, ``.webm``, an image, or a folder of images.
        source: the clip whose frames are written.
    """

    def __init__(
        self, path: str | os.PathLike[str], source: Clip, settings: EncoderSettings | None = None,
        metadata: Mapping[str, str] | None = None, *, stop_s: float | None = None,
    ) -> None:  # fmt: skip
        """Check the output's place and format; nothing is written yet.

        Args:
            path: where the result shall be.
            source: the clip that is edited.
            settings: how to encode.
            metadata: tags to add to the source's own.
            stop_s: end of what is written, where that is only the clip's beginning: its sound ends there, too.

        Raises:
            OutputError: unknown suffix, output is the input, or its folder cannot be written.
        """
        self.path = Path(path)
        self.source = source
        self._settings = settings or EncoderSettings()
        self._metadata = dict(metadata or {})
        self._stop_s = stop_s
        self._warnings: list[str] = []
        self._sink: _Sink | None = None
        self._last_pts: int | None = None
        check_target(self.path, source.path)
        self._kind = _kind_of(self.path, source)
        self._partial = partial_path(self.path)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be kept as it was, each a sentence; each is also given to :mod:`warnings` once."""
        return tuple(self._warnings)

    def __enter__(self) -> Self:
        """Open the partial output."""
        try:
            with output_errors(self.path):
                self._sink = self._open_sink()
        except BaseException:
            discard(self._partial)
            raise
        return self

    def _open_sink(self) -> _Sink:
        if self._kind == "images":
            return ImageSink(self._partial, self.path, self.source.reader, self._warn)
        return _VideoSink(
            self._partial, self._kind, self.source, self._settings, self._metadata, self._stop_s, self._warn
        )

    def write(self, frame: Frame) -> None:
        """Write the next frame.

        Raises:
            InputError: the frame's timestamp is not later than the last one's.
            OutputError: the disk is full or fails.
        """
        if self._sink is None:
            raise InputError("ClipWriter writes inside its with block only.")
        if self._last_pts is not None and frame.pts <= self._last_pts:
            raise InputError(
                f"Frame {frame.index} comes at tick {frame.pts}, not after the one before it "
                f"({self._last_pts}); write frames in order, each once."
            )
        self._last_pts = frame.pts
        with output_errors(self.path):
            self._sink.write(frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the output under its name, or remove what there is of it."""
        sink, self._sink = self._sink, None
        if sink is None:
            return
        done = False
        try:
            if kind is None:
                with output_errors(self.path):
                    if self._last_pts is None:
                        raise OutputError(f"{self.path}: not written, as no frame was given.")
                    sink.finish()
                    os.replace(self._partial, self.path)
                done = True
        finally:
            if not done:
                sink.abort()
                discard(self._partial)

    def _warn(self, text: str) -> None:
        sentence = f"{self.path.name}: {text}"
        if sentence not in self._warnings:
            self._warnings.append(sentence)
            warnings.warn(sentence, MienWarning, stacklevel=3)


def _kind_of(path: Path, source: Clip) -> str:
    """``"images"`` or libav's muxer for an output path."""
    suffix = path.suffix.lower()
    if is_image(path) or (source.info.is_folder and suffix == ""):
        return "images"
    if suffix not in CONTAINERS:
        known = ", ".join(CONTAINERS)
        raise OutputError(
            f"{path}: the file name's ending {suffix or '(none)'} is not known; write one of {known}, "
            "or for images .png, .jpg, .tif, .webp."
        )
    return CONTAINERS[suffix]


class _VideoSink:
    """Encodes frames into a container and copies the source's other streams beside them."""

    def __init__(
        self, partial: Path, container: str, source: Clip, settings: EncoderSettings, metadata: Mapping[str, str],
        stop_s: float | None, warn: Any,
    ) -> None:  # fmt: skip
        reader = source.reader
        form = reader.picture_format
        self._time_base = form.time_base
        self._form = form
        self._stop = None if stop_s is None else Fraction(stop_s)
        video = reader if isinstance(reader, VideoReader) else None
        self._plan = plan_encoding(
            source.info, form.layout, (form.width, form.height), container, settings,
            video.side_data if video else {}, bool(video and video.is_interlaced), warn,
        )  # fmt: skip
        self._output: OutputContainer = av.open(
            str(partial), "w", format=container,
            container_options=_muxer_options(container, self._time_base, video.starts if video else ()),
        )  # fmt: skip
        if container in ("matroska", "webm") and 1000 % self._time_base.denominator:
            warn("this container counts time in whole milliseconds; frames lie up to half a millisecond off.")
        self._remuxer: Remuxer | None = None
        try:
            self._stream = self._add_video(source, settings)
            if video is not None:
                self._remuxer = Remuxer(source.path, self._output, warn)
                if video.display_matrix is not None:
                    self._stream.set_display_matrix(video.display_matrix)
                self._stream.metadata.update(self._remuxer.video_metadata)
                self._stream.disposition = self._remuxer.video_disposition
                self._output.metadata.update(self._remuxer.metadata)
            self._output.metadata.update(metadata)
            self._output.start_encoding()
        except BaseException:
            self.abort()
            raise

    def _add_video(self, source: Clip, settings: EncoderSettings) -> Any:
        plan: EncodingPlan = self._plan
        form = self._form
        rate = (source.info.frame_rate or Fraction(25)).limit_denominator(1001000)
        if plan.codec == "av1":
            os.environ.setdefault("SVT_LOG", "1")  # errors only; SVT-AV1 takes its report to stderr off by this alone
        stream: Any = self._output.add_stream(plan.encoder, rate=rate, options=dict(plan.options))
        stream.width, stream.height, stream.pix_fmt = form.width, form.height, plan.pixel_format
        stream.time_base = self._time_base
        context = stream.codec_context
        context.time_base = self._time_base
        context.thread_count = settings.threads
        context.flags |= _FRAME_DURATION
        aspect = 1 / form.pixel_aspect if form.orientation.transpose else form.pixel_aspect
        context.sample_aspect_ratio = aspect
        context.color_range = plan.tags.color_range
        context.colorspace = plan.tags.matrix
        context.color_primaries = plan.tags.primaries
        context.color_trc = plan.tags.transfer
        if plan.codec_tag:
            context.codec_tag = plan.codec_tag
        return stream

    def write(self, frame: Frame) -> None:
        """Encode a frame."""
        picture = frame.picture_as(self._plan.pixel_format, self._plan.tags)
        picture.pts = frame.pts
        picture.time_base = self._time_base
        picture.pict_type = 0  # the encoder chooses; the source's choice would be taken as an order
        self._mux(self._stream.encode(picture))

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            if self._remuxer is not None and packet.dts is not None:
                self._remuxer.copy_until(packet.dts * packet.time_base)
            self._output.mux_one(packet)

    def finish(self) -> None:
        """Flush the encoder, copy what is left, complete the container."""
        self._mux(self._stream.encode(None))
        if self._remuxer is not None:
            self._remuxer.copy_until(self._stop)
            self._remuxer.close()
        self._output.close()

    def abort(self) -> None:
        """Close both files; what they hold no longer matters."""
        if self._remuxer is not None:
            self._remuxer.close()
        with contextlib.suppress(Exception):
            self._output.close()


def _muxer_options(container: str, time_base: Fraction, starts: Sequence[Fraction]) -> dict[str, str]:
    """What makes the muxer keep timestamps as they are.

    Args:
        container: the muxer.
        time_base: the video's.
        starts: when the source's streams begin, seconds.
    """
    if container not in ("mp4", "mov"):
        return {"avoid_negative_ts": "disabled"}  # else sound that starts before zero (encoder delay) shifts all
    # A late start is an empty edit, counted in ticks of the movie: milliseconds unless one of the starts needs finer.
    ticks = math.lcm(1000, *(start.denominator for start in starts if start > 0))
    return {
        "movflags": "+faststart+use_metadata_tags",
        "video_track_timescale": str(time_base.denominator),
        "movie_timescale": str(ticks if ticks < 2**31 else time_base.denominator),
    }
