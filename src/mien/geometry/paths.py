"""The best path through a table of values, from its first row to its last, or closed, by dynamic programming."""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.types import AnyArray, FloatArray, IntArray


def strongest_path(values: FloatArray, most_step: int, bend_cost: float) -> IntArray:
    """One column in each row, so that values are large and steps are short.

    Args:
        values: ``(R, C)``.
        most_step: Columns that neighbouring rows may differ by.
        bend_cost: What a step of one column costs; one of n costs n squared times that.

    Returns:
        ``(R,)`` columns.
    """
    path = np.empty(len(values), np.int32)
    _strongest_path(np.ascontiguousarray(values, np.float32), most_step, np.float32(bend_cost), path)
    return path


def strongest_ring(values: FloatArray, most_step: int, bend_cost: float) -> IntArray:
    """The same for a table whose last row lies before its first: the middle of a path that goes round twice."""
    count = len(values)
    turned = strongest_path(np.concatenate([values, values]), most_step, bend_cost)
    half = count // 2
    return np.concatenate([turned[count : count + half], turned[half:count]])


def strongest_path_reference(values: AnyArray, most_step: int, bend_cost: float) -> IntArray:
    """Do what :func:`strongest_path` does, plainly."""
    rows, columns = values.shape
    steps = np.arange(columns)[:, None] - np.arange(columns)[None, :]
    cost = np.where(np.abs(steps) <= most_step, bend_cost * steps.astype(np.float64) ** 2, np.inf)
    total, came = np.array(values[0], np.float64), np.zeros((rows, columns), int)
    for row in range(1, rows):
        ways = total[None, :] - cost
        came[row] = ways.argmax(axis=1)
        total = ways.max(axis=1) + values[row]
    path = [int(total.argmax())]
    for row in range(rows - 1, 0, -1):
        path.append(int(came[row, path[-1]]))
    return np.array(path[::-1], np.int32)


@njit(cache=True, nogil=True)
def _strongest_path(values, most_step, bend_cost, path):  # type: ignore[no-untyped-def]
    rows, columns = values.shape
    total, following = values[0].copy(), np.empty(columns, np.float32)
    came = np.zeros((rows, columns), np.int32)
    for row in range(1, rows):
        for c in range(columns):
            best, where = np.float32(-1e30), 0
            for k in range(max(0, c - most_step), min(columns, c + most_step + 1)):
                way = total[k] - bend_cost * np.float32((k - c) * (k - c))
                if way > best:
                    best, where = way, k
            following[c] = best + values[row, c]
            came[row, c] = where
        total[:] = following
    at = 0
    for c in range(columns):
        if total[c] > total[at]:
            at = c
    path[rows - 1] = at
    for row in range(rows - 1, 0, -1):
        at = came[row, at]
        path[row - 1] = at
