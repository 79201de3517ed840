"""The solver's cost and normal equations; :mod:`mien.reconstruction.solver` says what they are, in plain form.

Written with loops over numbers alone: array expressions and linear algebra calls would take numba ten times as long to
compile on a new machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit


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
