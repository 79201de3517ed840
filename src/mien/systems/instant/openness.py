"""How far the eyes are open, as a share of how far this face usually opens them."""

from __future__ import annotations

import numpy as np

from mien.tracking.face_track import FaceTrack
from mien.types import DoubleArray

LID_PAIRS = (((159, 145), (158, 153), (160, 144)), ((386, 374), (385, 380), (387, 373)))
"""Upper and lower lid landmarks across the middle of the right and of the left eye."""
CORNERS = ((33, 133), (362, 263))
USUAL_PERCENTILE = 75.0
CHUNK_FRAMES = 256


def eye_openness(track: FaceTrack) -> DoubleArray:
    """Openness of the right and the left eye in every frame of a track ``(T, 2)``, 0 shut to 1 open as usual.

    Usual is the 75th percentile of the track, so that blinks do not count. Below a fifth of it the eye is shut.
    """
    ratios = []
    for start in range(track.start, track.stop, CHUNK_FRAMES):
        points = np.asarray(track.landmarks(start, min(start + CHUNK_FRAMES, track.stop)), np.float64)
        eyes = []
        for pairs, (inner, outer) in zip(LID_PAIRS, CORNERS, strict=True):
            upper, lower = points[:, [p[0] for p in pairs]], points[:, [p[1] for p in pairs]]
            width = np.linalg.norm(points[:, inner] - points[:, outer], axis=1)
            eyes.append(np.linalg.norm(upper - lower, axis=2).mean(axis=1) / np.maximum(width, 1e-6))
        ratios.append(np.stack(eyes, axis=1))
    ratio = np.concatenate(ratios)
    usual = np.maximum(np.percentile(ratio, USUAL_PERCENTILE, axis=0), 1e-6)
    return np.asarray(np.clip((ratio / usual - 0.2) / 0.65, 0.0, 1.0))
