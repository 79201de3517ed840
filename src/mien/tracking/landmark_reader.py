"""Landmarks of one frame after the other, read from a track's file in stretches."""

from __future__ import annotations

import numpy as np

from mien.tracking.face_track import FaceTrack
from mien.types import DoubleArray, FloatArray

STRETCH_FRAMES = 64
"""Frames read from disk at once."""


class LandmarkReader:
    """Reads a track frame by frame; quick in order, right in any.

    Args:
        track: The face's track.
    """

    def __init__(self, track: FaceTrack) -> None:
        self._track = track
        self._start = 0
        self._stretch: FloatArray = np.empty((0, 478, 3), np.float32)

    def at(self, index: int) -> DoubleArray:
        """Landmarks ``(478, 3)`` px of a frame of the clip that lies within the track."""
        if not self._start <= index < self._start + len(self._stretch):
            self._start = index
            self._stretch = self._track.landmarks(index, min(index + STRETCH_FRAMES, self._track.stop))
        return np.asarray(self._stretch[index - self._start], np.float64)
