"""A face model and face tracks of known parameters, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from mien.geometry.camera import project_many
from mien.morphable.model import MorphableModel
from mien.tracking.face_track import FaceTrack


def make_patch_model(identity_count: int = 12, expression_count: int = 10, seed: int = 0) -> MorphableModel:
    """Make the model: 26 rows by 18 columns of vertices on an ellipsoid, fields of a few mm."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[-1:1:26j, -1:1:18j]
    x, y = 70.0 * columns.ravel(), -90.0 * rows.ravel()
    z = 60.0 * np.sqrt(np.maximum(0.05, 1.0 - 0.5 * columns.ravel() ** 2 - 0.4 * rows.ravel() ** 2))
    nose = 25.0 * np.exp(-(x**2 + y**2) / 300.0)
    mean = np.stack([x, y, z + nose], axis=1)
    identity = np.empty((468, 3, identity_count))
    for k in range(identity_count):
        wave, turn = rng.uniform(0.5, 2.0, 2), rng.uniform(0, 2 * np.pi, 2)
        field = np.sin(wave[0] * x / 30 + turn[0]) * np.sin(wave[1] * y / 40 + turn[1])
        identity[:, :, k] = 3.0 * field[:, None] * rng.normal(size=3)
    expression = np.empty((468, 3, expression_count))
    for k in range(expression_count):
        centre = mean[rng.integers(468)]
        near = np.exp(-np.sum((mean - centre) ** 2, axis=1) / (2 * 18.0**2))
        expression[:, :, k] = near[:, None] * 8.0 * rng.normal(size=3)
    corner = np.arange(468).reshape(26, 18)
    a, b, c, d = (part.ravel() for part in (corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]))
    triangles = np.concatenate([np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)])
    mirror = corner[:, ::-1].ravel()
    return MorphableModel(
        "patch",
        mean.astype(np.float32),
        identity.astype(np.float32),
        expression.astype(np.float32),
        tuple(f"bump {k}" for k in range(expression_count)),
        triangles.astype(np.int32),
        np.stack([columns.ravel() + 1, rows.ravel() + 1], axis=1).astype(np.float32) / 2,
        np.arange(468, dtype=np.int32),
        np.empty((0, 2), np.int32),
        mirror.astype(np.int32),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A face track and the parameters that it was made from."""

    track: FaceTrack
    alpha: np.ndarray
    beta: np.ndarray
    rotation: np.ndarray
    scale: np.ndarray
    translation: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """All landmarks ``(T, 478, 3)``."""
        return self.track.landmarks(self.track.start, self.track.stop)


def make_known_track(
    model: MorphableModel, count: int = 30, noise_px: float = 0.0, seed: int = 1, beta: np.ndarray | None = None
) -> Known:
    """Project a face of random alpha, sparse random beta (unless given), swinging pose: 3 px per mm, frames from 7."""
    rng = np.random.default_rng(seed)
    alpha = rng.normal(size=model.identity.shape[-1])
    size = (count, model.expression.shape[-1])
    if beta is None:
        beta = np.where(rng.uniform(size=size) < 0.4, rng.uniform(0.2, 1.0, size), 0.0)
    rotation = np.stack(
        [0.2 * np.sin(np.arange(count) / 3), 0.5 * np.cos(np.arange(count) / 5), np.full(count, 0.1)], 1
    )
    scale = 3.0 + 0.2 * np.sin(np.arange(count))
    translation = 300.0 + rng.normal(size=(count, 2)) * 20
    shapes = model.mean + model.identity @ alpha + np.einsum("nde,te->tnd", model.expression, beta)
    points = np.zeros((count, 478, 3))
    points[:, :468] = project_many(shapes, rotation, scale, translation)
    points[:, 468:] = points[:, :10]
    points += rng.normal(size=points.shape) * noise_px
    return Known(FaceTrack.from_array(points, start=7), alpha, beta, rotation, scale, translation)


@pytest.fixture(scope="session")
def patch_model():
    """The model that :func:`make_patch_model` makes."""
    return make_patch_model()


@pytest.fixture(scope="session")
def known_track():
    """The function :func:`make_known_track`."""
    return make_known_track
