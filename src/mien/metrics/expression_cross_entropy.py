"""Cross entropy of expression type and of intensity level (DNT 3.2, 5.3): how surely a classifier sees what was asked.

Two networks trained on an actor's own footage (``mien train classifier``), one for the type of expression, one for its
level, look at frames; the figure of each is the mean of ``-ln p(label)``, in nats: 0 is sure and right, ``ln C`` is
guessing among C. Neutral is a type; it has no level, and is left out of that of levels. The paper's network is
ResNet-50; figures of another carry its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from mien.emotion.vocabulary import EMOTIONS, NEUTRAL
from mien.errors import InputError
from mien.types import AnyArray, IntArray

NO_LABEL = -1

PUBLISHED_BY_INPUT: MappingProxyType[str, tuple[float, float]] = MappingProxyType(
    {
        "frames": (0.0338, 0.0019),
        "rendered_texture": (0.0373, 0.0016),
        "textures": (0.0383, 0.0012),
        "rendered_shape": (0.2048, 0.0326),
        "rendered_vertex_colours": (0.1697, 0.0438),
    }
)
"""DNT, Table 1: input to (cross entropy of level, of type). ResNet-50, frontal MEAD videos of one actor, ten folds."""

PUBLISHED_RESULT = (0.029, 0.18)
"""DNT, Table 2, "Ours": cross entropy of level and of type on rendered frames."""

_LEAST = 1e-12


def cross_entropy(probabilities: AnyArray, labels: AnyArray) -> float:
    """Mean of ``-ln p(label)``, nats.

    Args:
        probabilities: ``(N, C)``, rows that add up to 1; probabilities below 1e-12 count as that.
        labels: ``(N,)`` class numbers; rows with :data:`NO_LABEL` are left out.

    Returns:
        0 or more; NaN if no row has a label.

    Raises:
        InputError: The arrays do not fit each other, or rows are no probabilities.
    """
    chosen, classes = _checked(probabilities, labels)
    if not len(classes):
        return float("nan")
    return float(-np.log(np.maximum(chosen[np.arange(len(classes)), classes], _LEAST)).mean())


def accuracy(probabilities: AnyArray, labels: AnyArray) -> float:
    """Share of the labelled rows whose likeliest class is the label, 0-1; NaN if no row has one.

    Raises:
        InputError: As :func:`cross_entropy`.
    """
    chosen, classes = _checked(probabilities, labels)
    return float((chosen.argmax(axis=1) == classes).mean()) if len(classes) else float("nan")


def type_labels(vectors: AnyArray, types: Sequence[str]) -> IntArray:
    """Classes of emotion vectors.

    Args:
        vectors: ``(N, 8)`` emotion vectors (CCFE 3.1), at most one element of each above 0.
        types: What the classifier tells apart: emotions, and neutral.

    Returns:
        ``(N,)`` places in ``types``; :data:`NO_LABEL` for emotions that the classifier does not know.

    Raises:
        InputError: The vectors are not of that shape.
    """
    strongest, intensity = _emotions(vectors)
    names = np.where(intensity > 0.0, np.array(EMOTIONS)[strongest], NEUTRAL)
    place = {name: number for number, name in enumerate(types)}
    return np.array([place.get(str(name), NO_LABEL) for name in names], np.int32)


def level_labels(vectors: AnyArray, levels: Sequence[float]) -> IntArray:
    """The level nearest to each vector's intensity.

    Args:
        vectors: ``(N, 8)`` emotion vectors.
        levels: Intensities that the classifier tells apart, rising.

    Returns:
        ``(N,)`` places in ``levels``; :data:`NO_LABEL` for neutral.

    Raises:
        InputError: The vectors are not of that shape.
    """
    _, intensity = _emotions(vectors)
    nearest = np.abs(intensity[:, None] - np.asarray(levels, np.float64)[None]).argmin(axis=1)
    return np.where(intensity > 0.0, nearest, NO_LABEL).astype(np.int32)


def _emotions(vectors: AnyArray) -> tuple[IntArray, AnyArray]:
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or vectors.shape[1] != len(EMOTIONS):
        raise InputError(f"emotion vectors are (N, {len(EMOTIONS)}), but came as {vectors.shape}")
    return vectors.argmax(axis=1).astype(np.int32), vectors.max(axis=1)


def _checked(probabilities: AnyArray, labels: AnyArray) -> tuple[AnyArray, AnyArray]:
    """The rows with a label, and their labels."""
    values, classes = np.asarray(probabilities, np.float64), np.asarray(labels)
    if values.ndim != 2 or classes.shape != (len(values),):
        raise InputError(f"probabilities (N, C) need labels (N,), but came as {values.shape} and {classes.shape}")
    if values.size and (not np.isfinite(values).all() or np.abs(values.sum(axis=1) - 1.0).max() > 1e-3):
        raise InputError("probabilities must be finite rows that add up to 1")
    known = classes != NO_LABEL
    if known.any() and not 0 <= classes[known].min() <= classes[known].max() < values.shape[1]:
        raise InputError(f"labels are 0 to {values.shape[1] - 1}, not {classes[known].min()} to {classes[known].max()}")
    return values[known], classes[known]
