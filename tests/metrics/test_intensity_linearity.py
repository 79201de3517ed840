import numpy as np
import pytest
from scipy.stats import variation

from mien.errors import InputError
from mien.metrics.intensity_linearity import figure_name, lie, neighbour_distances
from mien.metrics.picture_distance import PictureDistance, expression_distance

MEAN = PictureDistance("mean", lambda a, b: float(abs(a.mean() - b.mean())))


def test_against_scipy_and_by_hand():
    distances = np.random.default_rng(0).uniform(0, 1, 99)
    assert lie(distances) == pytest.approx(variation(distances), rel=1e-12)
    assert lie(distances * 7) == pytest.approx(lie(distances))  # scale-invariant, as the paper asks
    assert lie([1.0, 3.0]) == pytest.approx(0.5)
    assert lie([0.2] * 10) == pytest.approx(0)
    assert np.isnan(lie([0.0, 0.0]))


@pytest.mark.parametrize("bad", [[1.0], [], [1.0, -1.0], [1.0, np.nan], [[1.0, 2.0]]])
def test_refuses_what_are_no_distances(bad):
    with pytest.raises(InputError, match="expected"):
        lie(bad)


def test_even_steps_have_none_and_a_jump_has_much():
    even = [np.full((8, 8, 3), 2 * i, np.uint8) for i in range(100)]
    found = neighbour_distances(iter(even), MEAN)
    assert found == pytest.approx([2.0] * 99)
    assert lie(found) == pytest.approx(0)
    jump = [np.full((8, 8, 3), 200 * (i >= 50), np.uint8) for i in range(100)]
    # one step of 200 and 98 of 0: mean 200/99, deviation 200/99 * sqrt(98)
    assert lie(neighbour_distances(jump, MEAN)) == pytest.approx(np.sqrt(98))
    assert neighbour_distances(even[:1], MEAN) == []


def test_the_name_says_which_network(faces, classifier):
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 256, (600, 600, 3)).astype(np.uint8) for _ in range(2))
    distance = expression_distance(classifier, faces.face()[0])
    assert figure_name(distance) == "LIE[mini-xception]"
    assert distance.between(first, first) == 0
    assert 0 < distance.between(first, second) <= np.sqrt(2)
    assert distance.between(first, second) == pytest.approx(distance.between(second, first))
