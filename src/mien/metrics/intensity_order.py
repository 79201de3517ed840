"""DNT's perceptual score of intensity (5.2): which intensity people see in clips, from how they order them."""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray


def order_matrix(ranks: AnyArray) -> DoubleArray:
    """The average order matrix ``M = Σ Mᵢ / k``: element (a, b) of Mᵢ is 1 if participant i put clip a at place b.

    Args:
        ranks: ``(k, m)``: the place that each of k participants gave each of m clips, 1 the weakest; the clips in the
            order of the intensity that was asked for. Each row holds 1 to m, each once.

    Returns:
        ``(m, m)``; rows and columns sum to 1. The identity where all participants saw the order asked for.

    Raises:
        InputError: No participant, no clip, or a row that is no order.
    """
    places = np.asarray(ranks)
    if places.ndim != 2 or places.size == 0:
        raise InputError(f"ranks have shape {places.shape}; expected (participants, clips), at least one of each")
    if not (np.sort(places, axis=1) == np.arange(1, places.shape[1] + 1)).all():
        raise InputError(f"a participant's ranks are no order; expected 1 to {places.shape[1]}, each once")
    return np.asarray((places[:, :, None] == np.arange(1, places.shape[1] + 1)).mean(axis=0))


def perceived_intensity(ranks: AnyArray, intensities: AnyArray) -> DoubleArray:
    """The scores ``s = M x``: the intensity that each clip seems to have.

    Args:
        ranks: See :func:`order_matrix`.
        intensities: ``(m,)``, the intensities asked for, from low to high.

    Returns:
        ``(m,)``; equal to ``intensities`` where all participants saw the order asked for.

    Raises:
        InputError: Ranks that are no orders, or intensities of another number, not finite, or not rising.
    """
    matrix, x = order_matrix(ranks), np.asarray(intensities, np.float64)
    if x.shape != (len(matrix),) or not np.isfinite(x).all() or (np.diff(x) < 0).any():
        raise InputError(f"intensities are {x.tolist()}; expected {len(matrix)} of them, from low to high")
    return np.asarray(matrix @ x)
