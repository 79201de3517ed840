"""Agreement against the worked example of its author, SciPy, and cases that can be done in the head."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from mien.errors import InputError
from mien.metrics.agreement import kendall_w, krippendorff_alpha

_ = np.nan
KRIPPENDORFF_2011 = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
)
"""Example C/D of "Computing Krippendorff's Alpha-Reliability": four observers, twelve units, some not judged."""


@pytest.mark.parametrize(("scale", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_the_published_example(scale: Any, published: float) -> None:
    assert krippendorff_alpha(KRIPPENDORFF_2011, scale) == pytest.approx(published, abs=0.0005)


def test_alpha_by_its_definition() -> None:
    """For complete data it is 1 − mean squared difference within units over that between any two values."""
    table = np.random.default_rng(3).integers(1, 6, (4, 9)).astype(float)
    within = [(a - b) ** 2 for unit in table.T for i, a in enumerate(unit) for j, b in enumerate(unit) if i != j]
    flat = table.ravel()
    anywhere = [(a - b) ** 2 for i, a in enumerate(flat) for j, b in enumerate(flat) if i != j]
    assert krippendorff_alpha(table, "interval") == pytest.approx(1 - np.mean(within) / np.mean(anywhere))


def test_alpha_at_its_ends() -> None:
    same = np.tile([1.0, 2, 5, 3], (3, 1))
    assert all(krippendorff_alpha(same, scale) == pytest.approx(1) for scale in ("nominal", "ordinal", "interval"))
    # Two raters, two units, always the other value: observed disagreement 1, expected 2/3.
    assert krippendorff_alpha(np.array([[1.0, 2], [2, 1]]), "nominal") == pytest.approx(1 - 1 / (2 / 3))
    chance = np.random.default_rng(5).integers(1, 6, (2, 20000)).astype(float)
    assert krippendorff_alpha(chance, "ordinal") == pytest.approx(0, abs=0.03)  # standard error 0.007


def test_alpha_is_not_defined_everywhere() -> None:
    assert krippendorff_alpha(np.full((3, 4), 2.0), "nominal") is None
    assert krippendorff_alpha(np.array([[1.0, _], [_, 2]]), "nominal") is None
    assert krippendorff_alpha(np.full((2, 3), _), "ordinal") is None
    assert krippendorff_alpha(np.zeros((0, 0)), "ordinal") is None
    with pytest.raises(InputError):
        krippendorff_alpha(np.zeros(3), "nominal")


def test_kendall_is_friedman_scaled() -> None:
    """W = χ²/(m(n − 1)) of Friedman's test."""
    draw = np.random.default_rng(11)
    for raters, objects in ((3, 3), (6, 4), (16, 5)):
        ranks = np.stack([draw.permutation(objects) + 1 for _rater in range(raters)])
        friedman = stats.friedmanchisquare(*ranks.T).statistic
        assert kendall_w(ranks) == pytest.approx(friedman / (raters * (objects - 1)))


def test_kendall_at_its_ends() -> None:
    assert kendall_w(np.tile([2, 1, 4, 3], (5, 1))) == 1
    assert kendall_w(np.array([[1, 2, 3], [3, 2, 1]])) == 0
    assert kendall_w(np.array([[1, 2, 3]])) is None
    with pytest.raises(InputError):
        kendall_w(np.array([[1, 1, 3], [3, 2, 1]]))
