"""SSIM: structural similarity of two pictures (DNT 5.3, FG-EmoTalk).

Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment: from error visibility to structural
similarity", IEEE TIP 13(4), 2004: Gaussian window of 11 x 11, σ = 1.5, sum 1; K1 = 0.01, K2 = 0.03; eq. 13, and
eq. 17: mean over the windows that lie wholly inside.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.ndimage import correlate1d

from mien.errors import InputError
from mien.metrics.picture_pair import checked_pictures
from mien.types import AnyArray, DoubleArray

RADIUS = 5
SIGMA = 1.5
K1, K2 = 0.01, 0.03


def window() -> DoubleArray:
    """The Gaussian along one axis: ``(11,)``, sum 1."""
    weights = np.exp(-(np.arange(-RADIUS, RADIUS + 1) ** 2) / (2 * SIGMA**2))
    return np.asarray(weights / weights.sum())


def ssim_map(first: AnyArray, second: AnyArray, peak: float = 255.0) -> DoubleArray:
    """SSIM of the window around each pixel, mean over the channels.

    ``(2μₓμᵧ + C₁)(2σₓᵧ + C₂) / ((μₓ² + μᵧ² + C₁)(σₓ² + σᵧ² + C₂))`` with ``Cᵢ = (Kᵢ·peak)²``.

    Args:
        first: ``(H, W)`` or ``(H, W, C)``, at least 11 x 11 px.
        second: The same.
        peak: Largest possible value: 255 for 8-bit pictures, 1 for floats from 0 to 1.

    Returns:
        ``(H - 10, W - 10)``, -1 to 1: pixel (i, j) is that of the pictures' (i + 5, j + 5).

    Raises:
        InputError: Pictures that do not fit or are too small, or a peak that is not positive.
    """
    a, b = checked_pictures(first, second)
    if min(a.shape[:2]) < 2 * RADIUS + 1:
        raise InputError(f"the pictures are {a.shape[:2]}; SSIM needs at least {2 * RADIUS + 1} px each way")
    if not peak > 0:
        raise InputError(f"the peak is {peak}; expected the largest possible value of a pixel")
    a, b = (x[..., None] if x.ndim == 2 else x for x in (a, b))
    weights = window()
    channels = [
        similarity(np.ascontiguousarray(a[..., c]), np.ascontiguousarray(b[..., c]), weights, peak)
        for c in range(a.shape[2])
    ]
    return np.asarray(np.mean(channels, axis=0))


def ssim(first: AnyArray, second: AnyArray, mask: AnyArray | None = None, peak: float = 255.0) -> float:
    """Mean of :func:`ssim_map`.

    Args:
        first: ``(H, W)`` or ``(H, W, C)``. Wang et al. compare grey pictures; of colour it is the mean over channels,
            as in scikit-image.
        second: The same.
        mask: ``(H, W)`` boolean: the windows' middles that count, such as the face; all by default.
        peak: See :func:`ssim_map`.

    Returns:
        -1 to 1, higher is closer, 1 for identical pictures; NaN where the mask holds no window's middle.

    Raises:
        InputError: See :func:`ssim_map`; or a mask of another size or type.
    """
    checked_pictures(first, second, mask)
    found = ssim_map(first, second, peak)
    if mask is None:
        return float(found.mean())
    inside = found[np.asarray(mask)[RADIUS:-RADIUS, RADIUS:-RADIUS]]
    return float(inside.mean()) if inside.size else float("nan")


@njit(cache=True, nogil=True)
def similarity(a: AnyArray, b: AnyArray, weights: DoubleArray, peak: float) -> DoubleArray:
    """:func:`ssim_map` of one channel: ``(H, W)`` to ``(H - 10, W - 10)``.

    Row by row: four sums down each column (of both, their squares together, their product), then along the row. The
    squares' sum is enough, since σₓ² and σᵧ² are only used added up.
    """
    height, width = a.shape
    taps = len(weights)
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    out = np.empty((height - taps + 1, width - taps + 1))
    down = np.empty((4, width))
    for row in range(out.shape[0]):
        down[:] = 0.0
        for k in range(taps):
            weight = weights[k]
            for x in range(width):
                p, q = float(a[row + k, x]), float(b[row + k, x])
                down[0, x] += weight * p
                down[1, x] += weight * q
                down[2, x] += weight * (p * p + q * q)
                down[3, x] += weight * (p * q)
        for x in range(out.shape[1]):
            mean_a, mean_b, squares, product = 0.0, 0.0, 0.0, 0.0
            for k in range(taps):
                mean_a += weights[k] * down[0, x + k]
                mean_b += weights[k] * down[1, x + k]
                squares += weights[k] * down[2, x + k]
                product += weights[k] * down[3, x + k]
            both = mean_a * mean_b
            means = mean_a * mean_a + mean_b * mean_b
            out[row, x] = ((2 * both + c1) * (2 * (product - both) + c2)) / ((means + c1) * (squares - means + c2))
    return out


def similarity_plain(a: AnyArray, b: AnyArray, weights: DoubleArray, peak: float) -> DoubleArray:
    """:func:`similarity` in plain NumPy and SciPy, to hold it against."""

    def blurred(x: DoubleArray) -> DoubleArray:
        rows = correlate1d(x, weights, axis=0, mode="constant")
        whole = correlate1d(rows, weights, axis=1, mode="constant")
        return np.asarray(whole[RADIUS:-RADIUS, RADIUS:-RADIUS])

    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    mean_x, mean_y = blurred(x), blurred(y)
    variance_x, variance_y = blurred(x * x) - mean_x**2, blurred(y * y) - mean_y**2
    covariance = blurred(x * y) - mean_x * mean_y
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    above = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return np.asarray(above / ((mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)))
