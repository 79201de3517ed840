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

_LEAST_WIDTH_PX = 4.0
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
    middle, axes, ends, curves = np.empty(2), np.empty((2, 2)), np.empty((2, 2)), np.empty((4, SAMPLES))
    width = _measure(source[upper], source[lower], target[upper], target[lower], middle, axes, ends, curves)
    return Opening(middle, axes, width, ends, curves) if width >= _LEAST_WIDTH_PX else None


@njit(cache=True, nogil=True)
def _measure(upper, lower, moved_upper, moved_lower, middle, axes, ends, curves):  # type: ignore[no-untyped-def]
    """Fill the arrays of an opening whose edges are ``(n, 2)``, px, and return its width; not if it is too small."""
    last = len(upper) - 1
    across, down = upper[last, 0] - upper[0, 0], upper[last, 1] - upper[0, 1]
    width = np.sqrt(across * across + down * down)
    if not width >= _LEAST_WIDTH_PX:
        return width
    middle[0], middle[1] = 0.5 * (upper[0, 0] + upper[last, 0]), 0.5 * (upper[0, 1] + upper[last, 1])
    axes[0, 0], axes[0, 1] = across / width, down / width
    axes[1, 0], axes[1, 1] = -axes[0, 1], axes[0, 0]
    for row, points in enumerate((upper, lower, moved_upper, moved_lower)):
        s, t = np.empty(len(points)), np.empty(len(points))
        for n in range(len(points)):
            x, y = points[n, 0] - middle[0], points[n, 1] - middle[1]
            s[n], t[n] = axes[0, 0] * x + axes[0, 1] * y, axes[1, 0] * x + axes[1, 1] * y
        ends[row // 2, 0], ends[row // 2, 1] = s[0], s[-1]
        _edge_curve(s, t, curves[row])
    return width


@njit(cache=True, nogil=True)
def _edge_curve(s, t, curve):  # type: ignore[no-untyped-def]
    """``t`` of an edge at even steps of ``s``, lightly smoothed so that the polygon of landmarks does not show."""
    for n in range(1, len(s)):  # an edge that turns back on itself goes straight on
        s[n] = max(s[n] + n * 1e-6, s[n - 1])
    margin = len(_SMOOTHING) // 2
    height, count, left = np.empty(SAMPLES + 2 * margin), SAMPLES, 0
    for k in range(count):
        at = s[0] + k / (count - 1) * (s[-1] - s[0])
        while left < len(s) - 2 and s[left + 1] <= at:
            left += 1
        run = s[left + 1] - s[left]
        share = min((at - s[left]) / run, 1.0) if run > 0.0 else 1.0
        height[margin + k] = t[left] + share * (t[left + 1] - t[left])
    height[margin + count - 1] = t[-1]  # whatever rounding has made of the last step
    for k in range(1, margin + 1):  # beyond the corners the curve goes on as its mirror image through the corner
        height[margin - k] = 2.0 * height[margin] - height[margin + k]
        height[margin + count - 1 + k] = 2.0 * height[margin + count - 1] - height[margin + count - 1 - k]
    for k in range(count):
        curve[k] = 0.0
        for n in range(len(_SMOOTHING)):
            curve[k] += _SMOOTHING[n] * height[k + n]
    curve[0], curve[-1] = height[margin], height[margin + count - 1]


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
