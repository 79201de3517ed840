"""A whole clip as the landmarker sees it, held in memory: for benchmarks on short clips.

``measure`` streams instead; this keeps the landmarks themselves, so that benchmarks may compare any two renders.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.errors import ModelError, WeightsMissingError
from mien.metrics import action_units, recognition, second_classifier
from mien.metrics.evaluation.ruler import landmarker_file
from mien.nn.face_expression import FaceExpression
from mien.types import AnyArray, FloatArray

RECOGNISE_EVERY = 5
"""Frames between two that the classifier sees: six crops take longer than everything else together."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What was seen in a clip.

    Attributes:
        frames: ``(T,)`` indices of the frames with a face.
        landmarks: ``(T, 478, 3)`` px.
        scores: Blendshape name to ``(T,)``, 0-1.
        recognised: ``(R,)`` rows of ``landmarks`` that the classifier saw.
        seen: ``(R, crops, 7)`` its probabilities.
        seen_second: ``(R, 7)`` those of face-api's network; NaN where it is not on this machine.
        pts: Timestamps of all frames.
        time_base: Seconds per tick.
    """

    frames: AnyArray
    landmarks: FloatArray
    scores: dict[str, AnyArray]
    recognised: AnyArray
    seen: FloatArray
    seen_second: FloatArray
    pts: tuple[int, ...]
    time_base: Fraction

    def only(self, frames: AnyArray) -> Observed:
        """The same, of some frames alone."""
        kept = np.isin(self.frames, frames)
        rows = np.flatnonzero(kept)
        asked = np.isin(self.recognised, rows)
        return Observed(
            frames=self.frames[kept],
            landmarks=self.landmarks[kept],
            scores={name: values[kept] for name, values in self.scores.items()},
            recognised=np.searchsorted(rows, self.recognised[asked]),
            seen=self.seen[asked],
            seen_second=self.seen_second[asked],
            pts=self.pts,
            time_base=self.time_base,
        )

    def leading(self, emotion: str) -> dict[str, AnyArray]:
        """An emotion's leading blendshape scores over time: name to ``(T,)``."""
        each = [
            action_units.leading_scores({name: values[t] for name, values in self.scores.items()}, emotion)
            for t in range(len(self.frames))
        ]
        return {name: np.array([scores[name] for scores in each]) for name in action_units.LEADING_BLENDSHAPES[emotion]}


def observe(path: Path, recognise: bool = True) -> Observed:
    """Decode a clip and look at every frame.

    Args:
        path: The clip.
        recognise: Ask the classifiers too, on every fifth frame.

    Raises:
        ModelError: The landmarker or the classifier is not on this machine.
    """
    frames: list[int] = []
    landmarks: list[FloatArray] = []
    scores: list[dict[str, float]] = []
    recognised: list[int] = []
    seen: list[FloatArray] = []
    second: list[FloatArray] = []
    network = _second_classifier() if recognise else None
    pts: list[int] = []
    classes = len(recognition.default_classifier().labels)
    model = landmarker_file()
    if model is None:
        raise ModelError("the face landmarker is not on this machine: run `mien weights get face-landmarker`")
    with av.open(str(path)) as container, action_units.FaceMeter(model, follow=True) as meter:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for index, frame in enumerate(container.decode(stream)):
            pts.append(int(frame.pts or 0))
            rgb = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            found = meter.measure(rgb, index / 25)
            if found is None:
                continue
            if recognise and index % RECOGNISE_EVERY == 0:
                recognised.append(len(frames))
                seen.append(np.stack(list(recognition.recognise(rgb, found[0]).values())))
                second.append(
                    second_classifier.recognise(rgb, found[0], network)
                    if network
                    else np.full(classes, np.nan, np.float32)
                )
            frames.append(index)
            landmarks.append(found[0])
            scores.append(found[1])
        base = Fraction(stream.time_base or 1)
    return Observed(
        frames=np.array(frames, int),
        landmarks=np.stack(landmarks) if landmarks else np.zeros((0, 478, 3), np.float32),
        scores={name: np.array([s[name] for s in scores]) for name in (scores[0] if scores else ())},
        recognised=np.array(recognised, int),
        seen=np.stack(seen) if seen else np.zeros((0, len(recognition.CROPS), classes), np.float32),
        seen_second=np.stack(second) if second else np.zeros((0, classes), np.float32),
        pts=tuple(pts),
        time_base=base,
    )


def _second_classifier() -> FaceExpression | None:
    try:
        return second_classifier.second_classifier()
    except WeightsMissingError:
        return None


def shared_frames(first: Observed, second: Observed) -> tuple[Observed, Observed]:
    """Both, reduced to the frames in which both have a face."""
    common = np.intersect1d(first.frames, second.frames)
    return first.only(common), second.only(common)
