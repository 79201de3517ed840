"""The frame solver: its derivatives against finite differences, its equations and its minimum against plain forms."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from mien.reconstruction import equations, solver
from mien.reconstruction.solver import FitSettings, LandmarkBasis

SETTINGS = FitSettings(tolerance=1e-7, iterations=200)
BOUNDS = (0.0, 1.2)


@pytest.fixture(scope="module")
def basis(patch_model):
    return LandmarkBasis.of(patch_model)


def some_state(basis, seed=3):
    rng = np.random.default_rng(seed)
    coefficients = np.where(rng.uniform(size=len(basis.columns)) < 0.6, rng.uniform(0, 1, len(basis.columns)), 0.0)
    shape = (basis.mean.ravel() + coefficients @ basis.columns).reshape(-1, 3)
    rotation = Rotation.from_rotvec(rng.normal(size=3) * 0.4).as_matrix()
    scale, shift = 0.011, rng.normal(size=3) * 0.1
    points = scale * shape @ rotation.T + shift + rng.normal(size=shape.shape) * 0.02
    return points, coefficients, shape, rotation, scale, shift


def test_jacobian_agrees_with_finite_differences(basis):
    points, coefficients, _, rotation, scale, shift = some_state(basis)

    def residuals(unknowns):
        count = len(coefficients)
        shape = (basis.mean.ravel() + (coefficients + unknowns[:count]) @ basis.columns).reshape(-1, 3)
        turned = Rotation.from_rotvec(unknowns[count : count + 3]).as_matrix() @ rotation
        grown = scale * np.exp(unknowns[count + 3])
        return solver.residuals(points, shape, turned, grown, shift + unknowns[count + 4 :])

    shape = (basis.mean.ravel() + coefficients @ basis.columns).reshape(-1, 3)
    analytic = solver.jacobian(shape, basis.columns, rotation, scale)
    for k, column in enumerate(np.eye(len(coefficients) + solver.POSE_COUNT) * 1e-5):
        numeric = -(residuals(column) - residuals(-column)) / 2e-5
        np.testing.assert_allclose(analytic[..., k], numeric, atol=1e-9)


def test_normal_equations_are_those_of_the_jacobian(basis):
    points, coefficients, shape, rotation, scale, shift = some_state(basis)
    count, depth, huber = len(coefficients), 0.07, 0.02
    h, cross, g = np.empty((count, count)), np.empty((count, 7)), np.empty(count)
    h_pose, g_pose, pull = np.empty((7, 7)), np.empty(7), np.empty(shape.size)
    placed = (rotation, scale)
    equations.pose_equations(points, shape.ravel(), basis.weights, *placed, shift, depth, huber, h_pose, g_pose, pull)
    equations.linear_equations(
        basis.columns, basis.moments, basis.offsets, basis.sums, coefficients, *placed, depth, pull, h, cross, g
    )
    error = solver.residuals(points, shape, rotation, scale, shift)
    metric = np.array([1.0, 1.0, depth])
    length = np.sqrt((error**2 * metric).sum(1))
    clipped = error * np.minimum(1.0, huber / length)[:, None]
    assert 0.1 < np.mean(length > huber) < 0.9, "the case must have clipped and unclipped landmarks"
    columns = solver.jacobian(shape, basis.columns, rotation, scale)
    matrix = np.einsum("lak,lam,l,a->km", columns, columns, basis.weights, metric)
    gradient = np.einsum("lak,la,l,a->k", columns, clipped, basis.weights, metric)
    np.testing.assert_allclose(np.block([[h, cross], [cross.T, h_pose]]), matrix, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.concatenate([g, g_pose]), gradient, rtol=1e-9, atol=1e-12)


def fitted(part, points, settings=SETTINGS):
    fits = solver.fit_frames(points[None], part, settings)
    return fits.beta[0], fits.rotation[0], fits.scale[0], fits.shift[0]


def test_start_is_the_similarity_that_scipy_finds(basis):
    points, *_ = some_state(basis)
    turned = np.stack([points, points @ Rotation.from_rotvec([0.2, 2.0, 1.0]).as_matrix().T])
    rotation, scale, shift = solver.start_poses(turned, basis.mean, basis.weights)
    model_mean = basis.weights @ basis.mean
    for t, frame in enumerate(turned):
        centre = basis.weights @ frame
        expected, _ = Rotation.align_vectors(frame - centre, basis.mean - model_mean, weights=basis.weights)
        np.testing.assert_allclose(rotation[t], expected.as_matrix(), atol=1e-6)
        placed = scale[t] * basis.mean @ rotation[t].T + shift[t]
        np.testing.assert_allclose(basis.weights @ placed, centre, atol=1e-9)
        # The best scale leaves an error at right angles to the shape.
        assert abs(basis.weights @ np.sum((placed - centre) * (frame - placed), axis=1)) < 1e-9


def test_fit_reaches_the_minimum_that_scipy_finds(basis):
    part = basis.expression_part(np.zeros(basis.identity_count))
    points = some_state(basis, seed=8)[0]
    beta, rotation, scale, shift = fitted(part, points)
    count = len(beta)

    def cost(unknowns):
        shape = part.neutral + (unknowns[:count] @ part.columns).reshape(-1, 3)
        turned = Rotation.from_rotvec(unknowns[count : count + 3]).as_matrix()
        error = solver.residuals(points, shape, turned, np.exp(unknowns[count + 3]), unknowns[count + 4 :])
        length = np.sqrt(error[:, 0] ** 2 + error[:, 1] ** 2 + SETTINGS.depth_weight * error[:, 2] ** 2)
        clipped = SETTINGS.huber * (length - SETTINGS.huber / 2)
        bent = part.weights @ np.where(length < SETTINGS.huber, length**2 / 2, clipped)
        prior = SETTINGS.sparsity * unknowns[:count].sum() + SETTINGS.ridge / 2 * (unknowns[:count] ** 2).sum()
        return 1e4 * (bent + prior)

    mine = np.concatenate([beta, Rotation.from_matrix(rotation).as_rotvec(), [np.log(scale)], shift])
    start = np.concatenate([np.full(count, 0.3), mine[count:] + 0.05])
    bounds = [BOUNDS] * count + [(None, None)] * 7
    options = {"maxfun": 200000, "maxiter": 5000, "ftol": 1e-13, "gtol": 1e-9}
    theirs = minimize(cost, start, method="L-BFGS-B", bounds=bounds, options=options)
    assert 0 < np.count_nonzero(beta) < count, "the case must have coefficients at their bound and away from it"
    assert cost(mine) <= theirs.fun * (1 + 1e-6)
    np.testing.assert_allclose(mine[:count], theirs.x[:count], atol=2e-3)


def test_default_tolerance_is_close_to_the_minimum(basis, patch_model, known_track):
    known = known_track(patch_model, 5, noise_px=1.5)
    part = basis.expression_part(known.alpha)
    for landmarks in known.points[:, :468] / 400 * np.array([1, -1, -1]):
        quick, exact = (
            fitted(part, landmarks.astype(np.float64), FitSettings()),
            fitted(part, landmarks.astype(np.float64)),
        )
        np.testing.assert_allclose(quick[0], exact[0], atol=5e-3)


def test_beta_stays_within_bounds(basis, patch_model, known_track):
    known = known_track(patch_model, 2, beta=np.full((2, 10), 2.5))
    part = basis.expression_part(known.alpha)
    beta, *_ = fitted(part, known.points[0, :468].astype(np.float64) / 400 * np.array([1, -1, -1]))
    assert beta.max() == BOUNDS[1]
    assert beta.min() >= 0.0
