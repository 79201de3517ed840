"""Triangles to pixels: attributes of mesh vertices interpolated over the pixels that the mesh covers.

:func:`rasterise` is the fast kernel, :func:`rasterise_reference` the same thing written plainly; tests hold one against
the other. Pixel centres are at whole numbers (``docs/conventions.md``); smaller z is nearer to the camera and wins.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.types import FloatArray, IntArray


def rasterise(
    vertices: FloatArray, triangles: IntArray, attributes: FloatArray, height: int, width: int
) -> tuple[FloatArray, FloatArray]:
    """Interpolate vertex attributes over the pixels that a mesh covers.

    Args:
        vertices: ``(N, 3)`` x, y in px and z (nearer is smaller).
        triangles: ``(M, 3)`` vertex indices; either orientation is drawn.
        attributes: ``(N, C)`` values at the vertices.
        height: Rows of the result, px.
        width: Columns of the result, px.

    Returns:
        The attributes ``(height, width, C)``, zero where no triangle lies, and the depth ``(height, width)``, infinite
        there.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    _check(vertices, triangles, attributes)
    image = np.zeros((height, width, attributes.shape[1]), np.float32)
    depth = np.full((height, width), np.inf, np.float32)
    _rasterise(
        np.ascontiguousarray(vertices, np.float32),
        np.ascontiguousarray(triangles, np.int32),
        np.ascontiguousarray(attributes, np.float32),
        image,
        depth,
    )
    return image, depth


def rasterise_reference(
    vertices: FloatArray, triangles: IntArray, attributes: FloatArray, height: int, width: int
) -> tuple[FloatArray, FloatArray]:
    """Do what :func:`rasterise` does, slowly and plainly: every triangle against every pixel."""
    _check(vertices, triangles, attributes)
    image = np.zeros((height, width, attributes.shape[1]), np.float32)
    depth = np.full((height, width), np.inf, np.float32)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    for corners in triangles:
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = vertices[corners].astype(np.float64)
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-12:
            continue
        wb = ((columns - ax) * (cy - ay) - (cx - ax) * (rows - ay)) / area
        wc = ((bx - ax) * (rows - ay) - (columns - ax) * (by - ay)) / area
        wa = 1.0 - wb - wc
        z = wa * az + wb * bz + wc * cz
        drawn = (np.minimum(np.minimum(wa, wb), wc) >= -1e-6) & (z < depth)
        depth[drawn] = z[drawn]
        weights = np.stack([wa[drawn], wb[drawn], wc[drawn]], axis=1)
        image[drawn] = weights @ attributes[corners].astype(np.float64)
    return image, depth


def _check(vertices: FloatArray, triangles: IntArray, attributes: FloatArray) -> None:
    if vertices.ndim != 2 or vertices.shape[1] != 3:
        raise InputError(f"vertices must be (N, 3), but came as {vertices.shape}")
    if triangles.ndim != 2 or triangles.shape[1] != 3:
        raise InputError(f"triangles must be (M, 3), but came as {triangles.shape}")
    if attributes.ndim != 2 or len(attributes) != len(vertices):
        raise InputError(f"attributes must be ({len(vertices)}, C), one row a vertex, but came as {attributes.shape}")
    if len(triangles) and (triangles.min() < 0 or triangles.max() >= len(vertices)):
        raise InputError(f"triangles name vertices outside 0..{len(vertices) - 1}")


@njit(cache=True, nogil=True)
def _rasterise(vertices, triangles, attributes, image, depth):  # type: ignore[no-untyped-def]
    height, width = depth.shape
    channels = attributes.shape[1]
    for m in range(triangles.shape[0]):
        a, b, c = triangles[m, 0], triangles[m, 1], triangles[m, 2]
        ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
        bx, by, bz = vertices[b, 0], vertices[b, 1], vertices[b, 2]
        cx, cy, cz = vertices[c, 0], vertices[c, 1], vertices[c, 2]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if not abs(area) >= 1e-12:  # Also skips NaN.
            continue
        x0 = max(0, int(np.ceil(min(ax, bx, cx))))
        x1 = min(width - 1, int(np.floor(max(ax, bx, cx))))
        y0 = max(0, int(np.ceil(min(ay, by, cy))))
        y1 = min(height - 1, int(np.floor(max(ay, by, cy))))
        inverse = np.float32(1.0 / area)
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                wb = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) * inverse
                wc = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) * inverse
                wa = np.float32(1.0) - wb - wc
                if wa < -1e-6 or wb < -1e-6 or wc < -1e-6:
                    continue
                z = wa * az + wb * bz + wc * cz
                if z < depth[y, x]:
                    depth[y, x] = z
                    for k in range(channels):
                        image[y, x, k] = wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]
