"""Figures on steadiness: does the result tremble, jump, turn its head or hitch where the source does not."""

from __future__ import annotations

import numpy as np

from mien.metrics.evaluation.evaluation import Figure, Series
from mien.metrics.evaluation.judge_sync import series
from mien.metrics.evaluation.judged import Kind, counted, judged, unavailable, where
from mien.metrics.evaluation.limits import LIMITS
from mien.metrics.evaluation.measured import Measured, mean, worst
from mien.types import DoubleArray

JITTER = Kind("jitter_ratio", "Trembling, over the source's", "steadiness", "×")
JITTER_ADDED = Kind("jitter_added", "Trembling that the edit adds, worst half second", "steadiness", "×")
POSE = Kind("pose_drift", "Head turned by the edit", "steadiness", "°")
JUMP = Kind("largest_jump", "Largest jump that the edit adds, over the source's own", "steadiness", "×")
REPEATED = Kind("repeated_frames", "Faces that belong to another frame", "steadiness", "frames")
FOUND = Kind("face_found", "Face found where the source has one", "steadiness", "%")

HALF_SECOND = 15
"""Frames of the window in which trembling is worst."""

LEAST_SHAKE = 0.004
"""Eye distances per frame²: a source that trembles less counts as trembling so much, which is the ruler's own noise."""

LEAST_JUMP = 0.01
"""Eye distances: where the source's largest step is smaller, it counts as this, or noise would be divided by noise."""


def judge_steadiness(measured: Measured) -> list[Figure]:
    """All figures on steadiness."""
    found = _found(measured)
    if not np.isfinite(measured.column("jump_added")).any():
        why = "Too few neighbouring frames have the face in both clips."
        return [found, *(unavailable(kind, why) for kind in (JITTER, JITTER_ADDED, POSE, JUMP, REPEATED))]
    return [*_jitter(measured), _pose(measured), _jump(measured), _repeated(measured), found]


def steadiness_series(measured: Measured) -> list[Series]:
    """Trembling, jumps and head turn over time."""
    column = measured.column
    return [
        series(measured, "jitter", "Trembling", "steadiness", "eye distances/frame²",
               {"source": column("tremble_source"), "result": column("tremble_result"),
                "edit": column("tremble_added")}),
        series(measured, "pose_drift", "Head turned by the edit", "steadiness", "°", {"result": column("pose_drift")}),
        series(measured, "largest_jump", "Jump from frame to frame", "steadiness", "eye distances",
               {"source": column("jump_source"), "result": column("jump_result"), "edit": column("jump_added")}),
    ]  # fmt: skip


def _jitter(measured: Measured) -> list[Figure]:
    source, result = measured.column("tremble_source"), measured.column("tremble_result")
    own = mean(source)
    if not own > 0:
        why = "The source does not move at all, so trembling has nothing to be held against."
        return [unavailable(JITTER, why), _added_jitter(measured)]
    ratio, row = mean(result) / own, worst(result - source)
    if ratio <= 1.05:
        sentence = f"The face is as steady as the source's ({ratio:.2f} times its trembling)."
    else:
        sentence = f"The face trembles {ratio:.2f} times as much as the source's, most {where(measured, row)}."
    return [judged(JITTER, ratio, sentence, measured, row), _added_jitter(measured)]


def _added_jitter(measured: Measured) -> Figure:
    added, own = measured.column("tremble_added"), max(mean(measured.column("shake_source")), LEAST_SHAKE)
    nearby = _local(added)
    middle = worst(nearby)
    if middle is None:
        return unavailable(JITTER_ADDED, "Too few neighbouring frames have the face in both clips.")
    value = float(nearby[middle]) / own
    row = worst(np.where(np.abs(np.arange(len(added)) - middle) <= HALF_SECOND // 2, added, np.nan))
    if value <= LIMITS[JITTER_ADDED.key].good:
        sentence = f"The edit adds no trembling (at most {value:.2f} times the source's own)."
    else:
        sentence = f"The edit adds trembling of {value:.1f} times the source's own, worst {where(measured, row)}."
    return judged(JITTER_ADDED, value, sentence, measured, row)


def _local(values: DoubleArray) -> DoubleArray:
    """Mean over the half second around each frame; NaN where less than half of it is known."""
    window = min(HALF_SECOND, len(values))
    known = np.isfinite(values)
    kernel = np.ones(window)
    total = np.convolve(np.where(known, values, 0.0), kernel, "same")[: len(values)]
    count = np.convolve(known.astype(float), kernel, "same")[: len(values)]
    return np.where(count >= max(1.0, window / 2), total / np.maximum(count, 1.0), np.nan)


def _pose(measured: Measured) -> Figure:
    drift = measured.column("pose_drift")
    value, row = mean(drift), worst(drift)
    if value <= 1.5:
        sentence = f"The head keeps its pose ({value:.1f}° off on average)."
    else:
        sentence = (
            f"The head seems turned by {value:.1f}° on average, most {where(measured, row)}; raised brows count too."
        )
    return judged(POSE, value, sentence, measured, row)


def _jump(measured: Measured) -> Figure:
    added, own = measured.column("jump_added"), measured.column("jump_source")
    row = worst(added)
    value = float(np.nanmax(added)) / max(float(np.nanmax(own)), LEAST_JUMP)
    if value <= 1.0:
        sentence = f"The edit makes no jump (its largest step is {value:.2f} times the source's own)."
    else:
        sentence = (
            f"The edit jumps {value:.1f} times as far as the source ever moves between frames, {where(measured, row)}."
        )
    return judged(JUMP, value, sentence, measured, row)


def _repeated(measured: Measured) -> Figure:
    if not measured.same_size:
        return unavailable(REPEATED, "Source and result differ in size, so their faces cannot be compared by pixels.")
    if any(lag.sure and lag.frames for lag in measured.motion_lag):
        return unavailable(REPEATED, "The face is late or early as a whole, so single frames cannot be told.")
    found = measured.repeated.found
    if not found:
        if measured.repeated.checked == 0:
            return unavailable(REPEATED, "The face hardly moves, so a frame shown twice could not be told.")
        return judged(REPEATED, 0.0, "Every frame shows its own face.")
    clearest = max(found, key=lambda f: f.step)
    named = ", ".join(str(measured.frames[f.frame]) for f in found[:5]) + (", …" if len(found) > 5 else "")
    side = "before" if clearest.shown < clearest.frame else "after"
    noun = "shows" if len(found) == 1 else "show"
    sentence = (
        f"{counted(len(found), 'frame')} {noun} the face of the frame {side} ({named}), clearest "
        f"{where(measured, clearest.frame)}."
    )
    return judged(REPEATED, float(len(found)), sentence, measured, clearest.frame)


def _found(measured: Measured) -> Figure:
    source, result = measured.column("face_source") > 0, measured.column("face_result") > 0
    if not source.any():
        return unavailable(FOUND, "No face is found in the source, so nothing about a face can be measured.")
    missing = source & ~result
    value = 100.0 * float((source & result).sum() / source.sum())
    if not missing.any():
        return judged(FOUND, value, "The face is found wherever the source has it.")
    row = int(np.flatnonzero(missing)[0])
    sentence = (
        f"The result has no face in {counted(int(missing.sum()), 'frame')} where the source has one, first "
        f"{where(measured, row)}."
    )
    return judged(FOUND, value, sentence, measured, row)
