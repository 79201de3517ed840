"""Recognisability: how probable an expression classifier finds the emotion that was asked for.

A classifier's answer depends on how the face is cut out, and whoever measures next will cut it otherwise. So a face is
judged through several crops (:data:`CROPS`), and the mean over them is the figure.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mien.errors import EmotionError, InputError
from mien.geometry.resampling import resampling
from mien.metrics.expression_classifier import INPUT_SIZE, ExpressionClassifier
from mien.metrics.face_frame import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from mien.nn.weights.store import find, require_file
from mien.types import LANDMARK_COUNT, AnyArray, ByteArray, FloatArray

CLASSIFIER_FILE = "weights/fer_mini_xception_102.npz"
"""Where the classifier lies inside the folder of shared development material."""

TARGET_LABELS: dict[str, tuple[str, ...]] = {
    "neutral": ("neutral",),
    "happy": ("happy",),
    "sad": ("sad",),
    "angry": ("angry",),
    "fear": ("fear",),
    "disgusted": ("disgust", "angry"),
    "surprised": ("surprise",),
}
"""Emotion to the classifier's labels that count as seen. FER-2013 has 547 faces of disgust among 35,887 and files most
of what it shows under angry, so both count. It has no contempt and no calm."""


@dataclass(frozen=True, slots=True)
class FaceCrop:
    """A rectangle around a face, along the image's axes. Lengths in eye distances (outer corner to outer corner).

    Attributes:
        down: How far its centre lies below the middle of the outer eye corners.
        width: Its width.
        height: Its height; what is not square is squeezed into the square.
        smooth: Average over the pixels of the frame ; else pick them bilinearly, which aliases, as
            the classifier's published demo does.
    """

    down: float
    width: float
    height: float
    smooth: bool = True


CROPS: dict[str, FaceCrop] = {
    "tight": FaceCrop(0.30, 1.60, 1.60),
    "haar": FaceCrop(0.19, 1.95, 1.95, smooth=False),
    "box": FaceCrop(0.37, 2.05, 2.05),
    "medium": FaceCrop(0.25, 2.20, 2.20),
    "demo": FaceCrop(0.19, 2.20, 2.45, smooth=False),
    "wide": FaceCrop(0.20, 2.50, 2.50),
}
"""The plausible crops. ``haar`` is the box of OpenCV's frontal-face cascade, measured against landmarks on 66 frames of
ten people (centre 0.19 ± 0.03 below the eyes, side 1.95 ± 0.1); ``demo`` adds the 20 and 40 px margins of the published
demo, at a face of 150 px eye distance; ``box`` is the landmarks' bounding square with a tenth of margin."""


def shared_folder() -> Path:
    """Folder of shared development material: ``$MIEN_SHARED``, else ``shared`` beside the repository."""
    named = os.environ.get("MIEN_SHARED")
    return Path(named) if named else Path(__file__).resolve().parents[4] / "shared"


@lru_cache(maxsize=1)
def default_classifier() -> ExpressionClassifier:
    """The classifier from the store of weights, else from :func:`shared_folder`, read once.

    Raises:
        WeightsMissingError: It is in neither.
    """
    developers_own = shared_folder() / CLASSIFIER_FILE
    if find("mini-xception") is None and developers_own.is_file():
        return ExpressionClassifier.load(developers_own)
    return ExpressionClassifier.load(require_file("mini-xception", "recognisability"))


def probabilities(crops: AnyArray, classifier: ExpressionClassifier | None = None) -> FloatArray:
    """Class probabilities of face crops.

    Args:
        crops: ``(N, 64, 64)`` grey, uint8 or 0-1; or RGB ``(N, 64, 64, 3)`` uint8.
        classifier: The network; the shared one by default.

    Returns:
        ``(N, 7)``, columns ``classifier.labels``: angry, disgust, fear, happy, sad, surprise, neutral.

    Raises:
        InputError: Another shape or type.
    """
    crops = np.asarray(crops)
    if crops.ndim == 4 and crops.shape[3] == 3 and crops.dtype == np.uint8:
        crops = grey(crops)
    return (classifier or default_classifier()).probabilities(crops)


def crop_face(rgb: ByteArray, landmarks: AnyArray, crop: FaceCrop) -> ByteArray:
    """Cut a face out, grey, as the classifier takes it. Beyond the image's border its edge pixels repeat.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        landmarks: ``(478, 3)`` px of the face in it.
        crop: Where and how large.

    Returns:
        ``(64, 64)`` uint8.

    Raises:
        InputError: Another shape, or a face of no size.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (LANDMARK_COUNT, 3) or not np.isfinite(points).all():
        raise InputError(f"landmarks have shape {points.shape}; expected finite ({LANDMARK_COUNT}, 3), px")
    right, left = points[RIGHT_EYE_OUTER], points[LEFT_EYE_OUTER]
    size = float(np.linalg.norm(left - right))
    if size < 1.0:
        raise InputError(f"the face has an eye distance of {size:.2g} px; expected at least 1")
    centre_x, centre_y = (right[:2] + left[:2]) / 2 + (0.0, crop.down * size)
    x0, x1 = (round(centre_x + side * crop.width * size / 2) for side in (-1, 1))
    y0, y1 = (round(centre_y + side * crop.height * size / 2) for side in (-1, 1))
    height, width = rgb.shape[:2]
    if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
        raise InputError("the face lies outside the image; expected landmarks in px of this image")
    rows, columns = np.clip(np.arange(y0, y1), 0, height - 1), np.clip(np.arange(x0, x1), 0, width - 1)
    cut = grey(rgb[rows[:, None], columns]).astype(np.float32)
    small = resampling(y1 - y0, INPUT_SIZE, crop.smooth) @ cut @ resampling(x1 - x0, INPUT_SIZE, crop.smooth).T
    return np.asarray(np.rint(small), np.uint8)


def grey(rgb: ByteArray) -> ByteArray:
    """Luma of ITU-R BT.601, as OpenCV and Pillow compute it: ``(..., 3)`` uint8 to ``(...)`` uint8."""
    return np.asarray(np.rint(rgb @ np.array((0.299, 0.587, 0.114), np.float32)), np.uint8)


def recognise(
    rgb: ByteArray, landmarks: AnyArray, classifier: ExpressionClassifier | None = None
) -> dict[str, FloatArray]:
    """Class probabilities of one face through every crop of :data:`CROPS`: name of the crop to ``(7,)``."""
    cut = np.stack([crop_face(rgb, landmarks, crop) for crop in CROPS.values()])
    return dict(zip(CROPS, probabilities(cut, classifier), strict=True))


def target_probability(found: AnyArray, emotion: str, labels: tuple[str, ...]) -> FloatArray:
    """Probability that counts as ``emotion`` seen: the sum over its :data:`TARGET_LABELS`.

    Args:
        found: ``(..., 7)`` class probabilities.
        emotion: A key of :data:`TARGET_LABELS`.
        labels: The columns of ``found``.

    Returns:
        ``(...)``, 0-1.

    Raises:
        EmotionError: The classifier has no such class.
    """
    if emotion not in TARGET_LABELS:
        raise EmotionError(f"the classifier has no class for '{emotion}'; it knows {', '.join(TARGET_LABELS)}")
    columns = [labels.index(label) for label in TARGET_LABELS[emotion]]
    return np.asarray(np.asarray(found)[..., columns].sum(axis=-1), np.float32)
