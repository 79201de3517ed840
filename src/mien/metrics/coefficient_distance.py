"""Distances of face coefficients: FG-EmoTalk's average pose and average emotion coefficient distances, and its MAE.

The paper names the metrics and not their formulas; both are taken as the mean absolute difference of the coefficients
that a 3DMM regressor finds in result and driving frame, which is also what its MAE of pose and expression is. The unit
is that regressor's: figures on other coefficients than Deep3DFaceRecon's do not compare with the paper's, and
:func:`coefficient_figure_name` says whose they are. NED's APD is another thing: a distance of pixels
(``pixel_distance``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray

PUBLISHED_COEFFICIENTS = "Deep3DFaceRecon"
"""The regressor of the published figures, by the public script and PIRender's protocol: 3 rotation values (radians), 64
expression values."""

_TITLES = {
    "apd": "APD (FG-EmoTalk, pose)",
    "aed": "AED (FG-EmoTalk, emotion coefficients)",
    "mae_pose": "MAE (FG-EmoTalk, pose)",
    "mae_expression": "MAE (FG-EmoTalk, expression)",
}


@dataclass(frozen=True, slots=True)
class CoefficientDistance:
    """Distance of coefficients over frames.

    Attributes:
        mean: Mean absolute difference over frames and coefficients, in the coefficients' unit; NaN without frames.
        frames: Frames measured.
        worst_frame: Index of the frame where it is largest; ``None`` without frames.
    """

    mean: float
    frames: int
    worst_frame: int | None


def coefficient_figure_name(kind: str, coefficients: str = PUBLISHED_COEFFICIENTS) -> str:
    """The name that an output must give a figure: ``APD (FG-EmoTalk, pose)[built-in fit]``.

    Args:
        kind: ``apd``, ``aed``, ``mae_pose`` or ``mae_expression``.
        coefficients: Whose coefficients they are; the published ones are not named.

    Raises:
        InputError: Another kind.
    """
    if kind not in _TITLES:
        raise InputError(f"there is no coefficient distance '{kind}'; known: {', '.join(_TITLES)}")
    return _TITLES[kind] + ("" if coefficients == PUBLISHED_COEFFICIENTS else f"[{coefficients}]")


def coefficient_distances(first: AnyArray, second: AnyArray) -> DoubleArray:
    """Mean absolute difference of the coefficients, frame by frame: ``(T, K)`` twice to ``(T,)``.

    Raises:
        InputError: Different or other shapes, or not finite.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.ndim != 2 or a.shape != b.shape or a.shape[1] == 0:
        raise InputError(f"coefficients have shapes {a.shape} and {b.shape}; expected the same (T, K)")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError("coefficients hold values that are not finite; leave out the frames without a face")
    return np.asarray(np.abs(a - b).mean(axis=1))


def rotation_distances(first: AnyArray, second: AnyArray) -> DoubleArray:
    """As :func:`coefficient_distances`, of angles in radians: a full turn more or less is no difference.

    Args:
        first: ``(T, K)`` Euler angles, radians.
        second: ``(T, K)``, in the same order.

    Raises:
        InputError: See :func:`coefficient_distances`.
    """
    coefficient_distances(first, second)
    apart = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    return np.asarray(np.abs((apart + np.pi) % (2 * np.pi) - np.pi).mean(axis=1))


class CoefficientDistances:
    """Accumulates distances over clips; keeps no coefficients."""

    def __init__(self) -> None:
        """Start with no frame."""
        self._total, self._frames = 0.0, 0
        self._worst: tuple[float, int] | None = None

    def add(self, distances: AnyArray, first_frame: int = 0) -> None:
        """Take the distances of neighbouring frames.

        Args:
            distances: ``(T,)`` from :func:`coefficient_distances` or :func:`rotation_distances`.
            first_frame: Index of the first.

        Raises:
            InputError: Another shape, or not finite.
        """
        values = np.asarray(distances, np.float64)
        if values.ndim != 1 or not np.isfinite(values).all():
            raise InputError(f"distances have shape {values.shape}; expected finite (T,)")
        if len(values) == 0:
            return
        self._total += float(values.sum())
        self._frames += len(values)
        row = int(values.argmax())
        if self._worst is None or values[row] > self._worst[0]:
            self._worst = (float(values[row]), first_frame + row)

    def result(self) -> CoefficientDistance:
        """What was found so far."""
        if self._worst is None:
            return CoefficientDistance(float("nan"), 0, None)
        return CoefficientDistance(self._total / self._frames, self._frames, self._worst[1])
