"""Where a known line (the rims of glasses) lies in a picture: moved as a whole, turned, and bent a little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mien.geometry.contour import best_shift, contrast_across, peaks_near
from mien.types import AnyArray, DoubleArray, FloatArray

REACH = 14
"""Steps that a line is looked for on each side of where it is expected."""

CAP = 0.12
"""Contrast that is as good as any higher one."""

OTHER_SENSE = np.float32(0.3)
"""What contrast counts where a dark line is bright or a bright one dark: a glint, or another line beside it."""

_PRIOR = 0.15
_ROUNDS = ((6.0, 3.0, 0.004), (4.0, 2.0, 0.001), (2.5, 1.0, 0.0005))
"""How far from the expected place points are looked for, steps; how far off a point counts a quarter, steps; and what a
turn or stretch costs."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundLine:
    """A line in a picture.

    Attributes:
        matrix: ``(2, 2)`` and
        shift: ``(2,)`` px: a point ``p`` of the expected line lies at ``p + matrix @ (p - middle) + shift``.
        middle: ``(2,)`` px.
        rest: ``(N,)`` px, how far from there each point was seen along its normal.
        contrast: ``(N,)`` as seen there.
    """

    matrix: DoubleArray
    shift: DoubleArray
    middle: DoubleArray
    rest: DoubleArray
    contrast: DoubleArray

    def place(self, points: AnyArray) -> DoubleArray:
        """Points ``(N, 2)`` of the expected line, where they are."""
        return np.asarray(points + (points - self.middle) @ self.matrix.T + self.shift)


def follow_line(
    image: FloatArray,
    points: AnyArray,
    normals: AnyArray,
    half_widths: AnyArray,
    senses: AnyArray,
    weights: AnyArray,
    step_px: float,
) -> FoundLine:
    """Find a line near its expected place.

    First the shift of all that meets most of it, within :data:`REACH` steps; then, from the strongest place across each
    point, the affine motion that explains most of them.

    Args:
        image: ``(H, W)`` float32 brightness, 0-1.
        points: ``(N, 2)`` where it is expected, px.
        normals: ``(N, 2)`` unit.
        half_widths: ``(N,)`` px.
        senses: ``(N,)`` 1 where it is darker than what is around it, -1 where it is brighter, 0 where it may be either.
        weights: ``(N,)`` how surely it can be seen at each point, 0-1.
        step_px: Places that are looked at lie so far apart.
    """
    signed = contrast_across(image, points, normals, half_widths, step_px, REACH)
    contrast = np.abs(signed)
    contrast[signed * np.asarray(senses, np.float32)[:, None] > 0.0] *= OTHER_SENSE
    start = best_shift(np.minimum(contrast, CAP) * np.asarray(weights, np.float32)[:, None], normals, CAP, _PRIOR)
    middle = np.asarray(points).mean(axis=0)
    size = float(np.abs(points - middle).max()) + 1e-6
    place = (points - middle) / size
    design = np.column_stack([normals, normals[:, :1] * place, normals[:, 1:] * place])
    motion = np.array([*start, 0.0, 0.0, 0.0, 0.0])
    for radius, spread, stiffness in _ROUNDS:
        expected = design @ motion
        at, seen = peaks_near(contrast, expected, radius)
        trust = np.minimum(seen, CAP) / CAP * weights
        motion = np.asarray(_robust(design, at, trust, motion, spread, stiffness))
    rest, seen = peaks_near(contrast, design @ motion, _ROUNDS[-1][0])
    matrix = motion[2:].reshape(2, 2) * (step_px / size)
    return FoundLine(matrix, motion[:2] * step_px, middle, (rest - design @ motion) * step_px, seen)


@njit(cache=True, nogil=True)
def _robust(design, at, trust, start, spread, stiffness):  # type: ignore[no-untyped-def]
    """Weighted least squares in which points farther off than the spread lose their weight; steps of the table."""
    motion, left, right = start.copy(), np.empty((6, 6)), np.empty(6)
    for _ in range(3):
        left[:], right[:] = 0.0, 0.0
        total = 1e-6
        for n in range(design.shape[0]):
            total += trust[n]
            away = at[n]
            for a in range(6):
                away -= design[n, a] * motion[a]
            weight = trust[n] / (1.0 + (away / spread) ** 2) ** 2
            for a in range(6):
                right[a] += weight * design[n, a] * at[n]
                for b in range(6):
                    left[a, b] += weight * design[n, a] * design[n, b]
        for a in range(6):
            left[a, a] += total * (1e-4 if a < 2 else stiffness)
        _solve(left, right, motion)
    return motion


@njit(cache=True, nogil=True)
def _solve(left, right, out):  # type: ignore[no-untyped-def]
    """Gauss's elimination of a positive definite system, in place: such a one needs no pivots."""
    size = len(right)
    for a in range(size):
        for b in range(a + 1, size):
            factor = left[b, a] / left[a, a]
            for c in range(a, size):
                left[b, c] -= factor * left[a, c]
            right[b] -= factor * right[a]
    for a in range(size - 1, -1, -1):
        total = right[a]
        for c in range(a + 1, size):
            total -= left[a, c] * out[c]
        out[a] = total / left[a, a]
