"""Windows over time: the Hann smoothing of CCFE 3.5.1 and the slow view of what a face does."""

from __future__ import annotations

import numpy as np

from mien.types import AnyArray, DoubleArray

STEADY_FRAMES = 6.0
"""Standard deviation, in frames, of the slow view of a face's own activity. Saturation follows the expression that the
face holds, not each syllable: following syllables would make the edit tremble with the fit's noise."""

_REACH = 4.0
"""Standard deviations of a Gaussian window from its middle to its ends."""


def hann_smooth(values: AnyArray, width: int) -> DoubleArray:
    """Average each frame with its neighbours under a Hann window (CCFE 3.5.1: three frames, weights 1/4, 1/2, 1/4).

    Args:
        values: ``(T, C)`` one row a frame.
        width: Frames that count, odd; 1 leaves the values alone.

    Returns:
        ``(T, C)``; the first and last frame stand in for what lies beyond them.
    """
    values = np.asarray(values, np.float64)
    if width == 1 or len(values) == 0:
        return values
    window = np.hanning(width + 2)[1:-1]
    return _windowed(values, window)


def steady_activity(beta: AnyArray) -> DoubleArray:
    """The face's own activity ``(T, E)`` without its fast part."""
    values = np.asarray(beta, np.float64)
    if not len(values):
        return values
    reach = np.arange(round(_REACH * STEADY_FRAMES) + 1)
    half = np.exp(-0.5 / STEADY_FRAMES**2 * reach**2)
    return _windowed(values, np.concatenate([half[:0:-1], half]))


def _windowed(values: DoubleArray, window: DoubleArray) -> DoubleArray:
    """Each row ``(T, C)`` averaged with its neighbours under a window of odd length that is the same both ways."""
    reach, weights = len(window) // 2, window / window.sum()
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    count = len(values)
    total: DoubleArray = weights[reach] * values
    for k in range(reach):
        total += weights[k] * (padded[k : k + count] + padded[2 * reach - k : 2 * reach - k + count])
    return total
