"""LSE-D and LSE-C of a result: SyncNet on its lips and its sound, in a second pass over the result alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mien.errors import InputError, ModelError
from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.judged import Kind, judged, unavailable
from mien.metrics.evaluation.measured import Measured
from mien.metrics.evaluation.ruler import picture_of
from mien.metrics.speech import speech_samples
from mien.metrics.sync_confidence import load_syncnet, measure_sync
from mien.types import ByteArray, DoubleArray
from mien.video.clip import Clip

DISTANCE = Kind("LSE-D", "Lips and sound, SyncNet distance", "sync", "", "CCFE 4.2")
CONFIDENCE = Kind("LSE-C", "Lips and sound, SyncNet confidence", "sync", "", "CCFE 4.2")

BOX = ("sync_x", "sync_y", "sync_half")
"""Columns with the place of the result's face, as :func:`mien.metrics.sync_confidence.face_boxes` gives it."""


def judge_speech(measured: Measured, result: Clip) -> list[Figure]:
    """Both figures, or why they are not there.

    Args:
        measured: With the columns of :data:`BOX`.
        result: The edited clip; decoded again.

    Raises:
        ClipError: It cannot be decoded.
    """
    boxes = np.stack([measured.column(name) for name in BOX], axis=1)
    if result.info.is_still or result.info.is_folder or not result.info.has_audio:
        return _neither("The result has no sound.")
    if not np.isfinite(boxes).all(axis=1).any():
        return _neither("No frame of the result has the face.")
    try:
        network = load_syncnet()
    except ModelError as error:
        return _neither(f"Not available: {str(error).rstrip('.')}.")
    filled = _filled(boxes)
    with_start = next(result.frames(0, 1))
    samples = speech_samples(result.path, float(with_start.pts * with_start.format.time_base))
    try:
        score = measure_sync(_pictures(measured, result), filled, samples, network)
    except InputError as error:
        return _neither(f"The clip is too short for it: {error}.")
    offset = f"; it finds the lips {score.offset_frames} frames of 25 a second late" if score.offset_frames else ""
    return [
        judged(
            DISTANCE, score.lse_d, f"Lips and sound are {score.lse_d:.2f} apart to SyncNet; lower is better{offset}."
        ),
        judged(CONFIDENCE, score.lse_c, f"SyncNet's confidence is {score.lse_c:.2f}; higher is better."),
    ]


def _neither(why: str) -> list[Figure]:
    return [unavailable(DISTANCE, why), unavailable(CONFIDENCE, why)]


def _pictures(measured: Measured, result: Clip) -> Iterator[tuple[float, ByteArray]]:
    """Time and picture of the frames measured."""
    wanted = iter(measured.frames)
    index = next(wanted, None)
    first_s = measured.times_s[0]
    for frame in result.frames():
        if frame.index == index:
            yield frame.time_s - first_s, picture_of(frame)
            index = next(wanted, None)


def _filled(boxes: DoubleArray) -> DoubleArray:
    """Boxes of frames without a face by a straight line between their neighbours'."""
    rows = np.arange(len(boxes))
    known = np.isfinite(boxes).all(axis=1)
    return np.stack([np.interp(rows, rows[known], boxes[known, k]) for k in range(boxes.shape[1])], axis=1)
