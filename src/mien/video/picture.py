"""What all pictures of a clip share, and libav's services on them: copies, sizes, other pixel formats."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np

from mien.types import AnyArray, ByteArray, FloatArray
from mien.video.color import FULL_RANGE, ColorTags, resolve_matrix, yuv_scale
from mien.video.layout import PixelLayout, layout_of, working_format
from mien.video.orientation import Orientation


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """What all pictures of a clip share.

    Attributes:
        layout: the editable pixel format.
        width: stored columns, px.
        height: stored rows, px.
        matrix: resolved YCbCr matrix (:func:`mien.video.color.resolve_matrix`).
        full_range: samples use the whole range and not 16-235.
        centred_chroma: chroma lies in the middle of its columns (JPEG) and not on the first one (MPEG).
        orientation: from stored to display.
        pixel_aspect: width over height of a pixel as displayed.
        time_base: seconds per tick of ``pts``.
        start: clip time zero, seconds on the stream's clock.
        tags: the colour tags as the stream has them.
    """

    layout: PixelLayout
    width: int
    height: int
    matrix: int
    full_range: bool
    centred_chroma: bool
    orientation: Orientation
    pixel_aspect: Fraction
    time_base: Fraction
    start: Fraction
    tags: ColorTags
    copier: Copier = field(repr=False, compare=False)
    scaler: Scaler = field(repr=False, compare=False)

    @property
    def numbers(self) -> FloatArray:
        """The kernels' conversion numbers."""
        from mien.video.kernels import scale_numbers  # it loads the compiler, which tracking does without

        return scale_numbers(yuv_scale(self.matrix, self.full_range, self.layout.bits))

    @property
    def display_size(self) -> tuple[int, int]:
        """``(width, height)`` as displayed, px."""
        return self.orientation.size(self.width, self.height)


def describe_picture(
    picture: av.VideoFrame, tags: ColorTags, orientation: Orientation, pixel_aspect: Fraction, time_base: Fraction,
    start: Fraction,
) -> PictureFormat:  # fmt: skip
    """The shared format of a clip, from its first decoded picture.

    Args:
        picture: as the decoder gave it.
        tags: colour tags of the stream.
        orientation: from stored to display.
        pixel_aspect: as stored.
        time_base: seconds per tick.
        start: clip time zero, seconds.

    Raises:
        ClipError: pixel format or colour matrix is not one that mien edits.
    """
    name = picture.format.name
    layout = layout_of(working_format(name))
    jpeg = name.startswith("yuvj")
    gray_default = layout.family == "gray" and tags.color_range == 0
    matrix = 1 if layout.family == "rgb" else resolve_matrix(tags.matrix, picture.height)
    shown = 1 / pixel_aspect if orientation.transpose else pixel_aspect
    return PictureFormat(
        layout, picture.width, picture.height, matrix, jpeg or gray_default or tags.color_range == FULL_RANGE, jpeg,
        orientation, shown, time_base, start, tags, Copier(), Scaler(),
    )  # fmt: skip


def sample_planes(picture: av.VideoFrame, form: PictureFormat) -> list[AnyArray]:
    """Planes of Y, Cb, Cr (or R, G, B; or one) as arrays over libav's own memory, with the padding of their rows."""
    kind = np.uint8 if form.layout.bits == 8 else np.uint16
    arrays: list[AnyArray] = []
    for number in form.layout.planes:
        plane = picture.planes[number]
        memory: Any = plane  # VideoPlane has the buffer protocol, which its type does not say
        arrays.append(np.frombuffer(memory, kind).reshape(plane.height, plane.line_size // np.dtype(kind).itemsize))
    return arrays


def rgb_views(planes: list[AnyArray], layout: PixelLayout) -> list[AnyArray]:
    """Arrays of R, G and B over the planes of an RGB format."""
    if layout.step == 1:
        return planes
    return [planes[0][:, channel :: layout.step] for channel in range(3)]


class Copier:
    """Copies pictures with all that libav attached to them (captions, HDR metadata, field order).

    PyAV cannot clone a frame; a filter graph without filters hands out a second reference, which is then made writable.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: tuple[Any, Any, Any] | None = None

    def copy(self, picture: av.VideoFrame) -> av.VideoFrame:
        """A picture of its own memory with the same samples, time and side data."""
        with self._lock:
            if self._ends is None:
                graph = av.filter.Graph()
                source = graph.add_buffer(
                    width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1, 1000)
                )
                sink = graph.add("buffersink")
                graph.link_nodes(source, sink).configure()
                self._ends = (source, sink, graph)  # the ends do not keep the graph alive themselves
            self._ends[0].push(picture)
            twin = self._ends[1].pull()
        assert isinstance(twin, av.VideoFrame)
        twin.make_writable()
        return twin


class Scaler:
    """swscale for thumbnails and for rearranging decoder formats, its tables kept between frames."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_use: dict[Any, Any] = {}

    def _scale(self, use: Any, picture: av.VideoFrame, **options: Any) -> av.VideoFrame:
        with self._lock:
            scaler = self._by_use.setdefault(use, av.video.reformatter.VideoReformatter())
            scaled: av.VideoFrame = scaler.reformat(picture, threads=1, **options)
        return scaled

    def to_rgb(self, picture: av.VideoFrame, size: tuple[int, int], form: PictureFormat) -> ByteArray:
        """The picture in another size as 8-bit RGB, stored orientation; area average when it shrinks."""
        gray = form.layout.family == "gray"  # whose range swscale passes over: widened below
        shrinks = size[0] * 2 <= picture.width
        scaled = self._scale(
            size, picture, width=size[0], height=size[1], format="gray" if gray else "rgb24",
            interpolation="AREA" if shrinks else "BILINEAR",
            src_colorspace=form.matrix if form.layout.family == "yuv" else None,
            src_color_range="JPEG" if form.full_range or form.layout.family == "rgb" else "MPEG",
            dst_color_range="JPEG",
        )  # fmt: skip
        plane: Any = scaled.planes[0]
        rows: ByteArray = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        if gray:
            scale = yuv_scale(form.matrix, form.full_range, 8)
            levels = np.clip((np.arange(256) - scale.luma_offset) * (255 / scale.luma_range) + 0.5, 0, 255)
            return np.repeat(levels.astype(np.uint8)[rows[:, : plane.width, None]], 3, axis=-1)
        picture_rows: ByteArray = rows[:, : plane.width * 3].reshape(plane.height, plane.width, 3)
        return picture_rows

    def rearrange(self, picture: av.VideoFrame, name: str) -> av.VideoFrame:
        """The picture in another pixel format of the same size."""
        return self._scale(name, picture, format=name, interpolation="POINT")

    def to_yuv(self, picture: av.VideoFrame, name: str, tags: ColorTags) -> av.VideoFrame:
        """An RGB picture as YUV, chroma averaged."""
        full = tags.color_range == FULL_RANGE
        return self._scale(
            name,
            picture,
            format=name,
            interpolation="BICUBIC",
            src_color_range="JPEG",
            dst_colorspace=tags.matrix,
            dst_color_range="JPEG" if full else "MPEG",
        )
