"""Landmarks of made footage, beside the video: where they are, not where a tracker sees them.

What mien moved it moved by known ways. A tracker reads of a raised brow two thirds, and of a widened eye next to
nothing: what is learnt from its reading is as much weaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from mien.disk import write_whole
from mien.errors import InputError
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.tracking.face_track import Rows
from mien.types import LANDMARK_COUNT, FloatArray

SUFFIX = ".landmarks.npz"

_NEAR = 0.25
"""Known landmarks belong to a face whose tracked ones lie within so many eye distances of them, on the mean."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownLandmarks:
    """One face through a stretch of a video.

    Attributes:
        start: First frame.
        points: ``(T, 478, 3)`` px of the frame.
    """

    start: int
    points: FloatArray


def write_known_landmarks(video: Path, faces: Sequence[KnownLandmarks]) -> None:
    """Write them beside a video.

    Raises:
        OutputError: The disk refuses.
    """
    content = BytesIO()
    arrays = {f"face_{number}": face.points.astype(np.float32) for number, face in enumerate(faces)}
    starts = np.array([face.start for face in faces], np.int32)
    np.savez_compressed(content, starts=starts, **arrays)  # type: ignore[arg-type]
    write_whole(_beside(video), content.getvalue())


def has_known_landmarks(video: Path) -> bool:
    """Whether landmarks lie beside a video."""
    return _beside(video).is_file()


def with_known_landmarks(analysis: Analysis) -> Analysis:
    """The analysis of a video with the landmarks that lie beside it in the place of the tracked ones, if there are any.

    Raises:
        InputError: They cannot be read, or are not landmarks.
    """
    if not has_known_landmarks(analysis.clip.path):
        return analysis
    known = _read(_beside(analysis.clip.path))
    shots = tuple(replace(shot, faces=tuple(_corrected(face, known) for face in shot.faces)) for shot in analysis.shots)
    return replace(analysis, shots=shots)


def _beside(video: Path) -> Path:
    return video.with_name(video.stem + SUFFIX)


def _read(path: Path) -> list[KnownLandmarks]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            starts = stored["starts"]
            faces = [KnownLandmarks(int(start), stored[f"face_{number}"]) for number, start in enumerate(starts)]
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(f"{path}: the landmarks cannot be read ({error}); expand the footage again") from error
    for face in faces:
        if face.points.shape[1:] != (LANDMARK_COUNT, 3) or not np.isfinite(face.points).all():
            raise InputError(f"{path}: landmarks are (frames, {LANDMARK_COUNT}, 3), not {face.points.shape}")
    return faces


def _corrected(face: AnalysedFace, known: Sequence[KnownLandmarks]) -> AnalysedFace:
    """A face with what is known of it; frames of which nothing is known stay as they were tracked."""
    track = face.track
    points = track.landmarks(track.start, track.stop)
    for entry in known:
        start, stop = max(track.start, entry.start), min(track.stop, entry.start + len(entry.points))
        if start >= stop:
            continue
        rows = slice(start - track.start, stop - track.start)
        given = entry.points[start - entry.start : stop - entry.start]
        apart = np.linalg.norm(points[rows, :, :2] - given[..., :2], axis=2).mean(axis=1)
        if np.median(apart / np.maximum(track.eye_distance[rows], 1e-6)) < _NEAR:
            points[rows] = given
    return replace(face, track=replace(track, landmark_rows=Rows((LANDMARK_COUNT, 3), array=points)))
