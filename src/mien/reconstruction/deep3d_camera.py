"""Deep3DFaceRecon's conventions, and ours: coefficients, camera, light, and how a frame is aligned.

Facts of sicxu/Deep3DFaceRecon_pytorch (``models/bfm.py``, ``util/preprocess.py``). Its camera is a perspective one at
z = 10 (units of 0.1 m) that looks along -z, focal length 1,015 px, on a picture of 224 px (12.59 degrees wide):
``v' = R v + t``, ``u = 1015 x' / (10 - z') + 112``, the same for y, which points up, ``row = 223 - y``. Ours is weak
perspective. The two agree to first order about the model's origin, which is what :func:`pose_from_camera` matches:
scale at the origin's depth, and a turn for the direction in which it is seen. Off that depth places differ by
``r_z / (10 - z')`` of their distance from the middle: on the built-in face half a pixel of 224 at the median, five at
the rim.

Light: nine harmonics per channel in the order of ours, with other signs and constants, a constant of 0.8 added to the
first; colour is albedo times their sum **in gamma-coded values**, where ours is in linear light. The change of
harmonics is exact (:func:`harmonics_from_gamma`); that of gamma coding is not linear, and done by least squares over
the normals that face the camera (:func:`light_from_gamma`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.geometry import harmonics
from mien.geometry.rotation import euler_degrees, matrix_from_euler, matrix_from_vector, vector_from_matrix
from mien.reconstruction.parameters import SRGB_EXPONENT
from mien.types import LANDMARK_COUNT, AnyArray, DoubleArray, Pose, pixel_stretch

SIZE_PX = 224
FOCAL_PX, CENTRE_PX, DISTANCE = 1015.0, 112.0, 10.0
MM_PER_UNIT = 100.0
CONSTANT_LIGHT = 0.8
"""Added to the first coefficient of each channel."""

_A1C1, _A2C2 = np.sqrt(np.pi), 3.0 * np.sqrt(5.0) * 2.0 * np.pi / np.sqrt(8.0) / np.sqrt(12.0 * np.pi)
_THEIRS = np.array(
    [0.5 * np.sqrt(np.pi), -_A1C1, _A1C1, -_A1C1, _A2C2, -_A2C2, 0.5 * _A2C2 / np.sqrt(3.0), -_A2C2, 0.5 * _A2C2]
)
_OURS = np.array([harmonics.Y0, *[harmonics.Y1] * 3, *[harmonics.Y2] * 2, harmonics.Y20, harmonics.Y2, harmonics.Y22])
RATIO = _THEIRS / _OURS
"""Their harmonics over ours, band by band: a coefficient of theirs times this is one of ours."""

FIVE_POINTS = ((33, 133), (362, 263), (4,), (61,), (291,))
"""Landmarks whose mean is the eye at the image's left, the other one, the nose's tip and the mouth's corners."""
STANDARD_FACE = np.array(
    [[-0.311, 0.290, 0.13], [0.311, 0.290, 0.13], [0.003, -0.046, 0.552], [-0.25, -0.381, 0.223], [0.25, -0.381, 0.223]]
)
"""The same places on the mean face, 0.1 m."""
STANDARD_SCALE_PX = 102.0

_PARTS = {"identity": 80, "expression": 64, "texture": 80, "angles": 3, "gamma": 27, "translation": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """The 257 numbers of one picture.

    Attributes:
        identity: ``(80,)``, standard deviations.
        expression: ``(64,)``, standard deviations.
        texture: ``(80,)``, standard deviations.
        angles: ``(3,)`` pitch, yaw, roll, radians: ``R = Rz Ry Rx``.
        gamma: ``(27,)`` light: nine numbers of red, of green, of blue.
        translation: ``(3,)`` 0.1 m.
    """

    identity: DoubleArray
    expression: DoubleArray
    texture: DoubleArray
    angles: DoubleArray
    gamma: DoubleArray
    translation: DoubleArray

    @staticmethod
    def of(vector: AnyArray) -> Coefficients:
        """Take ``(257,)`` apart.

        Raises:
            InputError: There are not 257 finite numbers.
        """
        numbers = np.asarray(vector, np.float64)
        if numbers.shape != (sum(_PARTS.values()),) or not np.isfinite(numbers).all():
            raise InputError(f"Deep3DFaceRecon gives 257 finite numbers a picture, but these are {numbers.shape}")
        return Coefficients(*np.split(numbers, np.cumsum(list(_PARTS.values()))[:-1]))

    def vector(self) -> DoubleArray:
        """``(257,)`` in the published order."""
        return np.concatenate([getattr(self, name) for name in _PARTS])


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a frame becomes the regressor's picture: brought to another size, then 224 px of it cut out.

    Attributes:
        width: Columns of the frame.
        height: Rows of the frame.
        resized_width: Columns after its size was changed.
        resized_height: Rows.
        left: First column that is cut out; may lie outside.
        top: First row.
        pixel_aspect: Width over height of a pixel of the frame.
    """

    width: int
    height: int
    resized_width: int
    resized_height: int
    left: int
    top: int
    pixel_aspect: float = 1.0

    @property
    def factors(self) -> DoubleArray:
        """Px of the picture in a px of the frame, along x and y."""
        return np.array([self.resized_width / self.width, self.resized_height / self.height])

    def to_picture(self, points: AnyArray) -> DoubleArray:
        """Places ``(..., 2)`` of the frame on the picture, px with pixel centres at whole numbers."""
        return np.asarray((np.asarray(points, np.float64) + 0.5) * self.factors - 0.5 - [self.left, self.top])

    def to_frame(self, points: AnyArray) -> DoubleArray:
        """The way back."""
        return np.asarray((np.asarray(points, np.float64) + [self.left, self.top] + 0.5) / self.factors - 0.5)


def align(landmarks: AnyArray, width: int, height: int, pixel_aspect: float = 1.0) -> Alignment:
    """Where the regressor wants a face: its five points fitted affinely from the standard face's.

    Args:
        landmarks: ``(478, 3)`` px of the frame.
        width: Columns of the frame.
        height: Rows of the frame.
        pixel_aspect: Width over height of its pixels.

    Raises:
        InputError: Landmarks of another shape, or a face of no size.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (LANDMARK_COUNT, 3) or not np.isfinite(points).all():
        raise InputError(f"landmarks have shape {points.shape}; expected finite ({LANDMARK_COUNT}, 3), px")
    stretch = np.array(pixel_stretch(pixel_aspect))
    square = np.array([width, height]) * stretch
    five = np.array([points[list(at), :2].mean(axis=0) for at in FIVE_POINTS]) * stretch
    five[:, 1] = square[1] - 1.0 - five[:, 1]
    affine = np.linalg.lstsq(np.concatenate([STANDARD_FACE, np.ones((5, 1))], axis=1), five, rcond=None)[0]
    size = float(np.linalg.norm(affine[:3], axis=0).mean())
    if not size > 1.0:
        raise InputError("the face has no size: its eyes, nose and mouth lie in one place")
    factor, (x, y) = STANDARD_SCALE_PX / size, affine[3]
    resized = (square * factor).astype(int)
    if resized.min() < 1:
        raise InputError(f"a face of {size / 100:.0f} times the frame's size cannot be aligned")
    left = int(resized[0] / 2 - SIZE_PX / 2 + (x - square[0] / 2) * factor)
    top = int(resized[1] / 2 - SIZE_PX / 2 + (square[1] / 2 - y) * factor)
    return Alignment(width, height, int(resized[0]), int(resized[1]), left, top, pixel_aspect)


def pose_from_camera(coefficients: Coefficients, alignment: Alignment) -> Pose:
    """Our pose of the face in the frame; see the module's text on what is lost.

    Raises:
        InputError: The face lies behind the camera.
    """
    x, y, z = coefficients.translation
    depth = DISTANCE - z
    if not depth > 0.0:
        raise InputError(f"the face lies behind the camera: its depth is {depth:.2f}")
    turn = _towards_axis(x, y, depth) @ matrix_from_euler(np.degrees(coefficients.angles))
    square = alignment.factors / np.array(pixel_stretch(alignment.pixel_aspect))
    scale = FOCAL_PX / depth / MM_PER_UNIT / float(square.mean())
    picture = np.array([CENTRE_PX + FOCAL_PX * x / depth, SIZE_PX - 1.0 - CENTRE_PX - FOCAL_PX * y / depth])
    return Pose(vector_from_matrix(turn), scale, alignment.to_frame(picture), alignment.pixel_aspect)


def camera_from_pose(pose: Pose, alignment: Alignment) -> tuple[DoubleArray, DoubleArray]:
    """Deep3DFaceRecon's angles ``(3,)`` and translation ``(3,)`` of our pose: the way back."""
    square = alignment.factors / np.array(pixel_stretch(alignment.pixel_aspect))
    depth = FOCAL_PX / (pose.scale * MM_PER_UNIT * float(square.mean()))
    u, row = alignment.to_picture(pose.translation)
    x, y = (u - CENTRE_PX) * depth / FOCAL_PX, (SIZE_PX - 1.0 - row - CENTRE_PX) * depth / FOCAL_PX
    rotation = _towards_axis(x, y, depth).T @ matrix_from_vector(pose.rotation)
    return np.radians(euler_degrees(rotation)), np.array([x, y, DISTANCE - depth])


def _towards_axis(x: float, y: float, depth: float) -> DoubleArray:
    """The shortest turn that brings the direction in which a point is seen onto the camera's axis.

    A face beside the axis is seen from its side a little; weak perspective has no "beside", so the face turns instead.
    """
    seen = np.array([x, y, -depth]) / np.linalg.norm([x, y, depth])
    axis = np.cross(seen, [0.0, 0.0, -1.0])
    sine = float(np.linalg.norm(axis))
    if sine < 1e-12:
        return np.eye(3)
    return matrix_from_vector(axis / sine * np.arctan2(sine, -seen[2]))


def harmonics_from_gamma(gamma: AnyArray) -> DoubleArray:
    """Their light ``(27,)`` in our harmonics ``(9, 3)``: what multiplies albedo, in gamma-coded values. Exact."""
    numbers = np.array(gamma, np.float64).reshape(3, 9)
    numbers[:, 0] += CONSTANT_LIGHT
    return np.asarray((numbers * RATIO).T)


def gamma_from_harmonics(coefficients: AnyArray) -> DoubleArray:
    """The way back: ``(9, 3)`` to ``(27,)``."""
    numbers = np.asarray(coefficients, np.float64).T / RATIO
    numbers[:, 0] -= CONSTANT_LIGHT
    return np.asarray(numbers.ravel())


def light_from_gamma(gamma: AnyArray, skin: AnyArray) -> DoubleArray:
    """Our light, skin included, that shows skin as theirs does.

    Args:
        gamma: ``(27,)``.
        skin: ``(3,)`` mean albedo, RGB 0-1, gamma coded.

    Returns:
        ``(9, 3)`` of :class:`mien.reconstruction.parameters.Light`: the least squares fit of
        ``(skin · Σ) ^ 2.2`` over normals that face the camera.
    """
    normals = _facing_normals()
    shown = np.asarray(skin) * harmonics.shade(normals, harmonics_from_gamma(gamma))
    return _fitted(normals, np.maximum(shown, 0.0) ** SRGB_EXPONENT)


def gamma_from_light(coefficients: AnyArray, skin: AnyArray) -> DoubleArray:
    """Their light ``(27,)`` that shows skin ``(3,)`` as ours ``(9, 3)`` does; least squares, too."""
    normals = _facing_normals()
    shown = np.maximum(harmonics.shade(normals, coefficients), 0.0) ** (1.0 / SRGB_EXPONENT)
    return gamma_from_harmonics(_fitted(normals, shown / np.asarray(skin)))


def _fitted(normals: DoubleArray, values: AnyArray) -> DoubleArray:
    return np.asarray(np.linalg.lstsq(harmonics.basis(normals), values, rcond=None)[0])


def _facing_normals(count: int = 600) -> DoubleArray:
    """Evenly over the half sphere towards the camera (a Fibonacci spiral)."""
    k = np.arange(count) + 0.5
    z, turn = k / count, np.pi * (1.0 + 5.0**0.5) * k
    across = np.sqrt(1.0 - z * z)
    return np.stack([across * np.cos(turn), across * np.sin(turn), z], axis=1)
