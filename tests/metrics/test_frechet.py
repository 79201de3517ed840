import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from mien.errors import InputError
from mien.metrics.frechet import FeatureStatistics, frechet_distance, gaussian_frechet_distance


def features(count, size=12, seed=0, offset=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, size)) @ rng.normal(size=(size, size)) + rng.normal(size=size) + offset


def statistics(rows):
    found = FeatureStatistics(rows.shape[1])
    found.add(rows)
    return found


def test_against_scipy():
    """The published formula with SciPy's general matrix root, on regular covariances: to rounding of the root, 1e-8."""
    a, b = features(200), features(300, seed=1)
    s1, s2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    difference = a.mean(0) - b.mean(0)
    expected = difference @ difference + np.trace(s1 + s2 - 2 * sqrtm(s1 @ s2).real)
    assert frechet_distance(statistics(a), statistics(b)) == pytest.approx(expected, rel=1e-8)


def test_closed_forms():
    # Along an axis: (μ1 - μ2)² + (σ1 - σ2)², summed where the covariances are diagonal.
    m1, m2 = np.array([1.0, 2, 3]), np.array([0.0, 2, 5])
    d1, d2 = np.array([1.0, 4, 9]), np.array([4.0, 4, 0])
    found = gaussian_frechet_distance(m1, np.diag(d1), m2, np.diag(d2))
    assert found == pytest.approx((1 + 0 + 4) + (1 + 0 + 9))
    # A shift alone costs its square, whatever the covariance; a scaling by k costs (k - 1)² of the trace.
    cov = np.cov(features(50), rowvar=False)
    zero = np.zeros(12)
    assert gaussian_frechet_distance(zero, cov, zero + 0.5, cov) == pytest.approx(12 * 0.25)
    assert gaussian_frechet_distance(zero, cov, zero, 9 * cov) == pytest.approx(4 * np.trace(cov))


def test_fewer_features_than_numbers():
    """Singular covariances: the same distance in coordinates of the span, where SciPy's root is regular."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(200, 5)))[0]
    a, b = rng.normal(size=(30, 5)) * 3, rng.normal(size=(40, 5)) + 1
    small = frechet_distance(statistics(a), statistics(b))
    large = frechet_distance(statistics(a @ basis.T), statistics(b @ basis.T))
    assert large == pytest.approx(small, rel=1e-6)  # roots of eigenvalues that are zero but for 1e-16 add up
    assert frechet_distance(statistics(a @ basis.T), statistics(a @ basis.T)) == pytest.approx(0, abs=1e-5)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 99), st.sampled_from([0.0, 1e6]))
def test_batches_are_one(sizes, seed, offset):
    rows = features(sum(sizes) + 2, 4, seed, offset)
    streamed = FeatureStatistics(4)
    parts = np.split(rows, np.cumsum(sizes))
    for part in parts:
        streamed.add(part)
    np.testing.assert_allclose(streamed.mean, rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(streamed.covariance, np.cov(rows, rowvar=False), rtol=1e-6, atol=1e-8)
    merged = FeatureStatistics(4)
    for part in parts:
        one = FeatureStatistics(4)
        for row in part:
            one.add(row)
        merged.merge(one)
    assert merged.count == streamed.count == len(rows)
    np.testing.assert_allclose(merged.covariance, streamed.covariance, rtol=1e-6, atol=1e-8)


@given(st.integers(0, 200))
def test_is_a_distance(seed):
    a, b = statistics(features(20, 3, seed)), statistics(features(15, 3, seed + 1000))
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6, abs=1e-9)
    assert frechet_distance(a, b) >= 0
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_refuses():
    empty = FeatureStatistics(3)
    empty.add(np.zeros((0, 3)))
    assert empty.count == 0
    one = statistics(np.zeros((1, 3)))
    with pytest.raises(InputError, match="2 features or more; there are 1"):
        frechet_distance(one, one)
    with pytest.raises(InputError, match=r"expected \(N, 3\)"):
        one.add(np.zeros((2, 4)))
    with pytest.raises(InputError, match="not finite"):
        one.add(np.full((2, 3), np.nan))
    with pytest.raises(InputError, match="do not go together"):
        one.merge(FeatureStatistics(4))
    with pytest.raises(InputError, match="1 or more"):
        FeatureStatistics(0)
    with pytest.raises(InputError, match=r"expected \(D,\)"):
        frechet_distance(statistics(np.eye(3)), statistics(np.eye(4)))
    with pytest.raises(InputError, match="not finite"):
        gaussian_frechet_distance([np.nan], [[1.0]], [0.0], [[1.0]])


def test_constant_features():
    same = statistics(np.ones((5, 3)))
    assert frechet_distance(same, same) == 0
    assert frechet_distance(same, statistics(np.full((4, 3), 3.0))) == pytest.approx(12)
