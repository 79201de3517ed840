"""Reflectance that a morphable model brings along: ``mean + basis · coefficients`` at its vertices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError, ModelError
from mien.types import AnyArray, DoubleArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Albedo:
    """The colours that the faces of a model have under even white light. Read-only, because models are shared.

    Attributes:
        mean: ``(N, 3)`` RGB 0-1, gamma coded as in the pictures that it was measured from.
        basis: ``(N, 3, K)`` the same per standard deviation: coefficients are N(0, 1) over people.

    Raises:
        ModelError: The shapes do not fit each other, or there is NaN or infinity.
    """

    mean: FloatArray
    basis: FloatArray

    def __post_init__(self) -> None:
        if self.mean.ndim != 2 or self.mean.shape[1] != 3 or self.basis.shape[:-1] != self.mean.shape:
            raise ModelError(
                f"albedo needs a mean (N, 3) and a basis (N, 3, K), but came as {self.mean.shape}, {self.basis.shape}"
            )
        for name in ("mean", "basis"):
            array = getattr(self, name)
            if not np.isfinite(array).all():
                raise ModelError(f"albedo: {name} holds NaN or infinity")
            array.setflags(write=False)

    @property
    def count(self) -> int:
        """K."""
        return int(self.basis.shape[-1])

    def colours(self, coefficients: AnyArray) -> DoubleArray:
        """``(N, 3)`` RGB, gamma coded, of one person's ``(K,)`` coefficients; not held to 0-1.

        Raises:
            InputError: There are not K of them.
        """
        coefficients = np.asarray(coefficients, np.float64)
        if coefficients.shape != (self.count,):
            raise InputError(f"albedo coefficients must be ({self.count},), but came as {coefficients.shape}")
        return np.asarray(self.mean + self.basis.astype(np.float64) @ coefficients)
