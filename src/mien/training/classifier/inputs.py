"""The five inputs of DNT's Table 1, made from prepared footage: what of a face shows its expression?

The paper's come from WM3DR and BFM; ours from the fit and the texture map. Two differences: the paper's vertex colours
are BFM's (80 coefficients), ours the texture map blurred to the distance of the mesh's vertices and read there; and its
mesh has 35,709 vertices, the built-in one 468. Renderings lie on black, under the pose of their frame.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from scipy.ndimage import gaussian_filter

from mien.data.prepared import PreparedFootage
from mien.errors import InputError
from mien.geometry.camera import project, rotate
from mien.geometry.homography import apply_homography, resample
from mien.geometry.normals import vertex_normals
from mien.geometry.rasteriser import rasterise
from mien.morphable.model import MorphableModel
from mien.types import AnyArray, ByteArray, FloatArray

INPUTS: MappingProxyType[str, str] = MappingProxyType(
    {
        "frames": "Frames",
        "rendered_texture": "Rd with textures",
        "textures": "Textures",
        "rendered_shape": "Rd w/o color",
        "rendered_vertex_colours": "Rd with vc",
    }
)
"""Input to its name in the paper, in the paper's order."""

_CACHE_BYTES = 2**30
_OVERSAMPLING = 2
_AMBIENT = 0.2


class InputPictures:
    """Pictures of one kind of input, made when first asked for and kept while they fit into 1 GiB.

    Args:
        prepared: The footage.
        model: The morphable model that it was prepared with.
        kind: A key of :data:`INPUTS`.
        size: Side of the pictures, px.

    Raises:
        InputError: There is no such input.
        ModelError: The footage was prepared with another model.
    """

    def __init__(self, prepared: PreparedFootage, model: MorphableModel, kind: str, size: int) -> None:
        if kind not in INPUTS:
            raise InputError(f"there is no input {kind!r}: there are {', '.join(INPUTS)}")
        prepared.check_model(model)
        self._prepared, self._model, self._kind, self._size = prepared, model, kind, size
        keep = len(prepared) * size * size * 3 <= _CACHE_BYTES
        self._kept: dict[int, ByteArray] | None = {} if keep else None

    def __len__(self) -> int:
        return len(self._prepared)

    def __getitem__(self, number: int) -> ByteArray:
        """One picture, ``(size, size, 3)`` uint8."""
        if self._kept is not None and number in self._kept:
            return self._kept[number]
        if self._kind in ("frames", "textures"):
            stored = self._prepared.face if self._kind == "frames" else self._prepared.texture
            picture = resized(stored[number], self._size)
        else:
            picture = _as_bytes(self._rendered(number))
        if self._kept is not None:
            self._kept[number] = picture
        return picture

    def read(self, rows: AnyArray) -> ByteArray:
        """Several, ``(len(rows), size, size, 3)`` uint8."""
        return np.stack([self[int(row)] for row in rows])

    def _rendered(self, number: int) -> FloatArray:
        """The mesh drawn into the head crop, ``(size, size, 3)`` 0-1."""
        prepared, model, size = self._prepared, self._model, self._size * _OVERSAMPLING
        row = int(prepared.pictures.row[number])
        shape = model.shape(prepared.alpha, prepared.frames.beta[row])
        points = project(shape, prepared.frames.pose(row))
        to_crop = np.linalg.inv(prepared.pictures.face_view[number])
        factor = size / prepared.face.size
        # Pixel centres are at whole numbers: of both grids the first pixel's edge lies at -0.5.
        points[:, :2] = (apply_homography(to_crop, points[:, :2]) + 0.5) * factor - 0.5
        attributes = self._attributes(number, row, shape)
        drawn, depth = rasterise(points.astype(np.float32), model.triangles, attributes, size, size)
        if self._kind == "rendered_texture":
            drawn = _looked_up(prepared.texture[number], drawn) * np.isfinite(depth)[..., None]
        return np.asarray(drawn.reshape(self._size, _OVERSAMPLING, self._size, _OVERSAMPLING, 3).mean(axis=(1, 3)))

    def _attributes(self, number: int, row: int, shape: AnyArray) -> FloatArray:
        """What is interpolated over the mesh: UV, colours, or grey under a light at the camera."""
        prepared, model = self._prepared, self._model
        if self._kind == "rendered_texture":
            return np.asarray(model.uv, np.float32)
        if self._kind == "rendered_vertex_colours":
            return vertex_colours(prepared.texture[number], prepared.visible[number], model)
        facing = rotate(vertex_normals(shape, model.triangles), prepared.frames.rotation[row][None])[0, :, 2]
        grey = _AMBIENT + (1.0 - _AMBIENT) * np.maximum(facing, 0.0)
        return np.repeat(grey[:, None], 3, axis=1).astype(np.float32)


def vertex_colours(texture: ByteArray, visible: AnyArray, model: MorphableModel) -> FloatArray:
    """A colour for each vertex: the texture map around it, blurred so that nothing finer than the mesh is left.

    Args:
        texture: ``(S, S, 3)`` uint8.
        visible: ``(S, S)`` bool; hidden texels do not count where seen ones are near.
        model: Whose vertices.

    Returns:
        ``(N, 3)`` float32, 0-1.
    """
    size = len(texture)
    area = np.ptp(model.uv[:, 0]) * np.ptp(model.uv[:, 1])
    sigma = 0.5 * size * np.sqrt(area / model.vertex_count)
    weight = visible.astype(np.float32) + np.float32(1e-3)
    total = gaussian_filter(texture.astype(np.float32) / 255.0 * weight[..., None], (sigma, sigma, 0))
    smooth = total / gaussian_filter(weight, sigma)[..., None]
    place = np.rint(model.uv[:, ::-1] * (size - 1)).astype(int)
    return np.asarray(smooth[place[:, 0], place[:, 1]], np.float32)


def resized(picture: ByteArray, size: int) -> ByteArray:
    """A square picture ``(s, s, 3)`` at another size, averaged where it gets smaller."""
    if len(picture) == size:
        return picture
    step = len(picture) / size
    view = np.array([[step, 0.0, 0.5 * step - 0.5], [0.0, step, 0.5 * step - 0.5], [0.0, 0.0, 1.0]])
    return _as_bytes(resample(picture.astype(np.float32) / np.float32(255.0), view, size, size))


def _looked_up(texture: ByteArray, uv: FloatArray) -> FloatArray:
    """Bilinear colours 0-1 of a texture map at ``(h, w, 2)`` coordinates."""
    last = len(texture) - 1
    place = np.clip(uv, 0.0, 1.0) * last
    low = np.minimum(np.floor(place).astype(int), last - 1)
    (u, v), (fu, fv) = (low[..., 0], low[..., 1]), (place - low)[..., None].transpose(2, 0, 1, 3)
    colours = texture.astype(np.float32) / 255.0
    top = colours[v, u] * (1.0 - fu) + colours[v, u + 1] * fu
    bottom = colours[v + 1, u] * (1.0 - fu) + colours[v + 1, u + 1] * fu
    return np.asarray(top * (1.0 - fv) + bottom * fv)


def _as_bytes(colours: FloatArray) -> ByteArray:
    return np.asarray(np.clip(colours, 0.0, 1.0) * 255.0 + 0.5, np.uint8)
