"""Brows that rise whole, on the built-in model."""

import numpy as np
import pytest

from mien.compositing.brows import raise_whole
from mien.emotion.recipes import recipe_weights
from mien.emotion.track import EmotionTrack
from mien.morphable import builtin
from mien.morphable.regions import LEFT_BROW_LOWER, RIGHT_BROW_LOWER

BELOW_RIGHT, BELOW_LEFT = [225, 224, 223, 222, 221], [441, 442, 443, 444, 445]


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
