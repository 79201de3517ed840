"""Frames around a face, all brought to one size: what photometric refinement reads.

On a canvas the face's eye distance is ``EYE_DISTANCE_PX`` and its middle lies in the middle; pixels are square. Places
are also told in eye distances from that middle (x to the right, y down): those numbers do not depend on the frame's
size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.geometry.camera import project_many
from mien.geometry.homography import resample
from mien.geometry.rasteriser import rasterise
from mien.geometry.rotation import matrix_from_vector
from mien.morphable.model import MorphableModel
from mien.morphable.regions import EYE_CORNERS_OUTER
from mien.reconstruction.light import Picture
from mien.reconstruction.parameters import FaceParameters
from mien.tracking.face_track import FaceTrack
from mien.types import AnyArray, Box, DoubleArray, FloatArray, pixel_stretch

CANVAS_PX = 256
EYE_DISTANCE_PX = 84.0
"""The canvas is three eye distances wide: a face is about 1.7 wide and 2.2 high."""

_MARGIN_PX = 3  # What a cubic reads beyond its place.
_DEPTH_TOLERANCE_PX = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class FaceCanvases:
    """Some frames of one face, with the fit that the refinement starts from.

    Attributes:
        frames: ``(T,)`` their indices in the clip.
        pictures: ``(T, S, S, 3)`` float32, 0-1, gamma coded.
        inside: ``(T, 4)`` least and greatest x, then y, on the canvas that the frame covers.
        centre: ``(T, 2)`` square px of the frame that lie in the canvas's middle.
        unit: ``(T,)`` square px of the frame in an eye distance.
        landmarks: ``(T, 468, 3)`` eye distances from the middle, in the camera's axes (y up, z to the viewer).
        beta: ``(T, E)``.
        rotation: ``(T, 3, 3)`` matrices.
        scale: ``(T,)`` eye distances per mm.
        translation: ``(T, 2)`` eye distances from the middle, y down.
    """

    frames: AnyArray
    pictures: FloatArray
    inside: DoubleArray
    centre: DoubleArray
    unit: DoubleArray
    landmarks: DoubleArray
    beta: DoubleArray
    rotation: DoubleArray
    scale: DoubleArray
    translation: DoubleArray

    def __len__(self) -> int:
        return len(self.frames)

    @staticmethod
    def of(
        model: MorphableModel, track: FaceTrack, parameters: FaceParameters, pictures: Iterable[Picture]
    ) -> FaceCanvases:
        """Cut the face out of pictures.

        Args:
            model: The morphable model.
            track: The face.
            parameters: Its fit.
            pictures: Frames of the track, in any order.

        Raises:
            InputError: There are none, or the face has no size in one.
        """
        rows = [_canvas(model, track, parameters, picture) for picture in pictures]
        if not rows:
            raise InputError("photometric refinement needs at least one picture of the face")
        return FaceCanvases(*(np.stack(column) for column in zip(*rows, strict=True)))

    @staticmethod
    def joined(parts: Iterable[FaceCanvases]) -> FaceCanvases:
        """Several of them as one."""
        listed = list(parts)
        return FaceCanvases(
            *(np.concatenate([getattr(part, name) for part in listed]) for name in FaceCanvases.__dataclass_fields__)
        )

    def rows(self, chosen: AnyArray) -> FaceCanvases:
        """Some of the frames."""
        return FaceCanvases(*(getattr(self, name)[chosen] for name in FaceCanvases.__dataclass_fields__))

    def depths(self, model: MorphableModel, alpha: AnyArray, beta: AnyArray, pose: tuple[AnyArray, ...]) -> FloatArray:
        """Depth of the whole mesh on each canvas ``(T, S, S)``, px, less is nearer; infinite beside it.

        Args:
            model: The morphable model.
            alpha: ``(A,)``.
            beta: ``(T, E)``.
            pose: Rotation matrices ``(T, 3, 3)``, scales ``(T,)`` and translations ``(T, 2)`` as here.
        """
        nothing = np.zeros((model.vertex_count, 1), np.float32)
        found = np.empty((len(self), CANVAS_PX, CANVAS_PX), np.float32)
        for k, (b, rotation, scale, shift) in enumerate(zip(beta, *pose, strict=True)):
            turned = model.shape(alpha, b) @ np.asarray(rotation).T * (scale * EYE_DISTANCE_PX)
            points = turned * [1.0, -1.0, -1.0]
            points[:, :2] += np.asarray(shift) * EYE_DISTANCE_PX + 0.5 * (CANVAS_PX - 1)
            found[k] = rasterise(points.astype(np.float32), model.triangles, nothing, CANVAS_PX, CANVAS_PX)[1]
        return found

    def shown(self, depths: FloatArray, places: AnyArray, depth: AnyArray, facing: AnyArray) -> AnyArray:
        """Which points the frames show: inside the frame, and not behind the mesh.

        Args:
            depths: Of :meth:`depths`.
            places: ``(T, P, 2)`` px of the canvas.
            depth: ``(T, P)`` px.
            facing: ``(T, P)`` cosine to the camera: a slanted surface is as deep as its neighbour pixels.

        Returns:
            ``(T, P)`` booleans.
        """
        low, high = self.inside[:, None, 0::2], self.inside[:, None, 1::2]
        seen = ((places >= low) & (places <= high)).all(axis=2)
        column, row = np.clip(np.rint(np.nan_to_num(places)), 0, CANVAS_PX - 1).astype(int).transpose(2, 0, 1)
        nearest = depths[np.arange(len(self))[:, None], row, column]
        slope = np.sqrt(np.maximum(1.0 - facing**2, 0.0)) / np.maximum(facing, 0.1)
        return np.asarray(seen & (depth <= nearest + _DEPTH_TOLERANCE_PX + slope))


def _canvas(
    model: MorphableModel, track: FaceTrack, parameters: FaceParameters, picture: Picture
) -> tuple[AnyArray, ...]:
    index = picture.index
    row = parameters.row(index)
    stretch = np.array(pixel_stretch(parameters.pixel_aspect))
    landmarks = track.landmarks(index, index + 1)[0].astype(np.float64) * [stretch[0], stretch[1], stretch[0]]
    unit = float(np.linalg.norm(landmarks[EYE_CORNERS_OUTER[0]] - landmarks[EYE_CORNERS_OUTER[1]]))
    if not (np.isfinite(unit) and unit > 0.0):
        raise InputError(f"the eye corners of a face fall together in frame {index}; track it again")
    alone = (parameters.rotation[row][None], parameters.scale[row][None], (parameters.translation[row] * stretch)[None])
    low_high = project_many(model.shape(parameters.alpha, parameters.beta[row])[None], *alone)[0, :, :2]
    mesh = model.landmark_vertices[model.landmark_vertices >= 0]
    about = low_high[mesh] if len(mesh) else low_high
    centre = 0.5 * (about.min(axis=0) + about.max(axis=0))
    crop, inside = _cut(picture, centre, unit, stretch)
    points = (landmarks[: len(model.landmark_vertices)] - [*centre, 0.0]) / unit * [1.0, -1.0, -1.0]
    pose = (
        matrix_from_vector(parameters.rotation[row]),
        parameters.scale[row].astype(np.float64) / unit,
        (parameters.translation[row] * stretch - centre) / unit,
    )
    beta = parameters.beta[row].astype(np.float64)
    return tuple(map(np.asarray, (index, crop, inside, centre, unit, points, beta, *pose)))


def _cut(picture: Picture, centre: DoubleArray, unit: float, stretch: DoubleArray) -> tuple[FloatArray, DoubleArray]:
    """The canvas, and what of it the frame covers."""
    half = 0.5 * (CANVAS_PX - 1)
    step = unit / EYE_DISTANCE_PX / stretch  # Px of the frame in a pixel of the canvas.
    corner = centre / stretch - half * step
    size = np.array([picture.width, picture.height])
    low = np.clip(np.floor(corner) - _MARGIN_PX, 0, size - 2).astype(int)
    high = np.clip(np.ceil(corner + 2 * half * step) + _MARGIN_PX + 1, low + 2, size).astype(int)
    crop = np.ascontiguousarray(picture.crop(Box(*map(int, (*low, *high)))), np.float32)
    view = np.diag([*step, 1.0])
    view[:2, 2] = corner - low
    covered = np.stack([(0 - corner) / step, (size - 1 - corner) / step], axis=1)
    return resample(crop, view, CANVAS_PX, CANVAS_PX), np.clip(covered, 0.0, CANVAS_PX - 1.0).ravel()
