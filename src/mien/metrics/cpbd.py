"""CPBD: cumulative probability of blur detection, a sharpness of one picture without another (CCFE 4.2).

N. Narvekar, L. Karam, "A no-reference image blur metric based on the cumulative probability of blur detection (CPBD)",
IEEE TIP 20(9), 2011, with the constants of the authors' release (CPBD_compute.m). Edge widths: P. Marziliano et al.,
"A no-reference perceptual blur metric", ICIP 2002. On the one picture whose result in MATLAB is published with all
steps (python-cpbd's reference data) this meets every edge width, and the figure, 0.1349. The port python-cpbd itself
finds edges otherwise and gives other figures; which one CCFE used is not said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.metrics.edges import canny_edges, vertical_sobel_edges
from mien.types import AnyArray, DoubleArray, IntArray

BLOCK = 64
EDGE_SHARE = 0.002
"""Share of Canny's pixels that a block must exceed to count."""

SOBEL_THRESHOLD = 2.0
BETA = 3.6
LOW_CONTRAST = 50
WIDTH_LOW_CONTRAST, WIDTH_HIGH_CONTRAST = 5.0, 3.0
"""Just noticeable width of an edge, px, in blocks whose values span at most :data:`LOW_CONTRAST`, and in others."""

JUST_NOTICEABLE = 63
"""Probability of seeing the blur, per cent, of an edge of just noticeable width: ``1 - 1/e``."""

_FARTHEST = 100  # steps looked at to either side of an edge


@dataclass(frozen=True, slots=True)
class CpbdOfFrames:
    """CPBD over frames.

    Attributes:
        mean: Mean over the frames that have edges; NaN without any.
        frames: How many these are.
        worst_frame: Index of the blurriest; ``None`` without any.
    """

    mean: float
    frames: int
    worst_frame: int | None


def cpbd(grey: AnyArray) -> float:
    """Share of a picture's vertical edges on which blur is not seen.

    In whole blocks of 64 px with enough edges, each edge of width w has the probability of detection
    ``P = 1 - exp(-(w / w_JNB)^3.6)``; the figure is the share of edges with ``P ≤ 63 %``.

    Args:
        grey: ``(h, w)``, 0-255, at least 64 by 64.

    Returns:
        0 to 1, higher is sharper; NaN where no block has an edge to measure (the published code says 0).

    Raises:
        InputError: Another shape, too small, not finite, or values beyond 0-255.
    """
    sharp, count = edge_counts(grey)
    return sharp / count if count else float("nan")


def edge_counts(grey: AnyArray) -> tuple[int, int]:
    """How many edges seem sharp, and how many there are; see :func:`cpbd`.

    Raises:
        InputError: See :func:`cpbd`.
    """
    image = np.asarray(grey, np.float64)
    if image.ndim != 2 or min(image.shape) < BLOCK:
        raise InputError(f"the picture has shape {image.shape}; CPBD needs a grey one of at least {BLOCK} x {BLOCK} px")
    if not np.isfinite(image).all() or image.min() < 0 or image.max() > 255:
        raise InputError("the picture holds values beyond 0 to 255")
    edges = vertical_sobel_edges(image, SOBEL_THRESHOLD)
    widths = edge_widths(np.ascontiguousarray(image), edges, steep_sides(image))
    counted = canny_edges(image)
    sharp = count = 0
    for top in range(0, image.shape[0] - BLOCK + 1, BLOCK):
        for left in range(0, image.shape[1] - BLOCK + 1, BLOCK):
            area = (slice(top, top + BLOCK), slice(left, left + BLOCK))
            if counted[area].sum() <= EDGE_SHARE * BLOCK**2:
                continue
            found = widths[area]
            found = found[found > 0]
            low = image[area].max() - image[area].min() < LOW_CONTRAST + 1  # grey values are whole in the release
            noticeable = WIDTH_LOW_CONTRAST if low else WIDTH_HIGH_CONTRAST
            percent = np.floor(100 * (1 - np.exp(-((found / noticeable) ** BETA))) + 0.5)
            sharp += int((percent <= JUST_NOTICEABLE).sum())
            count += len(found)
    return sharp, count


def steep_sides(image: DoubleArray) -> IntArray:
    """Which way each pixel's gradient points, where it lies within 22.5° of the rows.

    Args:
        image: ``(h, w)``.

    Returns:
        ``(h, w)``: 1 where the picture brightens to the right, -1 to the left, 0 along the columns; 1 also where it
        does not change along the row, as in the published code.
    """
    gy, gx = np.gradient(image)
    angle = np.where(gx == 0, 0.0, np.degrees(np.arctan2(gy, gx)))
    # Rounded to 45°, halves away from zero.
    turned = np.sign(angle) * np.floor(np.abs(angle) / 45 + 0.5)
    return np.where(turned == 0, 1, np.where(np.abs(turned) == 4, -1, 0)).astype(np.int32)


@njit(cache=True, nogil=True)
def edge_widths(image: DoubleArray, edges: AnyArray, sides: IntArray) -> IntArray:
    """Width of each vertical edge: steps to where the picture stops falling on the dark side, rising on the bright one.

    Along the row; at least one step to each side.

    Args:
        image: ``(h, w)``.
        edges: ``(h, w)`` boolean.
        sides: ``(h, w)`` of :func:`steep_sides`.

    Returns:
        ``(h, w)`` px; 0 where there is no such edge, and on the picture's border.
    """
    height, width = image.shape
    out = np.zeros((height, width), np.int32)
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            if not edges[y, x] or sides[y, x] == 0:
                continue
            total = 0
            for direction in (-1, 1):
                rises = direction * sides[y, x]  # +1 where the picture brightens that way
                steps = 0
                while steps < _FARTHEST:
                    here, beyond = x + direction * (1 + steps), x + direction * (2 + steps)
                    if beyond < 0 or beyond >= width or rises * (image[y, beyond] - image[y, here]) <= 0:
                        break
                    steps += 1
                total += steps + 1
            out[y, x] = total
    return out


def edge_widths_plain(image: DoubleArray, edges: AnyArray, sides: IntArray) -> IntArray:
    """:func:`edge_widths` with NumPy's runs of rising and falling steps, to hold it against."""
    out = np.zeros(image.shape, np.int32)
    height, width = image.shape
    for y, x in zip(*np.nonzero(edges & (sides != 0)), strict=True):
        if not (0 < y < height - 1 and 0 < x < width - 1):
            continue
        right = sides[y, x] * np.diff(image[y, x + 1 : x + 2 + _FARTHEST])
        left = -sides[y, x] * np.diff(image[y, max(0, x - 1 - _FARTHEST) : x][::-1])
        runs = [int(np.argmax(np.append(run, 0.0) <= 0)) for run in (left, right)]
        out[y, x] = sum(runs) + 2
    return out


class Cpbd:
    """Accumulates :func:`cpbd` over frames; keeps none."""

    def __init__(self) -> None:
        """Start with no frame."""
        self._sum, self._count = 0.0, 0
        self._worst: tuple[float, int] | None = None

    def add(self, frame: int, grey: AnyArray) -> float:
        """Measure a frame; one without edges is left out.

        Returns:
            Its CPBD.

        Raises:
            InputError: See :func:`cpbd`.
        """
        value = cpbd(grey)
        if np.isnan(value):
            return value
        self._sum += value
        self._count += 1
        if self._worst is None or value < self._worst[0]:
            self._worst = (value, frame)
        return value

    def result(self) -> CpbdOfFrames:
        """What was found so far."""
        if self._worst is None:
            return CpbdOfFrames(float("nan"), 0, None)
        return CpbdOfFrames(self._sum / self._count, self._count, self._worst[1])
