"""FG-EmoTalk's distances of pose and expression coefficients to real footage, on the coefficients of mien's own fit."""

from __future__ import annotations

import numpy as np

from mien.metrics.coefficient_distance import (
    CoefficientDistances,
    coefficient_distances,
    coefficient_figure_name,
    rotation_distances,
)
from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.judged import Kind, judged, unavailable, where
from mien.metrics.evaluation.measured import Measured
from mien.reconstruction.analysis import AnalysedFace, Analysis, analyse
from mien.video.clip import Clip

FIT = "mien's fit"
"""The published figures are on Deep3DFaceRecon's coefficients; the name says that these are not."""

POSE = Kind(coefficient_figure_name("apd", FIT), "Pose coefficients' distance to the real footage", "steadiness",
            "rad", "FG-EmoTalk")  # fmt: skip
EXPRESSION = Kind(coefficient_figure_name("aed", FIT), "Expression coefficients' distance to the real footage",
                  "expression", "", "FG-EmoTalk")  # fmt: skip


def judge_coefficients(measured: Measured, result: Clip, target: Clip, number: int) -> list[Figure]:
    """Fit the model to result and real footage and compare the coefficients frame by frame.

    The fits are kept like those of ``mien edit``, so they take their time once.

    Args:
        measured: To name frames.
        result: The edited clip.
        target: The real footage; compared by frame numbers.
        number: Of the face: 1 for the largest.

    Raises:
        ClipError: A clip cannot be decoded.
    """
    first, second = analyse(result), analyse(target)
    if first.frame_count != second.frame_count:
        why = "The result and the real footage have different numbers of frames, so coefficients do not pair up."
        return [unavailable(POSE, why), unavailable(EXPRESSION, why)]
    pose, expression = CoefficientDistances(), CoefficientDistances()
    for one, other, start, stop in _shared(first, second, number):
        rows = [slice(start - face.track.start, stop - face.track.start) for face in (one, other)]
        faces = [(face.parameters, row) for face, row in zip((one, other), rows, strict=True)]
        known = np.logical_and(*(face.track.fade[row] > 0 for face, row in zip((one, other), rows, strict=True)))
        angles = [np.radians(found.pitch_yaw_roll_degrees()[row]) for found, row in faces]
        frames = np.flatnonzero(known) + start
        for frame in frames:  # one by one: a gap between frames must not move the numbers of those after it
            at = slice(frame - start, frame - start + 1)
            pose.add(rotation_distances(angles[0][at], angles[1][at]), int(frame))
            betas = [found.beta[row][at] for found, row in faces]
            expression.add(coefficient_distances(betas[0], betas[1]), int(frame))
    found = []
    for kind, distances in ((POSE, pose.result()), (EXPRESSION, expression.result())):
        if distances.worst_frame is None:
            found.append(unavailable(kind, "No frame has the face in both the result and the real footage."))
            continue
        row = measured.row_of(distances.worst_frame)
        unit = f" {kind.unit}" if kind.unit else ""
        told = f"{kind.label}: {distances.mean:.3g}{unit} a coefficient, farthest {where(measured, row)}."
        found.append(judged(kind, distances.mean, told, measured, row))
    return found


def _shared(first: Analysis, second: Analysis, number: int) -> list[tuple[AnalysedFace, AnalysedFace, int, int]]:
    """Faces of that number, and the frames ``start`` to ``stop`` that both have."""
    pairs = []
    for one in first.faces:
        for other in second.faces:
            start, stop = max(one.track.start, other.track.start), min(one.track.stop, other.track.stop)
            if one.number == other.number == number and start < stop:
                pairs.append((one, other, start, stop))
    return pairs
