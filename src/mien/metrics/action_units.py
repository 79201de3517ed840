"""How far an emotion's leading actions go: MediaPipe's blendshape scores, and plain distances between landmarks.

Blendshape scores (0-1) compare with what actors reach, but they saturate; distances (in eye distances) do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from mien.errors import EmotionError, ModelError
from mien.metrics.face_frame import face_coordinates
from mien.tracking.graph import load_mediapipe
from mien.types import AnyArray, ByteArray, DoubleArray, FloatArray

LANDMARKER_FILE = "weights/face_landmarker.task"
"""Where MediaPipe's face landmarker lies inside the folder of shared development material."""

LEADING_BLENDSHAPES: dict[str, tuple[str, ...]] = {
    "happy": ("mouthSmile",),
    "sad": ("browInnerUp", "mouthFrown"),
    "angry": ("browDown",),
    "surprised": ("browInnerUp", "browOuterUp", "eyeWide"),
    "fear": ("browInnerUp", "browOuterUp", "eyeWide"),
    "disgusted": ("noseSneer", "mouthUpperUp"),
    "contempt": ("mouthSmileAsymmetry",),
}
"""Emotion to the blendshapes that lead it; a name without side is the mean of both sides, ``…Asymmetry`` the absolute
difference of the sides."""

ACTED_RISE: dict[str, dict[str, float]] = {
    "happy": {"mouthSmile": 0.40},
    "sad": {"mouthFrown": 0.11},
    "angry": {"browDown": 0.33},
    "surprised": {"browInnerUp": 0.58, "browOuterUp": 0.58},
    "fear": {"browInnerUp": 0.62, "browOuterUp": 0.54, "eyeWide": 0.18},
}
"""How far actors raise the leading scores while they talk: mean rise over neutral speakers on acted clips, the lower
figure where several were found. Source: the feasibility study in this project's design."""

LEADING_DISTANCES: dict[str, tuple[str, ...]] = {
    "happy": ("lip_corner_height",),
    "sad": ("brow_inner_height", "-lip_corner_height"),
    "angry": ("-brow_inner_height", "-brow_gap"),
    "surprised": ("brow_inner_height", "brow_outer_height", "lid_opening"),
    "fear": ("brow_inner_height", "lid_opening"),
    "disgusted": ("nose_wing_height", "upper_lip_height"),
    "contempt": ("lip_corner_asymmetry",),
}
"""Emotion to the distances of :func:`distances` that lead it; a minus marks those that shrink."""


class FaceMeter:
    """MediaPipe's face landmarker: raw landmarks and 52 blendshape scores.

    It is the ruler, so it shares nothing with the tracker that the edit itself used. Use it as a context manager.
    """

    def __init__(self, path: str | Path, follow: bool = False) -> None:
        """Load the model.

        Args:
            path: ``face_landmarker.task``.
            follow: Follow one face through a video (MediaPipe's video mode, frames in order, one clip for each meter);
                else every frame stands alone.

        Raises:
            ModelError: It cannot be read.
        """
        load_mediapipe()
        from mediapipe import Image, ImageFormat
        from mediapipe.tasks import python as tasks

        if not Path(path).is_file():
            raise ModelError(f"there is no face landmarker at '{path}'; name MediaPipe's face_landmarker.task")
        modes = tasks.vision.RunningMode
        options = tasks.vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(path)),
            running_mode=modes.VIDEO if follow else modes.IMAGE,
            output_face_blendshapes=True,
            num_faces=1,
        )
        try:
            self._landmarker: Any = tasks.vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"'{path}' is not a MediaPipe face landmarker: {error}") from error
        self._image: Any = lambda rgb: Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(rgb))
        self._follow = follow

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._landmarker.close()

    def measure(self, rgb: ByteArray, time_s: float = 0.0) -> tuple[FloatArray, dict[str, float]] | None:
        """Landmarks and scores of the face in a frame.

        Args:
            rgb: ``(H, W, 3)`` uint8.
            time_s: The frame's time, rising by a millisecond at least; only a following meter asks for it.

        Returns:
            Landmarks ``(478, 3)`` px and the blendshape scores by name, 0-1; ``None`` where no face is found.
        """
        image = self._image(rgb)
        if self._follow:
            found = self._landmarker.detect_for_video(image, round(time_s * 1000))
        else:
            found = self._landmarker.detect(image)
        if not found.face_landmarks:
            return None
        height, width = rgb.shape[:2]
        landmarks = np.array([(p.x, p.y, p.z) for p in found.face_landmarks[0]], np.float64)
        landmarks *= (width, height, width)  # counts from the first pixel's centre, as we do (docs/conventions.md)
        return landmarks.astype(np.float32), {c.category_name: float(c.score) for c in found.face_blendshapes[0]}


def leading_scores(scores: Mapping[str, float], emotion: str) -> dict[str, float]:
    """The scores of an emotion's leading blendshapes: name to 0-1, sides averaged (see :data:`LEADING_BLENDSHAPES`).

    Raises:
        EmotionError: An emotion without leading actions.
    """
    if emotion not in LEADING_BLENDSHAPES:
        raise EmotionError(f"no leading actions are known for '{emotion}'; known: {', '.join(LEADING_BLENDSHAPES)}")
    return {name: _score(scores, name) for name in LEADING_BLENDSHAPES[emotion]}


def _score(scores: Mapping[str, float], name: str) -> float:
    if name.endswith("Asymmetry"):
        plain = name.removesuffix("Asymmetry")
        return abs(scores[f"{plain}Left"] - scores[f"{plain}Right"])
    if name in scores:
        return scores[name]
    return (scores[f"{name}Left"] + scores[f"{name}Right"]) / 2


def distances(landmarks: AnyArray) -> dict[str, DoubleArray]:
    """Landmark measures of the facial actions, in eye distances, head pose taken out.

    Heights are above the line of the outer eye corners, in the face's own axes.

    Args:
        landmarks: ``(T, 478, 3)`` px.

    Returns:
        Name to ``(T,)``: ``lip_corner_height`` (AU12 +, AU15 -), ``lip_corner_asymmetry`` (absolute difference of the
        sides: AU12 or AU14 on one side), ``lip_width`` (AU20 +), ``upper_lip_height`` (outer edge; AU10 +),
        ``nose_wing_height`` (AU9 +), ``brow_inner_height`` (AU1 +, AU4 -), ``brow_outer_height`` (AU2 +),
        ``brow_gap`` (between the inner brow ends; AU4 -), ``lid_opening`` (AU5 +, AU7 -).
    """
    face = face_coordinates(landmarks)

    def height(*indices: int) -> DoubleArray:
        return np.asarray(face[:, indices, 1].mean(axis=1))

    def apart(one: int, other: int) -> DoubleArray:
        return np.asarray(np.linalg.norm(face[:, one] - face[:, other], axis=1))

    return {
        "lip_corner_height": height(61, 291),
        "lip_corner_asymmetry": np.abs(height(61) - height(291)),
        "lip_width": apart(61, 291),
        "upper_lip_height": height(37, 0, 267),
        "nose_wing_height": height(129, 358),
        "brow_inner_height": height(55, 107, 285, 336),
        "brow_outer_height": height(46, 70, 276, 300),
        "brow_gap": (apart(55, 285) + apart(107, 336)) / 2,
        "lid_opening": (apart(159, 145) + apart(386, 374)) / 2,
    }


def leading_distances(landmarks: AnyArray, emotion: str) -> dict[str, DoubleArray]:
    """The distances that lead an emotion, each signed so that the emotion makes it larger: name to ``(T,)``.

    Raises:
        EmotionError: An emotion without leading actions.
    """
    if emotion not in LEADING_DISTANCES:
        raise EmotionError(f"no leading actions are known for '{emotion}'; known: {', '.join(LEADING_DISTANCES)}")
    found = distances(landmarks)
    return {name: -found[name[1:]] if name.startswith("-") else found[name] for name in LEADING_DISTANCES[emotion]}
