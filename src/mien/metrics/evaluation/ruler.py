"""The ruler: what finds the faces that an evaluation measures.

MediaPipe's face landmarker is the better one, since no edit was made with it, and it gives blendshape scores. Without
its file, or where several faces are in the picture, the networks bundled for tracking measure: they need no download.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from mien.metrics.action_units import LANDMARKER_FILE, FaceMeter
from mien.metrics.face_frame import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from mien.metrics.recognition import shared_folder
from mien.nn.weights.store import find
from mien.tracking.face_detector import FaceDetector
from mien.tracking.follow import Networks, ShotFollower
from mien.tracking.landmarker import BLENDSHAPE_NAMES, find_landmarker
from mien.tracking.view import View
from mien.types import ByteArray, DoubleArray, FloatArray
from mien.video.clip import Clip
from mien.video.frame import Frame

LARGEST_PX = 1920
"""Longest side of the pictures that are measured; larger ones are made smaller."""

MOST_FACES = 4
_LOOKED_AT = 26
_LOOK_EVERY = 5

_FRAME_S = 0.04
"""Step of the time that the landmarker is told. Its smoothing knows time: with one step for every clip, source and
result are smoothed alike however they are timed."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face in a picture.

    Attributes:
        landmarks: ``(478, 3)`` px of the picture.
        scores: Blendshape name to 0-1; empty where the ruler has none.
    """

    landmarks: FloatArray
    scores: dict[str, float]

    @property
    def centre(self) -> DoubleArray:
        """The middle of the outer eye corners, px."""
        return np.asarray((self.landmarks[LEFT_EYE_OUTER] + self.landmarks[RIGHT_EYE_OUTER])[:2] / 2.0, np.float64)

    @property
    def size(self) -> float:
        """Eye distance, px."""
        return float(np.linalg.norm(self.landmarks[LEFT_EYE_OUTER] - self.landmarks[RIGHT_EYE_OUTER]))


class Ruler(Protocol):
    """Finds the faces of one clip, frame by frame, in order."""

    def faces(self, frame: Frame, picture: ByteArray) -> list[Face]:
        """The faces in a frame, the largest first; ``picture`` is the frame as :func:`picture_of` gives it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def picture_of(frame: Frame) -> ByteArray:
    """The picture of a frame that is measured: ``(h, w, 3)`` uint8 RGB, square pixels, at most 1920 px long."""
    return frame.thumbnail(LARGEST_PX)


class LandmarkerRuler:
    """MediaPipe's face landmarker, following one face.

    Args:
        path: ``face_landmarker.task``.

    Raises:
        ModelError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._meter = FaceMeter(path, follow=True)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._meter.__exit__(kind, error, trace)

    def faces(self, frame: Frame, picture: ByteArray) -> list[Face]:  # noqa: ARG002 - the picture is enough
        """See :meth:`Ruler.faces`."""
        self._count += 1
        found = self._meter.measure(picture, self._count * _FRAME_S)
        return [] if found is None else [Face(*found)]


class TrackerRuler:
    """The tracker's bundled networks, without its smoothing, following several faces.

    Args:
        landmarker: ``face_landmarker.task`` for blendshape scores, or None.
    """

    def __init__(self, landmarker: Path | None = None) -> None:
        self._networks = Networks(landmarker)
        self._follower = ShotFollower(self._networks, MOST_FACES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._networks.close()

    def faces(self, frame: Frame, picture: ByteArray) -> list[Face]:
        """See :meth:`Ruler.faces`."""
        stretch = np.array([picture.shape[1] / frame.width, picture.shape[0] / frame.height, 0.0], np.float32)
        stretch[2] = stretch[0]
        found = []
        for seen in self._follower.step(View.of(frame), frame.time_s):
            scores = (
                {}
                if seen.blendshapes is None
                else dict(zip(BLENDSHAPE_NAMES, map(float, seen.blendshapes), strict=True))
            )
            found.append(Face(seen.landmarks * stretch, scores))
        return sorted(found, key=lambda face: -face.size)


@dataclass(frozen=True, slots=True)
class RulerKind:
    """Which ruler measures, for source and result alike.

    Attributes:
        landmarker: The face landmarker's file, or None.
        several: Several faces are in the picture.
    """

    landmarker: Path | None
    several: bool = False

    @property
    def name(self) -> str:
        """For people."""
        if self.landmarker is not None and not self.several:
            return "MediaPipe face landmarker"
        scores = " with the landmarker's blendshape scores" if self.landmarker is not None else ""
        return f"bundled face mesh (MediaPipe 0.10.14){scores}"

    def make(self) -> Ruler:
        """A ruler for one clip."""
        if self.landmarker is not None and not self.several:
            return LandmarkerRuler(self.landmarker)
        return TrackerRuler(self.landmarker)


def landmarker_file() -> Path | None:
    """The face landmarker's file where the user has it: named by ``MIEN_FACE_LANDMARKER``, fetched, or shared.

    Raises:
        ModelError: The variable names a file that is not there.
    """
    named = find_landmarker()
    if named is not None:
        return named
    stored, shared = find("face-landmarker"), shared_folder() / LANDMARKER_FILE
    for path in (None if stored is None else stored / "face_landmarker.task", shared):
        if path is not None and path.is_file():
            return path
    return None


def choose_ruler(clip: Clip) -> RulerKind:
    """The ruler for a clip: the landmarker where it is there and follows the only face.

    Raises:
        ClipError: The clip cannot be decoded.
        ModelError: ``MIEN_FACE_LANDMARKER`` names a file that is not there.
    """
    detector = FaceDetector("full")
    try:
        most = max(
            len(detector.detect(picture_of(f))) for f in clip.frames(0, _LOOKED_AT) if f.index % _LOOK_EVERY == 0
        )
    finally:
        detector.close()
    return RulerKind(landmarker_file(), several=most > 1)


def chosen_face(faces: list[Face], number: int, last: DoubleArray | None) -> Face | None:
    """The face to measure: near where it was, else by its number.

    Args:
        faces: Of a frame, the largest first.
        number: 1 for the largest.
        last: Where its middle was a frame before, px, or None.
    """
    if last is not None:
        near = [f for f in faces if np.linalg.norm(f.centre - last) < f.size]
        if near:
            return min(near, key=lambda f: float(np.linalg.norm(f.centre - last)))
    return faces[number - 1] if len(faces) >= number else None
