import numpy as np
import pytest
from PIL import Image

from mien.errors import InputError
from mien.nn.face_crop import JAW_AND_BROWS, face_api_crop, mesh_crop


def landmarks(x0, y0, x1, y1):
    """478 points whose jaw and brows fill a rectangle; the others lie far away and must not matter."""
    points = np.full((478, 3), 5000.0)
    spread = np.linspace(0, 1, len(JAW_AND_BROWS))
    points[list(JAW_AND_BROWS)] = np.stack([x0 + spread * (x1 - x0), y0 + spread * (y1 - y0), 0 * spread], axis=1)
    return points


def picture(height=400, width=500):
    coarse = np.random.default_rng(0).integers(0, 256, (height // 20, width // 20, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def test_box_margin_and_black_bars():
    rgb = picture()
    # 100 x 200 px; a tenth more each side: columns 190 to 310, rows 80 to 320; 240 px high, so a half at 120 px
    crop = face_api_crop(rgb, landmarks(200, 100, 300, 300), 120)
    assert crop.shape == (120, 120, 3)
    assert not crop[:, :30].any()
    assert not crop[:, 90:].any()
    expected = Image.fromarray(rgb[80:320, 190:310]).resize((60, 120), Image.Resampling.BOX)
    assert np.abs(crop[:, 30:90].astype(int) - np.asarray(expected)).max() <= 1  # rounding


def test_cut_at_the_border():
    rgb = picture()
    # 200 px square, 240 with its margin: columns 380 to 500 of 620, rows 80 to 320
    crop = face_api_crop(rgb, landmarks(400, 100, 600, 300), 120)
    expected = Image.fromarray(rgb[80:320, 380:500]).resize((60, 120), Image.Resampling.BOX)
    assert np.abs(crop[:, 30:90].astype(int) - np.asarray(expected)).max() <= 1


def test_small_faces_are_enlarged():
    flat = np.full((40, 40, 3), 77, np.uint8)
    assert (face_api_crop(flat, landmarks(10, 10, 20, 20), 150) == 77).all()


def test_refuses_what_is_no_face_of_the_image():
    rgb = picture()
    with pytest.raises(InputError, match="outside"):
        face_api_crop(rgb, landmarks(600, 0, 700, 100), 112)
    with pytest.raises(InputError, match="expected finite"):
        face_api_crop(rgb, landmarks(0, 0, 1, 1)[:468], 112)
    with pytest.raises(InputError, match="expected finite"):
        face_api_crop(rgb, landmarks(0, np.nan, 1, 1), 112)


def test_the_box_of_the_whole_mesh_is_squeezed_into_a_square():
    rgb = picture()
    points = np.full((478, 3), 5000.0)  # the irises do not matter
    points[:468, 0], points[:468, 1] = np.linspace(100, 200, 468), np.linspace(60, 260, 468)
    expected = Image.fromarray(rgb[60:260, 100:200]).resize((50, 50), Image.Resampling.BOX)
    assert np.abs(mesh_crop(rgb, points, 50).astype(int) - np.asarray(expected)).max() <= 1  # rounding
    with pytest.raises(InputError, match="outside"):
        mesh_crop(rgb, points + np.array([600, 0, 0]), 50)
