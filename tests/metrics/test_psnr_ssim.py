import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.metrics import mean_squared_error as reference_error
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from mien.errors import InputError
from mien.metrics.psnr import Psnr, mean_squared_error, psnr
from mien.metrics.ssim import similarity, similarity_plain, ssim, ssim_map, window


def pair(kind="noise"):
    a = data.astronaut()[:200, 100:330]
    rng = np.random.default_rng(0)
    if kind == "blur":
        return a, np.asarray(np.rint(gaussian_filter(a.astype(float), (2, 2, 0))), np.uint8)
    return a, np.clip(a + rng.normal(0, 12, a.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["noise", "blur"])
def test_psnr_against_scikit_image(kind):
    a, b = pair(kind)
    assert psnr(a, b) == pytest.approx(peak_signal_noise_ratio(a, b), abs=1e-9)  # rounding of one logarithm
    assert mean_squared_error(a, b) == pytest.approx(reference_error(a, b), rel=1e-12)
    unit = psnr(a / 255, b / 255, peak=1.0)
    assert unit == pytest.approx(psnr(a, b), abs=1e-9)


def test_psnr_by_hand():
    a = np.zeros((4, 4), np.uint8)
    b = a.copy()
    b[0, 0] = 255  # an error of 255² in one pixel of 16
    assert psnr(a, b) == pytest.approx(10 * np.log10(16))
    mask = np.zeros((4, 4), bool)
    mask[0, :2] = True
    assert psnr(a, b, mask) == pytest.approx(10 * np.log10(2))
    assert psnr(a, b, ~mask) == float("inf")
    assert np.isnan(psnr(a, b, np.zeros((4, 4), bool)))
    assert psnr(b, a) == psnr(a, b)  # unsigned values must not wrap


@pytest.mark.parametrize("kind", ["noise", "blur"])
def test_ssim_against_scikit_image(kind):
    """The same window, constants and border; sums in another order, so to 1e-7."""
    a, b = pair(kind)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    expected, full = structural_similarity(a, b, channel_axis=2, full=True, **options)
    assert ssim(a, b) == pytest.approx(expected, abs=1e-7)
    np.testing.assert_allclose(ssim_map(a, b), full.mean(axis=2)[5:-5, 5:-5], atol=1e-7)
    assert ssim(a[..., 1], b[..., 1]) == pytest.approx(structural_similarity(a[..., 1], b[..., 1], **options), abs=1e-7)
    unit = {**options, "data_range": 1.0}
    assert ssim(a / 255, b / 255, peak=1.0) == pytest.approx(
        structural_similarity(a / 255, b / 255, channel_axis=2, **unit), abs=1e-7
    )


@settings(deadline=None)  # it compiles
@given(st.integers(11, 30), st.integers(11, 30), st.sampled_from([np.uint8, np.uint16, np.float32]), st.integers(0, 99))
def test_kernel_against_plain(height, width, kind, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(0, 256, (height, width)).astype(kind) for _ in range(2))
    np.testing.assert_allclose(
        similarity(a, b, window(), 255.0), similarity_plain(a, b, window(), 255.0), atol=1e-9
    )  # differences of squares of 255² in float64


def test_ssim_properties():
    a, b = pair()
    assert ssim(a, a) == pytest.approx(1, abs=1e-12)
    assert ssim(a, b) == pytest.approx(ssim(b, a), abs=1e-12)
    even = np.full((20, 20), 100, np.uint8)
    assert ssim(even, even) == pytest.approx(1)
    # Two even pictures differ by luminance alone: (2·100·200 + C1) / (100² + 200² + C1).
    assert ssim(even, 2 * even) == pytest.approx((40000 + 2.55**2) / (50000 + 2.55**2))
    blurs = [ssim(a[..., 0], gaussian_filter(a[..., 0], sigma)) for sigma in (0.5, 1, 2, 4)]
    assert blurs == sorted(blurs, reverse=True)


def test_ssim_in_a_mask():
    a, b = pair()
    c = b.copy()
    c[:, :115] = a[:, :115]
    left = np.zeros(a.shape[:2], bool)
    left[:, :110] = True  # windows around these reach to column 114
    assert ssim(a, c, left) == pytest.approx(1)
    assert ssim(a, c, ~left) < ssim(a, c) < 1
    share = 105 / 220  # columns of windows' middles: 5 to 109 of 5 to 224
    assert share * ssim(a, c, left) + (1 - share) * ssim(a, c, ~left) == pytest.approx(ssim(a, c))
    edge = np.zeros(a.shape[:2], bool)
    edge[:5] = True
    assert np.isnan(ssim(a, b, edge))


def test_frames_one_by_one():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (5, 12, 13, 3)).astype(np.uint8)
    b = np.clip(a + rng.normal(0, np.arange(1, 6)[:, None, None, None], a.shape), 0, 255).astype(np.uint8)
    total = Psnr()
    each = [total.add(10 * t, a[t], b[t]) for t in range(5)]
    assert each == [psnr(x, y) for x, y in zip(a, b, strict=True)]
    found = total.result()
    assert (found.frames, found.worst_frame) == (5, 40)
    assert found.mean == pytest.approx(np.mean(each))
    assert found.pooled == pytest.approx(psnr(a.reshape(60, 13, 3), b.reshape(60, 13, 3)))
    total.add(50, a[0], a[0])
    assert total.result().mean == float("inf")
    assert np.isfinite(total.result().pooled)
    assert np.isnan(Psnr().result().mean)
    assert np.isnan(total.add(60, a[0], b[0], np.zeros((12, 13), bool)))
    assert total.result().frames == 6


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_refuses(metric):
    a = np.zeros((16, 16, 3), np.uint8)
    with pytest.raises(InputError, match="same type and shape"):
        metric(a, a[:12])
    with pytest.raises(InputError, match="same type and shape"):
        metric(a, a.astype(np.float32))
    with pytest.raises(InputError, match="same type and shape"):
        metric(a[:0], a[:0])
    with pytest.raises(InputError, match="not finite"):
        metric(np.full((16, 16), np.nan), np.zeros((16, 16)))
    with pytest.raises(InputError, match="mask"):
        metric(a, a, np.ones((16, 15), bool))
    with pytest.raises(InputError, match="mask"):
        metric(a, a, np.ones((16, 16)))
    with pytest.raises(InputError, match="peak"):
        metric(a, a, peak=0)
    with pytest.raises(InputError, match="numbers"):
        metric(a > 0, a > 0)


def test_ssim_needs_a_window():
    with pytest.raises(InputError, match="at least 11"):
        ssim(np.zeros((10, 40)), np.zeros((10, 40)))
