"""Brows that rise whole, on the built-in model and on drawn skin."""

import numpy as np
import pytest

from mien.emotion.recipes import recipe_weights
from mien.emotion.track import EmotionTrack
from mien.morphable import builtin
from mien.morphable.regions import LEFT_BROW_LOWER, RIGHT_BROW_LOWER
from mien.systems.instant.brows import DARKEST, HALF_OPEN_MM, fold_light, raise_whole

BELOW_RIGHT, BELOW_LEFT = [225, 224, 223, 222, 221], [441, 442, 443, 444, 445]
FOLD = 27
LID = 159


def moved(emotion: str) -> np.ndarray:
    """How an emotion at 1 moves the vertices of a face at rest, mm."""
    model = builtin.load()
    added, _ = recipe_weights(EmotionTrack.parse(f"{emotion} 1").sample(np.zeros(1)), 1.0)
    return model.expression[model.landmark_vertices].astype(float) @ added[0]


@pytest.mark.parametrize("emotion", ["surprised", "fear"])
def test_skin_below_a_risen_brow_goes_along(emotion: str) -> None:
    move = moved(emotion)
    raised = raise_whole(move)
    for brow, below in ((RIGHT_BROW_LOWER, BELOW_RIGHT), (LEFT_BROW_LOWER, BELOW_LEFT)):
        left_behind = (move[brow] - move[below])[:, 1]
        assert left_behind.max() > 3.0  # what drew the hair out
        # Only the part of the way that leads sideways is not followed.
        np.testing.assert_allclose(raised[below][:, 1], move[brow][:, 1], atol=0.15 * left_behind.max())
    untouched = np.setdiff1d(np.arange(468), [*BELOW_RIGHT, *BELOW_LEFT, 193, 189, 417, 413])
    np.testing.assert_array_equal(raised[untouched], move[untouched])


def test_both_sides_alike() -> None:
    raised = raise_whole(moved("surprised"))
    mirror = np.array([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(raised[BELOW_RIGHT], raised[BELOW_LEFT[::-1]] * mirror, atol=1e-3)


def test_skin_that_is_pressed_together_stays() -> None:
    move = moved("angry")
    pressed = move[RIGHT_BROW_LOWER][:, 1] < move[BELOW_RIGHT][:, 1]
    assert pressed.any()
    np.testing.assert_array_equal(raise_whole(move)[BELOW_RIGHT][pressed], move[BELOW_RIGHT][pressed])


def test_no_jump_where_rising_turns_into_pressing_together() -> None:
    """A brow that moves sideways, a little up or a little down."""
    move = np.zeros((468, 3))
    move[55] = [3.0, 1e-3, 0.0]
    up = raise_whole(move)[221]
    move[55, 1] = -1e-3
    np.testing.assert_allclose(up, raise_whole(move)[221], atol=2e-3)


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Even skin, and where the landmarks of a face are on it, px."""
    model = builtin.load()
    mean = model.mean[model.landmark_vertices].astype(float)
    points = (mean[:, :2] - mean[:, :2].mean(axis=0)) * [1.5, -1.5] + 150
    return np.full((300, 300, 3), 0.6, np.float32), np.concatenate([points, np.zeros((10, 2))])


def around(crop: np.ndarray, point: np.ndarray, value: float) -> np.ndarray:
    """The crop with a square of another brightness."""
    x, y = np.rint(point).astype(int)
    changed = crop.copy()
    changed[y - 4 : y + 5, x - 4 : x + 5] = value
    return changed


def test_a_shut_fold_gets_lighter_as_it_opens(drawn) -> None:
    crop, points = drawn
    shadow = 0.3
    crop = around(crop, points[FOLD], 0.6 * np.exp(-shadow))
    move = np.zeros((468, 3))
    assert np.all(fold_light(crop, points, move) == 0)
    move[52, 1] = HALF_OPEN_MM
    assert fold_light(crop, points, move)[FOLD] == pytest.approx(shadow / 2, abs=0.01)
    move[LID, 1] = HALF_OPEN_MM  # the lid has gone along: nothing opens
    assert fold_light(crop, points, move)[FOLD] == 0


@pytest.mark.parametrize("darker", [0.0, -0.2, 2 * DARKEST, 2.0])
def test_open_skin_hair_and_lenses_stay_as_they_are(drawn, darker: float) -> None:
    crop, points = drawn
    crop = around(crop, points[FOLD], min(1.0, 0.6 * np.exp(-darker)))
    move = np.zeros((468, 3))
    move[52, 1] = HALF_OPEN_MM
    assert fold_light(crop, points, move)[FOLD] == pytest.approx(0, abs=1e-6)


def test_a_face_at_the_rim_of_the_picture(drawn) -> None:
    crop, points = drawn
    points -= [140, 0]  # the right eye lies outside
    move = np.zeros((468, 3))
    move[52, 1] = HALF_OPEN_MM
    assert np.all(np.isfinite(fold_light(crop, points, move)))
