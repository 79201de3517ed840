"""Rims lifted off a picture and laid back: their own pixels, and skin in their stead."""

import numpy as np
import pytest

from mien.compositing.glasses import held_by_arms, see_rims
from mien.compositing.rim_layer import SeenRims, lift_rims
from mien.reconstruction.parameters import Glasses
from mien.types import Pose

TURN = np.linspace(0.0, 2.0 * np.pi, 150, endpoint=False)
OUTWARD = np.column_stack([np.cos(TURN), np.sin(TURN)])
NO_EYES = np.full((478, 2), -500.0) + np.arange(478)[:, None] * [0.01, 0.0]


@pytest.fixture
def scene():
    """Skin that gets brighter to the right, and a dark ring on it with a radius of 40 px, 4 px wide."""
    rows, columns = np.mgrid[0:120, 0:120].astype(np.float32)
    skin = np.stack([0.4 + 0.002 * columns, 0.3 + 0.002 * columns, 0.25 + 0.002 * columns], axis=-1).astype(np.float32)
    distance = np.abs(np.hypot(columns - 60, rows - 60) - 40.0)
    share = np.clip(2.5 - distance, 0.0, 1.0)[..., None]
    return skin, (skin + share * (0.05 - skin)).astype(np.float32), distance


def rims(share=1.0):
    extents, shares = np.full((150, 2), 2.0), np.full(150, share)
    return SeenRims(60 + 40 * OUTWARD, OUTWARD, extents, 2.0, shares, np.array([[0, 150, 1]], np.int32))


def test_skin_is_drawn_where_the_rim_was(scene):
    skin, worn, _ = scene
    crop = worn.copy()
    lift_rims(crop, rims(), NO_EYES, 10.0)
    assert np.abs(worn - skin).max() > 0.2
    # Colours are smoothed over 18 mm of the rim, 36 px, along which the skin differs by 0.07.
    assert np.abs(crop - skin).max() < 0.03


def test_the_crop_gets_its_pixels_back(scene):
    _, worn, _ = scene
    crop = worn.copy()
    lifted = lift_rims(crop, rims(), NO_EYES, 10.0)
    assert not np.array_equal(crop, worn)
    lifted.restore(crop)
    np.testing.assert_array_equal(crop, worn)


def test_the_rim_is_laid_back_with_its_own_pixels(scene):
    _, worn, distance = scene
    crop = worn.copy()
    lifted = lift_rims(crop, rims(), NO_EYES, 10.0)
    picture = np.full_like(worn, 0.9)
    lifted.lay_back(picture)
    np.testing.assert_array_equal(picture[distance < 2.3], worn[distance < 2.3])
    np.testing.assert_array_equal(picture[distance > 4.5], np.float32(0.9))


def test_what_is_not_surely_seen_is_laid_back_in_part(scene):
    _, worn, distance = scene
    crop = worn.copy()
    lifted = lift_rims(crop, rims(0.5), NO_EYES, 10.0)
    picture = np.full_like(worn, 0.9)
    lifted.lay_back(picture)
    middle = distance < 1.0
    np.testing.assert_allclose(picture[middle], 0.5 * worn[middle] + 0.45, atol=1e-6)


def test_nothing_beside_the_rim_is_drawn_where_skin_hardly_moves(scene):
    _, worn, distance = scene
    still, stirred = worn.copy(), worn.copy()
    noise = np.random.default_rng(0).normal(0.0, 0.02, worn.shape).astype(np.float32)
    for crop, moved_px in ((still, 0.0), (stirred, 10.0)):
        crop += noise
        lift_rims(crop, rims(), NO_EYES, moved_px)
    beside = (distance > 4.0) & (distance < 4.6)
    np.testing.assert_array_equal(still[beside], (worn + noise)[beside])
    assert np.abs(stirred - worn - noise)[beside].max() > 0.01


def test_an_eye_beside_the_rim_is_not_drawn_in_its_stead(scene):
    """Within the ring there is an eye, black: what is drawn is the skin outside."""
    skin, worn, _ = scene
    rows, columns = np.mgrid[0:120, 0:120]
    worn[np.hypot(columns - 60, rows - 60) < 36] = 0.0
    crop, free = worn.copy(), worn.copy()
    eyes = NO_EYES.copy()
    from mien.compositing.field import EYES

    upper, lower = EYES[0]
    eyes[upper] = np.column_stack(
        [np.linspace(25, 95, len(upper)), 60 - 35 * np.sin(np.linspace(0, np.pi, len(upper)))]
    )
    eyes[lower] = np.column_stack(
        [np.linspace(25, 95, len(lower)), 60 + 35 * np.sin(np.linspace(0, np.pi, len(lower)))]
    )
    lift_rims(crop, rims(), eyes, 10.0)
    lift_rims(free, rims(), NO_EYES, 10.0)
    outside = np.abs(np.hypot(columns - 60, rows - 60) - 40.0) < 1.5
    assert np.abs(crop - skin)[outside].max() < 0.06
    assert np.abs(free - skin)[outside].max() > 0.1


def glasses(closed=True):
    ring = np.column_stack([34 + 20 * OUTWARD[:, 0], -20 * OUTWARD[:, 1], np.zeros(150)]).astype(np.float32)
    normals = (OUTWARD * [1, -1]).astype(np.float32)
    ones = np.ones(150, np.float32)
    lines = np.array([[0, 150, int(closed)]], np.int32)
    return Glasses(ring, normals, ones, ones, np.ones((150, 2), np.float32), ones, lines)


def test_rims_are_seen_where_they_are_and_not_where_the_pose_says(scene):
    _, worn, _ = scene
    pose = Pose(np.zeros(3), 2.0, np.array([60.0 - 68.0 + 3.0, 60.0 - 2.0]))  # 3 px to the right, 2 px too high
    found = see_rims(worn, glasses(), pose, (0, 0))
    assert np.abs(np.linalg.norm(found.points - 60.0, axis=1) - 40.0).max() < 0.3


def test_rims_that_are_not_there_are_not_seen(scene):
    skin, _, _ = scene
    pose = Pose(np.zeros(3), 2.0, np.array([60.0 - 68.0, 60.0]))
    assert see_rims(skin, glasses(), pose, (0, 0)) is None


def test_arms_hold_the_temple_and_nothing_else():
    vertices = np.array([[60.0, 0.0, 0.0], [75.0, 1.0, 0.0], [34.0, 20.0, 0.0], [60.0, 30.0, 0.0], [-60.0, 0.0, 0.0]])
    held = held_by_arms(glasses(), vertices)
    np.testing.assert_allclose(held, [1.0, 1.0, 0.0, 0.0, 0.0], atol=0.2)
    assert not held_by_arms(glasses(closed=False), vertices).any()
