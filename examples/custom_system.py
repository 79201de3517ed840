"""A system of your own, one that blushes.

python examples/custom_system.py talk.mp4 blushing.mp4
"""

import sys
from types import SimpleNamespace

import numpy as np

import mien
from mien.types import Box

CHEEKS, EYES = [50, 280], [33, 263]  # Landmarks: the middles of the cheeks, the outer eye corners.


class BlushingFace:
    """One face through one shot."""

    def __init__(self, analysis: mien.Analysis, face, track: mien.EmotionTrack) -> None:
        self.face = face
        self.happy = track.sample(analysis.times_s).emotion[:, mien.EMOTIONS.index("happy")]

    def render(self, frame: mien.Frame) -> mien.Frame:
        """Return the frame, its cheeks red."""
        landmarks = self.face.track.landmarks(frame.index, frame.index + 1)[0]
        radius = np.linalg.norm(landmarks[EYES[1]] - landmarks[EYES[0]]) / 4
        rows, columns = np.mgrid[: frame.height, : frame.width]
        glow = sum(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2)) for x, y, _ in landmarks[CHEEKS])
        box = Box(0, 0, frame.width, frame.height)
        before = frame.crop(box)
        tint = np.exp(self.happy[frame.index] * glow[..., None] * [0.06, -0.10, -0.08])
        return frame.with_change(box, before, np.clip(before * tint, 0, 1).astype(np.float32))


blush = SimpleNamespace(name="blush", face_renderer=BlushingFace)  # All that a system is.
mien.edit(sys.argv[1], "0 neutral, 2 happy", system=blush).save(sys.argv[2])
