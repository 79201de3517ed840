"""Where a face's movement lies in a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.compositing.field import add_skirt, face_box
from mien.geometry.camera import project_displacement
from mien.geometry.rotation import matrix_from_vector
from mien.morphable.regions import EYE_CORNERS_OUTER
from mien.types import MESH_VERTEX_COUNT, AnyArray, Box, DoubleArray, Pose

GRID_EYE_DISTANCE_PX = 90.0
"""The field is made at most this fine (grid px between the outer eye corners) and read smoothly at full resolution."""


@dataclass(frozen=True)
class Placement:
    """Where a face's movement lies in a frame, worked out once.

    Attributes:
        move: ``(468, 3)`` mm, how the vertices move.
        rotation: ``(3, 3)`` of the head.
        shift: ``(468, 2)`` the movement in px.
        points: ``(612, 3)`` landmarks and skirt, px.
        shifts: ``(612, 2)`` how each of them is moved, px.
        eye_distance_px: Outer corner to outer corner, square px.
        box: The whole pixels of the frame that the edit can touch.
    """

    move: DoubleArray
    rotation: DoubleArray
    shift: DoubleArray
    points: DoubleArray
    shifts: DoubleArray
    eye_distance_px: float
    box: Box

    @classmethod
    def of(
        cls,
        landmarks: DoubleArray,
        pose: Pose,
        move: DoubleArray,
        width: int,
        height: int,
        reach: AnyArray | None = None,
    ) -> Placement:
        """Place a movement in a frame.

        Args:
            landmarks: ``(478, 3)`` px.
            pose: Head pose.
            move: ``(468, 3)`` mm.
            width: Of the frame, px.
            height: Of the frame, px.
            reach: ``(36,)`` how far the person goes on beyond the face oval, eye distances; None if not known.
        """
        rotation = matrix_from_vector(pose.rotation)
        across, down = pose.stretch
        stretch = np.array([across, down, across])  # lengths are measured in square px
        square = landmarks * stretch
        shift = project_displacement(move, pose)[:, :2]
        eye_distance = float(np.linalg.norm(np.subtract(*square[EYE_CORNERS_OUTER])))
        points, shifts = add_skirt(square[:MESH_VERTEX_COUNT], shift * stretch[:2], eye_distance, reach)
        points, shifts = points / stretch, shifts / stretch[:2]
        return cls(move, rotation, shift, points, shifts, eye_distance, face_box(points, shifts, width, height))

    def moved(self, landmarks: DoubleArray) -> DoubleArray:
        """Landmarks ``(478, 2)``, px of the frame or of a part of it, after the movement; the eyeballs stay."""
        after = landmarks.copy()
        after[:MESH_VERTEX_COUNT] += self.shift
        return after

    @property
    def grid_scale(self) -> float:
        """Grid px of the field per image px."""
        return min(1.0, GRID_EYE_DISTANCE_PX / self.eye_distance_px)
