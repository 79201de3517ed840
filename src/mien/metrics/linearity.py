"""Linearity: does an action grow evenly with the intensity asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray


@dataclass(frozen=True, slots=True)
class Line:
    """The least-squares line through a response.

    Attributes:
        slope: Response at intensity 1 minus response at 0, along the line.
        r_squared: Share of the response's variance that the line explains, 0-1; 0 for a response that does not vary.
    """

    slope: float
    r_squared: float


def linearity(intensity: AnyArray, response: AnyArray) -> Line:
    """Fit ``response ≈ a + slope·intensity``.

    Args:
        intensity: ``(K,)``, at least three, not all equal.
        response: ``(K,)``, for instance a mean lip corner height in eye distances.

    Raises:
        InputError: Different lengths, fewer than three, not finite, or a single intensity.
    """
    x, y = np.asarray(intensity, np.float64), np.asarray(response, np.float64)
    if x.ndim != 1 or x.shape != y.shape or len(x) < 3:
        raise InputError(f"intensity has shape {x.shape} and response {y.shape}; expected the same (K,), K at least 3")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("intensity or response is not finite")
    if np.ptp(x) == 0:
        raise InputError("all intensities are equal; expected different ones, such as 0, 0.25, 0.5, 0.75, 1")
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    total = float(dy @ dy)
    if total <= (1e-12 * max(1e-300, float(np.abs(y).max()))) ** 2:
        return Line(slope, 0.0)
    residual = dy - slope * dx
    return Line(slope, 1.0 - float(residual @ residual) / total)
