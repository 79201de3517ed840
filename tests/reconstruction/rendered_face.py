"""Pictures of a morphable model with known parameters, light and albedo, drawn with the project's rasteriser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mien.geometry import harmonics
from mien.geometry.camera import project_many, rotate
from mien.geometry.normals import vertex_normals
from mien.geometry.rasteriser import rasterise
from mien.morphable import regions
from mien.morphable.model import MorphableModel
from mien.reconstruction.parameters import FaceParameters
from mien.tracking.face_track import FaceTrack
from mien.types import Box

SIZE = 300
SKIN = np.array([0.62, 0.45, 0.36])
TOWARDS = np.array([-0.5, 0.4, 0.77]) / np.linalg.norm([-0.5, 0.4, 0.77])


@dataclass
class Drawn:
    """A picture as the reconstruction needs it."""

    index: int
    rgb: np.ndarray

    @property
    def width(self) -> int:
        return self.rgb.shape[1]

    @property
    def height(self) -> int:
        return self.rgb.shape[0]

    def crop(self, box: Box) -> np.ndarray:
        return self.rgb[box.y0 : box.y1, box.x0 : box.x1]


@dataclass
class DrawnClip:
    """Pictures in order, from index 0."""

    pictures: list[Drawn]

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Drawn]:
        return iter(self.pictures[start:stop])


@dataclass
class RenderedFace:
    """A clip and what it was made from."""

    clip: DrawnClip
    alpha: np.ndarray
    beta: np.ndarray
    rotation: np.ndarray
    scale: np.ndarray
    translation: np.ndarray
    light: np.ndarray
    albedo: np.ndarray
    points: np.ndarray

    def track(self, bias_px: np.ndarray | float = 0.0) -> FaceTrack:
        """The true landmarks ``(T, 468, 3)``, moved by ``bias_px``."""
        landmarks = np.zeros((len(self.points), 478, 3))
        landmarks[:, :468] = self.points + bias_px
        landmarks[:, 468:] = landmarks[:, :10]
        return FaceTrack.from_array(landmarks)

    def off_px(self, model: MorphableModel, found: FaceParameters) -> float:
        """Root mean square distance in the image between the model's vertices as found and as they are."""
        shapes = model.shape(found.alpha, found.beta)
        placed = project_many(shapes, found.rotation, found.scale, found.translation)
        return float(np.sqrt(np.mean(((placed - self.points)[..., :2] ** 2).sum(axis=-1))))


def lamp(ambient: float = 0.5) -> np.ndarray:
    """One lamp and light from all around, on skin: ``(9, 3)``."""
    coefficients = np.array(harmonics.COSINE_TRANSFER) * harmonics.basis(TOWARDS) * (1 - ambient)
    coefficients[0] += ambient / harmonics.Y0 * 0.5
    return coefficients[:, None] * SKIN


def face_albedo(seed: int = 5) -> np.ndarray:
    """Dark brows, red lips, freckles: ``(468, 3)`` for the built-in topology, geometric mean 1."""
    log = 0.2 * np.random.default_rng(seed).normal(size=(468, 1)) * np.array([0.8, 1.0, 1.1])
    log[np.concatenate([regions.REGIONS["left brow"], regions.REGIONS["right brow"]])] -= 1.0
    log[regions.LIPS] += [0.0, -0.5, -0.4]
    return np.exp(log - log.mean(axis=0))


def rendered_face(
    model: MorphableModel, count: int = 3, *, albedo: np.ndarray | None = None, seed: int = 0
) -> RenderedFace:
    """Draw a face of random alpha and sparse random beta, turning by up to 17 degrees; 8-bit pictures."""
    rng = np.random.default_rng(seed)
    alpha = 0.7 * rng.normal(size=model.identity_count)
    size = (count, model.expression_count)
    beta = np.where(rng.random(size) < 0.2, rng.uniform(0.2, 0.8, size), 0.0)
    turn = np.arange(count)
    rotation = np.stack([0.1 * np.sin(turn), 0.3 * np.cos(1.3 * turn), np.full(count, 0.05)], axis=1)
    scale, translation = np.full(count, 1.2), 150.0 + 4.0 * rng.normal(size=(count, 2))
    light = lamp()
    albedo = face_albedo() if albedo is None else albedo
    shapes = model.shape(alpha, beta)
    points = project_many(shapes, rotation, scale, translation)
    pictures = []
    for k in range(count):
        normals = rotate(vertex_normals(shapes[k], model.triangles), rotation[k][None])[0]
        attributes = np.concatenate([normals, albedo], axis=1).astype(np.float32)
        drawn, depth = rasterise(points[k].astype(np.float32), model.triangles, attributes, SIZE, SIZE)
        length = np.linalg.norm(drawn[..., :3], axis=-1, keepdims=True)
        unit = (drawn[..., :3] / np.maximum(length, 1e-6)).astype(np.float64)
        shown = np.clip(drawn[..., 3:] * harmonics.shade(unit, light), 0.0, 1.0) ** (1 / 2.2)
        shown[~np.isfinite(depth)] = 0.2
        pictures.append(Drawn(k, (np.round(255 * shown) / 255).astype(np.float32)))
    return RenderedFace(DrawnClip(pictures), alpha, beta, rotation, scale, translation, light, albedo, points)
