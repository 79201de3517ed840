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

import numpy as np
from numba import njit

from mien.geometry.rotation import cross_matrix, rotation_kernel
from mien.morphable.model import MorphableModel
from mien.types import AnyArray, DoubleArray

POSE_COUNT = 7


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
    sparsity: float = 3e-6
    identity_ridge: float = 2.5e-6
    iterations: int = 25
    tolerance: float = 5e-4

    def limits(self, bounds: tuple[float, float]) -> tuple[float, ...]:
        """The settings in the order in which :func:`fit_frame` takes them, for a model with these bounds of β."""
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
    def of(model: MorphableModel) -> LandmarkBasis:
        """Take the landmark vertices out of a model; all landmarks weigh the same (they are dense where it matters)."""
        at = model.landmark_vertices
        present = at >= 0
        parts = [np.moveaxis(np.asarray(p, np.float64)[at], -1, 0) for p in (model.identity, model.expression)]
        columns = np.concatenate(parts)
        weights = present / present.sum()
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

    def arguments(self) -> tuple[DoubleArray, ...]:
        """The arrays in the order in which :func:`fit_frame` takes them."""
        return self.neutral.ravel(), self.columns, self.weights, self.moments, self.offsets, self.sums


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


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def shape_kernel(offset, columns, coefficients, shape):  # type: ignore[no-untyped-def]
    """Write ``offset + coefficients · columns`` into ``shape``; all flat ``(3 L,)``."""
    shape[:] = offset
    for j in range(coefficients.shape[0]):
        value = coefficients[j]
        if value != 0.0:
            for i in range(shape.shape[0]):
                shape[i] += value * columns[j, i]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def cost_kernel(points, shape, weights, rotation, scale, shift, depth_weight, huber):  # type: ignore[no-untyped-def]
    """The data term of the cost."""
    cost = 0.0
    for i in range(weights.shape[0]):
        a, b, c = shape[3 * i], shape[3 * i + 1], shape[3 * i + 2]
        square = 0.0
        for k in range(3):
            turned = rotation[k, 0] * a + rotation[k, 1] * b + rotation[k, 2] * c
            e = points[i, k] - scale * turned - shift[k]
            square += e * e if k < 2 else depth_weight * e * e
        length = np.sqrt(square)
        cost += weights[i] * (0.5 * square if length <= huber else huber * (length - 0.5 * huber))
    return cost


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def pose_equations(points, shape, weights, rotation, scale, shift, depth_weight, huber, h_pose, g_pose, pull):  # type: ignore[no-untyped-def]
    """Normal matrix ``(7, 7)`` and gradient ``(7,)`` of pose, and the landmarks' pull ``(3 L,)`` on the shape."""
    m = np.zeros((3, 3))
    mean = np.zeros(3)
    y = np.empty(3)
    f = np.empty(3)
    g_pose[:] = 0.0
    for i in range(weights.shape[0]):
        square = 0.0
        for k in range(3):
            turned = (
                rotation[k, 0] * shape[3 * i] + rotation[k, 1] * shape[3 * i + 1] + rotation[k, 2] * shape[3 * i + 2]
            )
            y[k] = scale * turned
            e = points[i, k] - y[k] - shift[k]
            weighted = e if k < 2 else depth_weight * e
            f[k] = weighted
            square += e * weighted
        length = np.sqrt(square)
        clip = weights[i] if length <= huber else weights[i] * huber / length
        for k in range(3):
            f[k] *= clip
            mean[k] += weights[i] * y[k]
            for n in range(k, 3):
                m[k, n] += weights[i] * y[k] * y[n]
        for k in range(3):
            pull[3 * i + k] = scale * (rotation[0, k] * f[0] + rotation[1, k] * f[1] + rotation[2, k] * f[2])
        g_pose[0] += y[1] * f[2] - y[2] * f[1]
        g_pose[1] += y[2] * f[0] - y[0] * f[2]
        g_pose[2] += y[0] * f[1] - y[1] * f[0]
        for k in range(3):
            g_pose[3] += y[k] * f[k]
            g_pose[4 + k] += f[k]
    d = depth_weight
    h_pose[:] = 0.0
    h_pose[0, 0], h_pose[1, 1], h_pose[2, 2] = m[2, 2] + d * m[1, 1], m[2, 2] + d * m[0, 0], m[1, 1] + m[0, 0]
    h_pose[0, 1], h_pose[0, 2], h_pose[1, 2] = -d * m[0, 1], -m[0, 2], -m[1, 2]
    h_pose[0, 3], h_pose[1, 3] = (d - 1.0) * m[1, 2], (1.0 - d) * m[0, 2]
    h_pose[0, 5], h_pose[0, 6] = -mean[2], d * mean[1]
    h_pose[1, 4], h_pose[1, 6] = mean[2], -d * mean[0]
    h_pose[2, 4], h_pose[2, 5] = -mean[1], mean[0]
    h_pose[3, 3] = m[0, 0] + m[1, 1] + d * m[2, 2]
    h_pose[3, 4], h_pose[3, 5], h_pose[3, 6] = mean[0], mean[1], d * mean[2]
    h_pose[4, 4], h_pose[5, 5], h_pose[6, 6] = 1.0, 1.0, d
    for k in range(7):
        for n in range(k):
            h_pose[k, n] = h_pose[n, k]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def linear_equations(  # type: ignore[no-untyped-def]
    columns, moments, offsets, sums, coefficients, rotation, scale, depth_weight, pull, h, h_cross, g
):
    """Normal matrix ``(n, n)`` of the linear coefficients, cross part ``(n, 7)`` with pose, and gradient ``(n,)``."""
    count = columns.shape[0]
    d = np.array([1.0, 1.0, depth_weight])
    square = scale * scale
    h[:] = 0.0
    joint = offsets.copy()
    for a in range(3):
        for b in range(3):
            # Q_ba[k, j] is Q_ab[j, k]: read along rows.
            other = moments[3 * b + a]
            for k in range(count):
                if coefficients[k] != 0.0:
                    for j in range(count):
                        joint[3 * a + b, j] += coefficients[k] * other[k, j]
            metric = 0.0
            for c in range(3):
                metric += square * rotation[c, a] * d[c] * rotation[c, b]
            own = moments[3 * a + b]
            for j in range(count):
                for k in range(count):
                    h[j, k] += metric * own[j, k]
    n = np.empty((3, 3))
    half = np.empty((3, 3))
    for j in range(count):
        for a in range(3):
            for b in range(3):
                half[a, b] = 0.0
                for c in range(3):
                    half[a, b] += rotation[a, c] * joint[3 * c + b, j]
        for a in range(3):
            for b in range(3):
                n[a, b] = 0.0
                for c in range(3):
                    n[a, b] += square * half[a, c] * rotation[b, c]
        h_cross[j, 0] = d[2] * n[2, 1] - n[1, 2]
        h_cross[j, 1] = n[0, 2] - d[2] * n[2, 0]
        h_cross[j, 2] = n[1, 0] - n[0, 1]
        h_cross[j, 3] = n[0, 0] + n[1, 1] + d[2] * n[2, 2]
        for a in range(3):
            turned = rotation[a, 0] * sums[0, j] + rotation[a, 1] * sums[1, j] + rotation[a, 2] * sums[2, j]
            h_cross[j, 4 + a] = scale * d[a] * turned
        total = 0.0
        for i in range(pull.shape[0]):
            total += columns[j, i] * pull[i]
        g[j] = total


@njit(cache=True, nogil=True)
def bounded_step(h, g, beta, ridge, sparsity, least, most, step):  # type: ignore[no-untyped-def]
    """Coordinate descent: ``step`` x minimises ``½ xᵀHx - gᵀx + Σ (λ₁ + λ₂/2 β)β`` for β = beta + x within bounds."""
    count = beta.shape[0]
    slope = -g.copy()
    step[:] = 0.0
    for _ in range(100):
        largest = 0.0
        for j in range(count):
            now = beta[j] + step[j]
            curve = h[j, j] + ridge
            aim = now - (slope[j] + sparsity + ridge * now) / curve
            move = min(max(aim, least), most) - now
            if move != 0.0:
                step[j] += move
                for k in range(count):
                    slope[k] += move * h[j, k]
                largest = max(largest, abs(move))
        if largest < 1e-5:
            break


@njit(cache=True, nogil=True)
def start_pose(points, neutral, weights, rotation, shift):  # type: ignore[no-untyped-def]
    """Closed-form similarity from neutral face to points (Umeyama 1991): fills rotation and shift, gives the scale."""
    from_mean = np.zeros(3)
    to_mean = np.zeros(3)
    for i in range(weights.shape[0]):
        for k in range(3):
            from_mean[k] += weights[i] * neutral[3 * i + k]
            to_mean[k] += weights[i] * points[i, k]
    covariance = np.zeros((3, 3))
    spread = 0.0
    for i in range(weights.shape[0]):
        for k in range(3):
            source = neutral[3 * i + k] - from_mean[k]
            spread += weights[i] * source * source
            for n in range(3):
                covariance[n, k] += weights[i] * (points[i, n] - to_mean[n]) * source
    u, s, vt = np.linalg.svd(covariance)
    sign = 1.0 if np.linalg.det(u) * np.linalg.det(vt) > 0.0 else -1.0
    u[:, 2] *= sign
    rotation[:] = u @ vt
    scale = (s[0] + s[1] + sign * s[2]) / spread
    for k in range(3):
        shift[k] = to_mean[k]
        for n in range(3):
            shift[k] -= scale * rotation[k, n] * from_mean[n]
    return scale


@njit(cache=True, nogil=True)
def fit_frame(  # type: ignore[no-untyped-def]
    points, neutral, columns, weights, moments, offsets, sums, limits, beta, rotation, shift
):
    """Fit one frame: fills beta ``(E,)``, rotation ``(3, 3)``, shift ``(3,)``; gives the scale.

    ``limits`` are depth_weight, huber, ridge, sparsity, least and most β, iterations, tolerance.
    """
    depth_weight, huber, ridge, sparsity, least, most, iterations, tolerance = limits
    count, size = columns.shape[0], columns.shape[1]
    shape, pull = np.empty(size), np.empty(size)
    h, g, h_cross = np.empty((count, count)), np.empty(count), np.empty((count, 7))
    h_pose, g_pose, step = np.empty((7, 7)), np.empty(7), np.empty(count)
    turn, moved, moved_shift = np.empty((3, 3)), np.empty((3, 3)), np.empty(3)
    beta[:] = 0.0
    scale = start_pose(points, neutral, weights, rotation, shift)
    shape[:] = neutral
    cost = cost_kernel(points, shape, weights, rotation, scale, shift, depth_weight, huber)
    damping = 0.0
    for _ in range(int(iterations)):
        pose_equations(points, shape, weights, rotation, scale, shift, depth_weight, huber, h_pose, g_pose, pull)
        linear_equations(columns, moments, offsets, sums, beta, rotation, scale, depth_weight, pull, h, h_cross, g)
        for k in range(7):
            h_pose[k, k] *= 1.0 + damping
        for j in range(count):
            h[j, j] *= 1.0 + damping
        inverse = np.linalg.inv(h_pose)
        through = h_cross @ inverse
        h -= through @ h_cross.T
        g -= through @ g_pose
        bounded_step(h, g, beta, ridge, sparsity, least, most, step)
        pose_step = inverse @ (g_pose - h_cross.T @ step)
        rotation_kernel(pose_step[:3], turn)
        moved[:] = turn @ rotation
        moved_scale = scale * np.exp(pose_step[3])
        moved_shift[:] = shift + pose_step[4:]
        for j in range(count):
            step[j] = min(max(beta[j] + step[j], least), most)
        shape_kernel(neutral, columns, step, shape)
        new_cost = cost_kernel(points, shape, weights, moved, moved_scale, moved_shift, depth_weight, huber)
        for j in range(count):
            new_cost += step[j] * (sparsity + 0.5 * ridge * step[j])
        largest = 0.0
        for j in range(count):
            largest = max(largest, abs(step[j] - beta[j]))
        for k in range(7):
            largest = max(largest, abs(pose_step[k]))
        if new_cost > cost * (1.0 + 1e-9):
            damping = max(4.0 * damping, 1e-3)
            shape_kernel(neutral, columns, beta, shape)
        else:
            beta[:] = step
            rotation[:] = moved
            shift[:] = moved_shift
            scale, cost, damping = moved_scale, new_cost, 0.25 * damping if damping > 1e-3 else 0.0
        if largest < tolerance:
            break
    return scale
