"""A clip judged by the classifier, frame by frame: what evaluation needs for DNT's cross entropies (5.3)."""

from __future__ import annotations

from itertools import islice

import numpy as np

from mien.errors import InputError
from mien.morphable import builtin
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.reconstruction.views import cut_heads
from mien.training.classifier.classifier import ExpressionProbabilities, TypeLevelClassifier
from mien.types import IntArray

_AT_ONCE = 32


def clip_probabilities(
    classifier: TypeLevelClassifier, analysis: Analysis, face: AnalysedFace
) -> tuple[IntArray, ExpressionProbabilities]:
    """Judge one face in every frame in which it is tracked; memory does not grow with the clip beyond the result.

    Args:
        classifier: Trained on the input ``frames``.
        analysis: The clip, tracked and fitted.
        face: Whose expression.

    Returns:
        Frames ``(N,)``, and the probabilities in them.

    Raises:
        InputError: The classifier was trained on another input.
    """
    if classifier.card["input"] != "frames":
        raise InputError(f"clips are judged by a classifier of frames, and this is one of {classifier.card['input']}")
    clip = analysis.clip.frames(face.track.start, face.track.stop)
    heads = (
        (index, head)
        for index, head in cut_heads(builtin.load(), face.parameters, clip, classifier.size_px)
        if face.track.fade[index - face.track.start] == 1.0
    )
    frames: list[int] = []
    found = [classifier.probabilities(np.zeros((0, 1, 1, 3), np.uint8))]
    while batch := list(islice(heads, _AT_ONCE)):
        frames += [index for index, _ in batch]
        found.append(classifier.probabilities(np.stack([head for _, head in batch])))
    types, levels = (np.concatenate([getattr(part, name) for part in found]) for name in ("type", "level"))
    return np.array(frames, np.int32), ExpressionProbabilities(types, levels)
