"""Agreement between people who judge the same clips: Krippendorff's alpha, and Kendall's W for orders."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray, DoubleArray

Scale = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(ratings: AnyArray, scale: Scale) -> float | None:
    """Krippendorff's alpha = 1 − observed over expected disagreement.

    1 is perfect agreement, 0 what chance gives, below 0 is systematic disagreement. Built from the coincidence matrix,
    with the published differences: nominal 0 or 1; interval (c − k)²; ordinal (Σ n_g over ranks from c to k, less half
    of n_c and n_k)². K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011).

    Args:
        ratings: ``(raters, units)``; NaN where a rater did not judge a unit. For ``nominal`` any numbers that stand
            for categories.
        scale: What differences between the values mean.

    Returns:
        Alpha, at most 1; ``None`` where it is not defined: no unit was judged by two, or all values are equal.

    Raises:
        InputError: Not a 2-D array, or infinite values.
    """
    table = np.asarray(ratings, np.float64)
    if table.ndim != 2 or np.isinf(table).any():
        raise InputError(f"ratings have shape {table.shape}; expected finite (raters, units), NaN where none was given")
    values = np.unique(table[~np.isnan(table)])
    counts = np.stack([(table == value).sum(axis=0) for value in values], axis=1) if len(values) else np.zeros((0, 0))
    judged = counts.sum(axis=1) if counts.size else np.zeros(0)
    counts, judged = counts[judged >= 2].astype(np.float64), judged[judged >= 2].astype(np.float64)
    if not len(counts):
        return None
    # Ordered pairs of values within each unit, weighted so that every value counts once.
    coincidence = (counts / (judged - 1)[:, None]).T @ counts - np.diag((counts / (judged - 1)[:, None]).sum(axis=0))
    totals = coincidence.sum(axis=1)
    difference = _differences(values, totals, scale)
    expected = float(totals @ difference @ totals) / float(totals.sum() - 1.0)
    if expected == 0.0:
        return None
    return 1.0 - float(np.sum(coincidence * difference)) / expected


def _differences(values: DoubleArray, totals: DoubleArray, scale: Scale) -> DoubleArray:
    """Squared differences between all pairs of values, ``(V, V)``."""
    if scale == "nominal":
        return 1.0 - np.eye(len(values))
    if scale == "interval":
        return np.asarray((values[:, None] - values[None, :]) ** 2, np.float64)
    # Sum from c to k inclusive less half of both ends is the distance of the middles of cumulative counts.
    middles = np.cumsum(totals) - totals / 2.0
    return np.asarray((middles[:, None] - middles[None, :]) ** 2, np.float64)


def kendall_w(ranks: AnyArray) -> float | None:
    """Kendall's coefficient of concordance W = 12·S / (m²·(n³ − n)), without ties.

    Args:
        ranks: ``(m, n)``: for each of ``m`` raters the rank, from 1, that each of ``n`` objects got.

    Returns:
        0 (no agreement) to 1 (all give one order); ``None`` with fewer than two raters or objects.

    Raises:
        InputError: A row is not an order of 1 to n.
    """
    table = np.asarray(ranks, np.float64)
    if table.ndim != 2:
        raise InputError(f"ranks have shape {table.shape}; expected (raters, objects)")
    raters, objects = table.shape
    if not np.array_equal(np.sort(table, axis=1), np.tile(np.arange(1.0, objects + 1), (raters, 1))):
        raise InputError(f"each rater's ranks must be the numbers 1 to {objects}, each once")
    if raters < 2 or objects < 2:
        return None
    sums = table.sum(axis=0)
    return float(12.0 * ((sums - sums.mean()) ** 2).sum() / (raters**2 * (objects**3 - objects)))
