import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.feature import canny

from mien.errors import InputError
from mien.metrics.cpbd import Cpbd, cpbd, edge_counts, edge_widths, edge_widths_plain, steep_sides
from mien.metrics.edges import canny_edges, vertical_sobel_edges


def ramp(width, low=50.0, high=200.0, size=128):
    """A picture dark at the left and bright at the right, with an edge between columns 30 and 30 + ``width``."""
    columns = np.clip((np.arange(size) - 30) / width, 0, 1) * (high - low) + low
    return np.repeat(np.rint(columns)[None], size, axis=0)


def slow_cpbd(image):
    """The release's rules once more, pixel by pixel with plain loops, on our edge maps."""
    height, width = image.shape
    sobel, edges = vertical_sobel_edges(image, 2), canny_edges(image)
    histogram, total = [0] * 101, 0
    for by in range(height // 64):
        for bx in range(width // 64):
            pixels = [(y, x) for y in range(64 * by, 64 * by + 64) for x in range(64 * bx, 64 * bx + 64)]
            if not sum(bool(edges[p]) for p in pixels) > 0.002 * 4096:
                continue
            values = [image[p] for p in pixels]
            noticeable = 5 if max(values) - min(values) <= 50 else 3
            for y, x in pixels:
                if not sobel[y, x] or y in (0, height - 1) or x in (0, width - 1):
                    continue
                gx, gy = (image[y, x + 1] - image[y, x - 1]) / 2, (image[y + 1, x] - image[y - 1, x]) / 2
                angle = 0.0 if gx == 0 else abs(math.degrees(math.atan2(gy, gx)))
                if angle < 22.5:
                    up, down = 1, -1  # which way it brightens, and darkens
                elif angle >= 157.5:
                    up, down = -1, 1
                else:
                    continue
                edge_width = 0
                for way, sign in ((up, 1), (down, -1)):
                    at = x + way
                    edge_width += 1
                    while 0 <= at + way < width and sign * (image[y, at + way] - image[y, at]) > 0:
                        at += way
                        edge_width += 1
                chance = 1 - math.exp(-((edge_width / noticeable) ** 3.6))
                histogram[math.floor(100 * chance + 0.5)] += 1
                total += 1
    return sum(histogram[:64]) / total


@pytest.mark.parametrize("sigma", [0, 1.0, 2.0])
def test_against_a_slow_one(sigma):
    image = np.rint(gaussian_filter(data.camera()[100:300, 120:330].astype(float), sigma))
    assert cpbd(image) == pytest.approx(slow_cpbd(image), abs=1e-12)


def test_blur_lowers_it():
    image = data.camera().astype(float)
    found = [cpbd(gaussian_filter(image, sigma)) for sigma in (0, 0.6, 1, 1.5, 2, 3)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.5
    assert found[-1] < 0.05


def test_against_the_port():
    """python-cpbd (0x64746b/python-cpbd at 11e2553) run once on these pictures.

    Its edges are others: Octave's Sobel with a threshold of the picture's own, and scikit-image's Canny. On the 174
    LIVE pictures of its reference data it lies up to 0.056 beside MATLAB; here up to 0.07.
    """
    image = data.camera().astype(float)
    for sigma, port in ((0, 0.74817), (1, 0.34812), (2, 0.01605)):
        assert cpbd(np.rint(gaussian_filter(image, sigma))) == pytest.approx(port, abs=0.08)


@pytest.mark.parametrize(
    ("width", "high", "sharp"), [(1, 200, True), (3, 200, True), (4, 200, False), (5, 90, True), (6, 90, False)]
)
def test_ramps_by_hand(width, high, sharp):
    """Just noticeable are 3 px of strong contrast (150) and 5 px of weak (40): P = 63.2 %, rounded 63. One px more is
    seen: 94 % and 85 %.
    """
    image = ramp(width, 50, high)
    seen, count = edge_counts(image)
    assert count > 0
    assert seen == (count if sharp else 0)
    mirrored = edge_counts(image[:, ::-1])
    assert mirrored[0] == (mirrored[1] if sharp else 0)


def test_widths_by_hand():
    row = np.array([10, 10, 20, 40, 70, 90, 90, 80, 90], float)
    image = np.repeat(row[None], 3, axis=0)
    edges = np.zeros(image.shape, bool)
    edges[1, 3] = True
    # To the right 40 → 70 → 90 → 90: two steps from the pixel beside; to the left 20 → 10 → 10 likewise.
    assert edge_widths(image, edges, steep_sides(image))[1, 3] == 2 + 2
    assert edge_widths(image[:, ::-1].copy(), edges[:, ::-1], steep_sides(image[:, ::-1]))[1, 5] == 4
    assert edge_widths(image, edges, steep_sides(image)).sum() == 4
    np.testing.assert_array_equal(steep_sides(image)[1], [1, 1, 1, 1, 1, 1, -1, 1, 1])
    slanted = np.add.outer(np.arange(5.0), 2 * np.arange(5.0))  # the gradient points 26.6° below the row
    assert (steep_sides(slanted) == 0).all()
    assert (steep_sides(np.add.outer(np.arange(5.0), -3 * np.arange(5.0))) == -1).all()  # 18.4° from it


@settings(deadline=None)  # it compiles
@given(st.integers(3, 14), st.integers(3, 230), st.integers(0, 999), st.integers(2, 6))
def test_kernel_against_plain(height, width, seed, levels):
    rng = np.random.default_rng(seed)
    image = np.cumsum(rng.integers(-levels, levels + 2, (height, width)), axis=1).astype(float)
    edges = rng.random(image.shape) < 0.4
    sides = steep_sides(image)
    np.testing.assert_array_equal(edge_widths(image, edges, sides), edge_widths_plain(image, edges, sides))


def test_canny_against_scikit_image():
    """Another implementation with the same blur and thresholds: the same edges to a pixel (MATLAB's lie half a pixel
    aside), but for those that the thresholds' bins decide."""
    image = data.camera().astype(float)
    ours = canny_edges(image)
    theirs = canny(image, np.sqrt(2), 0.28, 0.7, use_quantiles=True)
    near = gaussian_filter(theirs.astype(float), 1, truncate=2) > 0
    assert (ours & near).sum() / ours.sum() > 0.9
    assert 0.5 < ours.sum() / theirs.sum() < 2


def test_sobel_by_hand():
    edges = vertical_sobel_edges(ramp(1), 2)
    assert np.flatnonzero(edges[1:-1].any(axis=0)).tolist() == [31]  # equal gradients at 30 and 31: the last one
    assert edges[1:-1, 31].all()
    assert not vertical_sobel_edges(ramp(1, 100, 103), 2).any()  # a gradient of 3 / 2
    assert not vertical_sobel_edges(ramp(1).T, 2).any()


def test_nothing_to_measure():
    even = np.full((128, 128), 90.0)
    assert np.isnan(cpbd(even))
    assert not canny_edges(even).any()
    total = Cpbd()
    assert np.isnan(total.add(0, even))
    assert np.isnan(total.result().mean)
    assert total.result().worst_frame is None


def test_frames_one_by_one():
    image = data.camera()[:256, :256].astype(float)
    frames = [image, gaussian_filter(image, 2), gaussian_filter(image, 1)]
    total = Cpbd()
    each = [total.add(t + 8, frame) for t, frame in enumerate(frames)]
    assert each == [cpbd(frame) for frame in frames]
    assert total.result().mean == pytest.approx(np.mean(each))
    assert (total.result().frames, total.result().worst_frame) == (3, 9)


@pytest.mark.parametrize("image", [np.zeros((63, 200)), np.zeros((64, 64, 3)), np.zeros((0, 64))])
def test_refuses_shapes(image):
    with pytest.raises(InputError, match="at least 64"):
        cpbd(image)


@pytest.mark.parametrize("value", [np.nan, -1, 256])
def test_refuses_values(value):
    image = np.zeros((64, 64))
    image[5, 5] = value
    with pytest.raises(InputError, match="0 to 255"):
        cpbd(image)
