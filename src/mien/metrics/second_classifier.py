"""Recognisability by a second classifier, face-api's expression network: ``recognised[face-api]``.

It learned from other pictures than the mini-Xception and sees colour; a result that both recognise was not made for
one of them. Unlike the other it knows disgust apart from anger. Its crop is its own
(:func:`mien.nn.face_crop.face_api_crop`). It has no contempt and no calm.
"""

from __future__ import annotations

import numpy as np

from mien.errors import EmotionError
from mien.nn.face_crop import face_api_crop
from mien.nn.face_expression import INPUT_SIZE, LABELS, FaceExpression
from mien.nn.weights.store import require
from mien.types import AnyArray, ByteArray, FloatArray

NAME = "recognised[face-api]"


def second_classifier() -> FaceExpression:
    """The network from the store of weights.

    Raises:
        WeightsMissingError: It is not on this machine.
        ModelError: Its files are damaged.
    """
    return FaceExpression.load(require("face-api-expression", "recognisability by a second classifier"))


def recognise(rgb: ByteArray, landmarks: AnyArray, network: FaceExpression) -> FloatArray:
    """Class probabilities of one face.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        landmarks: ``(478, 3)`` px of the face in it.
        network: The classifier.

    Returns:
        ``(7,)``, columns :data:`mien.nn.face_expression.LABELS`, summing to 1.

    Raises:
        InputError: Another shape, or the face lies outside the picture.
    """
    return np.asarray(network.probabilities(face_api_crop(rgb, landmarks, INPUT_SIZE)[None])[0])


def target_probability(found: AnyArray, emotion: str) -> FloatArray:
    """Probability that counts as ``emotion`` seen.

    Args:
        found: ``(..., 7)`` class probabilities.
        emotion: ``neutral`` or one of ours.

    Returns:
        ``(...)``, 0-1.

    Raises:
        EmotionError: The classifier has no such class.
    """
    if emotion not in LABELS:
        raise EmotionError(f"the classifier has no class for '{emotion}'; it knows {', '.join(LABELS)}")
    return np.asarray(np.asarray(found)[..., LABELS.index(emotion)], np.float32)
