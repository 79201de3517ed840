import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError
from mien.metrics.background import background_change, distance_to_hull
from mien.metrics.background_watch import BackgroundWatch, block_change, block_sums, block_sums_plain


def room(seed=0):
    return np.random.default_rng(seed).integers(40, 200, (640, 700, 3)).astype(np.uint8)


def test_a_changed_place_is_found(faces):
    source = room()
    result = source.copy()
    result[560:592, 48:80, 1] += 20
    found = block_change(source, result, faces.face())
    assert found.largest == pytest.approx(20)
    assert (found.row, found.column) == (568, 56)
    assert found.mean == pytest.approx(20 * 4 / found.blocks / 3)


def test_noise_of_single_pixels_hardly_counts(faces):
    source = room()
    noise = np.random.default_rng(1).integers(-8, 9, source.shape)
    result = np.asarray(source + noise, np.uint8)
    found = block_change(source, result, faces.face())
    assert background_change(source, result, faces.face()).largest == 8
    assert found.largest < 5 * 4.9 / 16  # of some 1500 block means of 256 values of deviation 4.9, none beyond 5 sigma
    assert found.mean == pytest.approx(np.abs(noise).mean(), rel=0.01)


def test_blocks_lie_wholly_away(faces):
    """Whatever changes within the margin is not seen; every block counted is away by the exact distance, too."""
    points = faces.face()
    near = distance_to_hull(points[0, :, :2], 640, 700) <= 0.6 * 100
    source = room()
    result = source.copy()
    result[near] = 255 - result[near]
    found = block_change(source, result, points)
    assert found.largest == 0
    whole = int((~near)[:640, :688].reshape(40, 16, 43, 16).all(axis=(1, 3)).sum())
    assert 0.93 * whole < found.blocks <= whole  # a block's corner may lie away where its circle does not
    assert block_change(source, result, points[:0]).blocks == 40 * 43
    assert block_change(source, result, points + np.array([[[0, 0, 0]], [[150, 0, 0]]])).blocks < found.blocks


@settings(deadline=None)  # it compiles
@given(st.integers(0, 2**31), st.sampled_from([np.uint8, np.uint16, np.float32]), st.integers(3, 20))
def test_kernel_against_plain(seed, kind, block):
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(0, 255, (37, 45, 3)).astype(kind) for _ in range(2))
    for fast, plain in zip(block_sums(a, b, block), block_sums_plain(a, b, block), strict=True):
        np.testing.assert_array_equal(fast, plain)  # sums of whole numbers are exact


def test_watch_is_the_frames_one_by_one(faces):
    points, source = faces.face(), room()
    watch, each = BackgroundWatch(threshold=5), []
    for frame, step in ((3, 0), (4, 9), (5, 30), (9, 4)):
        result = source.copy()
        result[592:608, 592:608] = np.clip(result[592:608, 592:608].astype(int) + step, 0, 255)
        each.append(block_change(source, result, points))
        assert watch.add(frame, source, result, points) == each[-1]
    found = watch.result()
    assert (found.frames, found.worst_frame, found.row, found.column) == (4, 5, 600, 600)
    assert found.largest == pytest.approx(30)
    assert found.mean == pytest.approx(np.mean([c.mean for c in each]))
    assert found.changed_frames == 2
    frames, series = watch.series()
    assert frames == [3, 4, 5, 9]
    np.testing.assert_allclose(series, [0, 9, 30, 4])


def test_degenerate(faces):
    empty = BackgroundWatch().result()
    assert (empty.frames, empty.worst_frame) == (0, None)
    assert np.isnan(empty.largest)
    small = np.zeros((32, 32, 3), np.uint8)
    watch = BackgroundWatch()
    assert watch.add(0, small, small, faces.face() - (300, 300, 0)).blocks == 0  # the face is all over the image
    assert watch.result().frames == 0
    with pytest.raises(InputError, match="same type"):
        block_change(small, small.astype(np.float32), faces.face())
    with pytest.raises(InputError, match="at least one block"):
        block_change(small[:9], small[:9], faces.face())
    with pytest.raises(InputError, match="finite"):
        block_change(small, small, faces.face() * np.nan)
