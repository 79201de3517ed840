"""Taking the networks' tremor out of landmarks without delay and without flattening fast movement.

A two-sided bilateral filter over time: a frame is averaged with pairs of neighbours, one as long before as the other is
after, the more the less the middle of the pair differs from it. Where a face keeps still or moves evenly, these middles
differ by noise alone and all count; at the bottom of a blink or when the lips meet they differ by more and do not. The
window is symmetric, so nothing lags, and short, so any stretch of a track can be filtered by itself and gives the same
result.

The movement of the head (a similarity of the image) and the movement in the face are filtered apart: features move
while the head is still, and keep still relative to the head while it moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.types import AnyArray, FloatArray

REACH = 4
"""Frames before and after that a frame is averaged with: margin that a stretch needs on both sides."""

_SPREAD = 2.0
"""Standard deviation of the window, frames."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Differences between frames that count as noise (standard deviation of one frame), in eye distances.

    Attributes:
        head: Of the position of the face as a whole.
        features: Of a group of landmarks relative to the face.
    """

    head: float = 0.003
    features: float = 0.002


def smooth(landmarks: FloatArray, reference: FloatArray, noise: Noise = Noise()) -> FloatArray:
    """Smooth the landmarks of a stretch of frames.

    Args:
        landmarks: ``(T, 478, 3)`` px, finite.
        reference: ``(478, 3)`` px: any frame of the same face; the same one for all stretches of a track.
        noise: What counts as noise.

    Returns:
        ``(T, 478, 3)`` float32. Windows are smaller near the ends; the first and the last frame stay as they are.
    """
    centre, turn, shape = _split(landmarks, reference)
    size = np.abs(turn).mean() * _eye_distance(reference)
    pose = np.concatenate([centre, _complex_columns(turn) * _spread(reference)], axis=1)
    pose = _bilateral(pose[:, None], np.zeros(1, int), noise.head * size)[:, 0]
    scale = _spread(reference)
    turn = (pose[:, 3] + 1j * pose[:, 4]) / scale
    shape = _bilateral(shape, _groups(reference), noise.features * _eye_distance(reference))
    return _join(pose[:, :3], turn, shape)


def _split(landmarks: FloatArray, reference: FloatArray) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Tell the movement of a face from the movement in it.

    Returns:
        Position ``(T, 3)``; rotation and scale in the image as a complex number ``(T,)``; and what remains, the shape
        ``(T, 478, 3)`` as it would be in the reference's place.
    """
    points = landmarks.astype(np.float64)
    centre = points[:, _STEADY].mean(axis=1)
    local = points - centre[:, None]
    model = reference[_STEADY].astype(np.float64) - reference[_STEADY].mean(axis=0)
    model_plane = model[:, 0] + 1j * model[:, 1]
    plane = local[..., 0] + 1j * local[..., 1]
    turn = plane[:, _STEADY] @ model_plane.conj() / np.sum(np.abs(model_plane) ** 2)
    upright = plane / turn[:, None]
    shape = np.stack([upright.real, upright.imag, local[..., 2] / np.abs(turn)[:, None]], axis=2)
    return centre, turn, shape


def _join(centre: AnyArray, turn: AnyArray, shape: AnyArray) -> FloatArray:
    plane = (shape[..., 0] + 1j * shape[..., 1]) * turn[:, None]
    local = np.stack([plane.real, plane.imag, shape[..., 2] * np.abs(turn)[:, None]], axis=2)
    return np.asarray(local + centre[:, None], np.float32)


def _bilateral(values: AnyArray, groups: NDArray[np.int_], noise: float) -> AnyArray:
    """Average ``(T, N, D)`` over time.

    Members of a group share their weights, set by the group's root mean square difference in its first two coordinates
    (depth is noisier and says little).
    """
    count = len(values)
    members = np.bincount(groups).astype(float)
    total = values.copy()
    weight_sum = np.ones((count, len(members)))
    for offset in range(1, min(REACH, (count - 1) // 2) + 1):
        middle = slice(offset, count - offset)
        pair = (values[: -2 * offset] + values[2 * offset :]) / 2
        squares = np.square((pair - values[middle])[..., :2]).sum(axis=2)
        grouped = np.stack([np.bincount(groups, row) for row in squares]) / members
        # Noise alone gives a mean square of 2 coordinates x (1 + 1/2) x noise²: that much is taken as none.
        excess = np.maximum(grouped / (3 * noise**2) - 1, 0)
        weight = 2 * np.exp(-0.5 * (offset / _SPREAD) ** 2 - 0.5 * excess)
        total[middle] += weight[:, groups][..., None] * pair
        weight_sum[middle] += weight
    return total / weight_sum[:, groups][..., None]


def _complex_columns(numbers: AnyArray) -> AnyArray:
    return np.stack([numbers.real, numbers.imag], axis=1)


def _groups(reference: FloatArray) -> NDArray[np.int_]:
    """Number of the nearest anchor of each landmark: what lies together moves together."""
    away = np.linalg.norm(reference[:, None, :2].astype(np.float64) - reference[None, _ANCHORS, :2], axis=2)
    return np.asarray(away.argmin(axis=1))


def _eye_distance(landmarks: FloatArray) -> float:
    return float(np.linalg.norm(landmarks[263].astype(np.float64) - landmarks[33]))


def _spread(reference: FloatArray) -> float:
    steady = reference[_STEADY, :2].astype(np.float64)
    return float(np.sqrt(np.square(steady - steady.mean(axis=0)).sum(axis=1).mean()))


# Landmarks on bone more than on muscle: forehead, temples, nose bridge and outer eye corners.
_STEADY = np.array(
    [10, 67, 297, 109, 338, 54, 284, 21, 251, 162, 389, 127, 356, 234, 454, 168, 6, 197, 195, 5, 33, 263]
)

# Lips, lids, irises, brows, nose, cheeks, jaw, forehead.
_ANCHORS = np.array(
    [13, 14, 61, 291, 159, 145, 386, 374, 468, 473, 105, 334, 55, 285, 1, 168, 50, 280, 207, 427, 152, 172, 397, 10]
)
