import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from mien.errors import InputError
from mien.metrics.pixel_distance import PixelDistance, mouth_box, mouth_pixel_distance, pixel_distance
from mien.types import Box


def test_by_hand():
    a = np.zeros((2, 2, 3), np.uint8)
    b = a.copy()
    b[0, 0] = (3, 4, 12)  # 13 away
    assert pixel_distance(a, b) == pytest.approx(13 / 4)
    assert pixel_distance(b, a) == pytest.approx(13 / 4)  # unsigned values must not wrap
    mask = np.zeros((2, 2), bool)
    mask[0] = True
    assert pixel_distance(a, b, mask) == pytest.approx(13 / 2)
    assert pixel_distance(a, b, ~mask) == 0
    assert np.isnan(pixel_distance(a, b, np.zeros((2, 2), bool)))
    assert pixel_distance(a, np.full_like(a, 255)) == pytest.approx(255 * np.sqrt(3))


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
def test_against_scipy(height, width, seed):
    a, b = np.random.default_rng(seed).integers(0, 256, (2, height, width, 3)).astype(np.uint8)
    expected = np.diag(cdist(a.reshape(-1, 3).astype(float), b.reshape(-1, 3).astype(float))).mean()
    assert pixel_distance(a, b) == pytest.approx(expected, rel=1e-6)  # single precision of each distance


def test_the_mouths_square(faces):
    points = faces.face()[0]
    points[[61, 291, 0, 17], :2] = [(280, 350), (320, 352), (300, 340), (300, 362)]  # middle (300, 351)
    box = mouth_box(points)
    assert (box.width, box.height) == (72, 72)
    assert abs((box.x0 + box.x1 - 1) / 2 - 300) <= 0.5
    assert abs((box.y0 + box.y1 - 1) / 2 - 351) <= 0.5
    source = np.zeros((512, 512, 3), np.uint8)
    result = source.copy()
    result[box.y0 : box.y1, box.x0 : box.x1, 2] = 10
    assert mouth_pixel_distance(source, result, points) == pytest.approx(10)
    result[:] = 10 - result
    result[box.y0 : box.y1, box.x0 : box.x1] = 0
    assert mouth_pixel_distance(source, result, points) == 0
    assert mouth_box(points, 9) == Box(296, 347, 305, 356)


def test_a_mouth_at_the_edge_counts_as_far_as_it_is_seen(faces):
    points = faces.face()[0]
    points[:, :2] -= points[[61, 291, 0, 17], :2].mean(axis=0)  # the mouth's middle is the first pixel
    source, result = np.zeros((100, 100, 3), np.uint8), np.full((100, 100, 3), 1, np.uint8)
    assert mouth_pixel_distance(source, result, points) == pytest.approx(np.sqrt(3))
    assert np.isnan(mouth_pixel_distance(source, result, points - (500, 0, 0)))


def test_frames_are_pooled_by_pixels():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 256, (2, 4, 6, 5, 3)).astype(np.uint8)
    masks = rng.random((4, 6, 5)) < np.array([0.9, 0.5, 0.2, 0.0])[:, None, None]
    total = PixelDistance()
    each = [total.add(t + 3, a[t], b[t], masks[t]) for t in range(4)]
    found = total.result()
    assert np.isnan(each[3])
    assert found.frames == 3
    assert found.worst_frame == 3 + int(np.nanargmax(each))
    counts = masks.sum(axis=(1, 2))[:3]
    assert found.mean == pytest.approx(np.average(each[:3], weights=counts))
    assert np.isnan(PixelDistance().result().mean)


def test_refuses(faces):
    grey = np.zeros((8, 8), np.uint8)
    with pytest.raises(InputError, match="RGB"):
        pixel_distance(grey, grey)
    colour = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(InputError, match="mask"):
        pixel_distance(colour, colour, np.ones((7, 8), bool))
    with pytest.raises(InputError, match="same type and shape"):
        mouth_pixel_distance(colour, colour[:4], faces.face()[0])
    with pytest.raises(InputError, match="expected finite"):
        mouth_pixel_distance(colour, colour, np.full((478, 3), np.nan))
    with pytest.raises(InputError, match="1 or more"):
        mouth_box(faces.face()[0], 0)
    with pytest.raises(InputError, match="not finite"):
        pixel_distance(np.full((4, 4, 3), np.nan), np.zeros((4, 4, 3)))
