"""What a clip says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mien.video.color import ColorTags


class MienWarning(UserWarning):
    """Something about a clip cannot be read or kept as it is; the work goes on, and the text says what differs."""


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """A clip's properties, sizes in display orientation.

    Attributes:
        width: columns as displayed, px.
        height: rows as displayed, px.
        frame_rate: average frames per second, None when the container does not say.
        frame_count: number of frames by the container's word, an estimate; None when it does not say.
        duration_s: length, seconds, or None.
        time_base: seconds per tick of the frames' ``pts``.
        start_pts: ``pts`` of the first frame.
        pixel_format: libav's name of the decoder's pixel format.
        bit_depth: bits per sample.
        chroma: ``"4:2:0"``, ``"4:2:2"``, ``"4:4:4"``, ``"gray"``, ``"rgb"``, ...
        tags: colour matrix, range, primaries, transfer.
        pixel_aspect: width over height of a pixel as displayed.
        rotation_deg: clockwise turn from stored to display, 0, 90, 180 or 270.
        is_mirrored: the display matrix mirrors, too.
        codec: libav's name of the video codec.
        container: libav's name of the container format.
        bit_rate: of the video, bits per second, or None.
        audio_streams: number of sound tracks.
        subtitle_streams: number of subtitle tracks.
        data_streams: number of other tracks (timecode, sensor data, attachments).
        is_variable_rate: frames are not evenly spaced, as far as the container's index or rates tell.
        is_still: a single image.
        is_folder: a folder of numbered images.
    """

    width: int
    height: int
    frame_rate: Fraction | None
    frame_count: int | None
    duration_s: float | None
    time_base: Fraction
    start_pts: int
    pixel_format: str
    bit_depth: int
    chroma: str
    tags: ColorTags
    pixel_aspect: Fraction
    rotation_deg: int
    is_mirrored: bool
    codec: str
    container: str
    bit_rate: int | None
    audio_streams: int
    subtitle_streams: int
    data_streams: int
    is_variable_rate: bool
    is_still: bool
    is_folder: bool

    @property
    def has_audio(self) -> bool:
        """Whether there is sound."""
        return self.audio_streams > 0

    @property
    def color_space(self) -> str:
        """Name of the YCbCr matrix."""
        return self.tags.matrix_name

    @property
    def color_range(self) -> str:
        """``"limited"``, ``"full"`` or ``"unspecified"``."""
        return self.tags.range_name

    @property
    def color_primaries(self) -> str:
        """Name of the primaries."""
        return self.tags.primaries_name

    @property
    def color_transfer(self) -> str:
        """Name of the transfer function."""
        return self.tags.transfer_name
