"""The colours of a face in UV space: each texel reads the image where the posed mesh puts it (CCFE 3.2, DNT 3.5).

The mesh is rasterised in UV space with its projected vertices as attributes, which gives every texel its place in the
image (exact for the weak-perspective camera, which is affine on a triangle). A texel is visible if it faces the camera,
lies in the image, and nothing of the mesh lies before it. Hidden texels read what stands at their place all the same,
as in the papers; :attr:`TextureMap.visible` tells them apart.

:func:`extract_texture` is the fast way, :func:`extract_texture_reference` the same written plainly in NumPy; tests hold
one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.ndimage import binary_dilation, distance_transform_edt

from mien.errors import InputError
from mien.geometry.normals import vertex_normals
from mien.geometry.rasteriser import rasterise, rasterise_reference
from mien.geometry.sampling import sample_cubic
from mien.types import AnyArray, DoubleArray, FloatArray, IntArray

MAX_SIZE = 1024
MAX_SUPERSAMPLING = 4
LEAST_FACING = 0.25
"""Cosine of a surface to the camera below which it counts as turned away. Beyond 75 degrees a texel is a smear, and a
fit that is off by a pixel reads the background there: seen at jaw and temples of real faces."""
DEPTH_TOLERANCE_PX = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class TextureMap:
    """A face's colours in UV space; row and column of a texel are its ``(v, u)`` times ``size - 1``.

    Attributes:
        colours: ``(S, S, 3)`` float32, 0-1, gamma coded as the image; 0 where the mesh has no UV.
        visible: ``(S, S)`` float32, 0-1: the share of the texel that the image shows.
        covered: ``(S, S)`` whether the mesh's UV lies on at least half of the texel.
    """

    colours: FloatArray
    visible: FloatArray
    covered: np.ndarray


def extract_texture(
    image: FloatArray,
    projected: AnyArray,
    triangles: IntArray,
    uv: AnyArray,
    size: int,
    supersampling: int | None = None,
) -> TextureMap:
    """Read a texture map out of an image.

    Args:
        image: ``(H, W, 3)`` float32, 0-1.
        projected: ``(N, 3)`` the mesh's vertices in the image, x, y in px (pixel centres at whole numbers) and z in px,
            growing away from the camera, as :func:`mien.geometry.camera.project` gives them.
        triangles: ``(M, 3)`` vertex indices, counter-clockwise seen from outside.
        uv: ``(N, 2)`` texture coordinates in [0, 1].
        size: Side of the map, texels, 2 to 1024.
        supersampling: Samples along a texel's side, averaged; None for as many as the image has pixels there, at most
            4, so that a large face is not read with gaps.

    Returns:
        The map. Between pixels the image is read with a Catmull-Rom cubic; beyond its edge, the edge's pixel.

    Raises:
        InputError: If the arrays do not have these shapes, or the size is out of range.
    """
    points, times = _checked(image, projected, triangles, uv, size, supersampling)
    places, hits = rasterise(_flat(uv, size, times), triangles, points, size * times, size * times)
    depth = rasterise(points[:, :3], triangles, np.zeros((len(points), 1), np.float32), *image.shape[:2])[1]
    colours, visible = np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)
    covered = np.zeros((size, size), np.float32)
    _read(np.ascontiguousarray(image), places, hits, depth, times, colours, visible, covered)
    return TextureMap(colours, visible, covered >= 0.5)


def extract_texture_reference(
    image: FloatArray,
    projected: AnyArray,
    triangles: IntArray,
    uv: AnyArray,
    size: int,
    supersampling: int | None = None,
) -> TextureMap:
    """Do what :func:`extract_texture` does, slowly and plainly."""
    points, times = _checked(image, projected, triangles, uv, size, supersampling)
    places, hits = rasterise_reference(_flat(uv, size, times), triangles, points, size * times, size * times)
    height, width = image.shape[:2]
    depth = rasterise_reference(points[:, :3], triangles, np.zeros((len(points), 1), np.float32), height, width)[1]
    x, y, z, facing = (places[..., k].astype(np.float64) for k in range(4))
    on_mesh = np.isfinite(hits)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    colours = np.zeros((*x.shape, 3))
    for j in range(4):
        for i in range(4):
            taken = image[np.clip(y0 + j - 1, 0, height - 1), np.clip(x0 + i - 1, 0, width - 1)]
            colours += taken * (_cubic(x - x0, i) * _cubic(y - y0, j))[..., None]
    nearest = np.full(x.shape, np.inf)
    for j in range(2):
        for i in range(2):
            found = depth[np.clip(y0 + j, 0, height - 1), np.clip(x0 + i, 0, width - 1)]
            nearest = np.minimum(nearest, np.where(np.isfinite(found), found, np.inf))
    slope = np.sqrt(np.maximum(1.0 - facing**2, 0.0)) / np.maximum(facing, LEAST_FACING)
    shown = on_mesh & (facing > LEAST_FACING) & (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    shown &= z <= nearest + DEPTH_TOLERANCE_PX + 1.5 * slope
    shares = (_blocks(on_mesh.astype(float)[..., None], times), _blocks(shown.astype(float)[..., None], times))
    total = _blocks(np.clip(colours, 0.0, 1.0) * on_mesh[..., None], times)
    covered, visible = shares[0][..., 0], shares[1][..., 0]
    mean = total / np.maximum(covered, 1e-9)[..., None]
    return TextureMap(mean.astype(np.float32), visible.astype(np.float32), covered >= 0.5)


def fill_hidden(texture: TextureMap, margin: int | None = None) -> FloatArray:
    """Give each texel that was not seen, or is not on the mesh, the colour of the nearest one that was.

    What a hidden texel reads is background or another part of the face, and so, partly, are its neighbours; off the
    mesh it is black, which would bleed into the edge.

    Args:
        texture: From :func:`extract_texture`.
        margin: Texels around hidden ones that are not trusted either; None for 3 of 256.

    Returns:
        ``(S, S, 3)`` colours; unchanged where the texture was seen, all of them where none of it was.
    """
    hidden = texture.covered & (texture.visible < 0.5)
    reach = max(1, round(3 * len(hidden) / 256)) if margin is None else margin
    if reach and hidden.any():
        hidden = binary_dilation(hidden, iterations=reach)
    trusted = texture.covered & ~hidden
    if not trusted.any():
        return texture.colours
    rows, columns = distance_transform_edt(~trusted, return_distances=False, return_indices=True)
    return np.ascontiguousarray(texture.colours[rows, columns])


def _checked(
    image: FloatArray, projected: AnyArray, triangles: IntArray, uv: AnyArray, size: int, supersampling: int | None
) -> tuple[FloatArray, int]:
    """Vertices with their facing, ``(N, 4)``, and samples along a texel."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.float32 or min(image.shape[:2]) < 2:
        raise InputError(f"image must be (H, W, 3) float32, but came as {image.shape} {image.dtype}")
    points, coordinates = np.asarray(projected, np.float64), np.asarray(uv)
    if points.ndim != 2 or points.shape[1] != 3 or coordinates.shape != (len(points), 2):
        raise InputError(f"vertices must be (N, 3) and uv (N, 2), but came as {points.shape} and {coordinates.shape}")
    if not 2 <= size <= MAX_SIZE:
        raise InputError(f"a texture map has 2 to {MAX_SIZE} texels a side, not {size}")
    if supersampling is not None and not 1 <= supersampling <= MAX_SUPERSAMPLING:
        raise InputError(f"supersampling is 1 to {MAX_SUPERSAMPLING}, not {supersampling}")
    # The camera's axes: y up, z to the viewer; there the triangles run counter-clockwise again.
    normals = vertex_normals(points * [1.0, -1.0, -1.0], triangles)
    times = supersampling or _pixels_a_texel(points, triangles, coordinates, size)
    return np.concatenate([points, normals[:, 2:]], axis=1).astype(np.float32), times


def _pixels_a_texel(points: DoubleArray, triangles: IntArray, uv: AnyArray, size: int) -> int:
    """Pixels along the side of a texel, over the whole mesh, rounded up to what is sampled."""
    areas = [np.abs(_doubled_areas(flat, triangles)).sum() for flat in (points[:, :2], np.asarray(uv) * (size - 1))]
    ratio = np.sqrt(areas[0] / max(areas[1], 1e-9))
    return int(np.clip(np.ceil(ratio - 0.25), 1, MAX_SUPERSAMPLING)) if np.isfinite(ratio) else 1


def _doubled_areas(flat: AnyArray, triangles: IntArray) -> AnyArray:
    a, b, c = (flat[triangles[:, k]] for k in range(3))
    return np.asarray((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1]))


def _flat(uv: AnyArray, size: int, times: int) -> FloatArray:
    """The mesh laid out on the map's grid of samples, ``times`` of them along a texel."""
    across = np.asarray(uv, np.float64) * (size - 1) * times + 0.5 * (times - 1)
    return np.concatenate([across, np.zeros((len(across), 1))], axis=1).astype(np.float32)


def _cubic(t: DoubleArray, tap: int) -> DoubleArray:
    """Weight of one of the four Catmull-Rom taps at ``t`` in [0, 1)."""
    rows = ((-0.5, 1.0, -0.5, 0.0), (1.5, -2.5, 0.0, 1.0), (-1.5, 2.0, 0.5, 0.0), (0.5, -0.5, 0.0, 0.0))
    return np.asarray(np.polyval(rows[tap], t))


def _blocks(samples: DoubleArray, times: int) -> DoubleArray:
    size = samples.shape[0] // times
    return np.asarray(samples.reshape(size, times, size, times, -1).mean(axis=(1, 3)))


@njit(cache=True, nogil=True)
def _read(image, places, hits, depth, times, colours, visible, covered):  # type: ignore[no-untyped-def]
    height, width = image.shape[0], image.shape[1]
    share = np.float32(1.0 / (times * times))
    for row in range(places.shape[0]):
        v = row // times
        for column in range(places.shape[1]):
            if not np.isfinite(hits[row, column]):
                continue
            u = column // times
            x, y, z, facing = places[row, column]
            r, g, b = sample_cubic(image, x, y)
            colours[v, u, 0] += min(max(r, np.float32(0.0)), np.float32(1.0))
            colours[v, u, 1] += min(max(g, np.float32(0.0)), np.float32(1.0))
            colours[v, u, 2] += min(max(b, np.float32(0.0)), np.float32(1.0))
            covered[v, u] += share
            if not facing > LEAST_FACING or x < 0 or y < 0 or x > width - 1 or y > height - 1:
                continue
            x0, y0 = int(np.floor(x)), int(np.floor(y))
            nearest = np.float32(np.inf)
            for j in range(y0, min(y0 + 1, height - 1) + 1):
                for i in range(x0, min(x0 + 1, width - 1) + 1):
                    nearest = min(nearest, depth[j, i])
            slope = np.sqrt(max(1.0 - facing * facing, 0.0)) / max(facing, LEAST_FACING)
            if z <= nearest + DEPTH_TOLERANCE_PX + 1.5 * slope:
                visible[v, u] += share
    for v in range(colours.shape[0]):
        for u in range(colours.shape[1]):
            if covered[v, u] > 0.0:
                for c in range(3):
                    colours[v, u, c] *= share / covered[v, u]
