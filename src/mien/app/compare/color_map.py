"""Colours for quantities: from near black through violet and orange to pale yellow, in even steps to the eye.

The map is a path through CIELAB (D65) on which lightness always rises, walked at constant speed: equal differences of
the quantity are equal colour differences (CIE 1976), so that no edge is seen where none is, and a grey print still
reads.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray, ByteArray, DoubleArray

STEPS = 256

_KNOTS = np.array(
    [
        [4.0, 2.0, -6.0],
        [22.0, 28.0, -36.0],
        [42.0, 46.0, -22.0],
        [60.0, 44.0, 28.0],
        [78.0, 14.0, 52.0],
        [96.0, -6.0, 24.0],
    ]
)
"""L*, a*, b* that the path goes through; all of it lies within sRGB."""

_WHITE = np.array([0.95047, 1.0, 1.08883])
_TO_LINEAR_SRGB = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)
"""XYZ of D65 to linear sRGB (IEC 61966-2-1)."""


@cache
def color_table() -> ByteArray:
    """The map, ``(256, 3)`` uint8 sRGB, from the least to the greatest."""
    return np.asarray(np.clip(np.rint(255.0 * lab_to_srgb(path(STEPS))), 0, 255), np.uint8)


def path(count: int) -> DoubleArray:
    """Points of the path, evenly spaced in CIE 1976 colour difference, ``(count, 3)`` L*, a*, b*."""
    from scipy.interpolate import PchipInterpolator

    curve = PchipInterpolator(np.arange(len(_KNOTS)), _KNOTS)
    fine = curve(np.linspace(0, len(_KNOTS) - 1, 20_001))
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    at = np.linspace(0, length[-1], count)
    return np.stack([np.interp(at, length, fine[:, channel]) for channel in range(3)], axis=1)


def lab_to_srgb(lab: DoubleArray) -> DoubleArray:
    """CIELAB (D65) to gamma-coded sRGB; values outside 0-1 lie outside of what a screen shows.

    Args:
        lab: ``(..., 3)`` L* 0-100, a*, b*.
    """
    middle = (lab[..., 0] + 16.0) / 116.0
    coded = np.stack([middle + lab[..., 1] / 500.0, middle, middle - lab[..., 2] / 200.0], axis=-1)
    xyz = np.where(coded > 6 / 29, coded**3, 3 * (6 / 29) ** 2 * (coded - 4 / 29)) * _WHITE
    linear = xyz @ _TO_LINEAR_SRGB.T
    bright = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, bright), np.float64)


def colored(values: AnyArray, top: float) -> ByteArray:
    """Values as colours.

    Args:
        values: ``(h, w)``, from 0.
        top: What gets the last colour; what lies above gets it, too.

    Returns:
        ``(h, w, 3)`` uint8 RGB.

    Raises:
        InputError: ``top`` is not above 0.
    """
    if not top > 0:
        raise InputError(f"a colour scale ends above 0, not at {top}")
    index = np.clip(np.asarray(values, np.float64) / top * (STEPS - 1) + 0.5, 0, STEPS - 1).astype(np.intp)
    return color_table()[index]
