"""Where to look at a fitted face: a steady square around the head, and the mouth as if seen from the front.

Both are projective maps from px of a square crop to px of the frame, for :func:`mien.geometry.homography.resample`.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mien.errors import InputError
from mien.geometry.camera import project
from mien.geometry.homography import fit_homography
from mien.morphable.model import MorphableModel
from mien.morphable.regions import LIPS
from mien.reconstruction.parameters import FaceParameters
from mien.types import AnyArray, DoubleArray, Pose

FACE_VIEW_MM = 260.0
"""Side of the square around the head: the mesh is 180 mm high; with it comes the hair, the chin and some neck."""
FACE_VIEW_STEADY_FRAMES = 15.0
"""The square follows the head smoothed by a Gaussian of this standard deviation: it drifts, it does not shake."""
MOUTH_VIEW_MM = 84.0
"""Side of the square around the mouth: a wide smile is 65 mm, a mouth cried open 60 mm high."""


def face_views(model: MorphableModel, parameters: FaceParameters, size: int) -> DoubleArray:
    """The square around the head in every frame of a track: of one size, following the head smoothly, never turned.

    Args:
        model: The morphable model.
        parameters: Its fit.
        size: Side of the crop, px.

    Returns:
        ``(T, 3, 3)`` from px of the crop to px of the frame. The square may reach beyond the frame.

    Raises:
        InputError: If the size is not positive.
    """
    if size < 1:
        raise InputError(f"a view has a side of at least 1 px, not {size}")
    middle = 0.5 * (model.mean.min(axis=0) + model.mean.max(axis=0)).astype(np.float64)
    rows = range(parameters.start, parameters.stop)
    centres = np.array([project(middle[None], parameters.pose(index))[0, :2] for index in rows])
    centres = gaussian_filter1d(centres, FACE_VIEW_STEADY_FRAMES, axis=0, mode="nearest")
    step = float(np.median(parameters.scale)) * FACE_VIEW_MM / size
    views = np.tile(np.diag([step, step, 1.0]), (len(centres), 1, 1))
    views[:, :2, 2] = centres - 0.5 * (size - 1) * step
    return views


def mouth_view(model: MorphableModel, alpha: AnyArray, beta: AnyArray, pose: Pose, size: int) -> DoubleArray:
    """The mouth as if seen from the front: a square centred on the lips, upright in the face.

    CCFE 3.5.2: a projective map is estimated from the lip landmarks in the frame and the same with the pose set to 0.
    The frontal ones are drawn at a fixed size, so that mouths of all frames are aligned.

    Args:
        model: The morphable model.
        alpha: ``(A,)`` identity.
        beta: ``(E,)`` expression.
        pose: Where the head is.
        size: Side of the crop, px.

    Returns:
        ``(3, 3)`` from px of the crop to px of the frame.

    Raises:
        InputError: If the model has no lips, or the size is not positive.
    """
    if size < 1:
        raise InputError(f"a view has a side of at least 1 px, not {size}")
    at = model.landmark_vertices[LIPS]
    lips = model.shape(alpha, beta)[at[at >= 0]]
    frontal = (lips - lips.mean(axis=0))[:, :2] * [1.0, -1.0]
    return fit_homography(frontal * (size / MOUTH_VIEW_MM) + 0.5 * (size - 1), project(lips, pose)[:, :2])
