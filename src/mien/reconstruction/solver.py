"""Gauss-Newton for one frame: pose and bounded expression from landmarks, in well under a millisecond.

With landmarks ``p`` turned into the camera's axes (y up, z to the viewer) and divided by the eye distance, a frame's
cost is

    ``C = Σₗ ωₗ ρ(|D½ eₗ|) + Σⱼ (λ₁ βⱼ + λ₂/2 βⱼ²)``,  ``eₗ = pₗ - s R vₗ - τ``,  ``v = neutral + Σⱼ βⱼ bⱼ``,

with Huber's ``ρ`` and ``D = diag(1, 1, depth weight)``, over ``least ≤ β ≤ most``, a rotation, a scale and ``τ`` (whose
third part, the depth, is a nuisance). The unknowns of a step are β, then seven of pose: a rotation applied on the left,
the logarithm of the scale, and τ.

Robustness comes from Huber's modified residuals (P. J. Huber, "Robust Statistics", 1981, section 7.8): residuals are
clipped, the normal matrix is left as it is. It bounds the true one from above, so every step goes down, and because the
weights ω stay fixed the normal matrix of β is a sum of nine precomputed matrices: ``Σ_ab (Rᵀ D R)_ab Q_ab`` with
``Q_ab[j, k] = Σₗ ωₗ b_jla b_kla``. That is what makes it fast. Pose is eliminated (Schur complement) and the bounded
quadratic in β solved by coordinate descent.

Every frame starts from its own closed-form similarity, never from its neighbour: results do not depend on how a track
is cut into chunks. :func:`residuals` and :func:`jacobian` say the same plainly; tests hold one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mien.geometry.rotation import cross_matrix
from mien.morphable.model import MorphableModel
from mien.morphable.regions import REGIONS
from mien.reconstruction.kernels import fit_frames_kernel
from mien.types import AnyArray, DoubleArray

POSE_COUNT = 7
FEATURES = ("lips", "left eye", "right eye", "left brow", "right brow")
FEATURE_WEIGHT = 3.0
"""Landmarks of features lie on edges that the tracker sees, and the expression shows there; cheeks are interpolated."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Weights and limits of the fit.

    Attributes:
        depth_weight: Weight of a landmark's z beside x and y. The tracker guesses depth, to perhaps a fifth of the
            accuracy of x and y.
        huber: Residual, in eye distances, beyond which a landmark pulls with constant force.
        ridge: λ₂, prior of small expression: noise variance of a landmark over the variance of β, shared by the
            roughly sixty landmarks' worth of independent evidence in the tracker's smooth mesh.
        sparsity: λ₁, prior of no expression, so that β is exactly 0 where nothing speaks for it; only for models whose
            coefficients are one-sided.
        identity_ridge: Prior of alpha, N(0, 1), on the same scale as ``ridge``.
        iterations: At most so many Gauss-Newton steps a frame.
        tolerance: A frame is done when no unknown (β, radians, log scale, eye distances) moves by more.
    """

    depth_weight: float = 0.05
    huber: float = 0.03
    ridge: float = 1e-5
    sparsity: float = 1e-5
    identity_ridge: float = 2.5e-6
    iterations: int = 25
    tolerance: float = 5e-4

    def limits(self, bounds: tuple[float, float]) -> tuple[float, ...]:
        """The settings in the order in which the kernels take them, for a model with these bounds of β."""
        prior = (self.ridge, self.sparsity if bounds[0] >= 0.0 else 0.0, *bounds)
        return (self.depth_weight, self.huber, *prior, float(self.iterations), self.tolerance)


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkBasis:
    """A morphable model at its landmarks, with the sums that the solver needs.

    Attributes:
        mean: ``(L, 3)`` mm.
        columns: ``(A + E, 3 L)`` identity, then expression, mm.
        identity_count: A.
        weights: ``(L,)`` landmark weights, adding up to 1; 0 where the model has no such landmark.
        moments: ``(9, A + E, A + E)``: ``Q_ab`` at ``3 a + b``.
        sums: ``(3, A + E)`` weighted sums of the columns over the landmarks.
        offsets: ``(9, A + E)``: :func:`offset_moments` with the mean.
        bounds: Least and greatest β.
    """

    mean: DoubleArray
    columns: DoubleArray
    identity_count: int
    weights: DoubleArray
    moments: DoubleArray
    sums: DoubleArray
    offsets: DoubleArray
    bounds: tuple[float, float]

    @staticmethod
    @lru_cache(maxsize=2)
    def of(model: MorphableModel) -> LandmarkBasis:
        """Take the landmark vertices out of a model, with more weight on lips, eyes and brows."""
        at = model.landmark_vertices
        present = at >= 0
        parts = [np.moveaxis(np.asarray(p, np.float64)[at], -1, 0) for p in (model.identity, model.expression)]
        columns = np.concatenate(parts)
        weights = present.astype(np.float64)
        weights[np.unique(np.concatenate([REGIONS[name] for name in FEATURES]))] *= FEATURE_WEIGHT
        weights /= weights.sum()
        flat = np.ascontiguousarray(np.moveaxis(columns, -1, 0))
        moments = np.einsum("ajl,bkl->abjk", flat * weights, flat, optimize=True).reshape(9, len(columns), len(columns))
        sums = np.einsum("jla,l->aj", columns, weights)
        mean = np.asarray(model.mean, np.float64)[at].copy()
        return LandmarkBasis(
            mean,
            np.ascontiguousarray(columns.reshape(len(columns), -1)),
            len(parts[0]),
            weights,
            np.ascontiguousarray(moments),
            np.ascontiguousarray(sums),
            offset_moments(columns, mean, weights),
            model.beta_bounds,
        )

    def expression_part(self, alpha: AnyArray) -> ExpressionBasis:
        """The model of one person: their neutral face and the expression columns."""
        count = self.identity_count
        neutral = self.mean + (np.asarray(alpha, np.float64) @ self.columns[:count]).reshape(-1, 3)
        return ExpressionBasis(
            neutral,
            np.ascontiguousarray(self.columns[count:]),
            self.weights,
            np.ascontiguousarray(self.moments[:, count:, count:]),
            offset_moments(self.columns[count:], neutral, self.weights),
            np.ascontiguousarray(self.sums[:, count:]),
            self.bounds,
        )


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionBasis:
    """One person's neutral face ``(L, 3)`` and expression columns ``(E, 3 L)`` with their sums, as in LandmarkBasis."""

    neutral: DoubleArray
    columns: DoubleArray
    weights: DoubleArray
    moments: DoubleArray
    offsets: DoubleArray
    sums: DoubleArray
    bounds: tuple[float, float]


def offset_moments(columns: AnyArray, offset: AnyArray, weights: AnyArray) -> DoubleArray:
    """``(9, n)``: at ``3 a + b`` the weighted sum over landmarks of ``columns_a · offset_b``."""
    shaped = columns.reshape(len(columns), -1, 3)
    return np.ascontiguousarray(np.einsum("jla,lb,l->abj", shaped, offset, weights, optimize=True).reshape(9, -1))


def residuals(points: AnyArray, shape: AnyArray, rotation: AnyArray, scale: float, shift: AnyArray) -> DoubleArray:
    """``e = p - s R v - τ``, ``(L, 3)``: the plain form of what the kernel works on."""
    return np.asarray(points - scale * shape @ rotation.T - shift)


def jacobian(shape: AnyArray, columns: AnyArray, rotation: AnyArray, scale: float) -> DoubleArray:
    """Derivative ``(L, 3, n + 7)`` of the model's points ``s R v + τ`` (minus that of the residuals)."""
    turned = scale * shape @ rotation.T
    shaped = columns.reshape(len(columns), -1, 3)
    linear = np.moveaxis(scale * shaped @ rotation.T, 0, -1)
    shift = np.broadcast_to(np.eye(3), (len(shape), 3, 3))
    return np.concatenate([linear, -cross_matrix(turned), turned[..., None], shift], axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class FrameFits:
    """Expression and pose of frames, in the units of the points that were fitted.

    Attributes:
        beta: ``(T, E)``.
        rotation: ``(T, 3, 3)`` matrices.
        scale: ``(T,)`` eye distances per mm.
        shift: ``(T, 3)`` eye distances.
    """

    beta: DoubleArray
    rotation: DoubleArray
    scale: DoubleArray
    shift: DoubleArray

    def placed(self, basis: ExpressionBasis) -> DoubleArray:
        """The model's points ``s R v + τ``, ``(T, L, 3)``."""
        moved = self.beta[:, None] @ basis.columns  # A frame at a time, as in start_poses.
        shapes = (basis.neutral.ravel() + moved).reshape(len(self.beta), -1, 3)
        turned = shapes @ np.swapaxes(self.rotation, 1, 2)
        return np.asarray(self.scale[:, None, None] * turned + self.shift[:, None])


def fit_frames(points: AnyArray, basis: ExpressionBasis, settings: FitSettings) -> FrameFits:
    """Fit frames, each on its own.

    Args:
        points: ``(T, L, 3)`` landmarks in the camera's axes (y up, z to the viewer), in eye distances.
        basis: The person's neutral face and expressions.
        settings: Weights and limits.
    """
    points = np.ascontiguousarray(points, np.float64)
    rotation, scale, shift = start_poses(points, basis.neutral, basis.weights)
    beta = np.empty((len(points), len(basis.columns)))
    arrays = (basis.neutral.ravel(), basis.columns, basis.weights, basis.moments, basis.offsets, basis.sums)
    fit_frames_kernel(points, *arrays, settings.limits(basis.bounds), beta, rotation, scale, shift)
    return FrameFits(beta, rotation, scale, shift)


def start_poses(points: AnyArray, neutral: AnyArray, weights: AnyArray) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Closed-form similarities from the neutral face to the points of frames.

    Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991.

    Returns:
        Rotation ``(T, 3, 3)``, scale ``(T,)`` and shift ``(T, 3)``.
    """
    # Sums and products a frame at a time: larger ones round differently with the number of frames.
    from_mean, to_mean = weights @ neutral, (weights[:, None] * points).sum(axis=1)
    source = neutral - from_mean
    covariance = np.swapaxes(points - to_mean[:, None], 1, 2) @ (weights[:, None] * source)
    u, s, vt = np.linalg.svd(covariance)
    u[..., 2] *= np.sign(np.linalg.det(u) * np.linalg.det(vt))[:, None]
    s[:, 2] *= np.sign(np.linalg.det(u @ vt) * np.linalg.det(covariance))
    rotation = np.ascontiguousarray(u @ vt)
    scale = s.sum(axis=1) / (weights @ (source**2).sum(axis=1))
    return rotation, scale, to_mean - scale[:, None] * (rotation @ from_mean)
