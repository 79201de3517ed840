"""The face's surface where the tracker saw it: what texture maps are read from, and what they are laid on.

A fitted model misses the landmarks by a few per cent of the eye distance. A map that is read through the fit and laid
over the landmarks comes to lie beside the pixels that it was read from: on two real faces that alone cost 2 to 5 dB
(`benchmarks/two_level_quality.py --oracle`). So the tracker's own mesh is used for both, with the fit's depth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.geometry.camera import project
from mien.morphable.lips import landmark_triangles
from mien.morphable.model import MorphableModel
from mien.types import AnyArray, DoubleArray, IntArray, Pose


@dataclass(frozen=True, slots=True, eq=False)
class TrackedSurface:
    """The mesh between a model's vertices at the tracker's landmarks; the whole model where it lacks some of them.

    Attributes:
        triangles: ``(M, 3)`` numbers of points.
        uv: ``(K, 2)`` texture coordinates of the points.
        vertices: ``(K,)`` the model's vertices that the points are.
        tracked: Whether the points are the tracker's landmarks.
    """

    triangles: IntArray
    uv: AnyArray
    vertices: IntArray
    tracked: bool

    @staticmethod
    def of(model: MorphableModel) -> TrackedSurface:
        """Prepare a model."""
        at = model.landmark_vertices
        triangles = landmark_triangles(model)
        # A dense model has its landmarks, but no triangles of its own between them.
        if (at < 0).any() or len(triangles) < len(at):
            return TrackedSurface(model.triangles, model.uv, np.arange(len(model.mean), dtype=np.int32), False)
        return TrackedSurface(triangles, model.uv[at], np.asarray(at, np.int32), True)

    def points(self, shape: AnyArray, pose: Pose, landmarks: AnyArray) -> DoubleArray:
        """Where the surface is in a frame.

        Args:
            shape: ``(N, 3)`` mm, the fitted face.
            pose: Where the head is.
            landmarks: ``(478, 3)`` px of the frame.

        Returns:
            ``(K, 3)`` x, y in px of the frame and z in px, growing away from the camera.
        """
        found = project(np.asarray(shape)[self.vertices], pose)
        if self.tracked:
            found[:, :2] = np.asarray(landmarks)[: len(found), :2]
        return found
