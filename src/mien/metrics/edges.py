"""Edges as MATLAB's ``edge`` finds them by default, which the published CPBD is defined on: Canny, and vertical Sobel.

Constants: MathWorks' documentation of ``edge`` (Image Processing Toolbox): Canny with σ = √2, high threshold so that
70 % of the pixels are no edges, low threshold 0.4 of it; J. Canny, "A computational approach to edge detection", 1986.
What it leaves open was settled by comparison with MATLAB's results on one picture (the reference data of python-cpbd,
0x64746b/python-cpbd at 11e2553): both edge maps of it are met in every pixel.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mien.types import AnyArray, DoubleArray

CANNY_SIGMA = float(np.sqrt(2.0))
NO_EDGES = 0.7
LOW_SHARE = 0.4
_BINS = 64
_TAPS = 16  # of a Gaussian of √2


def vertical_sobel_edges(grey: AnyArray, threshold: float) -> AnyArray:
    """Vertical edges: where the horizontal Sobel gradient (its kernel's absolutes sum to 1) is large and thinned.

    Thinning keeps a pixel whose gradient is greatest along its column, or along its row if the gradient across the row
    is not the smaller one there. That is what MATLAB's ``edge(…, 'Sobel', threshold, 'vertical')`` does.

    Args:
        grey: ``(h, w)``.
        threshold: Of the gradient's size, in the picture's values.

    Returns:
        ``(h, w)`` boolean; of a ridge of equal gradients the last pixel.
    """
    image = np.asarray(grey, np.float64)
    along, across = (
        ndimage.correlate1d(
            ndimage.correlate1d(image, (1, 2, 1), axis=1 - axis, mode="nearest"), (-1, 0, 1), axis=axis, mode="nearest"
        )
        / 8
        for axis in (1, 0)
    )
    strength = along**2
    padded = np.pad(strength, 1)
    in_row = (strength >= padded[1:-1, :-2]) & (strength > padded[1:-1, 2:])
    in_column = (strength >= padded[:-2, 1:-1]) & (strength > padded[2:, 1:-1])
    return np.asarray((strength > threshold**2) & (in_row & (np.abs(along) >= np.abs(across)) | in_column))


def canny_edges(grey: AnyArray) -> AnyArray:
    """Canny's edges: ``(h, w)`` to ``(h, w)`` boolean; none in an even picture."""
    image = np.asarray(grey, np.float64)
    gx, gy = _gradients(image)
    size = np.hypot(gx, gy)
    peak = float(size.max(initial=0.0))
    if peak <= 1e-12 * max(1.0, float(np.abs(image).max(initial=0.0))):
        return np.zeros(image.shape, bool)
    size /= peak
    # The histogram's bins are centred on 0, 1/63, ... 1.
    counts = np.bincount(np.rint(size * (_BINS - 1)).astype(int).ravel(), minlength=_BINS)
    high = (int(np.argmax(np.cumsum(counts) > NO_EDGES * size.size)) + 1) / _BINS
    ridge = _ridges(gx, gy, size)
    weak = ridge & (size > LOW_SHARE * high)
    labels, count = ndimage.label(weak, structure=np.ones((3, 3)))
    strong = np.zeros(count + 1, bool)
    strong[np.unique(labels[weak & (size > high)])] = True
    strong[0] = False
    return np.asarray(strong[labels])


def _gradients(image: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Derivatives along x and y of the picture blurred with a Gaussian of √2.

    MATLAB's filters have 16 taps, so a middle between two pixels: the edges lie half a pixel aside, in both directions.
    """
    x = np.arange(-_TAPS // 2, _TAPS // 2) + 0.5
    gaussian = np.exp(-(x**2) / (2 * CANNY_SIGMA**2))
    gaussian /= gaussian.sum()
    derivative = np.gradient(gaussian)
    derivative /= derivative[derivative > 0].sum()

    def filtered(blurred_axis: int, derived_axis: int) -> DoubleArray:
        blurred = ndimage.convolve1d(image, gaussian, blurred_axis, mode="nearest")
        return np.asarray(ndimage.convolve1d(blurred, derivative, derived_axis, mode="nearest"))

    return filtered(0, 1), filtered(1, 0)


def _ridges(gx: DoubleArray, gy: DoubleArray, size: DoubleArray) -> AnyArray:
    """Where the gradient is not smaller than one step along it to either side, interpolated between two neighbours."""
    padded = np.pad(size, 1)
    height, width = size.shape

    def shifted(rows: int, columns: int) -> DoubleArray:
        return padded[1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]

    flat = np.abs(gx) >= np.abs(gy)
    larger, smaller = np.where(flat, np.abs(gx), np.abs(gy)), np.where(flat, np.abs(gy), np.abs(gx))
    part = smaller / np.maximum(larger, 1e-300)
    same = (gx * gy) >= 0  # the gradient points to the lower right or to the upper left
    greatest = np.ones(size.shape, bool)
    for side in (-1, 1):
        straight = np.where(flat, shifted(0, side), shifted(side, 0))
        # Along x with both signs alike, or along y with both alike, the diagonal neighbour is (side, side).
        diagonal = np.where(same, shifted(side, side), np.where(flat, shifted(-side, side), shifted(side, -side)))
        greatest &= size >= (1 - part) * straight + part * diagonal
    greatest[[0, -1], :] = False
    greatest[:, [0, -1]] = False
    return greatest & (size > 0)
