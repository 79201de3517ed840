"""Recognisability: what an outside expression classifier sees in the faces of source and result."""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.metrics import recognition
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.evaluation import Figure, Series
from mien.metrics.evaluation.judge_sync import series
from mien.metrics.evaluation.judged import Kind, judged, unavailable
from mien.metrics.evaluation.look import Look
from mien.metrics.evaluation.measured import Measured, mean
from mien.metrics.expression_classifier import ExpressionClassifier
from mien.nn.weights.store import find
from mien.types import DoubleArray

EVERY = 5
"""Frames between two that the classifier sees: its six crops take longer than everything else together."""

NAME = "mini-xception"
HOW_TO_GET = f"Not available: run `mien weights get {NAME}`."

RECOGNISED = Kind(f"recognised[{NAME}]", "Seen as the emotion asked for", "expression", "", "ours, after CCFE 4.2")


def classifier() -> ExpressionClassifier | None:
    """The mini-Xception where its weights are on this machine.

    Raises:
        ModelError: They are damaged.
    """
    stored = find(NAME)
    for path in (None if stored is None else stored / "mini_xception.npz",
                 recognition.shared_folder() / recognition.CLASSIFIER_FILE):  # fmt: skip
        if path is not None and path.is_file():
            return ExpressionClassifier.load(path)
    return None


class SeenWatcher:
    """Shows every fifth frame's face to the classifier, source and result.

    Args:
        network: The classifier; None where its weights are not there.
        asked: What was asked for.
    """

    def __init__(self, network: ExpressionClassifier | None, asked: Asked) -> None:
        self._network = network
        self._asked = asked
        self._rows: list[int] = []
        self._seen: list[tuple[DoubleArray, DoubleArray]] = []

    def see(self, row: int, look: Look) -> None:
        """See :meth:`mien.metrics.evaluation.look.Watcher.see`."""
        if self._network is None or row % EVERY or look.source_face is None or look.result_face is None:
            return
        try:
            found = [
                np.mean(list(recognition.recognise(picture, face.landmarks, self._network).values()), axis=0)
                for picture, face in ((look.source, look.source_face), (look.result, look.result_face))
            ]
        except InputError:  # a face outside the picture or of no size: it shows nothing
            return
        self._rows.append(row)
        self._seen.append((found[0], found[1]))

    def figures(self, measured: Measured) -> list[Figure]:
        """See :meth:`mien.metrics.evaluation.look.Watcher.figures`."""
        if self._network is None:
            return [unavailable(RECOGNISED, HOW_TO_GET)]
        if not self._asked.emotions:
            return [unavailable(RECOGNISED, "No emotion was named (--emotion), so none can be recognised.")]
        figures = []
        for emotion in self._asked.emotions:
            kind = _kind(emotion)
            if emotion not in recognition.TARGET_LABELS:
                figures.append(unavailable(kind, f"The classifier was never taught {emotion}."))
                continue
            figures.append(self._judge(measured, kind, emotion))
        return figures

    def series(self, measured: Measured) -> list[Series]:
        """Probability of each emotion asked for, over time, between the frames seen."""
        found = []
        for emotion in self._asked.emotions:
            if emotion in recognition.TARGET_LABELS and self._rows:
                lines = {name: self._over_time(measured, emotion, i) for i, name in enumerate(("source", "result"))}
                lines = {"asked": self._asked.intensity(emotion), **lines}
                kind = _kind(emotion)
                found.append(series(measured, kind.key, kind.label, "expression", "", lines))
        return found

    def _judge(self, measured: Measured, kind: Kind, emotion: str) -> Figure:
        probability = self._over_time(measured, emotion, 1)
        before = self._over_time(measured, emotion, 0)
        shown = self._asked.shown(emotion)
        value, own = mean(np.where(shown, probability, np.nan)), mean(np.where(shown, before, np.nan))
        if np.isnan(value):
            return unavailable(kind, f"No frame with a face asks for {emotion} clearly enough.")
        known = np.where(shown, probability, np.nan)
        row = int(np.nanargmin(known))
        sentence = (
            f"An outside classifier sees {emotion} with probability {value:.2f} where it is asked for, and {own:.2f} "
            "in the source there."
        )
        return judged(kind, value, sentence, measured, row)

    def _over_time(self, measured: Measured, emotion: str, which: int) -> DoubleArray:
        assert self._network is not None
        values = np.full(measured.count, np.nan)
        if self._rows:
            found = np.stack([pair[which] for pair in self._seen])
            values[self._rows] = recognition.target_probability(found, emotion, self._network.labels)
        return values


def _kind(emotion: str) -> Kind:
    return Kind(f"recognised[{NAME}]:{emotion}", f"Seen as {emotion}", "expression", "", "ours, after CCFE 4.2")
