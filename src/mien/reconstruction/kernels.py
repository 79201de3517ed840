"""The solver's steps in compiled form; :mod:`mien.reconstruction.solver` says what they compute.

Written with loops over numbers alone: array expressions and linear algebra calls would take numba ten times as long to
compile on a new machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.geometry.rotation_kernel import rotation_kernel
from mien.reconstruction.equations import cost_kernel, linear_equations, pose_equations, shape_kernel


@njit(cache=True, nogil=True)
def bounded_step(h, g, beta, ridge, sparsity, least, most, step):  # type: ignore[no-untyped-def]
    """Coordinate descent: ``step`` x minimises ``½ xᵀHx - gᵀx + Σ (λ₁ + λ₂/2 β)β`` for β = beta + x within bounds."""
    count = beta.shape[0]
    slope = np.empty(count)
    for j in range(count):
        slope[j] = -g[j]
        step[j] = 0.0
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
def eliminate_pose(h, g, h_cross, h_pose, g_pose, damping, inverse, through):  # type: ignore[no-untyped-def]
    """Damp, then take pose out of the equations of the linear coefficients (Schur complement), in place.

    Fills ``inverse`` ``(7, 7)`` with that of ``h_pose`` (Gauss-Jordan: it is positive definite) and ``through``
    ``(n, 7)`` with ``h_cross · inverse``.
    """
    count = h.shape[0]
    for k in range(7):
        h_pose[k, k] *= 1.0 + damping
        for n in range(7):
            inverse[k, n] = 1.0 if k == n else 0.0
    for k in range(7):
        pivot = 1.0 / h_pose[k, k]
        for n in range(7):
            h_pose[k, n] *= pivot
            inverse[k, n] *= pivot
        for m in range(7):
            if m != k:
                factor = h_pose[m, k]
                for n in range(7):
                    h_pose[m, n] -= factor * h_pose[k, n]
                    inverse[m, n] -= factor * inverse[k, n]
    for j in range(count):
        h[j, j] *= 1.0 + damping
        for k in range(7):
            through[j, k] = 0.0
            for n in range(7):
                through[j, k] += h_cross[j, n] * inverse[n, k]
            g[j] -= through[j, k] * g_pose[k]
    for j in range(count):
        for i in range(count):
            for k in range(7):
                h[j, i] -= through[j, k] * h_cross[i, k]


@njit(cache=True, nogil=True)
def follow_pose(h_cross, g_pose, inverse, step, pose_step):  # type: ignore[no-untyped-def]
    """The step of pose ``(7,)`` that belongs to a step of the linear coefficients."""
    rest = np.empty(7)
    for k in range(7):
        rest[k] = g_pose[k]
        for j in range(step.shape[0]):
            rest[k] -= h_cross[j, k] * step[j]
    for k in range(7):
        pose_step[k] = 0.0
        for n in range(7):
            pose_step[k] += inverse[k, n] * rest[n]


@njit(cache=True, nogil=True)
def move_pose(rotation, shift, pose_step, moved_rotation, moved_shift):  # type: ignore[no-untyped-def]
    """Turn on the left by the step's rotation and add its shift."""
    turn = np.empty((3, 3))
    rotation_kernel(pose_step, turn)
    for a in range(3):
        moved_shift[a] = shift[a] + pose_step[4 + a]
        for b in range(3):
            moved_rotation[a, b] = 0.0
            for c in range(3):
                moved_rotation[a, b] += turn[a, c] * rotation[c, b]


@njit(cache=True, nogil=True)
def fit_frame(  # type: ignore[no-untyped-def]
    points, neutral, columns, weights, moments, offsets, sums, limits, beta, rotation, scale, shift
):
    """Fit one frame from ``beta`` 0 and the pose given: updates beta ``(E,)``, rotation ``(3, 3)``, shift ``(3,)``.

    ``limits`` are depth_weight, huber, ridge, sparsity, least and most β, iterations, tolerance. Gives the scale.
    """
    depth_weight, huber, ridge, sparsity, least, most, iterations, tolerance = limits
    count, size = columns.shape[0], columns.shape[1]
    shape, pull = np.empty(size), np.empty(size)
    h, g, h_cross, through = np.empty((count, count)), np.empty(count), np.empty((count, 7)), np.empty((count, 7))
    h_pose, inverse, g_pose = np.empty((7, 7)), np.empty((7, 7)), np.empty(7)
    step, pose_step, new = np.empty(count), np.empty(7), np.empty(count)
    moved, moved_shift = np.empty((3, 3)), np.empty(3)
    for j in range(count):
        beta[j] = 0.0
    shape_kernel(neutral, columns, beta, shape)
    cost = cost_kernel(points, shape, weights, rotation, scale, shift, depth_weight, huber)
    damping = 0.0
    for _ in range(int(iterations)):
        pose_equations(points, shape, weights, rotation, scale, shift, depth_weight, huber, h_pose, g_pose, pull)
        linear_equations(columns, moments, offsets, sums, beta, rotation, scale, depth_weight, pull, h, h_cross, g)
        eliminate_pose(h, g, h_cross, h_pose, g_pose, damping, inverse, through)
        bounded_step(h, g, beta, ridge, sparsity, least, most, step)
        follow_pose(h_cross, g_pose, inverse, step, pose_step)
        move_pose(rotation, shift, pose_step, moved, moved_shift)
        moved_scale = scale * np.exp(pose_step[3])
        largest = 0.0
        for j in range(count):
            new[j] = min(max(beta[j] + step[j], least), most)
            largest = max(largest, abs(step[j]))
        for k in range(7):
            largest = max(largest, abs(pose_step[k]))
        shape_kernel(neutral, columns, new, shape)
        new_cost = cost_kernel(points, shape, weights, moved, moved_scale, moved_shift, depth_weight, huber)
        for j in range(count):
            new_cost += new[j] * (sparsity + 0.5 * ridge * new[j])
        if new_cost > cost * (1.0 + 1e-9):
            damping = max(4.0 * damping, 1e-3)
            shape_kernel(neutral, columns, beta, shape)
        else:
            cost, scale, damping = new_cost, moved_scale, 0.25 * damping if damping > 1e-3 else 0.0
            for j in range(count):
                beta[j] = new[j]
            for a in range(3):
                shift[a] = moved_shift[a]
                for b in range(3):
                    rotation[a, b] = moved[a, b]
        if largest < tolerance:
            break
    return scale


@njit(cache=True, nogil=True)
def fit_frames_kernel(  # type: ignore[no-untyped-def]
    points, neutral, columns, weights, moments, offsets, sums, limits, beta, rotation, scale, shift
):
    """Fit frames one by one, each from its own pose."""
    for t in range(points.shape[0]):
        scale[t] = fit_frame(
            points[t],
            neutral,
            columns,
            weights,
            moments,
            offsets,
            sums,
            limits,
            beta[t],
            rotation[t],
            scale[t],
            shift[t],
        )
