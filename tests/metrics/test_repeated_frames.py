import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

from mien.errors import InputError
from mien.metrics.repeated_frames import (
    RepeatedFrameWatch,
    face_box,
    face_crop,
    find_repeats,
    frame_steps,
    repeated_frames,
    shrink,
    shrink_plain,
)
from mien.types import Box

COUNT = 60


def moving(seed=0, count=COUNT, size=32, noise=0.4):
    """Pictures of a texture that wanders, opens and closes, with a camera's noise."""
    rng = np.random.default_rng(seed)
    texture = gaussian_filter(rng.normal(size=(96, 96)), 2.0)
    texture = 120 + 40 * texture / texture.std()
    path = np.cumsum(gaussian_filter(rng.normal(0, 1.5, (count, 2)), (2, 0)), axis=0)
    opening = 2 * np.sin(np.arange(count) * 0.9)
    y, x = np.mgrid[:size, :size].astype(float)
    pictures = []
    for t in range(count):
        apart = opening[t] * np.exp(-(((y - 22) / 4) ** 2)) * np.sign(y - 22)
        pictures.append(map_coordinates(texture, [y + 30 + path[t, 0] - apart, x + 30 + path[t, 1]], order=1))
    return np.stack(pictures) + rng.normal(0, noise, (count, size, size))


def edited(source, seed=1):
    """An edit that comes, changes and goes: shifts, brightness, and a codec's noise."""
    t = np.arange(len(source))
    out = source.copy()
    strength = np.clip(np.sin(t / len(source) * 3 * np.pi), 0, 1)[:, None, None]
    out[:, 4:12] += strength * (np.roll(source, 1, axis=1)[:, 4:12] - source[:, 4:12])  # brows go down
    out[:, 18:] += 12 * strength * np.linspace(0, 1, 14)[:, None]
    return out + np.random.default_rng(seed).normal(0, 0.3, out.shape)


@pytest.mark.parametrize("step", [-1, 1])
def test_every_tenth_frame_is_found(step):
    source = moving()
    result = edited(source)
    planted = np.arange(10, COUNT, 10)
    result[planted] = edited(source, seed=2)[planted + step]
    found = repeated_frames(source, result)
    assert [(f.frame, f.shown) for f in found.found] == [(t, t + step) for t in planted]
    assert all(0.7 < f.share < 1.3 for f in found.found)
    assert found.checked == COUNT - 2
    assert found.worst_frame == planted[np.argmax([f.step for f in found.found])]


@pytest.mark.parametrize("seed", range(6))
def test_a_clean_edit_has_none(seed):
    source = moving(seed)
    assert repeated_frames(source, edited(source)).found == ()
    assert repeated_frames(source, source).found == ()


def test_a_source_that_stands_still_itself_tells_nothing():
    source = moving(noise=0)
    source[20:40] = source[20]
    result = edited(source)
    assert repeated_frames(source, result).found == ()
    assert repeated_frames(source, result).checked < COUNT - 15


def test_strong_compression_is_no_repeat():
    """An encoder that loses half of every step loses it everywhere."""
    source = moving()
    smooth = gaussian_filter(source, (0, 1.2, 1.2))
    assert repeated_frames(source, smooth).found == ()


def test_gaps_are_left_out():
    source = moving()
    result = edited(source)
    result[30] = result[29]
    keep = np.setdiff1d(np.arange(COUNT), [31])
    assert [f.frame for f in repeated_frames(source, result).found] == [30]
    # Without frame 31 nothing stands beside frame 30, and frame 29 alone cannot say which of both is the repeat.
    assert all(f.frame in (29, 30) for f in repeated_frames(source[keep], result[keep], keep).found)
    assert repeated_frames(source[::2], result[::2], np.arange(0, COUNT, 2)).checked == 0


def test_share_by_hand():
    before, own, after = np.zeros((2, 2)), np.array([[4.0, 0], [0, 0]]), np.array([[4.0, 8], [0, 0]])
    source = np.stack([before, own, after])
    assert frame_steps(7, source, source).share == (0, 0)
    found = frame_steps(7, source, np.stack([before, before, after]) + 5)
    assert found.frame == 7
    assert found.source == (2, 4)  # root of (16, 64) / 4 pixels
    assert found.result == (0, pytest.approx(np.sqrt(80 / 4)))
    assert found.share[0] == pytest.approx(1)
    assert found.left[0] == pytest.approx(0)
    assert frame_steps(7, source, np.stack([before, after, after])).share[1] == pytest.approx(1)
    half = frame_steps(7, source, np.stack([before, (before + own) / 2, after]))
    assert half.share[0] == pytest.approx(0.5)


@settings(deadline=None)  # it compiles
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**31))
def test_shrink_against_plain(height, width, seed):
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    np.testing.assert_allclose(shrink(rgb, 32), shrink_plain(rgb, 32), atol=1e-3)  # float32 of values up to 255


def test_shrink_against_pillow():
    rgb = np.random.default_rng(0).integers(0, 256, (128, 160, 3)).astype(np.uint8)
    grey = (rgb @ np.array((0.299, 0.587, 0.114))).astype(np.float32)
    expected = np.asarray(Image.fromarray(grey).resize((32, 32), Image.Resampling.BOX))
    np.testing.assert_allclose(shrink(rgb, 32), expected, atol=1e-3)


def test_watch_follows_the_face(faces):
    """A face that crosses the frame while it moves: the watch's steps are those of crops at the middle frame's box."""
    source, count = moving(count=24), 24
    rng = np.random.default_rng(0)
    frames, edits, places = [], [], []
    for t in range(count):
        rgb, shift = rng.integers(0, 30, (600, 700, 3)).astype(np.uint8), 3 * t
        box = face_box(faces.face()[0] + (shift, 0, 0))
        face = np.asarray(Image.fromarray(source[t].astype(np.uint8)).resize((box.width, box.height)))[..., None]
        rgb[box.y0 : box.y1, box.x0 : box.x1] = face
        frames.append(rgb)
        edits.append(np.clip(rgb.astype(int) + 7, 0, 255).astype(np.uint8))
        places.append(faces.face()[0] + (shift, 0, 0))
    edits[10] = edits[9]
    watch = RepeatedFrameWatch()
    for t in range(count):
        watch.add(t + 5, frames[t], edits[t], places[t])
    found = watch.result()
    assert [(f.frame, f.shown) for f in found.found] == [(15, 14)]
    steps = []
    for t in range(1, count - 1):
        box = face_box(places[t])
        crops = [np.stack([face_crop(c[k], box) for k in (t - 1, t, t + 1)]) for c in (frames, edits)]
        steps.append(frame_steps(t + 5, *crops))
    assert find_repeats(steps) == found


def test_watch_starts_afresh_after_a_gap(faces):
    rgb = np.zeros((600, 700, 3), np.uint8)
    watch = RepeatedFrameWatch()
    for t in (0, 1, 5, 6):
        watch.add(t, rgb, rgb, faces.face()[0])
    assert watch.result().checked == 0
    with pytest.raises(InputError, match="in order"):
        watch.add(6, rgb, rgb, faces.face()[0])
    with pytest.raises(InputError, match="same"):
        watch.add(7, rgb, rgb[:5], faces.face()[0])


def test_degenerate(faces):
    for count in (0, 1, 2):
        assert repeated_frames(np.zeros((count, 8, 8)), np.zeros((count, 8, 8))).found == ()
    still = repeated_frames(np.full((9, 8, 8), 3.0), np.full((9, 8, 8), 5.0))
    assert (still.checked, still.found, still.worst_frame) == (0, (), None)
    with pytest.raises(InputError, match="finite"):
        repeated_frames(np.full((4, 8, 8), np.nan), np.zeros((4, 8, 8)))
    with pytest.raises(InputError, match=r"\(T, h, w\)"):
        repeated_frames(np.zeros((4, 8, 8)), np.zeros((4, 8, 9)))
    with pytest.raises(InputError, match="outside"):
        face_crop(np.zeros((20, 20, 3), np.uint8), Box(30, 0, 40, 10))
    with pytest.raises(InputError, match="expected finite"):
        face_box(faces.face())
