"""Who a face is: one alpha from several frames of a track, told apart from what the face does in them.

Variable projection: for a given alpha every frame is fitted on its own (:mod:`mien.reconstruction.solver`); then alpha
takes a Gauss-Newton step in which each frame's pose and free expression coefficients follow along (Schur complement).
What the tracker gets wrong about a person it gets wrong in every frame, so the frames count together as one frame's
worth of evidence against the prior ``alpha ~ N(0, 1)``: their costs are averaged, not summed. Thereby an expression
held through the whole clip costs beta its own prior and alpha its own, and the model's shapes decide between them.
"""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.reconstruction.equations import cost_kernel, linear_equations, pose_equations
from mien.reconstruction.solver import POSE_COUNT, FitSettings, FrameFits, LandmarkBasis, fit_frames
from mien.types import AnyArray, DoubleArray

FRAME_COUNT = 24
"""Frames that identity is estimated from, at most."""

_STEPS = 8
_SETTLED = 0.02  # Standard deviations of alpha: far below what landmarks can tell.


def estimate_alpha(basis: LandmarkBasis, points: AnyArray, settings: FitSettings) -> DoubleArray:
    """Estimate identity from several frames.

    Args:
        basis: The model at its landmarks.
        points: ``(K, L, 3)`` landmarks in the camera's axes (y up, z to the viewer), in eye distances.
        settings: Weights and limits.

    Returns:
        ``(A,)`` identity coefficients.

    Raises:
        InputError: If there is no frame, or the points do not fit the model.
    """
    points = np.ascontiguousarray(points, np.float64)
    if points.ndim != 3 or not len(points) or points.shape[1:] != basis.mean.shape:
        raise InputError(f"identity needs landmarks (K, {len(basis.mean)}, 3), K at least 1, but got {points.shape}")
    alpha: DoubleArray = np.zeros(basis.identity_count)
    step: DoubleArray = np.zeros_like(alpha)
    best = np.inf
    for _ in range(_STEPS):
        cost, matrix, gradient = _reduced_equations(basis, points, alpha + step, settings)
        if cost > best:
            step = 0.5 * step
        else:
            alpha, best = alpha + step, cost
            step = np.asarray(np.linalg.solve(matrix, gradient))
        if np.abs(step).max() < _SETTLED:
            return alpha + step
    return alpha


def _reduced_equations(
    basis: LandmarkBasis, points: DoubleArray, alpha: DoubleArray, settings: FitSettings
) -> tuple[float, DoubleArray, DoubleArray]:
    """Mean cost of the frames at their best pose and expression, and the normal equations of alpha there."""
    part = basis.expression_part(alpha)
    together = fit_frames(points, part, settings)
    fits = [_FrameFit(basis, alpha, points[t], together, t, settings) for t in range(len(points))]
    # A frame that fits far worse than the others (a hand before the face, a lost track) says little about the person.
    costs = np.array([fit.cost for fit in fits])
    trust = 1.0 / (1.0 + (costs / (4.0 * np.median(costs) + 1e-12)) ** 2)
    trust /= trust.sum()
    ridge = settings.identity_ridge
    matrix = ridge * np.eye(len(alpha))
    gradient = -ridge * alpha
    for weight, fit in zip(trust, fits, strict=True):
        own_matrix, own_gradient = fit.reduced(basis, settings)
        matrix += weight * own_matrix
        gradient += weight * own_gradient
    return float(trust @ costs + 0.5 * ridge * alpha @ alpha), matrix, gradient


class _FrameFit:
    """One frame, fitted for a given alpha."""

    def __init__(
        self,
        basis: LandmarkBasis,
        alpha: DoubleArray,
        points: DoubleArray,
        fits: FrameFits,
        row: int,
        settings: FitSettings,
    ) -> None:
        self.points = points
        self.beta, self.rotation, self.shift = fits.beta[row], fits.rotation[row], fits.shift[row]
        self.scale = float(fits.scale[row])
        self.coefficients = np.concatenate([alpha, self.beta])
        self.shape = basis.mean.ravel() + self.coefficients @ basis.columns
        robust = (settings.depth_weight, settings.huber)
        self.cost = cost_kernel(points, self.shape, basis.weights, self.rotation, self.scale, self.shift, *robust)
        self.cost += settings.sparsity * self.beta.sum() + 0.5 * settings.ridge * self.beta @ self.beta

    def reduced(self, basis: LandmarkBasis, settings: FitSettings) -> tuple[DoubleArray, DoubleArray]:
        """Normal matrix and gradient of alpha when pose and the coefficients away from their bounds follow."""
        size = len(self.coefficients)
        h, g, cross = np.empty((size, size)), np.empty(size), np.empty((size, POSE_COUNT))
        h_pose, g_pose, pull = np.empty((POSE_COUNT, POSE_COUNT)), np.empty(POSE_COUNT), np.empty_like(self.shape)
        placed = (self.rotation, self.scale)
        robust = (settings.depth_weight, settings.huber)
        pose_equations(self.points, self.shape, basis.weights, *placed, self.shift, *robust, h_pose, g_pose, pull)
        linear_equations(
            basis.columns,
            basis.moments,
            basis.offsets,
            basis.sums,
            self.coefficients,
            *placed,
            robust[0],
            pull,
            h,
            cross,
            g,
        )
        count = basis.identity_count
        free = count + np.flatnonzero((self.beta > basis.bounds[0]) & (self.beta < basis.bounds[1]))
        own = np.block(
            [[h[np.ix_(free, free)] + settings.ridge * np.eye(len(free)), cross[free]], [cross[free].T, h_pose]]
        )
        to_alpha = np.concatenate([h[:count, free], cross[:count]], axis=1)
        follow = np.linalg.solve(own, to_alpha.T)
        own_gradient = np.concatenate([g[free] - settings.sparsity - settings.ridge * self.coefficients[free], g_pose])
        return h[:count, :count] - to_alpha @ follow, g[:count] - follow.T @ own_gradient
