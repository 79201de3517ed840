"""Triangles to pixels: attributes of mesh vertices interpolated over the pixels that the mesh covers.

:func:`rasterise` is the fast kernel, :func:`rasterise_reference` the same thing written plainly; tests hold one against
the other. Pixel centres are at whole numbers (``docs/conventions.md``); smaller z is nearer to the camera and wins.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.geometry.lanes import weigh_eight
from mien.types import FloatArray, IntArray

_LEAST = -1e-6
"""Least weight of a corner at which a pixel counts as in the triangle."""


def rasterise(
    vertices: FloatArray,
    triangles: IntArray,
    attributes: FloatArray,
    height: int,
    width: int,
    out: tuple[FloatArray, FloatArray] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Interpolate vertex attributes over the pixels that a mesh covers.

    Args:
        vertices: ``(N, 3)`` x, y in px and z (nearer is smaller).
        triangles: ``(M, 3)`` vertex indices; either orientation is drawn.
        attributes: ``(N, C)`` values at the vertices.
        height: Rows of the result, px.
        width: Columns of the result, px.
        out: Arrays to hold the result, of its shapes, float32 and C-contiguous; None for new ones.

    Returns:
        The attributes ``(height, width, C)``, zero where no triangle lies, and the depth ``(height, width)``, infinite
        there.

    Raises:
        InputError: If the arrays do not have these shapes.
    """
    _check(vertices, triangles, attributes)
    if out is None:
        out = np.empty((height, width, attributes.shape[1]), np.float32), np.empty((height, width), np.float32)
    image, depth = out
    image.fill(0.0)
    depth.fill(np.inf)
    corners, values = np.ascontiguousarray(triangles, np.int32), np.ascontiguousarray(attributes, np.float32)
    _rasterise(np.ascontiguousarray(vertices, np.float32), corners, values, image, depth)
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
def _slopes(vertices, corners):  # type: ignore[no-untyped-def]
    """Steps of the weights of a triangle's second and third corner along x and y, as ``(x, y)`` each.

    All NaN where the triangle has no area, or a corner is NaN.
    """
    a, b, c = corners[0], corners[1], corners[2]
    ax, ay = float(vertices[a, 0]), float(vertices[a, 1])
    bx, by, cx, cy = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[c, 0] - ax, vertices[c, 1] - ay
    area = bx * cy - cx * by
    inverse = 1.0 / area if abs(area) >= 1e-12 else np.nan
    return (cy * inverse, -cx * inverse), (-by * inverse, bx * inverse)


@njit(cache=True, nogil=True)
def _narrowed(value, slope, first, last):  # type: ignore[no-untyped-def]
    """Of positions from ``first`` to ``last`` those where ``value + slope * x`` may be the least weight or more.

    Half a pixel more, whatever rounding does.
    """
    if slope > 0.0:
        return min(max(first, (_LEAST - value) / slope - 0.5), last + 1.0), last
    if slope < 0.0:
        return first, max(min(last, (_LEAST - value) / slope + 0.5), first - 1.0)
    return first, last if value >= _LEAST else first - 1.0


@njit(cache=True, nogil=True)
def _rasterise(vertices, triangles, attributes, image, depth):  # type: ignore[no-untyped-def]
    height, width = depth.shape
    channels = attributes.shape[1]
    pixels, values = image.reshape(height * width * channels), attributes.reshape(attributes.size)
    for m in range(triangles.shape[0]):
        a, b, c = triangles[m, 0], triangles[m, 1], triangles[m, 2]
        (b_x, b_y), (c_x, c_y) = _slopes(vertices, triangles[m])
        if np.isnan(b_x + c_x):
            continue
        xs, ys = (vertices[a, 0], vertices[b, 0], vertices[c, 0]), (vertices[a, 1], vertices[b, 1], vertices[c, 1])
        x0, x1 = max(0, int(np.ceil(min(xs)))), min(width - 1, int(np.floor(max(xs))))
        y0, y1 = max(0, int(np.ceil(min(ys)))), min(height - 1, int(np.floor(max(ys))))
        for y in range(y0, y1 + 1):
            # Counted from the first corner, so that numbers stay small: slivers leave no holes.
            ax, down = float(xs[0]), y - float(ys[0])
            first, last = _narrowed(b_y * down, b_x, x0 - ax, x1 - ax)
            first, last = _narrowed(c_y * down, c_x, first, last)
            first, last = _narrowed(1.0 - (b_y + c_y) * down, -b_x - c_x, first, last)
            for x in range(int(np.ceil(first + ax)), int(np.floor(last + ax)) + 1):
                wb, wc = b_y * down + b_x * (x - ax), c_y * down + c_x * (x - ax)
                wa = 1.0 - wb - wc
                if wa < _LEAST or wb < _LEAST or wc < _LEAST:
                    continue
                z = wa * vertices[a, 2] + wb * vertices[b, 2] + wc * vertices[c, 2]
                if not z < depth[y, x]:
                    continue
                depth[y, x] = z
                at = (y * width + x) * channels
                if channels == 8:
                    weights = np.float32(wa), np.float32(wb), np.float32(wc)
                    weigh_eight(pixels, at, values, 8 * a, 8 * b, 8 * c, weights)
                    continue
                for k in range(channels):
                    pixels[at + k] = wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]
