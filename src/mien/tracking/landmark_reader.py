"""Landmarks of one frame after the other, read from a track's file in stretches."""

from __future__ import annotations

import numpy as np

from mien.tracking.face_track import FaceTrack
from mien.types import DoubleArray, FloatArray

STRETCH_FRAMES = 64
"""Frames read from disk at once."""


class LandmarkReader:
    """Reads a track frame by frame; quick in order, right in any, and in several threads.

    Args:
        track: The face's track.
    """

    def __init__(self, track: FaceTrack) -> None:
        self._track = track
        self._stretch: tuple[int, FloatArray] = (0, np.empty((0, 478, 3), np.float32))

    def at(self, index: int) -> DoubleArray:
        """Landmarks ``(478, 3)`` px of a frame of the clip that lies within the track."""
        start, stretch = self._stretch
        if not start <= index < start + len(stretch):
            start, stretch = index, self._track.landmarks(index, min(index + STRETCH_FRAMES, self._track.stop))
            self._stretch = start, stretch
        return np.asarray(stretch[index - start], np.float64)
