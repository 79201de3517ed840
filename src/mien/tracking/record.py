"""Keeping what was seen in a shot: raw readings on disk while it lasts, finished tracks when it is over."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.tracking.appearance import POINTS, differences
from mien.tracking.continuity import bridge, confidence_of, fade_of, read_filled
from mien.tracking.face_track import FaceTrack, Rows, RowWriter, Shot, eye_distances
from mien.tracking.follow import Sighting
from mien.tracking.landmarker import BLENDSHAPE_NAMES
from mien.tracking.smoothing import REACH, smooth
from mien.types import LANDMARK_COUNT, AnyArray, FloatArray

_WINDOW = 256
_REFERENCE_FRAMES = 64
_LEAST_SEEN_S = 0.2

_HELD_ROWS = 32
"""Readings that wait to be written together: opening a file takes as long as following a face by half a frame."""

_LANDMARKS = slice(0, 3 * LANDMARK_COUNT)
_COLOURS = slice(3 * LANDMARK_COUNT, 3 * (LANDMARK_COUNT + len(POINTS)))
_LENGTH = 3 * (LANDMARK_COUNT + len(POINTS))


class ShotRecorder:
    """What was seen in a shot so far.

    Args:
        stem: Folder and beginning of the names of the files.
        start: First frame of the shot.
        pixel_aspect: Width over height of a pixel.
    """

    def __init__(self, stem: Path, start: int, pixel_aspect: float = 1.0) -> None:
        self._stem = stem
        self._pixel_aspect = pixel_aspect
        self._start = start
        self._times_s = array("d")
        self._faces: dict[int, _FaceRecorder] = {}

    def add(self, time_s: float, sightings: list[Sighting]) -> None:
        """Take the faces of the next frame."""
        row = len(self._times_s)
        self._times_s.append(time_s)
        for sighting in sightings:
            if sighting.face not in self._faces:
                stem = self._stem.with_name(f"{self._stem.name}_face_{sighting.face + 1:03d}")
                self._faces[sighting.face] = _FaceRecorder(stem, row, sighting.blendshapes is not None)
            self._faces[sighting.face].add(row, sighting)

    def finish(self) -> Shot:
        """The shot with its faces, the largest first; what was seen for a moment only was no face."""
        times_s = np.array(self._times_s)
        count = len(times_s)
        step = float(np.median(np.diff(times_s))) if count > 1 else 1.0
        least = min(_LEAST_SEEN_S / max(step, 1e-6), count / 2)
        ranked = sorted(self._faces.values(), key=lambda face: -face.size_sum)
        kept: list[FaceTrack] = []
        for face in ranked:
            if np.isfinite(np.array(face.presence)).sum() >= least:
                track = face.finish(len(kept) + 1, self._start, times_s)
                kept.append(replace(track, pixel_aspect=self._pixel_aspect))
            else:
                face.discard()
        return Shot(self._start, self._start + count, tuple(kept))


class _FaceRecorder:
    """The readings of one face: scores in memory; landmarks, colours and blendshapes side by side in a raw file."""

    def __init__(self, stem: Path, start: int, has_blendshapes: bool) -> None:
        self.start = start
        self.presence = array("f")
        self.size_sum = 0.0
        self._yaw_deg = array("f")
        self._stem = stem
        self._has_blendshapes = has_blendshapes
        self._length = _LENGTH + (len(BLENDSHAPE_NAMES) if has_blendshapes else 0)
        self._raw = RowWriter(stem.with_suffix(".raw"))
        self._held: list[FloatArray] = []

    def add(self, row: int, sighting: Sighting) -> None:
        """Take the face's reading in row ``row`` of its shot; rows passed over stay empty."""
        missed = row - self.start - len(self.presence)
        self.presence.extend([np.nan] * missed)
        self._yaw_deg.extend([np.nan] * missed)
        if missed:
            self._write_held()
            self._raw.append_empty(missed, self._length)
        self.presence.append(sighting.presence)
        self._yaw_deg.append(_yaw_deg(sighting.landmarks))
        parts = [sighting.landmarks.ravel(), sighting.colours.ravel()]
        if sighting.blendshapes is not None:
            parts.append(sighting.blendshapes)
        self._held.append(np.concatenate(parts))
        if len(self._held) == _HELD_ROWS:
            self._write_held()
        self.size_sum += float(eye_distances(sighting.landmarks[None])[0])

    def discard(self) -> None:
        """Delete what was written."""
        self._raw.discard()

    def finish(self, number: int, shot_start: int, times_s: AnyArray) -> FaceTrack:
        """Smooth and bridge what was read.

        Args:
            number: The face's number.
            shot_start: First frame of the shot.
            times_s: Times of all frames of the shot.
        """
        count = len(self.presence)
        presence = np.array(self.presence, np.float32)
        present = np.isfinite(presence)
        here_s = times_s[self.start : self.start + count]
        yaw_deg = np.array(self._yaw_deg)
        confidence, usable = bridge(confidence_of(presence, *self._differences(present), yaw_deg), here_s)
        ends_with_shot = self.start + count == len(times_s)
        fade = fade_of(usable, here_s, eased_start=self.start > 0, eased_stop=not ends_with_shot)
        rows, scores, sizes = self._finish_rows(present, here_s)
        self.discard()
        start = shot_start + self.start
        return FaceTrack(number, start, start + count, confidence, fade, sizes, rows, scores)

    def _differences(self, present: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Differences of the face's colours from their median, ``(T,)`` over the whole face and around the mouth."""

        def colours(start: int, stop: int) -> FloatArray:
            return self._rows().read(start, stop)[:, _COLOURS].reshape(stop - start, len(POINTS), 3)

        inside = np.flatnonzero(present)
        chosen = inside[np.linspace(0, len(inside) - 1, min(len(inside), _REFERENCE_FRAMES)).astype(int)]
        reference = np.median([colours(row, row + 1)[0] for row in chosen], axis=0)
        parts = [differences(colours(*window), reference) for window in _windows(len(present))]
        whole, mouth = zip(*parts, strict=True)
        return np.concatenate(whole), np.concatenate(mouth)

    def _finish_rows(self, present: AnyArray, times_s: AnyArray) -> tuple[Rows, Rows | None, FloatArray]:
        """Smoothed landmarks and bridged blendshapes on disk, and the eye distances."""
        landmarks = RowWriter(self._stem.with_suffix(".landmarks"))
        scores = RowWriter(self._stem.with_suffix(".blendshapes")) if self._has_blendshapes else None
        reference = self._rows().read(0, 1)[0, _LANDMARKS].reshape(LANDMARK_COUNT, 3)
        sizes = []
        for start, stop in _windows(len(present)):
            first, last = max(0, start - REACH), min(len(present), stop + REACH)
            filled = read_filled(self._rows(), present, times_s, first, last)
            here = slice(start - first, stop - first)
            block = smooth(filled[:, _LANDMARKS].reshape(-1, LANDMARK_COUNT, 3), reference)[here]
            landmarks.append(block)
            sizes.append(eye_distances(block))
            if scores is not None:
                scores.append(filled[here, _LENGTH:])
        rows = Rows((LANDMARK_COUNT, 3), landmarks.path)
        return rows, None if scores is None else Rows((len(BLENDSHAPE_NAMES),), scores.path), np.concatenate(sizes)

    def _write_held(self) -> None:
        if self._held:
            self._raw.append(np.array(self._held))
            self._held.clear()

    def _rows(self) -> Rows:
        self._write_held()
        return Rows((self._length,), self._raw.path)


def _windows(count: int) -> list[tuple[int, int]]:
    return [(start, min(start + _WINDOW, count)) for start in range(0, count, _WINDOW)]


def _yaw_deg(landmarks: FloatArray) -> float:
    """How far the line through the outer eye corners points away from the image plane."""
    right, up, away = landmarks[263].astype(float) - landmarks[33]
    return float(np.degrees(np.arctan2(away, np.hypot(right, up))))
