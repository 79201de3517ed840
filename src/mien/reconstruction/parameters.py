"""What reconstruction finds out about a face: its parameters through a track, and its light."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from mien.errors import InputError
from mien.geometry import harmonics
from mien.geometry.rotation import euler_degrees, matrix_from_vector
from mien.morphable.outline import OUTLINE_COUNT
from mien.types import AnyArray, DoubleArray, FloatArray, IntArray, Pose

SRGB_EXPONENT = 2.2
"""Frames are gamma coded; linear light is the code value to this power (the usual approximation of sRGB)."""


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The light on a face and what its skin looks like.

    Attributes:
        coefficients: ``(9, 3)`` harmonics of :mod:`mien.geometry.harmonics` per colour channel, in the camera's axes,
            skin colour included: ``shade(normals, coefficients)`` is the face's linear light, 0 to 1.
        directionality: 0 for light from all around, near 1 for a single lamp: length of the first-order part over the
            constant part, as a fraction of what one distant lamp gives.
        skin_colour: ``(3,)`` median of cheeks and forehead, gamma coded, 0 to 1.
        skin_contrast: Texture at the scale of wrinkles on cheeks and forehead: standard deviation as a fraction of
            brightness (gamma coded).
        sample_count: Vertex samples that the estimate rests on.
    """

    coefficients: FloatArray
    directionality: float
    skin_colour: FloatArray
    skin_contrast: float
    sample_count: int

    def brightness_ratio(self, normals_before: AnyArray, normals_after: AnyArray, *, floor: float = 0.05) -> AnyArray:
        """Factor by which gamma-coded pixels change when the surface turns from one normal to another.

        Args:
            normals_before: ``(..., 3)`` unit normals in the camera's axes.
            normals_after: The same, after the change.
            floor: Least linear light, as a fraction of the brightest possible, so that no shadow divides by nothing.

        Returns:
            ``(..., 3)`` per colour channel, 1 where nothing changes.
        """
        least = floor * np.maximum(harmonics.shade(np.array([[0.0, 0.0, 1.0]]), self.coefficients)[0], 1e-4)
        before = np.maximum(harmonics.shade(normals_before, self.coefficients), least)
        after = np.maximum(harmonics.shade(normals_after, self.coefficients), least)
        return np.asarray((after / before) ** (1.0 / SRGB_EXPONENT))


@dataclass(frozen=True, slots=True, eq=False)
class Glasses:
    """The rims and the bridge of glasses, in model space: they follow the head.

    Attributes:
        points: ``(N, 3)`` mm, along the middle of each line, about 1.2 mm apart.
        normals: ``(N, 2)`` unit, x and y of model space, across the line.
        half_widths: ``(N,)`` mm, of the most distinct line of the rim, by which it is found again.
        senses: ``(N,)`` 1 where that line is darker than what is around it, -1 where it is brighter, 0 where unsure.
        extents: ``(N, 2)`` mm: how far the rim reaches from the points, against the normal and along it.
        strengths: ``(N,)`` how surely something of them is seen there, 0-1.
        lines: ``(L, 3)`` first point, point after the last, and 1 where the line is closed.
    """

    points: FloatArray
    normals: FloatArray
    half_widths: FloatArray
    senses: FloatArray
    extents: FloatArray
    strengths: FloatArray
    lines: IntArray

    def __post_init__(self) -> None:
        count = len(self.points)
        single = dict.fromkeys(("half_widths", "senses", "strengths"), (count,))
        expected = {"points": (count, 3), "normals": (count, 2), "extents": (count, 2), **single}
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise InputError(f"glasses of {count} points need {name} {shape}, not {getattr(self, name).shape}")
        if self.lines.ndim != 2 or self.lines.shape[1] != 3 or (len(self.lines) and self.lines[-1, 1] != count):
            raise InputError(f"the lines of glasses are (L, 3) and end with their points, not {self.lines.tolist()}")


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """How far the person reaches beyond the oval of the face, in some frames.

    Attributes:
        frames: ``(K,)`` their indices, rising; at least one.
        reach: ``(K, 36)`` eye distances from each vertex of the oval outward, to where the background begins.
    """

    frames: IntArray
    reach: FloatArray

    def __post_init__(self) -> None:
        count = len(self.frames)
        if not count or np.any(np.diff(self.frames) <= 0) or self.reach.shape != (count, OUTLINE_COUNT):
            raise InputError(
                f"surroundings are frames (K,) in order and reach (K, {OUTLINE_COUNT}), "
                f"not {self.frames.shape} and {self.reach.shape}"
            )

    def at(self, frame_index: int) -> DoubleArray:
        """Reach in a frame of the clip ``(36,)``: between the frames that were looked at in proportion."""
        after = int(np.searchsorted(self.frames, frame_index))
        if after in (0, len(self.frames)):
            return np.asarray(self.reach[min(after, len(self.frames) - 1)], np.float64)
        first, second = self.frames[after - 1], self.frames[after]
        share = (frame_index - first) / (second - first)
        return np.asarray(self.reach[after - 1] + share * (self.reach[after] - self.reach[after - 1]), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class FaceParameters:
    """A face through one track: who it is (alpha), what it does (beta), where it is (pose), frame by frame.

    Attributes:
        start: Frame index of the first row.
        alpha: ``(A,)`` identity, shared by all frames.
        beta: ``(T, E)`` expression, 0 to 1.2, one column an action unit of the model.
        rotation: ``(T, 3)`` rotation vectors, radians.
        scale: ``(T,)`` square px per mm.
        translation: ``(T, 2)`` px.
        residual: ``(T,)`` median distance of model and landmarks in the image, as a fraction of the eye distance.
        light: The light on the face; None until it has been estimated.
        glasses: What the person wears; None where no glasses were found.
        surroundings: How far the person reaches around the face; None where that is not known.
        pixel_aspect: Width over height of a pixel of the frame.
    """

    start: int
    alpha: FloatArray
    beta: FloatArray
    rotation: FloatArray
    scale: FloatArray
    translation: FloatArray
    residual: FloatArray
    light: Light | None = None
    pixel_aspect: float = 1.0
    glasses: Glasses | None = None
    surroundings: Surroundings | None = None

    def __post_init__(self) -> None:
        count = len(self.beta)
        expected = {"rotation": (count, 3), "scale": (count,), "translation": (count, 2), "residual": (count,)}
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise InputError(
                    f"face parameters of {count} frames need {name} {shape}, not {getattr(self, name).shape}"
                )
        if self.alpha.ndim != 1 or self.beta.ndim != 2:
            raise InputError(f"alpha must be (A,) and beta (T, E), not {self.alpha.shape} and {self.beta.shape}")

    def __len__(self) -> int:
        return len(self.beta)

    @property
    def stop(self) -> int:
        """Frame index after the last row."""
        return self.start + len(self)

    def pose(self, frame_index: int) -> Pose:
        """Pose in the frame of the clip with this index.

        Raises:
            InputError: If the face has no parameters there.
        """
        row = self.row(frame_index)
        rotation, translation = self.rotation[row].astype(np.float64), self.translation[row].astype(np.float64)
        return Pose(rotation, float(self.scale[row]), translation, self.pixel_aspect)

    def reach(self, frame_index: int) -> DoubleArray | None:
        """How far the person goes on beyond the face oval ``(36,)``, eye distances; None where that is not known."""
        return None if self.surroundings is None else self.surroundings.at(frame_index)

    def row(self, frame_index: int) -> int:
        """Row of the arrays for a frame of the clip.

        Raises:
            InputError: If the face has no parameters there.
        """
        if not self.start <= frame_index < self.stop:
            raise InputError(f"this face has frames {self.start} to {self.stop - 1}, not frame {frame_index}")
        return frame_index - self.start

    def pitch_yaw_roll_degrees(self) -> DoubleArray:
        """``(T, 3)`` pitch, yaw and roll in degrees."""
        return euler_degrees(matrix_from_vector(self.rotation))

    def arrays(self) -> dict[str, AnyArray]:
        """The arrays by name, for storing."""
        apart = ("start", "light", "pixel_aspect", "glasses", "surroundings")
        kept = [field.name for field in fields(self) if field.name not in apart]
        return {name: getattr(self, name) for name in kept}
