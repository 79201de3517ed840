"""DNT's cross entropies of expression type and level (5.3) of an edited clip, by its actor's own classifier."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from mien.app.evaluation.actor_classifier import ActorClassifier
from mien.metrics.evaluation.asked import CLEAR, Asked
from mien.metrics.evaluation.evaluate import EvaluationRequest
from mien.metrics.evaluation.evaluation import Evaluation, Figure
from mien.metrics.evaluation.judged import Kind, unavailable
from mien.metrics.expression_cross_entropy import NO_LABEL, cross_entropy, level_labels, type_labels
from mien.reconstruction.analysis import Analysis, analyse
from mien.types import AnyArray, IntArray
from mien.video.clip import Clip

Which = Literal["type", "level"]

NO_CLASSIFIER = (
    "Not available: needs a classifier trained on this person's footage (`mien train classifier`), named by "
    "`--classifier`, or by `classifier` in a suite file."
)


def kind_of(which: Which, network: str = "") -> Kind:
    """The figure of expression type or of level.

    Args:
        which: Type or level.
        network: As :attr:`ActorClassifier.network` has it; empty for the paper's.
    """
    name = f"[{network}]" if network else ""
    by = f", by {network}" if network else ""
    return Kind(f"CE {which}{name}", f"Expression {which}, cross entropy{by}", "expression", "nats", "DNT 5.3")


def with_cross_entropies(
    found: Evaluation, request: EvaluationRequest, classifier: ActorClassifier | None
) -> Evaluation:  # fmt: skip
    """An evaluation with both figures, or why they are not there.

    Args:
        found: The evaluation without them.
        request: What was evaluated.
        classifier: Of the person in the clip; None without one.

    Raises:
        ClipError: The result cannot be decoded.
        ModelError: The classifier is damaged.
    """
    if classifier is None:
        return replace(found, figures=(*found.figures, *_neither("", NO_CLASSIFIER)))
    return replace(
        found,
        figures=(*found.figures, *cross_entropies(request, classifier)),
        conditions={**found.conditions, "classifier": classifier.described},
    )


def cross_entropies(request: EvaluationRequest, classifier: ActorClassifier) -> list[Figure]:
    """Both figures of the result's own frames.

    A frame counts where something clear is asked of it: neutral, or an emotion at 0.25 and up; its level is the nearest
    that the classifier knows. Frames between, those with single action units and those outside the edit's time range
    do not count: they have no class.

    Args:
        request: What was edited, and how.
        classifier: Of the person in the clip.

    Raises:
        ClipError: The result cannot be decoded.
        ModelError: The classifier is damaged.
    """
    if request.track is None:
        return _neither(
            classifier.network,
            "The emotion asked for is not known: no edit file lies beside the result. Name it with --emotion.",
        )
    analysis = analyse(Clip.open(request.result))
    asked = Asked(request.track, request.start_s, request.stop_s)
    asked.sample(analysis.times_s)
    types, levels = _labels(asked, classifier)
    if (types == NO_LABEL).all():
        named = ", ".join(classifier.types)
        unknown = [emotion for emotion in asked.emotions if emotion not in classifier.types]
        why = f"was never taught {' or '.join(unknown)}" if unknown else "finds nothing that it knows in what is asked"
        told = f"Not available: the classifier of {classifier.actor} {why}; it knows {named}."
        return _neither(classifier.network, told)
    frames, seen = _seen(analysis, request.face, classifier)
    return [
        _figure("type", classifier, frames, seen[0], types, analysis),
        _figure("level", classifier, frames, seen[1], levels, analysis),
    ]


def _neither(network: str, why: str) -> list[Figure]:
    return [unavailable(kind_of("type", network), why), unavailable(kind_of("level", network), why)]


def _labels(asked: Asked, classifier: ActorClassifier) -> tuple[IntArray, IntArray]:
    """Type and level asked of every frame of the clip; NO_LABEL where it does not count."""
    strongest = asked.vectors.max(axis=1)
    counts = asked.alone & ((strongest == 0) | (strongest >= CLEAR))
    types = np.where(counts, type_labels(asked.vectors, classifier.types), NO_LABEL)
    levels = np.where(counts & (types != NO_LABEL), level_labels(asked.vectors, classifier.levels), NO_LABEL)
    return types.astype(np.int32), levels.astype(np.int32)


def _seen(analysis: Analysis, number: int, classifier: ActorClassifier) -> tuple[IntArray, tuple[AnyArray, AnyArray]]:
    """Frames in which the face is tracked, through all shots, and probabilities of type and level in them."""
    from mien.training.classifier.clip import clip_probabilities

    network = classifier.load()
    parts = [clip_probabilities(network, analysis, face) for face in analysis.faces if face.number == number]
    if not parts:
        empty = np.zeros((0, len(classifier.types))), np.zeros((0, len(classifier.levels)))
        return np.zeros(0, np.int32), empty
    frames = np.concatenate([frames for frames, _ in parts])
    return frames, (np.concatenate([p.type for _, p in parts]), np.concatenate([p.level for _, p in parts]))


def _figure(
    which: Which, classifier: ActorClassifier, frames: IntArray, seen: AnyArray, labels: IntArray, analysis: Analysis
) -> Figure:
    kind = kind_of(which, classifier.network)
    asked = labels[frames]
    counted = np.flatnonzero(asked != NO_LABEL)
    if which == "level" and len(classifier.levels) < 2:
        return unavailable(kind, f"The classifier of {classifier.actor} knows one level only: nothing to tell apart.")
    if not len(counted):
        nothing = "asks for an emotion clearly" if which == "level" else "asks for anything that the classifier knows"
        return unavailable(kind, f"No frame with the face {nothing}.")
    own = seen[counted, asked[counted]]
    value = cross_entropy(seen, asked)
    worst = int(frames[counted[int(own.argmin())]])
    guess = np.log(seen.shape[1])
    right = float((seen[counted].argmax(axis=1) == asked[counted]).mean())
    told = (
        f"The classifier trained on {classifier.actor} files {right:.0%} of {len(counted)} frames under the "
        f"{which} that they were asked to show; guessing among its {seen.shape[1]} would give {guess:.2f} nats."
    )
    return Figure(
        kind.key, kind.label, kind.group, value, kind.unit, "measured", told, origin=kind.origin,
        worst_frame=worst, worst_time_s=float(analysis.times_s[worst]),
    )  # fmt: skip
