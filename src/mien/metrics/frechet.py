"""Fréchet distance of two sets of features, each taken for a Gaussian: the ground of FID and FED (CCFE 4.2, NED 4.1).

M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", NIPS 2017, eq. 6;
D. Dowson, B. Landau, "The Fréchet distance between multivariate normal distributions", 1982. Which network makes the
features is not said here: that is in the name of the figure (FID on Inception's, FED on an emotion network's, NED's FID
on a face-recognition network's).
"""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray


class FeatureStatistics:
    """Mean and covariance of features, taken in batches of any size; holds one matrix and no features.

    The sums are about a moving mean, so that large means do not eat the digits: T. Chan, G. Golub, R. LeVeque,
    "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
    """

    def __init__(self, size: int) -> None:
        """Start with no features.

        Args:
            size: Numbers of a feature, D.

        Raises:
            InputError: Less than 1.
        """
        if size < 1:
            raise InputError(f"features have {size} numbers; expected 1 or more")
        self._count = 0
        self._mean = np.zeros(size)
        self._scatter = np.zeros((size, size))

    @property
    def count(self) -> int:
        """Features taken so far."""
        return self._count

    @property
    def mean(self) -> DoubleArray:
        """Their mean, ``(D,)``; zeros before the first."""
        return self._mean.copy()

    @property
    def covariance(self) -> DoubleArray:
        """Their sample covariance (divided by N - 1, as the published FID does), ``(D, D)``.

        Raises:
            InputError: Fewer than two features.
        """
        if self._count < 2:
            raise InputError(f"a covariance needs 2 features or more; there are {self._count}")
        return self._scatter / (self._count - 1)

    def add(self, features: AnyArray) -> None:
        """Take features.

        Args:
            features: ``(N, D)``, or one as ``(D,)``.

        Raises:
            InputError: Another size, or values that are not finite.
        """
        rows = np.atleast_2d(np.asarray(features, np.float64))
        if rows.ndim != 2 or rows.shape[1] != len(self._mean):
            raise InputError(f"features have shape {rows.shape}; expected (N, {len(self._mean)})")
        if not np.isfinite(rows).all():
            raise InputError("features hold values that are not finite")
        if len(rows):
            mean = rows.mean(axis=0)
            centred = rows - mean
            self._take(len(rows), mean, centred.T @ centred)

    def merge(self, other: FeatureStatistics) -> None:
        """Take all that another accumulator took: the same as adding its features.

        Raises:
            InputError: Features of another size.
        """
        if len(other._mean) != len(self._mean):
            raise InputError(f"features of {len(other._mean)} and {len(self._mean)} numbers do not go together")
        if other._count:
            self._take(other._count, other._mean, other._scatter)

    def _take(self, count: int, mean: DoubleArray, scatter: DoubleArray) -> None:
        total = self._count + count
        apart = mean - self._mean
        self._scatter = self._scatter + scatter + np.outer(apart, apart) * (self._count * count / total)
        self._mean = self._mean + apart * (count / total)
        self._count = total


def frechet_distance(first: FeatureStatistics, second: FeatureStatistics) -> float:
    """Fréchet distance of the two Gaussians; see :func:`gaussian_frechet_distance`.

    Raises:
        InputError: Fewer than two features in one, or features of different size.
    """
    return gaussian_frechet_distance(first.mean, first.covariance, second.mean, second.covariance)


def gaussian_frechet_distance(mean1: AnyArray, cov1: AnyArray, mean2: AnyArray, cov2: AnyArray) -> float:
    """``|μ₁ - μ₂|² + Tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½)``, the squared 2-Wasserstein distance of two Gaussians.

    The trace of the root is the sum of the roots of the eigenvalues of ``Σ₁^½ Σ₂ Σ₁^½``, which is symmetric and has
    none below zero but by rounding; so it needs neither a regular matrix (there are often fewer features than numbers
    in one) nor complex numbers, as a general matrix root does.

    Args:
        mean1: ``(D,)``.
        cov1: ``(D, D)``, symmetric, positive semidefinite.
        mean2: ``(D,)``.
        cov2: ``(D, D)``, likewise.

    Returns:
        0 and up, lower is closer; in the features' unit, squared.

    Raises:
        InputError: Shapes that do not fit, or values that are not finite.
    """
    m1, m2, s1, s2 = (np.asarray(x, np.float64) for x in (mean1, mean2, cov1, cov2))
    size = m1.shape[0] if m1.ndim == 1 else -1
    if m2.shape != (size,) or s1.shape != (size, size) or s2.shape != (size, size):
        raise InputError(
            f"means have shapes {m1.shape} and {m2.shape}, covariances {s1.shape} and {s2.shape}; "
            "expected (D,) and (D, D)"
        )
    if not all(np.isfinite(x).all() for x in (m1, m2, s1, s2)):
        raise InputError("means or covariances hold values that are not finite")
    values, vectors = np.linalg.eigh((s1 + s1.T) / 2)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ ((s2 + s2.T) / 2) @ root)
    apart = m1 - m2
    distance = apart @ apart + np.trace(s1) + np.trace(s2) - 2 * np.sqrt(np.maximum(inner, 0.0)).sum()
    return max(0.0, float(distance))
