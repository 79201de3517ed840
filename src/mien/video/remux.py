"""Sound, subtitles and data: copied packet for packet, with their timestamps, in step with the video."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer

from mien.errors import OutputError
from mien.video.reader import main_stream, open_container

_STALE = ("encoder", "rotate", "DURATION", "BPS", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES")
"""Stream tags that describe the old encoding; muxers write their own."""

_CONTAINER_STALE = ("major_brand", "minor_version", "compatible_brands", "encoder")
_MP4_LIKE = ("mp4", "mov")


class Remuxer:
    """A second reading of the source that hands every packet but the edited video's to the output.

    Packets are read only up to the time the video has reached, so memory stays constant.
    """

    def __init__(self, source: Path, output: OutputContainer, warn: Callable[[str], None]) -> None:
        """Open the source and add its other streams to the output.

        Raises:
            OutputError: the container cannot hold a sound track of the source.
        """
        self._container = open_container(source)
        video = main_stream(self._container, source)
        video.discard = av.stream.Discard.all
        self._output = output
        self._targets: dict[int, Any] = {}
        self.metadata = {k: v for k, v in self._container.metadata.items() if k.lower() not in _CONTAINER_STALE}
        self.video_metadata = kept_tags(video.metadata)
        self.video_disposition = video.disposition
        for stream in self._container.streams:
            if stream.index == video.index or stream.discard == av.stream.Discard.all:
                continue
            self._add(stream, warn)
        output.set_chapters(self._container.chapters())
        copied = [s for s in self._container.streams if s.index in self._targets and s.type != "attachment"]
        self._packets: Iterator[Any] = iter(self._container.demux(copied) if copied else ())
        self._next: Any = None

    def _add(self, stream: Any, warn: Callable[[str], None]) -> None:
        name = self._output.format.name
        if stream.type == "data" and "timecode" in stream.metadata and name in _MP4_LIKE:
            return  # the muxer writes the timecode track anew from the video's timecode tag
        if not _can_hold(name, stream):
            what = f"{stream.type} stream {stream.index} ({_codec_name(stream)})"
            if stream.type == "audio":
                raise OutputError(f"A {name} file cannot hold the clip's {what}; write .mkv or the source's format.")
            warn(f"the clip's {what} cannot be held by a {name} file and is left out.")
            return
        target = _add_copy(self._output, stream)
        target.metadata.update(kept_tags(stream.metadata))
        target.disposition = stream.disposition
        self._targets[stream.index] = target

    def copy_until(self, time: Fraction | None) -> None:
        """Hand over packets up to ``time`` (seconds, decoding order), or all that are left with None."""
        while True:
            if self._next is None:
                self._next = self._read()
                if self._next is None:
                    return
            packet = self._next
            if time is not None and packet.dts * packet.time_base > time:
                return
            packet.stream = self._targets[packet.stream.index]
            self._output.mux_one(packet)
            self._next = None

    def _read(self) -> Any:
        """The next packet that carries data, or None at the source's readable end."""
        while True:
            try:
                packet = next(self._packets, None)
            except (av.error.FFmpegError, OSError):  # cut off: the reader of the video tells about it
                return None
            if packet is None:
                return None
            if packet.dts is None:
                if packet.pts is None:
                    continue  # the demuxer's end mark
                packet.dts = packet.pts
            return packet

    def close(self) -> None:
        """Close the source."""
        self._container.close()


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """Stream tags that are still true of the copy."""
    return {k: v for k, v in tags.items() if k not in _STALE and not k.startswith("_STATISTICS")}


def _add_copy(output: OutputContainer, stream: Any) -> Any:
    if stream.type in ("data", "attachment") or stream.codec_context is None:
        return output.add_stream_from_template(stream)
    return output.add_stream_from_template(stream, opaque=True)


def _can_hold(container: str, stream: Any) -> bool:
    """Whether a container takes a stream: asked by writing a file of it alone to memory."""
    if stream.type == "attachment":
        return container == "matroska"
    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            copy = _add_copy(trial, stream)
            trial.start_encoding()
            if stream.type == "data":  # some data pass the header and fail when the file is completed
                packet = av.Packet(bytes(16))
                packet.stream, packet.pts, packet.dts, packet.time_base = copy, 0, 0, stream.time_base
                trial.mux_one(packet)
    except (av.error.FFmpegError, ValueError, OSError):
        return False
    return True


def _codec_name(stream: Any) -> str:
    return str(stream.codec_context.name) if stream.codec_context is not None else "no codec"
