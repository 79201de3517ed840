from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from mien.tracking.shots import CutDetector, block_difference, digest, whole_shift, with_cuts
from mien.types import ByteArray
from mien.video.clip import Clip


def scene(seed: int, size: tuple[int, int] = (90, 160)) -> ByteArray:
    """A picture with structure at the scale of a face."""
    noise = np.random.default_rng(seed).normal(size=(*size, 3))
    smooth = gaussian_filter(noise, (8, 8, 0))
    return np.uint8(np.clip(128 + 60 * smooth / smooth.std(), 0, 255))


def cuts(pictures: list[ByteArray]) -> list[int]:
    return [index for index, (_, starts, _) in enumerate(with_cuts(pictures, lambda picture: picture)) if starts]


def trembling(picture: ByteArray, count: int, seed: int = 0) -> list[ByteArray]:
    rng = np.random.default_rng(seed)
    return [np.uint8(np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255)) for _ in range(count)]


def test_all_items_come_out_once_and_in_order() -> None:
    pictures = trembling(scene(0), 9)
    out = list(with_cuts(enumerate(pictures), lambda item: item[1]))
    assert [item[0] for item, _, _ in out] == list(range(9))
    assert list(with_cuts([], lambda item: item)) == []


def test_another_scene_is_a_cut_and_noise_is_none() -> None:
    assert cuts(trembling(scene(1), 20) + trembling(scene(2), 20) + trembling(scene(3), 20)) == [0, 20, 40]


def test_a_cut_right_after_a_cut_is_found() -> None:
    assert cuts(trembling(scene(1), 10) + trembling(scene(2), 4) + trembling(scene(3), 10)) == [0, 10, 14]


@pytest.mark.parametrize("length", [1, 2])
def test_a_flash_is_no_cut(length: int) -> None:
    pictures = trembling(scene(1), 30)
    for index in range(12, 12 + length):
        pictures[index] = np.uint8(np.minimum(pictures[index].astype(int) + 120, 255))
    assert cuts(pictures) == [0]


def test_a_fast_pan_is_no_cut() -> None:
    ground = scene(4, (90, 480))
    shifts = [0] * 10 + [5 * step for step in range(20)]
    assert cuts([np.ascontiguousarray(ground[:, shift : shift + 160]) for shift in shifts]) == [0]


@pytest.mark.parametrize("speed", [18, 27, 40, 60])
def test_a_swing_of_the_camera_is_no_cut(speed: int) -> None:
    """From standing still, up to over a third of the picture's width a frame, and to a stop."""
    ground = scene(4, (90, 760))
    shifts = np.cumsum([0] * 10 + [speed // 2] + [speed] * (480 // speed) + [speed // 3] + [0] * 10)
    assert cuts([np.ascontiguousarray(ground[:, shift : shift + 160]) for shift in shifts]) == [0]


def test_a_jump_to_another_part_of_the_scene_is_a_cut() -> None:
    ground = scene(4, (90, 480))
    assert cuts(trembling(ground[:, :160], 12) + trembling(ground[:, 50:210], 12)) == [0, 12]


def test_a_whole_shift_is_found_and_another_scene_has_none() -> None:
    ground = scene(4, (90, 480))
    first, second = (digest(ground[:, start : start + 160]) for start in (100, 145))
    error, shift = whole_shift(first, second)
    assert error < 0.1
    np.testing.assert_array_equal(shift, [0, -9])
    assert whole_shift(first, digest(scene(9)))[0] > 0.4


def test_a_dissolve_of_a_second_is_no_cut() -> None:
    first, second = scene(1).astype(float), scene(2).astype(float)
    steps = np.concatenate([np.zeros(10), np.linspace(0, 1, 30), np.ones(10)])
    assert cuts([np.uint8(first + share * (second - first)) for share in steps]) == [0]


def test_a_digest_is_the_mean_of_nine_samples_a_cell() -> None:
    picture = scene(7, (96, 192))
    cells = picture[:, 1::2].reshape(32, 3, 32, 3, 3).astype(float)
    np.testing.assert_allclose(digest(picture), cells.mean(axis=(1, 3)), rtol=1e-6)
    np.testing.assert_array_equal(digest(picture[::-1]), digest(np.ascontiguousarray(picture[::-1])))


def test_block_difference_knows_the_same_picture_shifted() -> None:
    ground = digest(scene(5))
    assert block_difference(ground, ground) == 0
    assert block_difference(ground, np.roll(ground, 2, axis=1)) < 0.25 < block_difference(ground, digest(scene(6)))


def test_first_frame_starts_a_shot() -> None:
    assert CutDetector().step(digest(scene(0)), [])


def real_thumbnails(path: Path, count: int | None = None) -> list[ByteArray]:
    return [frame.thumbnail(128) for frame in Clip.open(path).frames(0, count)]


@pytest.mark.parametrize("name", ["driving_d20", "driving_d3", "driving_d18", "source_s29", "source_s20"])
def test_no_false_cut_in_real_clips(shared: Path, name: str) -> None:
    assert cuts(real_thumbnails(shared / "clips" / f"{name}.mp4")) == [0]


def test_cuts_between_real_clips_and_between_two_shots_of_one_person(shared: Path) -> None:
    one = real_thumbnails(shared / "clips/driving_d3.mp4", 240)
    other = real_thumbnails(shared / "clips/driving_d18.mp4", 30)

    def square(pictures: list[ByteArray]) -> list[ByteArray]:
        return [picture[:120, :120] for picture in pictures]

    assert cuts(square(one[:30]) + square(other) + square(one[200:230])) == [0, 30, 60]
    assert cuts(one[:30] + one[200:230]) == [0, 30]
