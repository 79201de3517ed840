"""The solver's inner loops; :mod:`mien.reconstruction.solver` says what they compute and holds their plain forms.

Written with loops over numbers alone: array expressions and linear algebra calls would take numba ten times as long to
compile on a new machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.geometry.rotation import rotation_kernel


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def shape_kernel(offset, columns, coefficients, shape):  # type: ignore[no-untyped-def]
    """Write ``offset + coefficients · columns`` into ``shape``; all flat ``(3 L,)``."""
    for i in range(shape.shape[0]):
        shape[i] = offset[i]
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
    for k in range(7):
        g_pose[k] = 0.0
        for n in range(7):
            h_pose[k, n] = 0.0
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
    d = (1.0, 1.0, depth_weight)
    square = scale * scale
    for j in range(count):
        for k in range(count):
            h[j, k] = 0.0
    joint = np.empty((9, count))
    for a in range(9):
        for j in range(count):
            joint[a, j] = offsets[a, j]
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
