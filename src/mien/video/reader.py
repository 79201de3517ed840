"""Reading a video file: decoded pictures in order, and the file's own facts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from mien.errors import ClipError
from mien.video.color import ColorTags
from mien.video.frame import Frame
from mien.video.info import ClipInfo
from mien.video.orientation import Orientation, matrix_of_rotation, orientation_of, parse_display_matrix
from mien.video.picture import PictureFormat, describe_picture

Warn = Callable[[str], None]

_INDEX_LOOK = 2000
_PACKET_LOOK = 60
_REORDER = 4
"""Index entries or packets that are looked at to tell whether frames are evenly spaced, and how far B-frames reach."""


def open_container(path: Path) -> InputContainer:
    """Open a media file for reading.

    Raises:
        ClipError: no such file, empty, not readable, or not a media file; one sentence that says which.
    """
    if not path.exists():
        raise ClipError(f"{path}: no such file.")
    if not path.is_file():
        raise ClipError(f"{path}: not a file.")
    if path.stat().st_size == 0:
        raise ClipError(f"{path}: the file is empty.")
    try:
        return av.open(str(path), metadata_errors="replace")
    except PermissionError as error:
        raise ClipError(f"{path}: no permission to read it.") from error
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise ClipError(f"{path}: {_why_unreadable(path)}.") from error


def _why_unreadable(path: Path) -> str:
    head = path.open("rb").read(4096)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return "the file is incomplete or damaged (its index is missing, as after a recording that was cut off)"
    if b"\0" not in head:
        return "this is a text file, not a video"
    return "this is not a video that can be read (unknown or damaged format)"


def main_stream(container: InputContainer, path: Path) -> VideoStream:
    """The video stream that is edited: the one players choose, cover pictures aside.

    Raises:
        ClipError: there is no video, or no decoder for it.
    """
    stream = container.streams.best("video")
    if stream is None or av.stream.Disposition.attached_pic in stream.disposition:
        raise ClipError(f"{path}: there is no video in it (streams: {_kinds(container) or 'none'}).")
    if stream.codec_context is None:
        raise ClipError(f"{path}: its video codec cannot be decoded here; convert it to H.264 first.")
    assert isinstance(stream, VideoStream)
    return stream


def _kinds(container: InputContainer) -> str:
    return ", ".join(sorted({stream.type for stream in container.streams}))


class VideoReader:
    """Decodes one video file, as often as asked, in constant memory.

    Attributes:
        path: the file.
        info: its properties.
        picture_format: what its frames share.
        display_matrix: the stream's nine display-matrix integers, or None.
        side_data: what is attached to the first picture (HDR metadata, ...), by libav's name of the kind.
        starts: when the streams begin that do not begin at 0, seconds.
        is_interlaced: frames hold two fields.
    """

    def __init__(self, path: Path, warn: Warn) -> None:
        """Open the file and decode its first picture.

        Raises:
            ClipError: see :func:`open_container`, :func:`main_stream`; or nothing can be decoded.
        """
        self.path = path
        self._warn = warn
        with open_container(path) as container:
            stream = main_stream(container, path)
            first = self._first_picture(container, stream)
            self.side_data = _side_data(first, stream.codec_context.name)
            matrix = self.side_data.pop("DISPLAYMATRIX", None)
            self.display_matrix = parse_display_matrix(matrix) if matrix else matrix_of_rotation(-first.rotation)
            self.starts = [s.start_time * s.time_base for s in container.streams if s.start_time and s.time_base]
            self.is_interlaced = bool(first.interlaced_frame)
            self.picture_format = self._describe(container, stream, first)
            self.info = _info(container, stream, first, self.picture_format)

    def _first_picture(self, container: InputContainer, stream: VideoStream) -> av.VideoFrame:
        stream.thread_type = "SLICE"
        try:
            for picture in _decode(container, stream, lambda _: None):
                return picture
        except ClipError:
            pass
        raise ClipError(
            f"{self.path}: no frame of its {stream.codec_context.name} video can be decoded; "
            "the file is damaged or cut off."
        )

    def _describe(self, container: InputContainer, stream: VideoStream, first: av.VideoFrame) -> PictureFormat:
        orientation = orientation_of(self.display_matrix)
        if orientation is None:
            self._warn(
                f"{self.path.name}: its display matrix turns by an angle that is not a right one; "
                "the picture is edited as it is stored, and the matrix is kept."
            )
            orientation = Orientation()
        tags = ColorTags(first.colorspace, first.color_range, first.color_primaries, first.color_trc)
        aspect = stream.sample_aspect_ratio or Fraction(1)
        base = stream.time_base or Fraction(1, 90000)
        return describe_picture(first, tags, orientation, aspect, base, _clip_start(container))

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Decode frames ``start`` to ``stop`` (exclusive), in presentation order."""
        problems: list[str] = []
        with open_container(self.path) as container:
            stream = main_stream(container, self.path)
            stream.thread_type = "AUTO"
            times = _Times(stream, problems.append)
            index = 0
            for index, picture in enumerate(_decode(container, stream, problems.append)):
                if stop is not None and index >= stop:
                    break
                pts = times.of(picture)
                if index >= start:
                    yield Frame(index, pts, picture, self.picture_format)
            else:
                for problem in dict.fromkeys(problems):
                    self._warn(f"{self.path.name}: {problem}")

    def count_frames(self) -> int:
        """Number of frames, by reading the packets without decoding them."""
        with open_container(self.path) as container:
            stream = main_stream(container, self.path)
            return sum(
                1 for packet in _packets(container, stream, lambda _: None) if packet.size and not packet.is_discard
            )


def _side_data(picture: av.VideoFrame, codec: str) -> dict[str, bytes]:
    """What is attached to a picture, by libav's name of the kind; empty where PyAV cannot list it.

    PyAV 18 frees tags of side data twice, which pictures with a named colour profile have: only image codecs attach
    those, so their side data is left alone. It also refuses the whole list when a kind is unknown to it.
    """
    if codec in ("mjpeg", "png", "apng", "tiff", "webp"):
        return {}
    try:
        sides: Any = list(picture.side_data)  # typed as a mapping, iterates over its values
        return {side.type.name: bytes(side) for side in sides}
    except ValueError:
        return {}


def _packets(container: InputContainer, stream: VideoStream, warn: Warn) -> Iterator[av.Packet[VideoStream]]:
    """Packets of a stream up to the file's readable end; a cut-off end is told, not raised."""
    expected, seen = stream.frames, 0
    demuxer = container.demux(stream)
    while True:
        try:
            packet = next(demuxer)
        except StopIteration:
            break
        except (av.error.FFmpegError, OSError):
            break
        seen += packet.size > 0
        yield packet
    if seen < expected:
        warn(f"the file is cut off: {seen} of {expected} frames are there; they are used.")


def _decode(container: InputContainer, stream: VideoStream, warn: Warn) -> Iterator[av.VideoFrame]:
    """Decoded pictures; a packet that cannot be decoded is left out, as players do, and told."""
    damaged = decoded = 0
    for packet in _packets(container, stream, warn):
        if packet.size == 0:
            continue
        try:
            pictures = stream.decode(packet)
        except (av.error.FFmpegError, OSError):
            damaged += 1
            continue
        decoded += len(pictures)
        yield from pictures
    try:
        rest = stream.decode(None)
    except (av.error.FFmpegError, OSError):
        rest, damaged = [], damaged + 1
    yield from rest
    if damaged:
        warn(f"{damaged} damaged packets could not be decoded; the frames in them are missing.")
    if decoded + len(rest) == 0:
        raise ClipError("no frame can be decoded.")


class _Times:
    """Timestamps of decoded pictures, made up evenly where the container has none, and never running backwards."""

    def __init__(self, stream: VideoStream, warn: Warn) -> None:
        base = stream.time_base or Fraction(1, 90000)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._step = max(1, round(1 / (rate * base)))
        self._last: int | None = None
        self._warn = warn

    def of(self, picture: av.VideoFrame) -> int:
        """The picture's ``pts``; later than that of the picture before it."""
        pts = picture.pts
        if pts is None:
            pts = picture.dts
        if pts is None:
            pts = 0 if self._last is None else self._last + self._step
            self._warn("frames without a timestamp are spaced evenly at the clip's average rate.")
        if self._last is not None and pts <= self._last:
            self._warn(
                "some frames carry the timestamp of the frame before them or an earlier one; "
                "each is moved to one tick after it."
            )
            pts = self._last + 1
        self._last = pts
        return pts


def _clip_start(container: InputContainer) -> Fraction:
    """Time zero of the clip: its earliest picture or sound. Sound before zero is encoder delay, which nobody hears."""
    starts = [stream.start_time * stream.time_base for stream in container.streams
              if stream.type in ("video", "audio") and stream.start_time is not None and stream.time_base]  # fmt: skip
    return max(Fraction(0), min(starts, default=Fraction(0)))


def _info(container: InputContainer, stream: VideoStream, first: av.VideoFrame, form: PictureFormat) -> ClipInfo:
    base = form.time_base
    duration: Fraction | None = None
    if stream.duration:
        duration = stream.duration * base
    elif container.duration:
        duration = Fraction(container.duration, av.time_base)
    rate = stream.average_rate or stream.guessed_rate
    count = stream.frames or (round(duration * rate) if duration and rate else None)
    kinds = [other.type for other in container.streams if other.index != stream.index]
    width, height = form.display_size
    return ClipInfo(
        width=width, height=height, frame_rate=rate, frame_count=count,
        duration_s=float(duration) if duration is not None else None, time_base=base,
        start_pts=first.pts if first.pts is not None else first.dts or 0, pixel_format=first.format.name,
        bit_depth=form.layout.bits, chroma=form.layout.chroma, tags=form.tags, pixel_aspect=form.pixel_aspect,
        rotation_deg=form.orientation.rotation_deg, is_mirrored=form.orientation.mirrored,
        codec=stream.codec_context.name, container=container.format.name, bit_rate=stream.bit_rate or None,
        audio_streams=kinds.count("audio"), subtitle_streams=kinds.count("subtitle"),
        data_streams=len(kinds) - kinds.count("audio") - kinds.count("subtitle") - kinds.count("video"),
        is_variable_rate=_variable_rate(container, stream), is_still=False, is_folder=False,
    )  # fmt: skip


def _variable_rate(container: InputContainer, stream: VideoStream) -> bool:
    """Whether frames are unevenly spaced, by the container's index where it lists all frames, else by packets."""
    entries = stream.index_entries
    if len(entries) >= stream.frames > 0:
        times = [entries[i].timestamp for i in range(min(len(entries), _INDEX_LOOK))]
    else:
        packets = itertools.islice(_packets(container, stream, lambda _: None), _PACKET_LOOK)
        times = sorted(packet.pts for packet in packets if packet.pts is not None)
        if len(times) > _PACKET_LOOK - _REORDER:
            times = times[:-_REORDER]  # frames that belong between the last ones may not be read yet
    if len(times) < 3:
        return False
    steps = [b - a for a, b in itertools.pairwise(times)]
    slack = max(1, round(Fraction(1, 1000) / (stream.time_base or 1)))  # counting milliseconds makes them jitter by one
    return max(steps) - min(steps) > slack
