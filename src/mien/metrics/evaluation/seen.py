"""Recognisability: what outside expression classifiers see in the faces of source and result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.errors import EmotionError, InputError, ModelError, WeightsMissingError
from mien.metrics import recognition, second_classifier
from mien.metrics.emotion_accuracy import emotion_accuracy
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.evaluation import Figure, Series
from mien.metrics.evaluation.judge_sync import series
from mien.metrics.evaluation.judged import Kind, judged, unavailable
from mien.metrics.evaluation.look import Look
from mien.metrics.evaluation.measured import Measured, mean, worst
from mien.metrics.expression_classifier import ExpressionClassifier
from mien.nn.face_crop import mesh_crop
from mien.nn.hsemotion import INPUT_SIZE, HsEmotion
from mien.nn.weights.store import find, require_file
from mien.types import AnyArray, ByteArray, DoubleArray

EVERY = 5
"""Frames between two that a classifier sees: the crops take longer than everything else together."""

_ORIGIN = "ours, after CCFE 4.2"

NAME = "mini-xception"


@dataclass(frozen=True, slots=True)
class Recogniser:
    """An expression classifier.

    Attributes:
        name: As figures name it.
        read: A picture ``(H, W, 3)`` uint8 and a face's landmarks ``(478, 3)`` px to class probabilities ``(7,)``;
            raises InputError where the face lies outside the picture.
        probability: Class probabilities ``(N, 7)`` and an emotion to the probability that counts as seen, ``(N,)``;
            raises EmotionError for an emotion that it was not taught.
        classes: Its classes in order, in this project's words; empty where it cannot be used.
        missing: Why it cannot be used on this machine; empty where it can.
    """

    name: str
    read: Callable[[ByteArray, AnyArray], AnyArray] | None
    probability: Callable[[AnyArray, str], AnyArray] | None
    classes: tuple[str, ...] = ()
    missing: str = ""


def recognisers() -> tuple[Recogniser, ...]:
    """The classifiers, those that are not on this machine too.

    Raises:
        ModelError: The files of one are damaged.
    """
    return (_mini_xception(), _face_api(), _hsemotion())


def classifier_file() -> Path | None:
    """Where the mini-Xception's weights are on this machine: in the store, or in the shared development folder."""
    stored = find(NAME)
    for path in (None if stored is None else stored / "mini_xception.npz",
                 recognition.shared_folder() / recognition.CLASSIFIER_FILE):  # fmt: skip
        if path is not None and path.is_file():
            return path
    return None


def _mini_xception() -> Recogniser:
    path = classifier_file()
    if path is None:
        return Recogniser(NAME, None, None, missing=f"Not available: run `mien weights get {NAME}`.")
    network = ExpressionClassifier.load(path)

    def read(picture: ByteArray, landmarks: AnyArray) -> AnyArray:
        return np.asarray(np.mean(list(recognition.recognise(picture, landmarks, network).values()), axis=0))

    def probability(found: AnyArray, emotion: str) -> AnyArray:
        return recognition.target_probability(found, emotion, network.labels)

    words = {label: emotion for emotion, labels in recognition.TARGET_LABELS.items() for label in labels[:1]}
    return Recogniser(NAME, read, probability, tuple(words[label] for label in network.labels))


def _face_api() -> Recogniser:
    try:
        network = second_classifier.second_classifier()
    except WeightsMissingError as error:
        return Recogniser("face-api", None, None, missing=f"Not available: {error}.")

    def read(picture: ByteArray, landmarks: AnyArray) -> AnyArray:
        return second_classifier.recognise(picture, landmarks, network)

    return Recogniser("face-api", read, second_classifier.target_probability, network.labels)


def _hsemotion() -> Recogniser:
    try:
        network = HsEmotion(require_file("hsemotion", "recognised[HSEmotion]"))
    except ModelError as error:  # not on this machine, or ONNX Runtime is not
        return Recogniser("HSEmotion", None, None, missing=f"Not available: {str(error).rstrip('.')}.")

    def read(picture: ByteArray, landmarks: AnyArray) -> AnyArray:
        return np.asarray(network.probabilities(mesh_crop(picture, landmarks, INPUT_SIZE)[None])[0])

    def probability(found: AnyArray, emotion: str) -> AnyArray:
        if emotion not in network.labels:
            raise EmotionError(f"HSEmotion has no class for '{emotion}'; it knows {', '.join(network.labels)}")
        return np.asarray(np.asarray(found)[..., network.labels.index(emotion)])

    return Recogniser("HSEmotion", read, probability, network.labels)


class SeenWatcher:
    """Shows every fifth frame's face to a classifier, source and result.

    Args:
        recogniser: The classifier.
        asked: What was asked for.
    """

    def __init__(self, recogniser: Recogniser, asked: Asked) -> None:
        self._recogniser = recogniser
        self._asked = asked
        self._rows: list[int] = []
        self._seen: list[tuple[AnyArray, AnyArray]] = []

    def see(self, row: int, look: Look) -> None:
        """See :meth:`mien.metrics.evaluation.look.Watcher.see`."""
        read = self._recogniser.read
        if read is None or row % EVERY or look.source_face is None or look.result_face is None:
            return
        with suppress(InputError):  # a face outside the picture or of no size: it shows nothing
            found = read(look.source, look.source_face.landmarks), read(look.result, look.result_face.landmarks)
            self._rows.append(row)
            self._seen.append(found)

    def figures(self, measured: Measured) -> list[Figure]:
        """See :meth:`mien.metrics.evaluation.look.Watcher.figures`."""
        name = self._recogniser.name
        general = Kind(f"recognised[{name}]", f"Seen as the emotion asked for, by {name}", "expression", "", _ORIGIN)
        accuracy = Kind(f"ACC_emo[{name}]", f"Frames filed under the emotion asked for, by {name}", "expression", "",
                        "FG-EmoTalk")  # fmt: skip
        why = self._recogniser.missing
        if not why and not self._asked.emotions:
            why = "No emotion is asked for clearly enough to be recognised."
        if why:
            return [unavailable(general, why), unavailable(accuracy, why)]
        return [*(self._judge(measured, emotion) for emotion in self._asked.emotions), self._accuracy(accuracy)]

    def _accuracy(self, kind: Kind) -> Figure:
        """Of the frames seen in which an emotion is asked for; where two are, the stronger one counts."""
        emotions = self._asked.emotions
        shown = np.stack([np.where(self._asked.shown(e), self._asked.intensity(e), 0.0) for e in emotions])
        seen = [(found[1], row) for found, row in zip(self._seen, self._rows, strict=True) if shown[:, row].max() > 0]
        if not seen:
            return unavailable(kind, "No frame with a face asks for an emotion clearly enough.")
        asked = [emotions[int(shown[:, row].argmax())] for _, row in seen]
        try:
            value = emotion_accuracy(np.stack([found for found, _ in seen]), self._recogniser.classes, asked)
        except EmotionError as error:
            return unavailable(kind, f"{str(error)[0].upper()}{str(error)[1:]}.")
        told = f"Of {len(seen)} frames looked at, {value:.0%} look most like the emotion that they were asked to show."
        return judged(kind, value, told)

    def series(self, measured: Measured) -> list[Series]:
        """Probability of each emotion asked for, over time, on the frames seen."""
        found = []
        for emotion in self._asked.emotions if self._rows else ():
            with suppress(EmotionError):
                lines = {name: self._over_time(measured, emotion, i) for i, name in enumerate(("source", "result"))}
                lines = {"asked": self._asked.intensity(emotion), **lines}
                kind = self._kind(emotion)
                found.append(series(measured, kind.key, kind.label, "expression", "", lines))
        return found

    def _kind(self, emotion: str) -> Kind:
        name = self._recogniser.name
        return Kind(f"recognised[{name}]:{emotion}", f"Seen as {emotion}, by {name}", "expression", "", _ORIGIN)

    def _judge(self, measured: Measured, emotion: str) -> Figure:
        kind = self._kind(emotion)
        try:
            before, after = (self._over_time(measured, emotion, which) for which in (0, 1))
        except EmotionError:
            return unavailable(kind, f"The classifier was never taught {emotion}.")
        shown = self._asked.shown(emotion)
        value, own = mean(np.where(shown, after, np.nan)), mean(np.where(shown, before, np.nan))
        if np.isnan(value):
            return unavailable(kind, f"No frame with a face asks for {emotion} clearly enough.")
        row = worst(-np.where(shown, after, np.nan))
        sentence = (
            f"An outside classifier sees {emotion} with probability {value:.2f} where it is asked for, and {own:.2f} "
            "in the source there."
        )
        return judged(kind, value, sentence, measured, row)

    def _over_time(self, measured: Measured, emotion: str, which: int) -> DoubleArray:
        values = np.full(measured.count, np.nan)
        if self._rows and self._recogniser.probability is not None:
            values[self._rows] = self._recogniser.probability(np.stack([pair[which] for pair in self._seen]), emotion)
        return values
