"""Lip synchrony: does the mouth of the result open as the mouth of the source does.

The mouth's opening over time is what viewers hear with their eyes. It is the distance of the inner lips' middles
(landmarks 13 and 14), as the relative lip distance of CCFE (section 3.3, eq. 4), in eye distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.metrics.face_frame import checked_landmarks, checked_pair, eye_distance
from mien.types import AnyArray, DoubleArray

CENTRE_PAIR = ((13, 14),)
"""Upper and lower inner lip at the middle of the mouth."""

INNER_PAIRS = ((13, 14), (82, 87), (312, 317), (81, 178), (311, 402), (80, 88), (310, 318), (191, 95), (415, 324))
"""Upper and lower inner lip, from the middle to the corners."""

MOVING_RANGE = 0.1
"""Opening range, eye distances, from which on lips count as moving; below, a correlation would compare noise."""


@dataclass(frozen=True, slots=True)
class LipSync:
    """How the result's lip opening follows the source's.

    Attributes:
        correlation: Pearson's, -1 to 1; NaN where one of the two does not vary.
        mean_difference: Mean absolute difference, eye distances.
        source_range: Largest minus smallest opening of the source, eye distances.
    """

    correlation: float
    mean_difference: float
    source_range: float

    @property
    def moving(self) -> bool:
        """Whether the source's lips move enough for the correlation to mean something."""
        return self.source_range >= MOVING_RANGE


def lip_opening(
    landmarks: AnyArray, pairs: tuple[tuple[int, int], ...] = CENTRE_PAIR, dimensions: int = 3
) -> DoubleArray:
    """Distance of the inner lips, mean over pairs, divided by the eye distance.

    Args:
        landmarks: ``(T, 478, 3)`` px.
        pairs: Landmark indices of upper and lower lip.
        dimensions: 3, or 2 to leave out depth, the tracker's least certain coordinate.

    Returns:
        ``(T,)``, eye distances.

    Raises:
        InputError: A wrong shape, not finite, or other dimensions.
    """
    if dimensions not in (2, 3):
        raise InputError(f"dimensions is {dimensions}; expected 2 or 3")
    points = checked_landmarks(landmarks)
    upper, lower = (points[:, [pair[i] for pair in pairs], :dimensions] for i in (0, 1))
    return np.asarray(np.linalg.norm(upper - lower, axis=2).mean(axis=1) / eye_distance(points))


def lip_sync(
    source: AnyArray, result: AnyArray, pairs: tuple[tuple[int, int], ...] = CENTRE_PAIR, dimensions: int = 3
) -> LipSync:
    """Compare lip openings frame by frame.

    Args:
        source: ``(T, 478, 3)`` px, tracked in the source.
        result: ``(T, 478, 3)`` px, tracked in the result, the same frames.
        pairs: See :func:`lip_opening`.
        dimensions: See :func:`lip_opening`.

    Raises:
        InputError: A wrong shape, not finite, not as many frames, or none.
    """
    first, second = checked_pair(source, result)
    if len(first) == 0:
        raise InputError("there are no frames to compare; expected at least one")
    a, b = lip_opening(first, pairs, dimensions), lip_opening(second, pairs, dimensions)
    return LipSync(
        correlation=correlation(a, b),
        mean_difference=float(np.abs(a - b).mean()),
        source_range=float(np.ptp(a)),
    )


def correlation(a: AnyArray, b: AnyArray) -> float:
    """Pearson's correlation of two series ``(T,)``; NaN where one does not vary (or T < 2)."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if len(x) < 2:
        return float("nan")
    x, y = x - x.mean(), y - y.mean()
    spread = float(np.sqrt((x @ x) * (y @ y)))
    # Rounding leaves a constant series a spread of some 1e-16 of its size: that is still constant.
    smallest = 1e-12 * len(x) * max(1e-300, float(np.abs(a).max()) * float(np.abs(b).max()))
    return float(x @ y) / spread if spread > smallest else float("nan")
