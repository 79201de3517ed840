"""Faces cut out by their landmarks' box, as the networks that take such boxes learned it.

face-api's crop: vladmandic/face-api 1.7.15 (MIT), ``FaceLandmarks.align`` and ``imageToSquare``: the bounding box of
the 68 landmarks (jaw and brows bound it), a tenth of its size more on each side, cut at the image's border, scaled
until it fits the square, black beside it. The 68-point box is found from the tracker's 478 points: jaw line and
brows.
"""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.geometry.resampling import resampling
from mien.types import LANDMARK_COUNT, MESH_VERTEX_COUNT, AnyArray, ByteArray, DoubleArray

MARGIN = 0.2
"""What is added to width and height, both sides together."""

JAW = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
JAW_AND_BROWS = JAW + BROWS
"""Landmarks along the jaw, ear to ear, and along the upper edges of the brows: they bound the 68 points."""


def face_api_crop(rgb: ByteArray, landmarks: AnyArray, size: int) -> ByteArray:
    """Cut a face out as face-api does.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        landmarks: ``(478, 3)`` px of the face in it.
        size: Side of the square, px: 112 for the expression network, 150 for the recognition network.

    Returns:
        ``(size, size, 3)`` uint8.

    Raises:
        InputError: Another shape, or a face of less than one pixel or outside the image.
    """
    cut = _boxed(rgb, _checked(landmarks)[list(JAW_AND_BROWS), :2], MARGIN)
    scale = size / max(cut.shape[:2])
    rows, columns = (max(1, round(side * scale)) for side in cut.shape[:2])
    out = np.zeros((size, size, 3), np.uint8)
    top, left = (size - rows) // 2, (size - columns) // 2
    out[top : top + rows, left : left + columns] = resized(cut, rows, columns)
    return out


def mesh_crop(rgb: ByteArray, landmarks: AnyArray, size: int) -> ByteArray:
    """Cut a face out by the box of the whole mesh, forehead to chin, squeezed into a square: HSEmotion's convention.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        landmarks: ``(478, 3)`` px of the face in it.
        size: Side of the square, px.

    Returns:
        ``(size, size, 3)`` uint8.

    Raises:
        InputError: Another shape, or a face of less than one pixel or outside the image.
    """
    return resized(_boxed(rgb, _checked(landmarks)[:MESH_VERTEX_COUNT, :2], 0.0), size, size)


def resized(picture: ByteArray, rows: int, columns: int) -> ByteArray:
    """A picture brought to another size: the mean of the pixels covered where it shrinks, else bilinear."""
    height, width = picture.shape[:2]
    across = np.einsum(
        "oi,hic->hoc", resampling(width, columns, smooth=True), picture.astype(np.float32), optimize=True
    )
    small = np.einsum("oh,hwc->owc", resampling(height, rows, smooth=True), across, optimize=True)
    return np.asarray(np.clip(np.rint(small), 0, 255), np.uint8)


def _checked(landmarks: AnyArray) -> DoubleArray:
    points = np.asarray(landmarks, np.float64)
    if points.shape != (LANDMARK_COUNT, 3) or not np.isfinite(points).all():
        raise InputError(f"landmarks have shape {points.shape}; expected finite ({LANDMARK_COUNT}, 3), px")
    return points


def _boxed(rgb: ByteArray, points: DoubleArray, margin: float) -> ByteArray:
    """The bounding box of points and a margin, cut at the image's border."""
    low, high = points.min(axis=0), points.max(axis=0)
    around = (high - low) * margin / 2
    x0, y0 = np.maximum(np.floor(low - around), 0).astype(int)
    x1, y1 = np.minimum(np.floor(high + around), (rgb.shape[1], rgb.shape[0])).astype(int)
    if x1 <= x0 or y1 <= y0:
        raise InputError("the face lies outside the image or is smaller than a pixel; expected landmarks in px of it")
    return rgb[y0:y1, x0:x1]


def checked_crops(crops: AnyArray, side: int) -> ByteArray:
    """Face crops as a network takes them.

    Args:
        crops: ``(N, side, side, 3)`` uint8 RGB.
        side: What the network asks for, px.

    Raises:
        InputError: The array is not of that shape or type.
    """
    array = np.asarray(crops)
    if array.ndim != 4 or array.shape[1:] != (side, side, 3) or array.dtype != np.uint8:
        raise InputError(f"crops are {array.dtype} {array.shape}; expected uint8 (N, {side}, {side}, 3), RGB")
    return array
