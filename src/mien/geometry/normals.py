"""Vertex normals of triangle meshes: the mean of the adjacent triangles' normals, weighted by their area.

Triangles run counterclockwise when seen from outside, so that normals point out of the face (model space).
A vertex on which no triangle of any area meets has the normal (0, 0, 0).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.types import AnyArray, FloatArray


def vertex_normals(vertices: AnyArray, triangles: AnyArray) -> FloatArray:
    """Unit normals at the vertices of one mesh or of a batch that shares its triangles.

    Args:
        vertices: ``(N, 3)`` or ``(T, N, 3)``.
        triangles: ``(M, 3)`` vertex indices.

    Returns:
        Unit vectors in the shape of ``vertices``, float32.

    Raises:
        InputError: If the arrays do not have these shapes or triangles name vertices that are not there.
    """
    batch, corners = _checked(vertices, triangles)
    normals = np.empty_like(batch)
    _vertex_normals(batch, corners, normals)
    return normals.reshape(np.shape(vertices))


def vertex_normals_reference(vertices: AnyArray, triangles: AnyArray) -> FloatArray:
    """Do what :func:`vertex_normals` does, plainly."""
    batch, corners = _checked(vertices, triangles)
    sums = np.zeros(batch.shape, np.float64)
    for mesh, total in zip(batch.astype(np.float64), sums, strict=True):
        a, b, c = (mesh[corners[:, k]] for k in range(3))
        face = np.cross(b - a, c - a)
        for k in range(3):
            np.add.at(total, corners[:, k], face)
    length = np.linalg.norm(sums, axis=-1, keepdims=True)
    return (sums / np.where(length > 0.0, length, 1.0)).astype(np.float32).reshape(np.shape(vertices))


def _checked(vertices: AnyArray, triangles: AnyArray) -> tuple[FloatArray, AnyArray]:
    batch = np.ascontiguousarray(vertices, np.float32)
    corners = np.ascontiguousarray(triangles, np.int32)
    if batch.ndim not in (2, 3) or batch.shape[-1] != 3:
        raise InputError(f"vertices must be (N, 3) or (T, N, 3), but came as {batch.shape}")
    if corners.ndim != 2 or corners.shape[1] != 3:
        raise InputError(f"triangles must be (M, 3), but came as {corners.shape}")
    if len(corners) and (corners.min() < 0 or corners.max() >= batch.shape[-2]):
        raise InputError(f"triangles name vertices outside 0..{batch.shape[-2] - 1}")
    return batch.reshape(-1, *batch.shape[-2:]), corners


@njit(cache=True, nogil=True)
def _vertex_normals(batch, triangles, normals):  # type: ignore[no-untyped-def]
    count = batch.shape[1]
    total = np.empty((count, 3))
    for t in range(batch.shape[0]):
        total[:] = 0.0
        for m in range(triangles.shape[0]):
            a, b, c = triangles[m, 0], triangles[m, 1], triangles[m, 2]
            ux = float(batch[t, b, 0]) - batch[t, a, 0]
            uy = float(batch[t, b, 1]) - batch[t, a, 1]
            uz = float(batch[t, b, 2]) - batch[t, a, 2]
            vx = float(batch[t, c, 0]) - batch[t, a, 0]
            vy = float(batch[t, c, 1]) - batch[t, a, 1]
            vz = float(batch[t, c, 2]) - batch[t, a, 2]
            x = uy * vz - uz * vy
            y = uz * vx - ux * vz
            z = ux * vy - uy * vx
            for corner in (a, b, c):
                total[corner, 0] += x
                total[corner, 1] += y
                total[corner, 2] += z
        for i in range(count):
            x, y, z = total[i, 0], total[i, 1], total[i, 2]
            length = np.sqrt(x * x + y * y + z * z)
            factor = 1.0 / length if length > 0.0 else 0.0
            normals[t, i, 0] = x * factor
            normals[t, i, 1] = y * factor
            normals[t, i, 2] = z * factor
