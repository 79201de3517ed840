"""Emotion accuracy: how many frames a classifier files under the emotion asked for. FG-EmoTalk's ACC_emo.

The paper does not say which classifier; the name says ours: ``ACC_emo[HSEmotion]``, ``ACC_emo[face-api]``,
``ACC_emo[mini-xception]``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.errors import EmotionError, InputError
from mien.types import AnyArray


def emotion_accuracy(probabilities: AnyArray, labels: Sequence[str], asked: Sequence[str]) -> float:
    """Share of the frames whose likeliest class is the emotion asked for (FG-EmoTalk, "Evaluation Metrics").

    Args:
        probabilities: ``(N, C)`` of N frames.
        labels: The ``C`` class names, in this project's words.
        asked: The emotion of each of the N frames.

    Returns:
        0 to 1; NaN for no frame. Of classes that are equally likely the first counts.

    Raises:
        InputError: Other shapes, or not finite.
        EmotionError: The classifier has no class for an emotion that was asked for.
    """
    found = np.asarray(probabilities, np.float64)
    if found.shape != (len(asked), len(labels)) or not np.isfinite(found).all():
        raise InputError(f"probabilities have shape {found.shape}; expected finite ({len(asked)}, {len(labels)})")
    for emotion in asked:
        if emotion not in labels:
            raise EmotionError(f"the classifier has no class for '{emotion}'; it knows {', '.join(labels)}")
    if len(found) == 0:
        return float("nan")
    wanted = np.array([list(labels).index(emotion) for emotion in asked])
    return float((found.argmax(axis=1) == wanted).mean())
