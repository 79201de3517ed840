"""The frame of a facial opening (an eye, the mouth): ``s`` from corner to corner, ``t`` across, down positive, px.

Its two edges are curves of ``t`` over ``s``, read evenly from corner to corner, so that kernels can ask on which side
of an edge a pixel lies and how far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mien.types import DoubleArray

SAMPLES = 65

_EVEN = np.linspace(0.0, 1.0, SAMPLES)
_SMOOTHING = np.hanning(9)[1:-1] / np.hanning(9)[1:-1].sum()


@dataclass(frozen=True)
class Opening:
    """An opening before and after the edit.

    Attributes:
        middle: ``(2,)`` px of the frame, halfway between the source's corners.
        axes: ``(2, 2)`` unit rows: along the corners, across.
        width: Source corner to corner, px.
        ends: ``(2, 2)`` ``s`` of both corners, source then target.
        curves: ``(4, SAMPLES)`` ``t`` of source upper, source lower, target upper, target lower edge.
    """

    middle: DoubleArray
    axes: DoubleArray
    width: float
    ends: DoubleArray
    curves: DoubleArray

    @property
    def arrays(self) -> tuple[DoubleArray, DoubleArray, DoubleArray, DoubleArray]:
        """Middle, axes, ends and curves, as kernels take them."""
        return self.middle, self.axes, self.ends, self.curves

    def local(self, points: DoubleArray) -> DoubleArray:
        """Points ``(N, 2)`` of the frame, px, as ``(s, t)``."""
        return np.asarray((points - self.middle) @ self.axes.T)


def measure_opening(source: DoubleArray, target: DoubleArray, upper: np.ndarray, lower: np.ndarray) -> Opening | None:
    """Measure an opening, or None where it is too small to hold a picture (under 4 px wide).

    Args:
        source: ``(478, 2)`` landmarks of the frame, px.
        target: ``(478, 2)`` the same after the edit.
        upper: Landmark indices of the upper edge, from the corner at the image's left to the other.
        lower: The same of the lower edge.
    """
    corners = source[upper[[0, -1]]]
    width = float(np.linalg.norm(corners[1] - corners[0]))
    if not width >= 4.0:
        return None
    along = (corners[1] - corners[0]) / width
    axes = np.array([along, [-along[1], along[0]]])
    middle = corners.mean(axis=0)
    curves, ends = np.empty((4, SAMPLES)), np.empty((2, 2))
    for row, points in enumerate((source[upper], source[lower], target[upper], target[lower])):
        local = (points - middle) @ axes.T
        ends[row // 2] = local[0, 0], local[-1, 0]
        curves[row] = _edge_curve(local)
    return Opening(middle, axes, width, ends, curves)


def _edge_curve(points: DoubleArray) -> DoubleArray:
    """``t`` of an edge at even steps of ``s``, lightly smoothed so that the polygon of landmarks does not show."""
    s = np.maximum.accumulate(points[:, 0] + np.arange(len(points)) * 1e-6)
    height = np.interp(s[0] + _EVEN * (s[-1] - s[0]), s, points[:, 1])
    # Beyond the corners the curve goes on as its mirror image through the corner.
    padded = np.concatenate([2.0 * height[0] - height[3:0:-1], height, 2.0 * height[-1] - height[-2:-5:-1]])
    smooth = np.convolve(padded, _SMOOTHING, mode="valid")
    smooth[[0, -1]] = height[[0, -1]]
    return np.asarray(smooth)


@njit(cache=True, nogil=True)
def read_curve(curve, position):  # type: ignore[no-untyped-def]
    """An edge's ``t`` at a position in [0, 1] from corner to corner."""
    x = min(max(position, 0.0), 1.0) * (curve.shape[0] - 1)
    i = min(int(x), curve.shape[0] - 2)
    return curve[i] + (x - i) * (curve[i + 1] - curve[i])


@njit(cache=True, nogil=True)
def smooth_step(x):  # type: ignore[no-untyped-def]
    """0 up to 0, 1 from 1 on, a cubic with level ends between."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)


@njit(cache=True, nogil=True)
def place(x, y, middle, axes, ends, curves):  # type: ignore[no-untyped-def]
    """Where a pixel lies in the edited opening.

    Returns:
        Its ``s`` and ``t``; its position in [0, 1] from corner to corner; the edges' ``t`` there; and how far inside
        the opening it lies, px, half a pixel more so that edges blend, 0 or less where it is outside.
    """
    px, py = x - middle[0], y - middle[1]
    s, t = axes[0, 0] * px + axes[0, 1] * py, axes[1, 0] * px + axes[1, 1] * py
    at = (s - ends[1, 0]) / max(ends[1, 1] - ends[1, 0], 1e-6)
    top, bottom = read_curve(curves[2], at), read_curve(curves[3], at)
    inside = min(t - top, bottom - t) + 0.5 if 0.0 < at < 1.0 else 0.0
    return s, t, at, top, bottom, inside


@njit(cache=True, nogil=True)
def pixel_range(middle, reach_px, image):  # type: ignore[no-untyped-def]
    """First and last column and row of an image within reach of an opening's middle, half open."""
    x0, x1 = max(0, int(middle[0] - reach_px)), min(image.shape[1], int(middle[0] + reach_px) + 2)
    y0, y1 = max(0, int(middle[1] - reach_px)), min(image.shape[0], int(middle[1] + reach_px) + 2)
    return x0, x1, y0, y1
