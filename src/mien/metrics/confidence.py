"""Confidence intervals: how far a mean or a share found on some participants may lie from that of all people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.errors import InputError

LEVEL = 0.95
"""Confidence of intervals unless said otherwise."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval.

    Attributes:
        value: The estimate.
        low: Lower end; ``None`` where there is too little to say.
        high: Upper end; ``None`` likewise.
        count: Independent observations that it rests on.
    """

    value: float
    low: float | None
    high: float | None
    count: int


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Mean of independent observations with Student's t interval: mean ± t(n − 1)·s/√n.

    Args:
        values: ``n`` observations, finite. With one there is no interval.
        level: Confidence, between 0 and 1.

    Raises:
        InputError: No observations, not finite, or the level is out of range.
    """
    from scipy.stats import t

    _check_level(level)
    observed = np.asarray(values, np.float64)
    if observed.ndim != 1 or not len(observed) or not np.isfinite(observed).all():
        raise InputError(f"a mean needs one or more finite observations, not an array of shape {observed.shape}")
    count, mean = len(observed), float(observed.mean())
    if count == 1:
        return Interval(mean, None, None, 1)
    half = float(t.ppf((1.0 + level) / 2.0, count - 1) * observed.std(ddof=1) / math.sqrt(count))
    return Interval(mean, mean - half, mean + half, count)


def clustered_mean_interval(clusters: Sequence[Sequence[float]], level: float = LEVEL) -> Interval:
    """Mean of answers given by several participants, each of whom gave several.

    Answers of one person resemble each other, so they are not independent observations. Each participant's own mean
    is one: the interval is Student's over those means (the summary-measures analysis of clustered data). Where all
    gave equally many answers, the value is the mean of all answers; elsewhere every participant weighs the same.

    Args:
        clusters: For each participant the answers; participants without any are passed over.
        level: Confidence, between 0 and 1.

    Raises:
        InputError: No answers at all, or not finite.
    """
    return mean_interval([float(np.mean(answers)) for answers in clusters if len(answers)], level)


def wilson_interval(successes: int, trials: int, level: float = LEVEL) -> Interval:
    """Share of successes with the score interval of E. B. Wilson (1927), which stays within 0 to 1.

    With p = successes/trials and z the normal quantile, centre = (p + z²/2n)/(1 + z²/n) and half width
    z/(1 + z²/n)·√(p(1 − p)/n + z²/4n²). It takes trials as independent.

    Args:
        successes: 0 to ``trials``.
        trials: At least 1.
        level: Confidence, between 0 and 1.

    Raises:
        InputError: Counts or level are out of range.
    """
    _check_level(level)
    if trials < 1 or not 0 <= successes <= trials:
        raise InputError(f"a share needs 0 to n successes in n trials, n at least 1, not {successes} in {trials}")
    share = successes / trials
    return Interval(share, *_wilson(share, float(trials), level), trials)


def clustered_share_interval(clusters: Sequence[Sequence[bool]], level: float = LEVEL) -> Interval:
    """Share of answers of one kind, given by several participants, each of whom gave several.

    Wilson's interval, with the number of answers replaced by the effective one, p(1 − p)/v: v is the variance of the
    ratio Σx_i/Σn_i between participants, k/(k − 1)·Σ(x_i − p·n_i)²/(Σn_i)² (linearised; W. G. Cochran, "Sampling
    Techniques", 1977, 6.4). It is at most the number of answers. Where all or none of the answers are of that kind, v
    says nothing, and the number of participants is taken.

    Args:
        clusters: For each participant whether each answer was of that kind; participants without any are passed over.
        level: Confidence, between 0 and 1.

    Raises:
        InputError: No answers at all.
    """
    _check_level(level)
    counts = np.array([len(answers) for answers in clusters if len(answers)], np.float64)
    hits = np.array([sum(map(bool, answers)) for answers in clusters if len(answers)], np.float64)
    if not len(counts):
        raise InputError("a share needs one or more answers, and there are none")
    people, answers = len(counts), float(counts.sum())
    share = float(hits.sum()) / answers
    if people == 1:
        return Interval(share, None, None, 1)
    variance = people / (people - 1) * float(((hits - share * counts) ** 2).sum()) / answers**2
    if share in (0.0, 1.0):
        effective = float(people)
    else:
        effective = min(answers, share * (1 - share) / variance) if variance > 0 else answers
    return Interval(share, *_wilson(share, effective, level), people)


def _wilson(share: float, trials: float, level: float) -> tuple[float, float]:
    from scipy.stats import norm

    z2 = float(norm.ppf((1.0 + level) / 2.0)) ** 2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = math.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    # At 0 and 1 the ends are exactly 0 and 1; rounding would put them a hair beyond.
    return 0.0 if share == 0.0 else centre - half, 1.0 if share == 1.0 else centre + half


def _check_level(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise InputError(f"a confidence lies between 0 and 1, such as 0.95, not {level}")
