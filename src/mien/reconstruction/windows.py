"""Windows over time: the Hann smoothing of CCFE 3.5.1 and the slow view of what a face does."""

from __future__ import annotations

import numpy as np
import scipy  # its parts load when they are first used

from mien.types import AnyArray, DoubleArray

STEADY_FRAMES = 6.0
"""Standard deviation, in frames, of the slow view of a face's own activity. Saturation follows the expression that the
face holds, not each syllable: following syllables would make the edit tremble with the fit's noise."""


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
    return np.asarray(scipy.ndimage.convolve1d(values, window / window.sum(), axis=0, mode="nearest"))


def steady_activity(beta: AnyArray) -> DoubleArray:
    """The face's own activity ``(T, E)`` without its fast part."""
    values = np.asarray(beta, np.float64)
    if not len(values):
        return values
    return np.asarray(scipy.ndimage.gaussian_filter1d(values, STEADY_FRAMES, axis=0, mode="nearest"))
