"""The weak-perspective camera: model space (mm) to landmarks (px) and back, as in ``docs/conventions.md``."""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.geometry.rotation import matrix_from_vector
from mien.types import AnyArray, DoubleArray, Pose


def project(vertices: AnyArray, pose: Pose) -> DoubleArray:
    """Project the vertices of one face.

    Args:
        vertices: ``(N, 3)`` model space, mm.
        pose: Where the head is.

    Returns:
        ``(N, 3)`` x, y in px of the frame and z in px, growing away from the camera, 0 at the model's origin.

    Raises:
        InputError: If ``vertices`` is not ``(N, 3)``.
    """
    vertices = np.asarray(vertices, np.float64)
    if vertices.ndim != 2 or vertices.shape[1] != 3:
        raise InputError(f"vertices must be (N, 3), but came as {vertices.shape}")
    stretch = np.array(pose.stretch)
    alone = (pose.rotation[None], np.array([pose.scale]), np.asarray(pose.translation)[None] * stretch)
    placed = np.asarray(project_many(vertices[None], *alone)[0])
    placed[:, :2] /= stretch
    placed[:, 2] /= stretch[0]
    return placed


def project_many(vertices: AnyArray, rotation: AnyArray, scale: AnyArray, translation: AnyArray) -> DoubleArray:
    """Project a face through ``T`` frames.

    Args:
        vertices: ``(T, N, 3)``, or ``(N, 3)`` for one shape in all frames; mm.
        rotation: ``(T, 3)`` rotation vectors, radians.
        scale: ``(T,)`` px per mm.
        translation: ``(T, 2)`` px.

    Returns:
        ``(T, N, 3)`` as :func:`project` gives them.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    rotation, scale, translation = (np.asarray(a, np.float64) for a in (rotation, scale, translation))
    count = len(rotation)
    if rotation.shape != (count, 3) or scale.shape != (count,) or translation.shape != (count, 2):
        raise InputError(
            "a pose per frame is rotation (T, 3), scale (T,), translation (T, 2), but came as "
            f"{rotation.shape}, {scale.shape}, {translation.shape}"
        )
    placed = rotate(vertices, rotation) * (scale[:, None, None] * np.array([1.0, -1.0, -1.0]))
    placed[..., :2] += translation[:, None]
    return np.asarray(placed)


def rotate(vectors: AnyArray, rotation: AnyArray) -> DoubleArray:
    """Turn vectors (vertices or normals) ``(T, N, 3)`` or ``(N, 3)`` by ``(T, 3)`` rotation vectors: ``(T, N, 3)``."""
    vectors = np.asarray(vectors, np.float64)
    rotation = np.asarray(rotation, np.float64)
    if vectors.ndim not in (2, 3) or vectors.shape[-1] != 3 or (vectors.ndim == 3 and len(vectors) != len(rotation)):
        raise InputError(f"vectors must be (N, 3) or ({len(rotation)}, N, 3), but came as {vectors.shape}")
    return np.asarray(vectors @ np.swapaxes(matrix_from_vector(rotation), -1, -2))


def unproject_displacement(displacement_px: AnyArray, pose: Pose) -> DoubleArray:
    """Turn displacements ``(N, 3)`` in landmark axes (px) into displacements in model space (mm)."""
    return np.asarray(_displacement(displacement_px) * _flip(pose) @ matrix_from_vector(pose.rotation) / pose.scale)


def project_displacement(displacement_mm: AnyArray, pose: Pose) -> DoubleArray:
    """Turn displacements ``(N, 3)`` in model space (mm) into displacements in landmark axes (px)."""
    return np.asarray(_displacement(displacement_mm) @ matrix_from_vector(pose.rotation).T * pose.scale / _flip(pose))


def _displacement(given: AnyArray) -> DoubleArray:
    displacement = np.asarray(given, np.float64)
    if displacement.ndim != 2 or displacement.shape[1] != 3:
        raise InputError(f"displacements must be (N, 3), but came as {displacement.shape}")
    return displacement


def _flip(pose: Pose) -> DoubleArray:
    """Square px in the camera's axes per px in those of the landmarks, which point down and away."""
    across, down = pose.stretch
    return np.array([across, -down, -across])
