import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.metrics.intensity_order import order_matrix, perceived_intensity


def test_by_hand():
    # Of two people, one puts the two middle clips the other way round.
    ranks = [[1, 2, 3, 4], [1, 3, 2, 4]]
    expected = [[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(order_matrix(ranks), expected)
    np.testing.assert_allclose(perceived_intensity(ranks, [0.1, 0.3, 0.7, 0.8]), [0.1, 0.5, 0.5, 0.8])
    # A clip that everybody puts last has the largest intensity.
    np.testing.assert_allclose(perceived_intensity([[3, 1, 2]] * 4, [0.2, 0.5, 0.9]), [0.9, 0.2, 0.5])


@given(st.integers(1, 6), st.integers(1, 20), st.integers(0, 99))
def test_against_the_papers_sum(clips, people, seed):
    """M = Σ Mᵢ / k, each Mᵢ written out as the paper says."""
    rng = np.random.default_rng(seed)
    ranks = np.array([rng.permutation(clips) + 1 for _ in range(people)])
    x = np.sort(rng.random(clips))
    total = np.zeros((clips, clips))
    for row in ranks:
        for i in range(clips):
            total[i, row[i] - 1] += 1
    matrix = order_matrix(ranks)
    np.testing.assert_allclose(matrix, total / people)
    np.testing.assert_allclose(matrix.sum(axis=0), 1)
    scores = perceived_intensity(ranks, x)
    np.testing.assert_allclose(scores, total @ x / people)
    assert scores.sum() == pytest.approx(x.sum())
    np.testing.assert_allclose(perceived_intensity([np.arange(clips) + 1] * people, x), x)


@pytest.mark.parametrize("ranks", [[], [[]], [[0, 1]], [[1, 1]], [[1, 3]], [1, 2], [[1.5, 2]], [[np.nan, 1]]])
def test_no_orders(ranks):
    with pytest.raises(InputError, match=r"order|expected \(participants"):
        order_matrix(ranks)


@pytest.mark.parametrize("x", [[0.1], [0.5, 0.2], [np.nan, 1], [[0.1, 0.2]]])
def test_no_intensities(x):
    with pytest.raises(InputError, match="from low to high"):
        perceived_intensity([[1, 2]], x)
