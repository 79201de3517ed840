"""Intervals against SciPy's own, against cases worked by hand, and by how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mien.errors import InputError
from mien.metrics.confidence import clustered_mean_interval, clustered_share_interval, mean_interval, wilson_interval


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("count", [2, 5, 40])
def test_mean_is_that_of_scipy(count: int, level: float) -> None:
    values = np.random.default_rng(count).normal(3, 1, count)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(level)
    found = mean_interval(list(values), level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-12)
    assert found.value == pytest.approx(values.mean())
    assert found.count == count


def test_mean_by_hand() -> None:
    """Values 2, 4, 6: mean 4, s = 2, t(2) at 97.5 % = 4.3027 (any table): half width 4.3027 · 2/√3 = 4.9683."""
    found = mean_interval([2, 4, 6])
    assert (found.low, found.high) == pytest.approx((4 - 4.9683, 4 + 4.9683), abs=1e-4)


def test_one_observation_has_no_interval() -> None:
    found = mean_interval([4.0])
    assert (found.value, found.low, found.high, found.count) == (4.0, None, None, 1)
    assert (same := mean_interval([3.0, 3.0])).low == same.high == 3.0


def test_answers_of_one_person_are_one_observation() -> None:
    found = clustered_mean_interval([[1, 3], [4, 4, 4, 4], [], [3]])
    assert found == mean_interval([2.0, 4.0, 3.0])


def test_clustered_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """2,000 studies of 10 people who differ from each other: 95 % hold; within 3 standard errors, ±1.5 points.

    Taking all 80 answers as independent holds it in fewer than 70 %.
    """
    draw = np.random.default_rng(7)
    held = naive = 0
    for _ in range(2000):
        answers = draw.normal(0, 1, (10, 1)) + draw.normal(0, 1, (10, 8))
        found = clustered_mean_interval(list(answers))
        wrong = mean_interval(list(answers.ravel()))
        assert found.low is not None and found.high is not None and wrong.low is not None and wrong.high is not None  # noqa: PT018
        held += found.low <= 0 <= found.high
        naive += wrong.low <= 0 <= wrong.high
    assert abs(held / 2000 - 0.95) < 0.015
    assert naive / 2000 < 0.7


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 20), (7, 20), (20, 20), (321, 500)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_is_that_of_scipy(successes: int, trials: int, level: float) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    found = wilson_interval(successes, trials, level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_share_of_clusters_by_hand() -> None:
    """Hits 2/2, 1/2, 0/2: p = 1/2, v = 3/2·(1 + 0 + 1)/36 = 1/12, so 3 answers count: as 1.5 in 3 by Wilson."""
    found = clustered_share_interval([[True, True], [True, False], [], [False, False]])
    z2 = 1.959963984540054**2
    half = np.sqrt(z2 * (0.25 / 3 + z2 / 36)) / (1 + z2 / 3)
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))
    assert (found.value, found.count) == (0.5, 3)


def test_share_counts_no_more_answers_than_there_are() -> None:
    alike = [[True, False]] * 5  # people do not differ at all: variance 0
    assert clustered_share_interval(alike).low == pytest.approx(wilson_interval(5, 10).low)
    assert clustered_share_interval([[True, True]] * 5).low == pytest.approx(wilson_interval(5, 5).low)
    assert clustered_share_interval([[True, False]]).low is None


def test_shares_of_clusters_hold_the_truth() -> None:
    """2,000 studies of 20 people, whose own probability is uniform: 95 ± 2 %; Wilson over all answers under 80 %."""
    draw = np.random.default_rng(8)
    held = naive = 0
    for _ in range(2000):
        answers = draw.random((20, 10)) < draw.random((20, 1))
        for found, counts in ((clustered_share_interval(list(answers)), 1), (wilson_interval(answers.sum(), 200), 0)):
            assert found.low is not None
            assert found.high is not None
            inside = found.low <= 0.5 <= found.high
            held, naive = held + (inside and counts), naive + (inside and not counts)
    assert abs(held / 2000 - 0.95) < 0.02
    assert naive / 2000 < 0.8


@pytest.mark.parametrize("values", [[], [float("nan")], [1.0, float("inf")]])
def test_what_has_no_mean_is_refused(values: list[float]) -> None:
    with pytest.raises(InputError):
        mean_interval(values)


def test_what_is_no_share_is_refused() -> None:
    for successes, trials in ((1, 0), (3, 2), (-1, 2)):
        with pytest.raises(InputError):
            wilson_interval(successes, trials)
    for level in (0.0, 1.0, 95):
        with pytest.raises(InputError):
            wilson_interval(1, 2, level)
