"""A contact sheet: pictures of two clips at the same times, one above the other, as a PNG."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
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
from mien.video.claim import EditClaim
from mien.video.clip import Clip
from mien.video.frame import Frame
from mien.video.output import output_errors
from mien.video.provenance import sign

TILE_PX = 320
"""Longer side of a picture on the sheet; less if the clip is smaller."""

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


def even_times(before: Clip, after: Clip, count: int) -> DoubleArray:
    """Times spread evenly over what both clips have, ``(count,)`` s.

    Raises:
        InputError: ``count`` is not 1 to 40.
    """
    if not 1 <= count <= MOST_COLUMNS:
        raise InputError(f"a contact sheet has 1 to {MOST_COLUMNS} columns, not {count}")
    duration_s = min(clip.info.duration_s or 0.0 for clip in (before, after))
    return (np.arange(count) + 0.5) / count * duration_s


def compare(
    before: Clip, after: Clip, times_s: DoubleArray, analysis: Analysis | None = None
) -> tuple[list[Row], list[str]]:
    """Rows of both clips at the same times.

    Args:
        before: The source.
        after: The result.
        times_s: When, increasing.
        analysis: Of ``before``: adds two rows with the largest face, cut out at the same place in both.

    Returns:
        The rows, and the times as labels of the columns.

    Raises:
        InputError: Faces are asked for and the clips differ in size.
        ClipError: A clip has no frame.
    """
    sizes = [(clip.info.width, clip.info.height) for clip in (before, after)]
    if analysis is not None and sizes[0] != sizes[1]:
        raise InputError(f"the clips differ in size ({sizes[0]}, {sizes[1]} px), so a face is not at one place in both")
    labels: list[str] = []
    boxes: list[Box] = []
    pictures: list[list[ByteArray]] = [[], []]
    faces: list[list[ByteArray]] = [[], []]
    for number, clip in enumerate((before, after)):
        for column, frame in enumerate(frames_at(clip, times_s)):  # made small at once: frames of 4K are large
            pictures[number].append(frame.thumbnail(TILE_PX))
            if number == 0:
                labels.append(f"{frame.time_s:.2f} s")
                boxes.append(_face_place(frame, analysis))
            if analysis is not None:
                faces[number].append(_cut(frame, boxes[column]))
    rows = [Row(name, tuple(found)) for name, found in zip(("before", "after"), pictures, strict=True)]
    if analysis is not None:
        rows += [Row(name, tuple(found)) for name, found in zip(("before", "after"), faces, strict=True)]
    return rows, labels


def frames_at(clip: Clip, times_s: DoubleArray) -> Iterator[Frame]:
    """The frames that are on the screen at increasing times; before the first frame that one.

    Raises:
        ClipError: The clip has no frame.
    """
    given = 0
    last: Frame | None = None
    for frame in clip.frames():
        while last is not None and given < len(times_s) and frame.time_s > times_s[given]:
            yield last
            given += 1
        if given == len(times_s):
            return
        last = frame
    if last is None:
        raise ClipError(f"{clip.path}: has no frame.")
    for _ in range(given, len(times_s)):
        yield last


def _face_place(frame: Frame, analysis: Analysis | None) -> Box:
    """A square round the largest face, as far as the frame reaches; the whole frame where there is no face."""
    faces = () if analysis is None else analysis.faces_at(frame.index)
    if not faces:
        return Box(0, 0, frame.width, frame.height)
    box = face_box(faces[0], frame, _FACE_MARGIN)
    aspect = float(frame.pixel_aspect)
    side = max(box.width * aspect, float(box.height))
    x, y = (box.x0 + box.x1) / 2.0, (box.y0 + box.y1) / 2.0
    half_x, half_y = side / aspect / 2.0, side / 2.0
    square = Box(round(x - half_x), round(y - half_y), round(x + half_x), round(y + half_y))
    return square.clipped(frame.width, frame.height)


def _cut(frame: Frame, box: Box) -> ByteArray:
    """A square tile with the box in its middle."""
    pixels = np.ascontiguousarray(np.clip(frame.crop(box) * 255.0 + 0.5, 0, 255), np.uint8)
    wide, high = box.width * float(frame.pixel_aspect), float(box.height)
    scale = TILE_PX / max(wide, high)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    scaled = picture.reformat(width=size[0], height=size[1], interpolation="LANCZOS").to_ndarray(format="rgb24")
    tile = np.full((TILE_PX, TILE_PX, 3), _BACKGROUND, np.uint8)
    top, left = (TILE_PX - scaled.shape[0]) // 2, (TILE_PX - scaled.shape[1]) // 2
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


def write_png(image: ByteArray, path: Path, claim: EditClaim | None = None) -> None:
    """Write a PNG; it appears under its name only when complete.

    Args:
        image: ``(h, w, 3)`` RGB.
        path: Where.
        claim: What was done to what it shows: it is signed with it. None for pictures that nobody edited.

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
        if claim is not None:
            sign(folder / path.name, claim)
        os.replace(folder / path.name, path)
