"""The inside of the mouth, which the morphable model lacks: where it is, and pictures with and without it (CCFE 3.5.2).

The paper pairs frames with its own renders of them, which have a hole between the lips. The hole is all that differs,
so here the same mouth with the hole cut out is the toothless half of the pair.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from mien.geometry.camera import project
from mien.geometry.homography import apply_homography
from mien.geometry.polygon import polygon_mask
from mien.morphable.model import MorphableModel
from mien.types import AnyArray, DoubleArray, Pose

HOLE = 0.0
"""What the hole is filled with, of -1 to 1: grey, which neither teeth nor gap are."""


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
