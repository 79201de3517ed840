"""Where to look at a fitted face: a steady square around the head, and the mouth as if seen from the front.

Both are projective maps from px of a square crop to px of the frame, for :func:`mien.geometry.homography.resample`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mien.errors import InputError
from mien.geometry.camera import project
from mien.geometry.homography import apply_homography, fit_homography, resample
from mien.morphable.model import MorphableModel
from mien.morphable.regions import LIPS
from mien.reconstruction.parameters import FaceParameters
from mien.types import AnyArray, Box, ByteArray, DoubleArray, FloatArray, Pose, pixel_stretch
from mien.video.frame import Frame

FACE_VIEW_MM = 260.0
"""Side of the square around the head: the mesh is 180 mm high; with it comes the hair, the chin and some neck."""
FACE_VIEW_STEADY_FRAMES = 15.0
"""The square follows the head smoothed by a Gaussian of this standard deviation: it drifts, it does not shake."""
_MARGIN_PX = 3  # What a cubic reads beyond its place.

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
    # The crop's pixels are square, whatever those of the frame.
    step = float(np.median(parameters.scale)) * FACE_VIEW_MM / size / np.array(pixel_stretch(parameters.pixel_aspect))
    views = np.tile(np.diag([*step, 1.0]), (len(centres), 1, 1))
    views[:, :2, 2] = centres - 0.5 * (size - 1) * step
    return views


def mouth_view(model: MorphableModel, shape: AnyArray, pose: Pose, size: int) -> DoubleArray:
    """The mouth as if seen from the front: a square centred on the lips, upright in the face.

    CCFE 3.5.2: a projective map is estimated from the lip landmarks in the frame and the same with the pose set to 0.
    The frontal ones are drawn at a fixed size, so that mouths of all frames are aligned.

    Args:
        model: The morphable model.
        shape: ``(N, 3)`` mm, the face.
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
    lips = np.asarray(shape, np.float64)[at[at >= 0]]
    frontal = (lips - lips.mean(axis=0))[:, :2] * [1.0, -1.0]
    return fit_homography(frontal * (size / MOUTH_VIEW_MM) + 0.5 * (size - 1), project(lips, pose)[:, :2])


def cut_heads(
    model: MorphableModel, parameters: FaceParameters, frames: Iterable[Frame], size: int
) -> Iterator[tuple[int, ByteArray]]:
    """Cut the head out of frames, as prepared footage has it.

    Args:
        model: The morphable model.
        parameters: Its fit.
        frames: Of the clip; those without the face are passed over.
        size: Side of the crops, px.

    Yields:
        Frame index and ``(size, size, 3)`` uint8.
    """
    views = face_views(model, parameters, size)
    for frame in frames:
        if parameters.start <= frame.index < parameters.stop:
            crop, corner = crop_around(frame, view_corners(views[parameters.row(frame.index)], size))
            view = moved_view(views[parameters.row(frame.index)], corner)
            colours = resample(crop, view, size, size)
            yield frame.index, np.asarray(colours * np.float32(255.0) + np.float32(0.5), np.uint8)


def view_corners(view: AnyArray, size: int) -> DoubleArray:
    """Where the corners of a crop lie in the frame, ``(4, 2)`` px."""
    last = size - 1.0
    return apply_homography(view, [[0.0, 0.0], [last, 0.0], [0.0, last], [last, last]])


def crop_around(frame: Frame, points: AnyArray) -> tuple[FloatArray, DoubleArray]:
    """The part of a frame that holds points, with a margin for interpolation.

    Args:
        frame: The frame.
        points: ``(K, 2)`` px; may lie outside.

    Returns:
        The crop, 2 px a side at least, and its corner ``(2,)`` px of the frame.
    """
    low = np.floor(np.asarray(points).min(axis=0)) - _MARGIN_PX
    high = np.ceil(np.asarray(points).max(axis=0)) + _MARGIN_PX + 1
    x0, y0 = (int(np.clip(low[k], 0, side - 2)) for k, side in enumerate((frame.width, frame.height)))
    x1, y1 = (int(np.clip(high[k], (x0, y0)[k] + 2, side)) for k, side in enumerate((frame.width, frame.height)))
    return frame.crop(Box(x0, y0, x1, y1)), np.array([x0, y0], np.float64)


def moved_view(view: AnyArray, corner: AnyArray) -> DoubleArray:
    """The same view onto a crop of the frame that begins at ``corner``."""
    shift = np.eye(3)
    shift[:2, 2] = -np.asarray(corner)
    return np.asarray(shift @ view)
