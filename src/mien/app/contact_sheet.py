"""A contact sheet: pictures of two clips at the same times, one above the other, as a PNG."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.app.clip_report import face_box
from mien.app.jobs import staging_folder
from mien.app.lettering import draw_text, text_size
from mien.errors import ClipError, InputError
from mien.reconstruction.analysis import Analysis
from mien.types import Box, ByteArray, DoubleArray
from mien.video.clip import Clip
from mien.video.frame import Frame
from mien.video.output import output_errors

TILE_WIDTH_PX = 320
"""Width of a picture on the sheet; less if the clip is smaller."""

MOST_COLUMNS = 40
_GAP = 8
_BACKGROUND = 24
_SCALE = 2
_FACE_MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet.

    Attributes:
        label: Stands at its left.
        pictures: ``(h, w, 3)`` each, as many as there are columns.
    """

    label: str
    pictures: tuple[ByteArray, ...]


def compare(before: Clip, after: Clip, count: int = 6, analysis: Analysis | None = None) -> tuple[list[Row], list[str]]:
    """Rows of both clips at the same times.

    Args:
        before: The source.
        after: The result.
        count: Columns, 1 to 40.
        analysis: Of ``before``: adds two rows with the largest face, cut out at the same place in both.

    Returns:
        The rows, and the times as labels of the columns.

    Raises:
        InputError: ``count`` is out of range.
        ClipError: A clip has no frames.
    """
    if not 1 <= count <= MOST_COLUMNS:
        raise InputError(f"a contact sheet has 1 to {MOST_COLUMNS} columns, not {count}")
    durations = [clip.info.duration_s or 0.0 for clip in (before, after)]
    times_s = (np.arange(count) + 0.5) / count * min(durations)
    shown = [frames_at(clip, times_s) for clip in (before, after)]
    rows = [
        Row(name, tuple(frame.thumbnail(TILE_WIDTH_PX) for frame in frames))
        for name, frames in zip(("before", "after"), shown, strict=True)
    ]
    if analysis is not None:
        rows += _face_rows(shown[0], shown[1], analysis)
    return rows, [f"{frame.time_s:.2f} s" for frame in shown[0]]


def frames_at(clip: Clip, times_s: DoubleArray) -> list[Frame]:
    """The frames that are on the screen at increasing times; before the first frame that one.

    Raises:
        ClipError: The clip has no frame.
    """
    shown: list[Frame] = []
    last: Frame | None = None
    for frame in clip.frames():
        while last is not None and len(shown) < len(times_s) and frame.time_s > times_s[len(shown)]:
            shown.append(last)
        if len(shown) == len(times_s):
            return shown
        last = frame
    if last is None:
        raise ClipError(f"{clip.path}: has no frame.")
    return shown + [last] * (len(times_s) - len(shown))


def _face_rows(before: Sequence[Frame], after: Sequence[Frame], analysis: Analysis) -> list[Row]:
    pairs = []
    for source, result in zip(before, after, strict=True):
        faces = analysis.faces_at(source.index)
        box = Box(0, 0, source.width, source.height)
        if faces:
            box = face_box(faces[0], source, _FACE_MARGIN)
        if (source.width, source.height) != (result.width, result.height):
            raise InputError("the two clips differ in size, so a face is not at the same place in both")
        pairs.append((_cut(source, box), _cut(result, box)))
    return [Row(name, tuple(pair[i] for pair in pairs)) for i, name in enumerate(("before", "after"))]


def _cut(frame: Frame, box: Box) -> ByteArray:
    """A square tile with the box in its middle."""
    pixels = np.ascontiguousarray(np.clip(frame.crop(box) * 255.0 + 0.5, 0, 255), np.uint8)
    wide, high = box.width * float(frame.pixel_aspect), float(box.height)
    scale = TILE_WIDTH_PX / max(wide, high)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    scaled = picture.reformat(width=size[0], height=size[1], interpolation="LANCZOS").to_ndarray(format="rgb24")
    tile = np.full((TILE_WIDTH_PX, TILE_WIDTH_PX, 3), _BACKGROUND, np.uint8)
    top, left = (TILE_WIDTH_PX - scaled.shape[0]) // 2, (TILE_WIDTH_PX - scaled.shape[1]) // 2
    tile[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    return tile


def assemble(rows: Sequence[Row], captions: Sequence[str]) -> ByteArray:
    """Lay out a sheet.

    Args:
        rows: All with as many pictures.
        captions: One for each column, drawn above it.

    Returns:
        ``(h, w, 3)`` uint8 RGB.
    """
    if not rows or any(len(row.pictures) != len(captions) for row in rows):
        raise InputError(f"every row of a sheet needs {len(captions)} pictures, one a caption")
    margin = max(text_size(row.label, _SCALE)[0] for row in rows) + 2 * _GAP
    line = text_size("", _SCALE)[1] + 2 * _GAP
    width = max(picture.shape[1] for row in rows for picture in row.pictures)
    width = max(width, *(text_size(caption, _SCALE)[0] for caption in captions))
    heights = [max(picture.shape[0] for picture in row.pictures) for row in rows]
    sheet = np.full(
        (line + sum(heights) + _GAP * len(rows), margin + (width + _GAP) * len(captions), 3), _BACKGROUND, np.uint8
    )
    for column, caption in enumerate(captions):
        draw_text(sheet, caption, margin + column * (width + _GAP), _GAP, _SCALE)
    top = line
    for row, height in zip(rows, heights, strict=True):
        draw_text(sheet, row.label, _GAP, top, _SCALE)
        for column, picture in enumerate(row.pictures):
            left = margin + column * (width + _GAP)
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        top += height + _GAP
    return sheet


def write_png(image: ByteArray, path: Path) -> None:
    """Write ``(h, w, 3)`` RGB as a PNG; it appears under its name only when complete.

    Raises:
        OutputError: It cannot be written.
    """
    height, width = image.shape[:2]
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "rgb24", Fraction(1)
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    data = b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
    with staging_folder(path) as folder, output_errors(path):
        (folder / path.name).write_bytes(data)
        os.replace(folder / path.name, path)
