"""One decoded picture: crops out of it, and a copy of it with a rectangle changed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np

from mien.errors import ClipError, InputError
from mien.types import AnyArray, Box, ByteArray, FloatArray
from mien.video.color import ColorTags, yuv_scale
from mien.video.layout import PixelLayout, layout_of, working_format
from mien.video.picture import PictureFormat, rgb_views, sample_planes


class Frame:
    """A picture of a clip, in display orientation; never changed after it is made.

    Attributes:
        index: number of the frame in the clip, from 0.
        pts: presentation time in ticks of the stream's time base.
        picture: the planes as libav keeps them, in stored orientation. Read only: decoders share them.
    """

    __slots__ = ("_format", "index", "picture", "pts")

    def __init__(self, index: int, pts: int, picture: av.VideoFrame, picture_format: PictureFormat) -> None:
        """Wrap a decoded picture.

        Raises:
            ClipError: its size or pixel format is not the clip's.
        """
        self.index = index
        self.pts = pts
        self._format = picture_format
        self.picture = _as_layout(picture, picture_format, index)

    def __repr__(self) -> str:
        """Short description."""
        return f"Frame({self.index}, {self.time_s:.3f} s, {self.width}x{self.height} {self._format.layout.name})"

    @property
    def format(self) -> PictureFormat:
        """What this frame shares with its clip."""
        return self._format

    @property
    def time_s(self) -> float:
        """Seconds from the clip's start."""
        return float(self.pts * self._format.time_base - self._format.start)

    @property
    def width(self) -> int:
        """Columns as displayed, px."""
        return self._format.display_size[0]

    @property
    def height(self) -> int:
        """Rows as displayed, px."""
        return self._format.display_size[1]

    @property
    def pixel_aspect(self) -> Fraction:
        """Width over height of a pixel as displayed."""
        return self._format.pixel_aspect

    @property
    def peak(self) -> int:
        """Largest sample value: 255 for 8 bits, 1023 for 10."""
        return int(2**self._format.layout.bits - 1)

    def rgb(self) -> AnyArray:
        """The whole picture, ``(height, width, 3)`` RGB as displayed.

        Returns:
            uint8 0-255, or for more than 8 bits uint16 with the stream's own range (10 bits: 0-1023).
        """
        form = self._format
        deep = form.layout.bits > 8
        out = np.empty((form.height, form.width, 3), np.uint16 if deep else np.uint8)
        band = 64
        for top in range(0, form.height, band):  # a band at a time: the float crop of a 4K picture is 100 MB
            box = Box(0, top, form.width, min(top + band, form.height))
            out[top : top + band] = self._crop_stored(box) * np.float32(self.peak) + np.float32(0.5)
        return np.ascontiguousarray(form.orientation.to_display(out))

    def thumbnail(self, max_side: int) -> ByteArray:
        """A small copy with square pixels, for tracking and contact sheets; fast, and never larger than the picture.

        Args:
            max_side: longest side asked for, px.

        Returns:
            ``(h, w, 3)`` uint8 RGB as displayed.
        """
        if max_side < 1:
            raise InputError(f"A thumbnail's longest side is at least 1 px, got {max_side}.")
        form = self._format
        aspect = float(form.pixel_aspect)
        wide, high = self.width * max(1.0, aspect), self.height * max(1.0, 1 / aspect)
        scale = min(1.0, max_side / max(wide, high))
        size = form.orientation.size(max(1, round(wide * scale)), max(1, round(high * scale)))
        small = form.scaler.to_rgb(self.picture, size, form)
        return np.ascontiguousarray(form.orientation.to_display(small))

    def crop(self, box: Box, out: FloatArray | None = None) -> FloatArray:
        """Pixels of a rectangle, exact to the colour matrix, chroma upsampled bilinearly at its siting.

        Args:
            box: inside the frame, display orientation.
            out: ``(box.height, box.width, 3)`` float32, C-contiguous: memory that the result may be put in.

        Returns:
            ``(box.height, box.width, 3)`` float32 RGB 0-1, gamma coded as in the file.

        Raises:
            InputError: the box is empty or reaches beyond the frame.
        """
        self._check_box(box)
        turn = self._format.orientation
        crop = self._crop_stored(turn.box_to_stored(box, self.width, self.height), out if turn.identity else None)
        return crop if turn.identity else np.ascontiguousarray(turn.to_display(crop))

    def with_change(self, box: Box, before: FloatArray, after: FloatArray) -> Frame:
        """This frame with ``after - before`` added in a rectangle.

        The difference is converted to the frame's own samples and rounded there, so a sample whose pixels are equal in
        ``before`` and ``after`` keeps every bit; chroma takes the mean difference of its block.

        Args:
            box: inside the frame, display orientation.
            before: ``(box.height, box.width, 3)`` float32 RGB 0-1, usually :meth:`crop` of the same box.
            after: the same rectangle as it shall be.

        Returns:
            A new frame; this one is untouched.

        Raises:
            InputError: the box reaches beyond the frame, shapes differ, or a value is not finite.
        """
        self._check_box(box)
        for name, crop in (("before", before), ("after", after)):
            if crop.shape != (box.height, box.width, 3):
                raise InputError(f"{name} has shape {crop.shape}, expected {(box.height, box.width, 3)} as its box.")
        form = self._format
        turn = form.orientation
        stored = turn.box_to_stored(box, self.width, self.height)
        old = np.ascontiguousarray(turn.to_stored(before), np.float32)
        new = np.ascontiguousarray(turn.to_stored(after), np.float32)
        picture = form.copier.copy(self.picture)
        if not _add_change(sample_planes(picture, form), stored, old, new, form):
            raise InputError(f"The changed rectangle of frame {self.index} holds a value that is not a finite number.")
        return Frame(self.index, self.pts, picture, form)

    def picture_as(self, pixel_format: str, tags: ColorTags) -> av.VideoFrame:
        """The picture as an encoder takes it: itself, or converted to another pixel format.

        Args:
            pixel_format: what the encoder takes. Where it has more chroma samples they are repeated, not blended.
            tags: colours of the output, used when RGB becomes YUV.
        """
        form = self._format
        if pixel_format == form.layout.name:
            return self.picture
        if form.layout.family == "rgb" and layout_of(pixel_format).family != "rgb":
            return form.scaler.to_yuv(self.picture, pixel_format, tags)
        target = layout_of(pixel_format)
        picture = form.scaler.rearrange(self.picture, pixel_format)
        if form.layout.family == target.family == "yuv" and form.layout.bits == target.bits:
            _repeat_chroma(sample_planes(self.picture, form), sample_planes(picture, form), form, target)
        return picture

    def _check_box(self, box: Box) -> None:
        if box.empty or box.clipped(self.width, self.height) != box:
            raise InputError(f"{box} is not a rectangle inside the frame of {self.width}x{self.height} px.")

    def _crop_stored(self, box: Box, out: FloatArray | None = None) -> FloatArray:
        form = self._format
        layout = form.layout
        planes = sample_planes(self.picture, form)
        if layout.family == "yuv":
            out = np.empty((box.height, box.width, 3), np.float32) if out is None else out
            columns, rows = _taps(box, form)
            _kernels().crop_yuv(*planes, box.x0, box.y0, *columns, *rows, form.numbers, out)
            return out
        if layout.family == "gray":
            scale = yuv_scale(form.matrix, form.full_range, layout.bits)
            gray = planes[0][box.y0 : box.y1, box.x0 : box.x1].astype(np.float32)
            gray = np.clip((gray - np.float32(scale.luma_offset)) / np.float32(scale.luma_range), 0, 1)
            return np.repeat(gray[..., None], 3, axis=-1)
        samples = [plane[box.y0 : box.y1, box.x0 : box.x1] for plane in rgb_views(planes, layout)]
        return np.stack(samples, axis=-1).astype(np.float32) / np.float32(self.peak)


def _kernels() -> Any:
    """The compiled code for samples, loaded when a frame is first read exactly: a tracker does without, and starts."""
    from mien.video import kernels

    return kernels


def _taps(box: Box, form: PictureFormat) -> tuple[Any, Any]:
    layout = form.layout
    across = -(-form.width // 2**layout.shift_x)
    down = -(-form.height // 2**layout.shift_y)
    chroma_taps = _kernels().chroma_taps
    columns = chroma_taps(box.x0, box.width, layout.shift_x, across, form.centred_chroma)
    rows = chroma_taps(box.y0, box.height, layout.shift_y, down, True)
    return columns, rows


def _add_change(planes: list[AnyArray], box: Box, before: FloatArray, after: FloatArray, form: PictureFormat) -> bool:
    """Add a difference in stored orientation to planes; False when it is not finite."""
    layout = form.layout
    peak = 2**layout.bits - 1
    if layout.family == "yuv":
        return bool(_kernels().add_change_yuv(
            planes[0], planes[1], planes[2], box.x0, box.y0, before, after, layout.shift_x, layout.shift_y,
            form.width, form.height, form.numbers, peak))  # fmt: skip
    change: FloatArray = after - before
    if not np.isfinite(change).all():
        return False
    if layout.family == "gray":
        scale = yuv_scale(form.matrix, form.full_range, layout.bits)
        weights = np.array([scale.kr, 1 - scale.kr - scale.kb, scale.kb]) * scale.luma_range
        views, channels = planes, (change @ weights.astype(np.float32))[None]
    else:
        views, channels = rgb_views(planes, layout), np.moveaxis(change, -1, 0) * np.float32(peak)
    for view, channel in zip(views, channels, strict=True):
        part = view[box.y0 : box.y1, box.x0 : box.x1]
        part[...] = np.clip(part.astype(np.int32) + np.floor(channel + np.float32(0.5)).astype(np.int32), 0, peak)
    return True


def _repeat_chroma(old: list[AnyArray], new: list[AnyArray], form: PictureFormat, target: PixelLayout) -> None:
    """Fill chroma planes with the old samples, each as often as its block needs; swscale misses this at odd sizes."""
    across, down = 2 ** (form.layout.shift_x - target.shift_x), 2 ** (form.layout.shift_y - target.shift_y)
    width, height = -(-form.width // 2**target.shift_x), -(-form.height // 2**target.shift_y)
    for source, plane in zip(old[1:], new[1:], strict=True):
        samples = source[: -(-height // down), : -(-width // across)]
        plane[:height, :width] = samples.repeat(down, axis=0).repeat(across, axis=1)[:height, :width]


def _as_layout(picture: av.VideoFrame, form: PictureFormat, index: int) -> av.VideoFrame:
    """The picture in the clip's editable format: itself where it is already."""
    if (picture.width, picture.height) != (form.width, form.height):
        raise ClipError(
            f"The picture changes its size at frame {index}, from {form.width}x{form.height} to "
            f"{picture.width}x{picture.height} px; cut the clip there and edit the parts."
        )
    if picture.format.name != form.layout.name:
        if working_format(picture.format.name) != form.layout.name:
            raise ClipError(
                f"The pixel format changes at frame {index}, from {form.layout.name} to "
                f"{picture.format.name}; cut the clip there and edit the parts."
            )
        picture = form.scaler.rearrange(picture, form.layout.name)
    if any(plane.line_size < 0 for plane in picture.planes):  # stored bottom up
        picture = form.copier.copy(picture)
    return picture
