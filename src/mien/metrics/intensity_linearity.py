"""LIE: how evenly a face changes when its emotion's intensity rises evenly. CCFE 4.2, eq. 14.

The published figure is on LPIPS; its trunk is not named there. A figure's name says which distance it is on:
``LIE[LPIPS-Alex]``, ``LIE[mini-xception]``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mien.errors import InputError
from mien.metrics.picture_distance import PictureDistance
from mien.types import AnyArray, ByteArray

INTENSITIES = 100
"""CCFE 4.4.2: so many intensities from 0 to 1, one distance fewer."""

SIDE_PX = 256
"""CCFE 4.4.2: all pictures are brought to this size first."""


def lie(distances: AnyArray) -> float:
    """Coefficient of variation of the distances of neighbouring pictures: ``LIE = σ(d) / μ(d)`` (CCFE eq. 14).

    σ divides by the number of distances; the paper leaves that open, and at 99 distances it makes half a per cent.

    Args:
        distances: ``(n,)`` of pictures ``i - 1`` and ``i``, not negative, n at least 2.

    Returns:
        0 and up; 0 where every step changes the picture as much. NaN where nothing changes at all.

    Raises:
        InputError: Another shape, fewer than two, negative or not finite.
    """
    d = np.asarray(distances, np.float64)
    if d.ndim != 1 or d.size < 2 or not np.isfinite(d).all() or d.min() < 0:
        raise InputError(f"distances have shape {d.shape}; expected (n,), n at least 2, finite and not negative")
    mean = float(d.mean())
    return float(d.std()) / mean if mean > 0 else float("nan")


def neighbour_distances(pictures: Iterable[ByteArray], distance: PictureDistance) -> list[float]:
    """Distances of each picture and the one before it; two pictures are held at a time.

    Args:
        pictures: ``(H, W, 3)`` uint8 RGB each, in the order of intensity.
        distance: What to measure.
    """
    found: list[float] = []
    before: ByteArray | None = None
    for picture in pictures:
        if before is not None:
            found.append(distance.between(before, picture))
        before = picture
    return found


def figure_name(distance: PictureDistance) -> str:
    """The figure's name: ``LIE[LPIPS-Alex]``."""
    return f"LIE[{distance.name}]"
