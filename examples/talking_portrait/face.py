"""A still portrait that can be moved: its expression by the rig, its head by a small turn in depth.

One portrait shows one expression only. So the portrait's own expression is taken off first (the fitted action units,
back to nothing), and what the performance asks for is put on. What no portrait shows, the inside of a mouth that talks,
is painted: the teeth that the smile shows stay where the skull has them, and the lips cover and uncover them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from mien.compositing.field import add_skirt, closed_triangles
from mien.geometry.camera import project
from mien.geometry.normals import vertex_normals
from mien.geometry.rasteriser import rasterise
from mien.geometry.rotation import matrix_from_vector
from mien.geometry.warp import FIELD_CHANNELS, warp
from mien.morphable import builtin
from mien.morphable.regions import FACE_OVAL, INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.morphable.surface import Surface
from mien.reconstruction.parameters import Light
from mien.types import DoubleArray, FloatArray, Pose
from talking_portrait.openings import EYES, MOUTH, Edges, paint_lid, paint_mouth

LID_MIDDLES = ((159, 145), (386, 374))
"""Upper and lower lid at the middle of the right and of the left eye."""
HELD_MM = 30.0
"""Way over the skin from the lips beyond which closing them moves nothing."""
NECK_MM = np.array([0.0, -80.0, -75.0])
"""The head turns about here: the joint of skull and neck, in the camera's axes, from the model's origin."""
HEAD_RADII = (1.3, 1.4)
"""Half width and height of the head with its hair, eye distances; beyond, the movement fades over as much again."""


SMILE_LINES = ((129, 203, 206, 216, 212), (358, 423, 426, 436, 432))
"""Landmarks down the crease from the nose to beside the mouth, right and left."""


def soften_smile_lines(image: FloatArray, landmarks: DoubleArray, strength: float) -> FloatArray:
    """Fill the creases that a smile leaves in the cheeks: moving the skin back does not take their shadow away.

    Args:
        image: ``(H, W, 3)``.
        landmarks: ``(478, 3)`` px.
        strength: 0 leaves them, 1 lights them up to their surroundings; skin texture stays.
    """
    eye_distance = float(np.linalg.norm(landmarks[33] - landmarks[263]))
    line = np.zeros(image.shape[:2], np.float32)
    for crease in SMILE_LINES:
        points = landmarks[list(crease), :2]
        steps = np.linspace(0.0, len(points) - 1.0, 200)
        columns, rows = (np.interp(steps, np.arange(len(points)), points[:, k]).round().astype(int) for k in (0, 1))
        line[rows, columns] = 1.0
    mask = gaussian_filter(line, 0.045 * eye_distance)
    mask = np.minimum(1.6 * mask / mask.max(), 1.0)[..., None] * strength
    wide, fine = ((sigma * eye_distance, sigma * eye_distance, 0.0) for sigma in (0.075, 0.012))
    shadow = np.maximum(gaussian_filter(image, wide) - gaussian_filter(image, fine), 0.0)
    return np.asarray(np.clip(image + mask * shadow, 0.0, 1.0), np.float32)


@dataclass(frozen=True)
class Portrait:
    """A face in a picture, and what is known about it.

    Attributes:
        image: ``(H, W, 3)`` 0-1, gamma coded.
        landmarks: ``(478, 3)`` px.
        pose: Of the head.
        alpha: ``(A,)`` identity.
        beta: ``(E,)`` the expression it shows.
        light: On the face.
    """

    image: FloatArray
    landmarks: DoubleArray
    pose: Pose
    alpha: DoubleArray
    beta: DoubleArray
    light: Light


class MovingFace:
    """The portrait's face, ready to be moved."""

    def __init__(self, portrait: Portrait) -> None:
        self.portrait = portrait
        self.model = builtin.load()
        self.names = self.model.expression_names
        self._triangles = closed_triangles(self.model.triangles)
        self._closed = self._triangles[(self._triangles < 468).all(axis=1)]
        self._turn = matrix_from_vector(portrait.pose.rotation)
        self._shape = self.model.shape(portrait.alpha, portrait.beta)
        self._basis = self.model.expression.astype(np.float64)
        self._let_lids_meet()
        self._spread = self._lip_spread()
        self._weight, self._depth = self._head()
        # The model says how far lips move, the portrait how far apart they are: the difference is closed once for all.
        self._closing = self._shut(self._gap(self._basis @ -portrait.beta))

    def express(self, beta: DoubleArray) -> tuple[FloatArray, DoubleArray]:
        """The portrait with another expression.

        Args:
            beta: ``(E,)`` one coefficient for each of the model's action units.

        Returns:
            The picture ``(H, W, 3)``, and where its landmarks went ``(478, 2)`` px.
        """
        portrait = self.portrait
        move = self._basis @ (beta - portrait.beta) + self._closing
        move = move + self._shut(np.minimum(self._gap(move), 0.0))  # Lips press on each other, they do not pass.
        shift = self._pixels(move)
        eye_distance = float(np.linalg.norm(portrait.landmarks[33] - portrait.landmarks[263]))
        points, shifts = add_skirt(portrait.landmarks[:468], shift, eye_distance)
        values = np.zeros((len(points), FIELD_CHANNELS), np.float32)
        values[:, :2] = -shifts
        values[:468, 2] = self._gain(move)
        points[:, :2] += shifts
        height, width = portrait.image.shape[:2]
        field, _ = rasterise(points.astype(np.float32), self._triangles, values, height, width)
        field[..., 2] = gaussian_filter(field[..., 2], 0.02 * eye_distance)
        image = warp(portrait.image, field, 1.0)
        source = portrait.landmarks[:, :2]
        target = source.copy()
        target[:468] += shift
        for upper, lower in EYES:
            if np.abs(shift[upper]).max() > 0.05:
                paint_lid(image, portrait.image, Edges(source, target, upper, lower))
        paint_mouth(image, portrait.image, portrait.light.skin_colour, Edges(source, target, *MOUTH))
        return image, target

    def turn_head(self, image: FloatArray, degrees: DoubleArray) -> FloatArray:
        """Turn the head a little, hair and all, in a picture from :meth:`express`.

        Args:
            image: ``(H, W, 3)``.
            degrees: Pitch, yaw and roll to add, a few degrees at most.
        """
        pose = self.portrait.pose
        turn = matrix_from_vector(np.radians(degrees)) - np.eye(3)
        height, width = image.shape[:2]
        rows, columns = np.mgrid[0:height, 0:width].astype(float)
        x, y = columns, rows
        for _ in range(3):  # Where a pixel comes from depends on the movement there: a fixed point, soon reached.
            from_neck = np.stack(
                [
                    (x - pose.translation[0]) / pose.scale - NECK_MM[0],
                    (pose.translation[1] - y) / pose.scale - NECK_MM[1],
                    self._depth / pose.scale - NECK_MM[2],
                ],
                axis=-1,
            )
            moved = (from_neck @ turn.T)[..., :2] * (self._weight * pose.scale)[..., None]
            x, y = columns - moved[..., 0], rows + moved[..., 1]
        field = np.zeros((height, width, FIELD_CHANNELS), np.float32)
        field[..., 0], field[..., 1] = x - columns, y - rows
        return warp(image, field, 1.0)

    def _pixels(self, move: DoubleArray) -> DoubleArray:
        return (move @ self._turn.T)[..., :2] * self.portrait.pose.scale * [1.0, -1.0]

    def _gain(self, move: DoubleArray) -> DoubleArray:
        """Logarithm of the change in brightness ``(468,)``: a cheek that sinks back loses the smile's highlight."""
        before = vertex_normals(self._shape, self.model.triangles).astype(np.float64) @ self._turn.T
        after = vertex_normals(self._shape + move, self.model.triangles).astype(np.float64) @ self._turn.T
        return np.clip(np.log(self.portrait.light.brightness_ratio(before, after)).mean(axis=1), -0.4, 0.4)

    def _let_lids_meet(self) -> None:
        """Stretch AU43, which shuts an eye of average size, to this face's eyes."""
        rows = self.portrait.landmarks[:468, 1] + self._pixels(self._basis @ -self.portrait.beta)[:, 1]
        for column, (upper, lower) in zip(("AU43R", "AU43L"), LID_MIDDLES, strict=True):
            shut = self._basis[:, :, self.names.index(column)]
            shut *= (rows[lower] - rows[upper]) / self._pixels(shut[upper] - shut[lower])[1]

    def _lip_spread(self) -> DoubleArray:
        """``(468, 18)`` how a movement of the inner lips' vertices (upper, then lower) takes the skin along."""
        surface = Surface(self.model.mean, self.model.triangles, self.model.mirror)
        lips = np.concatenate([INNER_LIP_UPPER[1:-1], INNER_LIP_LOWER[1:-1]])
        far = np.flatnonzero(surface.ways(lips).min(axis=0) > HELD_MM)
        known = np.concatenate([lips, far])
        return surface.interpolate(known, np.eye(len(known))[:, : len(lips)])

    def _gap(self, move: DoubleArray) -> DoubleArray:
        """Distance ``(9,)`` of the inner lips after a movement, mm, along the face's own vertical."""
        points = self.portrait.landmarks[:468] / self.portrait.pose.scale * [1.0, -1.0, -1.0]
        moved = points @ self._turn + move
        return (moved[INNER_LIP_UPPER[1:-1]] - moved[INNER_LIP_LOWER[1:-1]])[:, 1]

    def _shut(self, by: DoubleArray) -> DoubleArray:
        """The movement ``(468, 3)`` that brings the lips together by so many mm at each pair ``(9,)``."""
        up = self._spread @ np.concatenate([-0.35 * by, 0.65 * by])
        return up[:, None] * [0.0, 1.0, 0.0]

    def _head(self) -> tuple[DoubleArray, DoubleArray]:
        """How much each pixel takes part in the head's movement, 0 to 1, and how near it is, px; both ``(H, W)``."""
        points = self.portrait.landmarks[:468]
        height, width = self.portrait.image.shape[:2]
        eye_distance = float(np.linalg.norm(points[33] - points[263]))
        origin = project(self._shape, self.portrait.pose)[:, 2].mean() - points[:, 2].mean()
        near = -(points[:, 2:] + origin)
        depth, behind = rasterise(points.astype(np.float32), self._closed, near.astype(np.float32), height, width)
        away, nearest = distance_transform_edt(np.isinf(behind), return_indices=True)
        filled = depth[..., 0][tuple(nearest)] - 0.6 * np.minimum(away, eye_distance)
        rows, columns = np.mgrid[0:height, 0:width]
        centre = points[FACE_OVAL, :2].mean(axis=0) - [0.0, 0.3 * eye_distance]
        radii = np.array(HEAD_RADII) * eye_distance
        radius = np.hypot((columns - centre[0]) / radii[0], (rows - centre[1]) / radii[1])
        beyond = np.clip(radius - 1.0, 0.0, 1.0)
        return 1.0 - beyond * beyond * (3.0 - 2.0 * beyond), gaussian_filter(filled, 0.1 * eye_distance)
