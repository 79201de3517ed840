"""Pictures of source and result measured frame by frame: away from the face, and the face itself."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from mien.errors import InputError
from mien.metrics.background_watch import block_change
from mien.metrics.evaluation.measured import Measured
from mien.metrics.evaluation.ruler import Face
from mien.metrics.picture_quality import grey, sharpness
from mien.metrics.repeated_frames import RepeatedFrameWatch
from mien.types import LANDMARK_COUNT, ByteArray

SHARPNESS_EVERY = 5
"""Frames between two whose sharpness is measured."""


def measure_background(measured: Measured, row: int, source: ByteArray, result: ByteArray, faces: list[Face]) -> None:
    """What differs away from every face, farther than an edit may reach.

    Args:
        measured: Where the numbers go: ``background_shift``, the largest change of a block's mean colour, and
            ``background_error``, the mean absolute change of the pixels, both in shades of 255.
        row: Of the table.
        source: ``(H, W, 3)`` uint8.
        result: The same shape.
        faces: All faces of both pictures.
    """
    landmarks = np.stack([face.landmarks for face in faces]) if faces else np.zeros((0, LANDMARK_COUNT, 3))
    found = block_change(source, result, landmarks)
    if found.blocks == 0 or found.row is None or found.column is None:
        return
    measured.table.set(row, background_shift=found.largest, background_error=found.mean)
    measured.place[row] = (found.column, found.row)


def measure_sharpness(measured: Measured, row: int, pictures: dict[str, tuple[ByteArray, Face]]) -> None:
    """Fine detail of the face in source and result: columns ``sharpness_source`` and ``sharpness_result``."""
    for name, (picture, face) in pictures.items():
        cut = face_cut(picture, face)
        if min(cut.shape[:2]) >= 8:
            measured.table.set(row, **{f"sharpness_{name}": sharpness(grey(cut), face.size)})


def face_cut(picture: ByteArray, face: Face) -> ByteArray:
    """The rectangle of a picture that the face's landmarks cover."""
    low = np.maximum(np.floor(face.landmarks[:, :2].min(axis=0)).astype(int), 0)
    high = np.ceil(face.landmarks[:, :2].max(axis=0)).astype(int) + 1
    return picture[low[1] : high[1], low[0] : high[0]]


def watch_repeats(watch: RepeatedFrameWatch, row: int, source: ByteArray, result: ByteArray, face: Face) -> None:
    """Let the watch for repeated faces see a frame; a face that is outside the picture is left out."""
    with suppress(InputError):
        watch.add(row, source, result, face.landmarks)
