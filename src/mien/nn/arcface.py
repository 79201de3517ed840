"""ArcFace: 512 numbers of an aligned face; the angle between those of two faces says whether they are one person's.

Source: J. Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019; weights,
five-point template and input convention of insightface's model zoo (buffalo_l, ``w600k_r50.onnx``; non-commercial
research only).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.errors import InputError
from mien.nn.face_crop import checked_crops
from mien.nn.onnx_network import OnnxNetwork
from mien.types import LANDMARK_COUNT, AnyArray, ByteArray, DoubleArray, FloatArray

INPUT_SIZE = 112
FEATURES = 512

TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where the eye at the image's left, the other one, the nose's tip and the mouth's corners go in the crop, px."""

POINTS = (468, 473, 1, 61, 291)
"""The same places among the tracker's landmarks: middle of the irises, tip of the nose, corners of the mouth."""

_MEAN, _SCALE = 127.5, 127.5
_BATCH = 8


class ArcFace:
    """The network with its weights.

    Args:
        path: ``w600k_r50.onnx`` of the store's ``arcface``.

    Raises:
        ModelError: The file is missing or is another network, or ONNX Runtime is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._network = OnnxNetwork(path, "ArcFace", (3, INPUT_SIZE, INPUT_SIZE), FEATURES)

    def features(self, crops: ByteArray) -> FloatArray:
        """Features of aligned faces, not of unit length.

        Args:
            crops: ``(N, 112, 112, 3)`` uint8 RGB, from :func:`align_face`.

        Returns:
            ``(N, 512)`` float32.

        Raises:
            InputError: The array is not of that shape or type.
        """
        crops = checked_crops(crops, INPUT_SIZE)
        if len(crops) == 0:
            return np.zeros((0, FEATURES), np.float32)
        scaled = ((crops.astype(np.float32) - _MEAN) / _SCALE).transpose(0, 3, 1, 2)
        return np.concatenate([self._network.run(scaled[i : i + _BATCH])[0] for i in range(0, len(scaled), _BATCH)])


def align_face(rgb: ByteArray, landmarks: AnyArray) -> ByteArray:
    """Turn, scale and move a face so that its five points come nearest to the template; sampled bilinearly.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        landmarks: ``(478, 3)`` px of the face in it.

    Returns:
        ``(112, 112, 3)`` uint8, black beyond the image.

    Raises:
        InputError: Another shape, or a face of no size.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (LANDMARK_COUNT, 3) or not np.isfinite(points).all():
        raise InputError(f"landmarks have shape {points.shape}; expected finite ({LANDMARK_COUNT}, 3), px")
    rows, columns = np.mgrid[0:INPUT_SIZE, 0:INPUT_SIZE]
    turn, shift = similarity(np.array(TEMPLATE), points[list(POINTS), :2])
    places = turn * (columns + 1j * rows) + shift
    return _sampled(rgb, places.real, places.imag)


def similarity(source: AnyArray, target: AnyArray) -> tuple[complex, complex]:
    """The turn, scale and shift that bring points nearest to others, by least squares (S. Umeyama 1991, in the plane).

    Args:
        source: ``(N, 2)``.
        target: ``(N, 2)``.

    Returns:
        ``a`` and ``b``: a point ``x + iy`` goes to ``a (x + iy) + b``.

    Raises:
        InputError: The points lie in one place.
    """
    z, w = (np.asarray(points, np.float64) @ np.array([1, 1j]) for points in (source, target))
    centred = z - z.mean()
    spread = float(np.square(np.abs(centred)).sum())
    turn = complex((centred.conj() * (w - w.mean())).sum()) / spread if spread > 0 else 0j
    if abs(turn) < 1e-6:
        raise InputError("the face has no size: its eyes, nose and mouth lie in one place")
    return turn, complex(w.mean()) - turn * complex(z.mean())


def _sampled(rgb: ByteArray, x: DoubleArray, y: DoubleArray) -> ByteArray:
    """Bilinear samples; beyond the image black."""
    height, width = rgb.shape[:2]
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    total = np.zeros((*x.shape, 3))
    for dy in (0, 1):
        for dx in (0, 1):
            column, row = x0 + dx, y0 + dy
            weight = np.abs(1 - dx - (x - x0)) * np.abs(1 - dy - (y - y0))
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            picked = rgb[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
            total += (weight * inside)[..., None] * picked
    return np.asarray(np.rint(total), np.uint8)
