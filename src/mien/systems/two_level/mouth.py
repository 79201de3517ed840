"""The inside of the mouth, which the morphable model lacks: where it is, and pictures with and without it (CCFE 3.5.2).

The paper pairs frames with its own renders of them, which have a hole between the lips. The hole is all that differs,
so here the same mouth with the hole cut out is the toothless half of the pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from mien.geometry.camera import project
from mien.geometry.homography import apply_homography, resample
from mien.geometry.polygon import polygon_mask
from mien.morphable.model import MorphableModel
from mien.reconstruction.views import mouth_view, moved_view
from mien.systems.two_level.settings import Space
from mien.systems.two_level.smoothing import drawn_over_window
from mien.systems.two_level.texture.codec import PictureCodec
from mien.types import AnyArray, DoubleArray, FloatArray, Pose

HOLE = 0.0
"""What the hole is filled with, of -1 to 1: grey, which neither teeth nor gap are."""

LEAST_CAVITY_PX = 4
"""Pixels of the crop below which there is nothing to fill."""

SOFT_EDGE = 0.02
"""Standard deviation of the mask's edge, in sides of the crop (CCFE 3.5.3)."""


def cavity_outline(model: MorphableModel, shape: AnyArray, pose: Pose, view: AnyArray) -> DoubleArray:
    """The inner lips in a mouth crop.

    Args:
        model: The morphable model.
        shape: ``(N, 3)`` mm, the face.
        pose: Where the head is, in the frame.
        view: ``(3, 3)`` from px of the crop to px of the frame.

    Returns:
        ``(2 P, 2)`` px of the crop: the upper lip from the image's left to its right, the lower one back.
    """
    upper, lower = model.lip_pairs.T
    ring = np.asarray(shape, np.float64)[np.concatenate([upper, lower[::-1]])]
    return apply_homography(np.linalg.inv(np.asarray(view, np.float64)), project(ring, pose)[:, :2])


def cavity_mask(model: MorphableModel, shape: AnyArray, pose: Pose, view: AnyArray, size: int) -> AnyArray:
    """The pixels of a mouth crop that lie between the lips: ``(size, size)`` bool.

    Where the lips touch or cross there are none. See :func:`cavity_outline` for the arguments; ``size`` is the side of
    the crop, px.
    """
    outline = cavity_outline(model, shape, pose, view)
    count = len(outline) // 2
    upper, lower = outline[:count], outline[: count - 1 : -1]
    # Lips pressed together cross in the fit; a polygon that crosses itself would open there.
    open_lower = np.maximum(lower, np.column_stack([lower[:, 0], upper[:, 1]]))
    return polygon_mask(np.concatenate([upper, open_lower[::-1]]), size, size)


def toothless(mouth: Tensor, cavity: Tensor) -> Tensor:
    """A mouth with the inside cut out.

    Args:
        mouth: ``(N, 3, R, R)``, -1 to 1.
        cavity: ``(N, 1, R, R)`` bool.

    Returns:
        ``(N, 3, R, R)``.
    """
    return mouth.masked_fill(cavity, HOLE)


@dataclass(frozen=True, slots=True, eq=False)
class OpenMouth:
    """A mouth whose inside is to be drawn.

    Attributes:
        code: ``(n, latent)`` the encoder's styles of the mouth with its inside cut out.
        view: ``(3, 3)`` from px of the mouth crop to px of the picture that it was read from.
        outline: ``(2 P, 2)`` px of the crop, the inner lips.
        share: ``(S, S)`` float32, 0-1, how far the drawn inside is laid over.
    """

    code: Tensor
    view: DoubleArray
    outline: DoubleArray
    share: FloatArray


@dataclass(frozen=True, slots=True)
class MouthFilling:
    """Draws the inside of a mouth and lays it into the frame (CCFE 3.5.2).

    Attributes:
        model: The morphable model.
        codec: The actor's, from toothless mouths to those with teeth.
    """

    model: MorphableModel
    codec: PictureCodec

    @torch.no_grad()
    def look(self, picture: FloatArray, corner: AnyArray, shape: AnyArray, pose: Pose) -> OpenMouth | None:
        """Find the space between the lips, and what belongs there.

        Args:
            picture: ``(h, w, 3)`` float32, 0-1: a part of the frame that holds the edited face.
            corner: ``(2,)`` px of the frame at which it begins.
            shape: ``(N, 3)`` mm, the edited face.
            pose: Where the head is.

        Returns:
            The mouth; None where the lips touch.
        """
        size = self.codec.generator.config.resolution
        in_frame = mouth_view(self.model, shape, pose, size)
        cavity = cavity_mask(self.model, shape, pose, in_frame, size)
        if cavity.sum() < LEAST_CAVITY_PX:
            return None
        view = moved_view(in_frame, corner)
        mouth = torch.from_numpy(resample(picture, view, size, size)).permute(2, 0, 1)[None] * 2 - 1
        code = self.codec.encode(toothless(mouth, torch.from_numpy(cavity)[None, None]))[0]
        soft = gaussian_filter(cavity.astype(np.float32), SOFT_EDGE * size)
        share = np.minimum(soft, cavity).astype(np.float32)
        return OpenMouth(code, view, cavity_outline(self.model, shape, pose, in_frame), share)

    def fill(
        self, picture: FloatArray, mouth: OpenMouth, codes: Tensor, weights: tuple[float, ...], space: Space = "latent"
    ) -> FloatArray:
        """Draw the inside and lay it into the picture.

        Args:
            picture: ``(h, w, 3)``, that which the mouth was found in.
            mouth: Where.
            codes: ``(W, n, latent)`` of the mouths around the frame.
            weights: Of the window; they sum to 1.
            space: Average the codes, or the mouths drawn of them.

        Returns:
            ``(h, w, 3)``.
        """
        inside = drawn_over_window(self.codec, codes[None], weights, space)[0]
        share = np.repeat(mouth.share[:, :, None], 3, axis=2)
        return _laid_back(picture, inside, share, mouth.view, apply_homography(mouth.view, mouth.outline))


def _laid_back(
    picture: FloatArray, inside: FloatArray, share: FloatArray, view: DoubleArray, outline: DoubleArray
) -> FloatArray:
    """The crop's pixels put back where the crop was read, over the box of the lips' outline."""
    low = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 2, [picture.shape[1], picture.shape[0]])
    if (high <= low).any():
        return picture
    shift = np.eye(3)
    shift[:2, 2] = low
    back = np.linalg.inv(view) @ shift
    width, height = high - low
    part = (slice(low[1], high[1]), slice(low[0], high[0]))
    weight = resample(share, back, int(height), int(width))
    result = picture.copy()
    result[part] += weight * (resample(inside, back, int(height), int(width)) - result[part])
    return result
