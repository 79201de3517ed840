"""ID: whether it is still the same person. CCFE 4.2: cosine of the mean ArcFace features of input and output.

On another network it is named so: ``ID[face-api]`` (see :mod:`mien.metrics.feature_network`). Cosines of different
networks do not compare: face-api's lie close together. On five development clips two halves of one clip had 0.991 to
0.999, and two people 0.82 to 0.95.
"""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray


class MeanFeature:
    """Mean of features as they come; its memory does not grow."""

    def __init__(self) -> None:
        self.count = 0
        self._total: DoubleArray | None = None

    def add(self, features: AnyArray) -> None:
        """Take in one picture's features ``(D,)``, or several pictures' ``(N, D)``.

        Raises:
            InputError: Another number of them than before, or not finite.
        """
        rows = np.atleast_2d(np.asarray(features, np.float64))
        if rows.ndim != 2 or not np.isfinite(rows).all():
            raise InputError(f"features have shape {rows.shape}; expected finite (N, D)")
        if self._total is None:
            self._total = np.zeros(rows.shape[1])
        if rows.shape[1] != len(self._total):
            raise InputError(f"features have {rows.shape[1]} numbers; the ones before had {len(self._total)}")
        self._total = self._total + rows.sum(axis=0)
        self.count += len(rows)

    def mean(self) -> DoubleArray:
        """``(D,)``.

        Raises:
            InputError: There were none.
        """
        if self._total is None or self.count == 0:
            raise InputError("there were no features to take the mean of; expected at least one picture with a face")
        return self._total / self.count


def identity_similarity(source: AnyArray, result: AnyArray) -> float:
    """Cosine of two mean features: ``a·b / (|a| |b|)`` (CCFE 4.2, ID).

    Args:
        source: ``(D,)`` mean of the input's frames (:class:`MeanFeature`).
        result: ``(D,)`` mean of the output's frames.

    Returns:
        -1 to 1; 1 for the same direction. NaN where a mean is zero.

    Raises:
        InputError: Other shapes, or not finite.
    """
    a, b = np.asarray(source, np.float64), np.asarray(result, np.float64)
    if a.ndim != 1 or a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError(f"mean features have shapes {a.shape} and {b.shape}; expected twice (D,), finite")
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 0 else float("nan")
