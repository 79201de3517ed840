"""The colours of a face at its landmarks: whether it is still the same face, and whether something covers it.

The mesh network guesses what it cannot see, so landmarks alone do not tell that a hand lies over the mouth. The
colours there do. Measured on the development clips, against the median of the clip: a face differs from itself by
0.1 to 0.3 (0.42 at most), from the others by 0.4 to 1.5; a mouth that talks differs by at most 2.6 times its own
median difference, one under painted fingers by 3 to 6 times.
"""

from __future__ import annotations

import numpy as np

from mien.types import MESH_VERTEX_COUNT, AnyArray, ByteArray, FloatArray

_LIPS_AND_AROUND = (
    "61 146 91 181 84 17 314 405 321 375 291 185 40 39 37 0 267 269 270 409 57 43 106 182 83 18 313 406 335 273 "
    "287 186 92 165 167 164 393 391 322 410 76 77 90 180 85 16 315 404 320 307 306 184 74 73 72 11 302 303 304 "
    "408"
)

POINTS = np.concatenate([np.arange(0, MESH_VERTEX_COUNT, 3), np.array(_LIPS_AND_AROUND.split(), int)])
"""Landmarks whose colours are taken: every third of the mesh, then the outer lips and the skin around them."""

WHOLE = slice(0, MESH_VERTEX_COUNT // 3)
MOUTH = slice(MESH_VERTEX_COUNT // 3, len(POINTS))

_FLOOR = 10.0
"""Contrast and brightness, of 255, below which differences are noise."""


def sample(picture: ByteArray, landmarks: FloatArray) -> FloatArray:
    """The colours of a face.

    Args:
        picture: ``(H, W, 3)`` uint8 RGB.
        landmarks: ``(478, 3)`` px of the picture, counted from its edge.

    Returns:
        ``(N, 3)`` float32, 0-255: at each of :data:`POINTS` the mean of five pixels nearby.
    """
    points = landmarks[POINTS, :2]
    step = max(1.0, 0.015 * float(np.ptp(landmarks[:MESH_VERTEX_COUNT, 0])))
    spots = points[None] + step * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]], np.float32)[:, None]
    height, width = picture.shape[:2]
    places = np.clip(spots.astype(int), 0, (width - 1, height - 1))
    samples = picture.reshape(-1, 3).take(places[..., 1] * width + places[..., 0], axis=0)
    return np.asarray(samples.mean(axis=0, dtype=np.float32))


def differences(colours: AnyArray, reference: FloatArray) -> tuple[AnyArray, AnyArray]:
    """How much faces differ from a reference, apart from brightness.

    Args:
        colours: ``(..., N, 3)`` from :func:`sample`.
        reference: ``(N, 3)``.

    Returns:
        Over the whole face and around the mouth, each ``(...)``: mean differences over the reference's contrast.
    """
    brightness = (colours.sum(axis=-1) + _FLOOR) / (reference.sum(axis=-1) + _FLOOR)
    gain = np.clip(np.median(brightness, axis=-1), 0.5, 2.0)[..., None, None]
    away = np.abs(colours - gain * reference).mean(axis=-1)
    whole = reference[WHOLE]
    contrast = float(np.abs(whole - whole.mean(axis=0)).mean()) + _FLOOR
    return away[..., WHOLE].mean(axis=-1) / contrast, away[..., MOUTH].mean(axis=-1) / contrast
