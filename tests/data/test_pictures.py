"""Pictures in one file: what goes in comes out, masks exactly, colours as JPEG gives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio

from mien.data.pictures import Pictures, decode_picture, encode_picture, write_pictures
from mien.errors import InputError, ModelError


def test_colours_come_back_nearly_and_masks_exactly() -> None:
    picture = astronaut()[:128, 160:288]
    assert peak_signal_noise_ratio(picture, decode_picture(encode_picture(picture, 95))) > 36
    mask = np.random.default_rng(0).uniform(size=(33, 17)) > 0.5
    np.testing.assert_array_equal(decode_picture(encode_picture(mask, 95)), mask)


def test_each_is_found_in_the_file(tmp_path: Path) -> None:
    flat = [np.full((16, 16, 3), shade, np.uint8) for shade in (10, 90, 200)]
    assert write_pictures(tmp_path / "a.pictures", [encode_picture(picture, 100) for picture in flat]) == 3
    stored = Pictures(tmp_path / "a.pictures", 16)
    assert len(stored) == 3
    assert [int(stored[k].mean()) for k in range(3)] == [10, 90, 200]
    assert stored.read(np.array([2, 0])).shape == (2, 16, 16, 3)
    with pytest.raises(IndexError):
        stored[3]
    with pytest.raises(ModelError, match="not 8 px"):
        Pictures(tmp_path / "a.pictures", 8)[0]


def test_no_pictures_at_all(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a.pictures", [])
    assert len(Pictures(tmp_path / "a.pictures", 16)) == 0


def test_other_arrays_are_refused() -> None:
    with pytest.raises(InputError, match="float64"):
        encode_picture(np.zeros((4, 4, 3)), 90)
    with pytest.raises(ModelError, match="damaged"):
        decode_picture(b"GIF89a")
