"""Deep3DFaceRecon's regressor as a way to reconstruct: CCFE's own (its [27]), with weights that users bring.

Its coefficients are those of ``BFM_model_front.mat`` (:mod:`mien.morphable.bfm09`), whose columns and units it shares.
Conventions and their conversion: :mod:`mien.reconstruction.deep3d_camera`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import torch
from torch.nn import functional

from mien.errors import InputError, ModelError
from mien.geometry.camera import project
from mien.morphable.model import MorphableModel
from mien.nn.deep3d import INPUT_SIZE, Deep3DNetwork
from mien.nn.weights.store import require
from mien.reconstruction.deep3d_camera import Alignment, Coefficients, align, light_from_gamma, pose_from_camera
from mien.reconstruction.light import FULL_DIRECTIONALITY, LUMINANCE, Picture
from mien.reconstruction.parameters import FaceParameters, Light
from mien.tracking.face_track import FaceTrack
from mien.types import AnyArray, Box, ByteArray, Pose

NAME = "deep3d"
SKIN = (0.72, 0.56, 0.48)
"""Albedo of skin, RGB 0-1, where the model brings none; only the colour of the light depends on it."""


class Pictures(Protocol):
    """What is needed of a clip (``mien.video.clip.Clip``)."""

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Picture]:
        """Frames ``start <= index < stop``, in order."""
        ...


def aligned_picture(rgb: ByteArray, alignment: Alignment) -> ByteArray:
    """The regressor's picture of a frame: its size changed bicubically (as Pillow does it), cut out, black beyond.

    Args:
        rgb: ``(height, width, 3)`` uint8.
        alignment: Of that frame.

    Returns:
        ``(224, 224, 3)`` uint8.

    Raises:
        InputError: The frame is not of the alignment's size, or not 8-bit.
    """
    if rgb.shape != (alignment.height, alignment.width, 3) or rgb.dtype != np.uint8:
        raise InputError(
            f"the frame is {rgb.dtype} {rgb.shape}, but was aligned as uint8 {(alignment.height, alignment.width, 3)}"
        )
    whole = torch.from_numpy(rgb).permute(2, 0, 1)[None].float()
    size = (alignment.resized_height, alignment.resized_width)
    resized = whole
    for step in ((alignment.height, size[1]), size):  # Along rows first, whole numbers between: Pillow's order.
        resized = functional.interpolate(resized, step, mode="bicubic", antialias=True, align_corners=False)
        resized = resized.round().clamp(0, 255)
    picture = np.zeros((INPUT_SIZE, INPUT_SIZE, 3), np.uint8)
    x0, y0 = max(alignment.left, 0), max(alignment.top, 0)
    x1, y1 = (
        min(start + INPUT_SIZE, most) for start, most in zip((alignment.left, alignment.top), size[::-1], strict=True)
    )
    if x1 > x0 and y1 > y0:
        cut = resized[0, :, y0:y1, x0:x1].byte().permute(1, 2, 0).numpy()
        picture[y0 - alignment.top : y1 - alignment.top, x0 - alignment.left : x1 - alignment.left] = cut
    return picture


class Deep3D:
    """The regressor with its weights.

    Args:
        network: The network; :meth:`load` reads the published one.
    """

    def __init__(self, network: Deep3DNetwork) -> None:
        self._network = network.eval()

    @classmethod
    def load(cls) -> Deep3D:
        """Read the weights from the store.

        Raises:
            WeightsMissingError: They are not on this machine.
            ModelError: They are another network's.
        """
        return cls(Deep3DNetwork.load(require(NAME, "Deep3DFaceRecon's regressor")))

    @torch.no_grad()
    def regress(self, pictures: ByteArray) -> list[Coefficients]:
        """Coefficients of aligned pictures.

        Args:
            pictures: ``(N, 224, 224, 3)`` uint8 RGB, from :func:`aligned_picture`.

        Raises:
            InputError: The array is not of that shape or type.
        """
        pictures = np.asarray(pictures)
        if pictures.ndim != 4 or pictures.shape[1:] != (INPUT_SIZE, INPUT_SIZE, 3) or pictures.dtype != np.uint8:
            raise InputError(
                f"pictures are {pictures.dtype} {pictures.shape}; expected uint8 (N, {INPUT_SIZE}, {INPUT_SIZE}, 3)"
            )
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255.0
        return [Coefficients.of(row) for row in self._network(batch).numpy()]

    def fit_track(
        self, model: MorphableModel, track: FaceTrack, clip: Pictures, progress: Callable[[int], None] | None = None
    ) -> FaceParameters:
        """Reconstruct a track, frame by frame; identity is the mean of all frames, as CCFE needs one a person.

        Args:
            model: BFM 2009 as :func:`mien.morphable.bfm09.load` reads it.
            track: The face; its landmarks give the five points of the alignment.
            clip: The clip that it is in.
            progress: Called with the number of frames done since the last call.

        Raises:
            ModelError: The model has not BFM's columns.
            InputError: A frame cannot be aligned, or the clip ends before the track.
        """
        if (model.identity_count, model.expression_count) != (80, 64):
            raise ModelError(
                f"Deep3DFaceRecon's coefficients are BFM's, 80 and 64, but the model {model.name!r} has "
                f"{model.identity_count} and {model.expression_count}"
            )
        found: list[tuple[Coefficients, Pose]] = []
        for frame in clip.frames(track.start, track.stop):
            rgb = _bytes(frame)
            landmarks = track.landmarks(frame.index, frame.index + 1)[0]
            alignment = align(landmarks, rgb.shape[1], rgb.shape[0], track.pixel_aspect)
            (coefficients,) = self.regress(aligned_picture(rgb, alignment)[None])
            found.append((coefficients, pose_from_camera(coefficients, alignment)))
            if progress is not None:
                progress(1)
        if len(found) != track.stop - track.start:
            raise InputError(f"the clip has {len(found)} of the track's {track.stop - track.start} frames")
        return _parameters(model, track, found)


def _bytes(picture: Picture) -> ByteArray:
    whole = picture.crop(Box(0, 0, picture.width, picture.height))
    return np.asarray(whole * np.float32(255.0) + np.float32(0.5), np.uint8)


def _parameters(model: MorphableModel, track: FaceTrack, found: list[tuple[Coefficients, Pose]]) -> FaceParameters:
    alpha = np.mean([coefficients.identity for coefficients, _ in found], axis=0)
    beta = np.array([coefficients.expression for coefficients, _ in found])
    poses = [pose for _, pose in found]
    residual = [_residual(model, track, row, alpha, beta[row], pose) for row, pose in enumerate(poses)]
    return FaceParameters(
        start=track.start,
        alpha=alpha.astype(np.float32),
        beta=beta.astype(np.float32),
        rotation=np.array([pose.rotation for pose in poses], np.float32),
        scale=np.array([pose.scale for pose in poses], np.float32),
        translation=np.array([pose.translation for pose in poses], np.float32),
        residual=np.array(residual, np.float32),
        light=_light(model, [coefficients for coefficients, _ in found]),
        pixel_aspect=track.pixel_aspect,
    )


def _residual(model: MorphableModel, track: FaceTrack, row: int, alpha: AnyArray, beta: AnyArray, pose: Pose) -> float:
    there = np.flatnonzero(model.landmark_vertices >= 0)
    placed = project(model.shape(alpha, beta)[model.landmark_vertices[there]], pose)[:, :2]
    landmarks = track.landmarks(track.start + row, track.start + row + 1)[0][there, :2]
    apart = np.linalg.norm((placed - landmarks) * np.array(pose.stretch), axis=1)
    return float(np.median(apart) / track.eye_distance[row])


def _light(model: MorphableModel, found: list[Coefficients]) -> Light:
    """The mean of the frames' lights on the mean skin."""
    skin = np.array(SKIN)
    if model.albedo is not None:
        texture = np.mean([coefficients.texture for coefficients in found], axis=0)
        skin = np.clip(model.albedo.colours(texture), 0.05, 1.0).mean(axis=0)
    mean = np.mean([light_from_gamma(coefficients.gamma, skin) for coefficients in found], axis=0)
    grey = mean @ LUMINANCE
    directionality = float(np.linalg.norm(grey[1:4]) / max(float(grey[0]), 1e-6) / FULL_DIRECTIONALITY)
    return Light(mean.astype(np.float32), directionality, skin.astype(np.float32), 0.0, 0)
