"""Bringing a row of pixels to another length."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mien.types import FloatArray


@lru_cache(maxsize=64)
def resampling(size: int, out: int, smooth: bool) -> FloatArray:
    """The matrix that resamples a row of ``size`` pixels to ``out``: ``(out, size)``, rows summing to 1.

    Args:
        size: Pixels in.
        out: Pixels out.
        smooth: Where it shrinks, average over the pixels covered; else interpolate between the two nearest centres.
    """
    scale = size / out
    if smooth and scale > 1:
        edges = np.arange(out + 1)[:, None] * scale
        covered = np.clip(edges - np.arange(size), 0.0, 1.0)  # how much of each pixel lies before each edge
        return np.asarray(np.diff(covered, axis=0) / scale, np.float32)
    centres = np.clip((np.arange(out) + 0.5) * scale - 0.5, 0, size - 1)
    # A tent of width 1 around each centre is linear interpolation.
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(centres[:, None] - np.arange(size))), np.float32)
