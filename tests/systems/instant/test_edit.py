"""One frame's pixels, with a made-up face: what the parts together keep and change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mien.compositing.placement import Placement
from mien.morphable.model import MorphableModel
from mien.reconstruction.parameters import Light
from mien.systems.instant.config import InstantConfig
from mien.systems.instant.edit import FaceState, Kit, edit_crop, movement
from mien.types import DoubleArray, FloatArray, Pose

OPEN = np.ones(2)
SIZE = (360, 400)


@pytest.fixture(scope="module")
def kit(model: MorphableModel) -> Kit:
    return Kit.of(model)


@pytest.fixture(scope="module")
def light() -> Light:
    """From the front and a little from above, on skin."""
    coefficients = np.zeros((9, 3), np.float32)
    coefficients[0], coefficients[1], coefficients[2] = 1.6, 0.3, 0.5
    skin = np.array([0.8, 0.6, 0.5], np.float32)
    return Light(coefficients * skin, 0.4, skin, 0.009, 300)


@pytest.fixture(scope="module")
def picture() -> FloatArray:
    """Skin with a fine grain, so that every displacement shows."""
    grain = np.random.default_rng(5).normal(0, 0.03, (SIZE[1], SIZE[0], 1))
    return np.clip(np.array([0.8, 0.6, 0.5]) + grain, 0, 1).astype(np.float32)


def added(model: MorphableModel, **units: float) -> DoubleArray:
    values = np.zeros(model.expression_count)
    for name, value in units.items():
        for k, column in enumerate(model.expression_names):
            if column in (name, name + "L", name + "R"):
                values[k] = value
    return values


def state(model: MorphableModel, drawn_face: DoubleArray, values: DoubleArray, flush=(0.0, 0.0, 0.0)) -> FaceState:
    iris = [drawn_face[[33, 133]].mean(axis=0)] * 5 + [drawn_face[[362, 263]].mean(axis=0)] * 5
    landmarks = np.concatenate([drawn_face, iris])
    pose = Pose(np.zeros(3), 1.5, np.zeros(2))
    shape = model.mean[model.landmark_vertices].astype(np.float64)
    return FaceState(landmarks, pose, shape, values, np.array(flush))


def edit(
    kit: Kit, light: Light, picture: FloatArray, face: FaceState, config: InstantConfig | None = None
) -> tuple[FloatArray, FloatArray]:
    """The picture before and after, whole."""
    config = config or InstantConfig()
    place = Placement.of(face.landmarks, face.pose, movement(kit, kit.lips.basis(config.lips), face.added, OPEN), *SIZE)
    box = place.box
    after = picture.copy()
    crop = np.ascontiguousarray(picture[box.y0 : box.y1, box.x0 : box.x1])
    after[box.y0 : box.y1, box.x0 : box.x1] = edit_crop(kit, config, light, face, crop, place)
    return picture, after


def test_movement_is_linear_in_what_is_added(kit: Kit, model: MorphableModel) -> None:
    values = added(model, AU12=0.7, AU4=0.5, AU1=-0.2)
    move = movement(kit, kit.lips.kept, values, OPEN)
    assert move.shape == (468, 3)
    for share in (0.0, 0.3, 0.5):
        np.testing.assert_allclose(movement(kit, kit.lips.kept, share * values, OPEN), share * move, atol=1e-9)


def test_free_lips_open_and_kept_ones_do_not(kit: Kit, model: MorphableModel) -> None:
    values = added(model, AU26=0.8, AU25=0.6)
    upper, lower = 13, 14
    for lips, expected in ((1.0, 0.0), (0.5, 0.5), (0.0, 1.0)):
        move = movement(kit, kit.lips.basis(lips), values, OPEN)
        opened = move[upper, 1] - move[lower, 1]
        full = movement(kit, kit.lips.free, values, OPEN)
        assert opened == pytest.approx(expected * (full[upper, 1] - full[lower, 1]), abs=1e-6)
    assert full[upper, 1] - full[lower, 1] > 5.0  # mm


def test_a_shut_eyes_lids_are_left_alone_and_the_other_eyes_are_not(kit: Kit, model: MorphableModel) -> None:
    """A blink stays a blink: AU5 and AU7 of that eye do nothing. Its brow still acts."""
    lids = added(model, AU5=0.9, AU7=0.4)
    move = movement(kit, kit.lips.kept, lids, np.array([0.0, 1.0]))
    right, left = [159, 145, 158, 153], [386, 374, 385, 380]
    assert np.abs(move[right]).max() < 1e-6
    assert np.abs(move[left]).max() > 0.5
    half = movement(kit, kit.lips.kept, lids, np.array([0.5, 1.0]))
    whole = movement(kit, kit.lips.kept, lids, OPEN)
    np.testing.assert_allclose(half[right], 0.5 * whole[right], atol=1e-6)
    brows = movement(kit, kit.lips.kept, added(model, AU1=1.0, AU2=1.0), np.zeros(2))
    assert brows[105, 1] > 2.0


def test_nothing_added_gives_back_every_bit(
    kit: Kit, model: MorphableModel, drawn_face: DoubleArray, light: Light, picture: FloatArray
) -> None:
    before, after = edit(kit, light, picture, state(model, drawn_face, added(model)))
    np.testing.assert_array_equal(after, before)


def test_level_one_alone_moves_pixels_and_leaves_light(
    kit: Kit, model: MorphableModel, drawn_face: DoubleArray, light: Light, picture: FloatArray
) -> None:
    """On plain skin without grain a pure displacement changes nothing (the eyes are painted from the same skin)."""
    plain = np.full_like(picture, picture.mean())
    config = InstantConfig(shading=0.0, wrinkles=0.0, color=0.0)
    face = state(model, drawn_face, added(model, AU4=0.8, AU12=0.6))
    before, after = edit(kit, light, plain, face, config)
    np.testing.assert_allclose(after, before, atol=1e-5)
    before, after = edit(kit, light, picture, face, config)
    assert np.abs(after - before).max() > 0.05


def test_wrinkles_and_shading_have_their_own_strength(
    kit: Kit, model: MorphableModel, drawn_face: DoubleArray, light: Light, picture: FloatArray
) -> None:
    plain = np.full_like(picture, 0.6)
    face = state(model, drawn_face, added(model, AU4=1.0))
    darkest = {}
    for name in ("wrinkles", "shading"):
        for strength in (0.0, 1.0, 2.0):
            settings = {"shading": 0.0, "wrinkles": 0.0, "color": 0.0, name: strength}
            _, after = edit(kit, light, plain, face, InstantConfig(**settings))
            darkest[name, strength] = float(np.log(after / plain).min())
    for name in ("wrinkles", "shading"):
        assert darkest[name, 2.0] < darkest[name, 1.0] < -0.03 < darkest[name, 0.0] == pytest.approx(0, abs=1e-5)
    # Drawn brows darken the glabella: between them, above the nose.
    _, after = edit(kit, light, plain, face)
    x, y = np.round(drawn_face[9, :2]).astype(int)
    assert np.log(after / plain)[y - 6 : y + 7, x - 8 : x + 9].min() < -0.08


def test_rougher_skin_gets_deeper_wrinkles_within_limits(
    kit: Kit, model: MorphableModel, drawn_face: DoubleArray, light: Light, picture: FloatArray
) -> None:
    plain = np.full_like(picture, 0.6)
    face = state(model, drawn_face, added(model, AU4=1.0))
    only = InstantConfig(shading=0.0, color=0.0)
    depth = [
        -float(np.log(edit(kit, dataclasses.replace(light, skin_contrast=c), plain, face, only)[1] / plain).min())
        for c in (0.0, 0.009, 0.1)
    ]
    assert depth[0] < depth[1] < depth[2] < 3 * depth[0]


def test_flush_colours_the_cheeks_and_not_the_edge(
    kit: Kit, model: MorphableModel, drawn_face: DoubleArray, light: Light, picture: FloatArray
) -> None:
    face = state(model, drawn_face, added(model), flush=(0.03, -0.03, -0.02))
    before, after = edit(kit, light, picture, face)
    change = np.log(np.maximum(after, 1e-3) / np.maximum(before, 1e-3))
    for cheek in (50, 280):
        x, y = np.round(drawn_face[cheek, :2]).astype(int)
        np.testing.assert_allclose(change[y, x], [0.03, -0.03, -0.02], atol=0.004)
    for rim in (10, 152, 234, 454):
        x, y = np.round(drawn_face[rim, :2]).astype(int)
        assert np.abs(change[y, x]).max() < 2e-3
    # The luma of Rec. 709 changes by a third of what red does.
    assert np.abs(change @ [0.2126, 0.7152, 0.0722]).max() < 0.02


def test_the_box_holds_the_edit_and_lies_in_the_frame(
    kit: Kit, model: MorphableModel, drawn_face: DoubleArray, light: Light
) -> None:
    face = state(model, drawn_face, added(model, AU12=1.0))
    move = movement(kit, kit.lips.kept, face.added, OPEN)
    box = Placement.of(face.landmarks, face.pose, move, *SIZE).box
    assert box == box.clipped(*SIZE)
    partly = dataclasses.replace(face, landmarks=face.landmarks - [300.0, 0.0, 0.0])
    cut = Placement.of(partly.landmarks, partly.pose, move, *SIZE)
    assert cut.box.x0 == 0
    assert 0 < cut.box.width < box.width
    crop = np.full((cut.box.height, cut.box.width, 3), 0.5, np.float32)
    result = edit_crop(kit, InstantConfig(), light, partly, crop, cut)
    assert result.shape == crop.shape
    assert np.isfinite(result).all()
    outside = dataclasses.replace(face, landmarks=face.landmarks - [4000.0, 0.0, 0.0])
    assert Placement.of(outside.landmarks, outside.pose, move, *SIZE).box.empty
