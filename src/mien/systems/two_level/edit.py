"""What one frame is: level 1 moves the mesh and the pixels with it, level 2 changes what they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.compositing.eyes import paint_eyes
from mien.compositing.field import closed_triangles, rasterise_field
from mien.compositing.glasses import take_off
from mien.compositing.lids import paint_lids, raised_share
from mien.compositing.mouth import paint_mouth
from mien.compositing.placement import Placement
from mien.errors import ModelError
from mien.geometry.overlay import lay_texture
from mien.geometry.warp import FIELD_CHANNELS, warp
from mien.morphable.lips import landmark_triangles
from mien.morphable.model import MorphableModel
from mien.morphable.regions import (
    FACE_OVAL,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)
from mien.reconstruction.parameters import Glasses
from mien.systems.two_level.settings import Space
from mien.systems.two_level.smoothing import drawn_over_window
from mien.systems.two_level.texture.codec import PictureCodec
from mien.types import MESH_VERTEX_COUNT, AnyArray, DoubleArray, FloatArray, Pose

BLEND_MM = 14.0
"""Way inwards from the face oval over which the texture comes in: CCFE 3.5.3's eroded and blurred mask, on the mesh."""

EYE_BLEND_MM = 5.0
"""The same around the lids: eyes are the frame's own."""

_FIELD_SHARE, _FIELD_TEXELS = slice(6, 7), slice(4, 6)


@dataclass(frozen=True, slots=True, eq=False)
class TexturedMesh:
    """What does not depend on the clip: the mesh of the tracker's landmarks, closed, with its texture.

    Attributes:
        triangles: ``(M, 3)`` with strips and skirt.
        uv: ``(468, 2)``.
        share: ``(468,)`` 0-1, how much of the texture a vertex shows.
    """

    triangles: np.ndarray
    uv: DoubleArray
    share: DoubleArray

    @staticmethod
    def of(model: MorphableModel) -> TexturedMesh:
        """Prepare a model whose vertices cover the tracker's mesh.

        Raises:
            ModelError: Some of the tracker's landmarks have no vertex.
        """
        at = model.landmark_vertices
        if (at < 0).any():
            raise ModelError(
                f"the morphable model {model.name!r} lacks {(at < 0).sum()} of the tracker's landmarks, and an edit "
                "moves the frame's pixels by them; train the actor with 'builtin' or 'ict'"
            )
        mean = model.mean[at].astype(np.float64)
        lids = np.concatenate([RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, LEFT_EYE_UPPER, LEFT_EYE_LOWER])
        share = _ramp(mean, FACE_OVAL, BLEND_MM) * _ramp(mean, lids, EYE_BLEND_MM)
        return TexturedMesh(closed_triangles(landmark_triangles(model)), model.uv[at].astype(np.float64), share)


def texture_change(
    codec: PictureCodec,
    codes: Tensor,
    weights: tuple[float, ...],
    steps: Tensor,
    detail: bool,
    space: Space = "latent",
) -> FloatArray:
    """What level 2 draws: the edited texture, or its difference from the unedited one.

    The window's average is taken after the edit (CCFE 3.5.1).

    Args:
        codec: The actor's, of texture maps.
        codes: ``(W, n, latent)`` around the frame.
        weights: Of the window.
        steps: ``(W, n, latent)`` what the emotions asked for add to each.
        detail: Give the difference.
        space: Average the codes, or the texture maps drawn of them (which draws each of the window).

    Returns:
        ``(R, R, 3)`` float32: 0-1, or a difference of such.
    """
    wanted = torch.stack([codes + steps, codes]) if detail else (codes + steps)[None]
    drawn = drawn_over_window(codec, wanted, weights, space)
    change: FloatArray = drawn[0] - drawn[1] if detail else drawn[0]
    return change


def edit_crop(
    mesh: TexturedMesh,
    crop: FloatArray,
    place: Placement,
    landmarks: DoubleArray,
    texture: FloatArray | None,
    strength: float,
    detail: bool,
    skin: AnyArray,
    worn: tuple[Glasses, Pose] | None = None,
    own_brows: float = 0.0,
) -> FloatArray:
    """Edit the pixels of one face.

    Args:
        mesh: From :meth:`TexturedMesh.of`.
        crop: ``(h, w, 3)`` the frame's pixels within the placement's box, 0-1, gamma coded.
        place: Where the movement lies.
        landmarks: ``(478, 3)`` px of the frame.
        texture: From :func:`texture_change`; None for level 1 alone.
        strength: Share of the texture, 0-1.
        detail: Whether the texture is a difference.
        skin: ``(3,)`` mean colour of the skin, 0-1, for the inside of a mouth that opens.
        worn: Glasses to be kept as they are, and the pose that goes with them.
        own_brows: How far a brow that rises, and the lid below it, are left to the frame, 0-1. A difference on top
            lights lids twice and blurs the brow, unless the texture holds a part of the rise itself.

    Returns:
        The edited pixels, of the same shape.
    """
    source = landmarks[:, :2] - np.array([place.box.x0, place.box.y0], float)
    lifted = None if worn is None else take_off(crop, *worn, place, source)
    grid_scale = place.grid_scale
    attributes = np.zeros((len(place.points), FIELD_CHANNELS - 2))
    side = 2 if texture is None else len(texture)
    attributes[:MESH_VERTEX_COUNT, 2:4] = mesh.uv * (side - 1)
    target = place.moved(source)
    drawn = 1.0 - own_brows * raised_share(source, target) if detail else 1.0
    attributes[:MESH_VERTEX_COUNT, 4] = mesh.share * strength * drawn
    field = rasterise_field(
        place.points, place.shifts, attributes, mesh.triangles, place.box, grid_scale, place.eye_distance_px
    )
    result = warp(crop, field, grid_scale)
    paint_lids(result, source, target)
    if texture is not None:
        places = np.concatenate([field[..., _FIELD_TEXELS], field[..., _FIELD_SHARE]], axis=2)
        result = lay_texture(result, np.ascontiguousarray(places), grid_scale, texture, add=detail)
    paint_mouth(result, crop, skin, source, target)
    paint_eyes(result, crop, source, target)
    if lifted is not None:
        lifted.restore(crop)
        lifted.lay_back(result)
    return result


def _ramp(mean: DoubleArray, edge: AnyArray, width_mm: float) -> DoubleArray:
    """0 at some vertices, 1 from so far away from them on, a smooth step between: ``(468,)``."""
    distance = np.linalg.norm(mean[:, None] - mean[edge], axis=2).min(axis=1)
    x = np.clip(distance / width_mm, 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))
