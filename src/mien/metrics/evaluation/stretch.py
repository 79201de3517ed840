"""Landmarks measured a stretch of frames at a time, so that no clip is too long to hold.

A stretch is long enough for every statistic that needs a past and a future (noise, lag, frozen lips), and neighbouring
ones overlap. What is known of a frame afterwards are numbers in the table.
"""

from __future__ import annotations

import numpy as np

from mien.metrics.action_units import distances
from mien.metrics.continuity import added_jumps, jumps
from mien.metrics.evaluation.measured import LagFound, Measured
from mien.metrics.face_frame import eye_distance
from mien.metrics.frozen_mouth import WINDOW, frozen_mouth
from mien.metrics.jitter import consecutive, jitter_series
from mien.metrics.lip_sync import lip_opening
from mien.metrics.pose_drift import pose_drift
from mien.metrics.sync_confidence import face_boxes
from mien.metrics.sync_lag import Lag, sync_lag
from mien.types import AnyArray, DoubleArray, FloatArray

LENGTH = 512
"""Frames of a stretch: about 20 s, and 6 MB of landmarks."""

OVERLAP = WINDOW + 1
"""Frames that a stretch has in common with the one before."""

LEAST_FOR_LAG = 100
"""Frames from which a stretch that is not the first tells a lag of its own."""


class Stretches:
    """Takes the landmarks of source and result frame by frame and measures them in stretches.

    Args:
        measured: Where the numbers go.
    """

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._rows: list[int] = []
        self._source: list[FloatArray] = []
        self._result: list[FloatArray] = []
        self._fresh = 0
        self._first = True

    def add(self, row: int, source: FloatArray, result: FloatArray) -> None:
        """Take a frame in which both have the face.

        Args:
            row: Of the table.
            source: ``(478, 3)`` px.
            result: ``(478, 3)`` px.
        """
        self._rows.append(row)
        self._source.append(source)
        self._result.append(result)
        self._fresh += 1
        if len(self._rows) >= LENGTH:
            self._measure()
            for kept in (self._rows, self._source, self._result):
                del kept[:-OVERLAP]
            self._fresh, self._first = 0, False

    def finish(self) -> None:
        """Measure what is left."""
        if self._fresh:
            self._measure()
        for kept in (self._rows, self._source, self._result):
            kept.clear()

    def _measure(self) -> None:
        rows = np.array(self._rows)
        source, result = np.stack(self._source), np.stack(self._result)
        self._measure_frames(rows, source, result)
        self._measure_motion(rows, source, result)
        mouth = frozen_mouth(source, result, rows)
        self._measured.speaking += mouth.speaking_frames
        for part in mouth.stretches:
            self._measured.frozen.update(range(part.first, part.last + 1))
        if self._first or len(rows) >= LEAST_FOR_LAG:
            lag = sync_lag(source, result, rows)
            self._measured.lips_lag.append(_found(lag.lips))
            self._measured.motion_lag.append(_found(lag.motion))

    def _measure_frames(self, rows: AnyArray, source: FloatArray, result: FloatArray) -> None:
        put = self._measured.table.set_rows
        put(rows, "eye_distance", eye_distance(source))
        put(rows, "lips_source", lip_opening(source))
        put(rows, "lips_result", lip_opening(result))
        put(rows, "pose_drift", pose_drift(source, result))
        # Boxes are smoothed over 13 frames: those of the rows in common stay as the stretch before had them.
        kept = slice(0 if self._first else OVERLAP // 2, None)
        for name, values in zip(("sync_x", "sync_y", "sync_half"), face_boxes(result).T, strict=True):
            put(rows[kept], name, values[kept])
        for name, landmarks in (("source", source), ("result", result)):
            for measure, values in distances(landmarks).items():
                put(rows, f"{measure}_{name}", values)

    def _measure_motion(self, rows: AnyArray, source: FloatArray, result: FloatArray) -> None:
        put = self._measured.table.set_rows
        later = rows[1:][consecutive(len(rows), rows, 2)]
        for name, landmarks in (("source", source), ("result", result)):
            for measure, align in (("tremble", True), ("shake", False)):
                series = jitter_series(landmarks, rows, align)
                known = np.isfinite(series)
                put(rows[known], f"{measure}_{name}", series[known])
            put(later, f"jump_{name}", jumps(landmarks, rows))
        put(later, "jump_added", added_jumps(source, result, rows))
        inner = rows[1:-1][consecutive(len(rows), rows, 3)]
        put(inner, "tremble_added", added_trembling(source, result, rows))


def added_trembling(source: FloatArray, result: FloatArray, frames: AnyArray) -> DoubleArray:
    """How much what the edit adds trembles: the source's own motion, a talking head's, drops out.

    With ``d = (result - source) / eye distance`` in the image plane: mean over landmarks of ``|d(t-1) - 2 d(t) +
    d(t+1)|``.

    Args:
        source: ``(T, 478, 3)`` px.
        result: ``(T, 478, 3)`` px, the same frames.
        frames: ``(T,)`` increasing frame indices.

    Returns:
        One value for each frame between two neighbours, eye distances per frame².
    """
    added = (result.astype(np.float64) - source)[..., :2] / eye_distance(source)[:, None, None]
    second = (added[:-2] - 2 * added[1:-1] + added[2:])[consecutive(len(added), frames, 3)]
    return np.asarray(np.linalg.norm(second, axis=2).mean(axis=1))


def _found(lag: Lag) -> LagFound:
    return LagFound(lag.frames, lag.sure, lag.worst_frame)
