"""Thin lines in a picture, dark or bright: how much of one is at each pixel, which way it lies and how wide it is.

The second derivatives of the brightness, smoothed, tell a line from an edge and a spot: along a line they are small,
across it large. Derivatives are multiplied by the square of the smoothing's width, so that widths compare. Source:
T. Lindeberg, "Edge Detection and Ridge Detection with Automatic Scale Selection", IJCV 1998, section 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are first used

from mien.types import AnyArray, FloatArray

EDGE_SHARE = 0.8
"""Share of the slope that is taken off, so that edges are no lines."""

WIDE_EXPONENT = 0.5
"""Wide lines count less: between two thin lines there always is a wide one of the other sense."""


@dataclass(frozen=True, slots=True, eq=False)
class LineMap:
    """Lines of a picture.

    Attributes:
        across: ``(H, W, 2)``: strength of the line times cosine and sine of twice the angle of its normal, counted from
            x towards y. In doubled angles a line has one direction, and directions may be averaged.
        width_px: ``(H, W)`` the smoothing at which it is strongest: about half its width.
        dark: ``(H, W)`` 1 where it is darker than what is around it, -1 where it is brighter.
    """

    across: FloatArray
    width_px: FloatArray
    dark: FloatArray


def find_lines(image: FloatArray, widths_px: Sequence[float]) -> LineMap:
    """Find lines.

    Args:
        image: ``(H, W)`` float32; of the logarithm of brightness, strengths are contrasts.
        widths_px: Smoothings to try, standard deviations of 0.7 px or more.

    Returns:
        The lines: a bar whose half width is one of those tried has half its contrast as its strength.
    """
    strongest = np.zeros(image.shape, np.float32)
    across, width = np.zeros((*image.shape, 2), np.float32), np.full(image.shape, widths_px[0], np.float32)
    dark = np.ones(image.shape, np.float32)
    for sigma in widths_px:
        slope, xx, yy, xy = _derivatives(image, sigma)
        half_sum, half_difference = (xx + yy) / 2, (xx - yy) / 2
        spread = np.sqrt(half_difference**2 + xy**2)
        # The eigenvalues are |half_sum| + spread and |half_sum| - spread: as far as they are alike it is a spot.
        # Beside a step the slope is as large as the bend, on a line it is none.
        strength = 2.0 * np.minimum(np.abs(half_sum), spread) - EDGE_SHARE * slope
        strength *= np.float32((widths_px[0] / sigma) ** WIDE_EXPONENT)
        sense = np.where(half_sum >= 0, np.float32(1), np.float32(-1))
        sign = sense / np.maximum(spread, 1e-9)
        better = strength > strongest
        strongest[better], width[better], dark[better] = strength[better], sigma, sense[better]
        across[better, 0] = (strength * sign * half_difference)[better]
        across[better, 1] = (strength * sign * xy)[better]
    return LineMap(across, width, dark)


def _derivatives(image: FloatArray, sigma: float) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray]:
    """Length of the gradient, and the second derivatives along x, y and both, for a smoothing of 1."""
    smooth = np.pad(scipy.ndimage.gaussian_filter(image, sigma, mode="nearest", truncate=3.0), 1, mode="edge")
    middle, scale, square = smooth[1:-1, 1:-1], np.float32(sigma / 2.0), np.float32(sigma * sigma)
    left, right, above, below = smooth[1:-1, :-2], smooth[1:-1, 2:], smooth[:-2, 1:-1], smooth[2:, 1:-1]
    xx, yy = right - 2 * middle + left, below - 2 * middle + above
    xy = (smooth[2:, 2:] - smooth[2:, :-2] - smooth[:-2, 2:] + smooth[:-2, :-2]) / 4
    slope = np.sqrt((right - left) ** 2 + (below - above) ** 2) * scale
    return slope, xx * square, yy * square, xy * square
