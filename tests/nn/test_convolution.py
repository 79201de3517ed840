import numpy as np
import pytest
from scipy.signal import correlate

from mien.nn.convolution import convolve, convolve_depthwise, max_pool, mean_pool_2x2, same_padding, softmax


def image(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize(("stride", "padding"), [(1, (0, 0)), (1, (1, 1)), (2, (0, 1)), (2, (0, 0)), (3, (2, 2))])
def test_convolutions_against_scipy(stride, padding):
    x, kernel, bias = image(2, 9, 11, 3), image(3, 2, 3, 4, seed=1), image(4, seed=2)
    around = np.pad(x, ((0, 0), padding, padding, (0, 0)))
    planes = np.stack(
        [
            [correlate(around[n, ..., c], kernel[..., c, o], mode="valid") for c in range(3) for o in range(4)]
            for n in (0, 1)
        ]
    ).reshape(2, 3, 4, around.shape[1] - 2, around.shape[2] - 1)[..., ::stride, ::stride]
    expected = planes.sum(axis=1).transpose(0, 2, 3, 1) + bias
    np.testing.assert_allclose(convolve(x, kernel, bias, stride, padding), expected, atol=1e-12)
    own = np.stack([planes[:, c, c] for c in range(3)], axis=-1)
    diagonal = np.stack([kernel[..., c, c] for c in range(3)], axis=-1)
    np.testing.assert_allclose(convolve_depthwise(x, diagonal, stride, padding), own, atol=1e-12)


def test_same_padding_as_tensorflow_documents_it():
    # tf.nn.convolution, "same": total = max((ceil(size / stride) - 1) * stride + kernel - size, 0), more at the end
    assert same_padding(112, 3, 2) == (0, 1)
    assert same_padding(7, 3, 2) == (1, 1)
    assert same_padding(7, 3, 1) == (1, 1)
    assert same_padding(8, 4, 1) == (1, 2)
    assert same_padding(8, 1, 2) == (0, 0)


def test_pools_by_hand():
    x = -np.arange(25.0).reshape(1, 5, 5, 1)
    np.testing.assert_array_equal(max_pool(x, 3, 2)[0, :, :, 0], [[0, -2], [-10, -12]])
    np.testing.assert_array_equal(max_pool(x, 3, 2, (1, 1))[0, :, :, 0], [[0, -1, -3], [-5, -6, -8], [-15, -16, -18]])
    even = np.arange(16.0).reshape(1, 4, 4, 1)  # padded at the end: windows of rows and columns 0-2 and 2-3
    np.testing.assert_array_equal(max_pool(even, 3, 2, same_padding(4, 3, 2))[0, :, :, 0], [[10, 11], [14, 15]])
    np.testing.assert_array_equal(mean_pool_2x2(x)[0, :, :, 0], [[-3, -5], [-13, -15]])


def test_softmax_of_large_numbers():
    np.testing.assert_allclose(softmax(np.array([1000.0, 1000.0 + np.log(3)])), [0.25, 0.75], atol=1e-6)
