"""Seams of displacement fields: against the plain reference, and by what they are for."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.geometry.seams import smooth_seams, smooth_seams_reference
from mien.types import FloatArray

REACH_PX, DEPTH_STEP = 9.0, 2.0


def cheek(height: int = 60, width: int = 80, step: float = 3.0) -> tuple[FloatArray, FloatArray]:
    """A surface whose ragged right half lies behind the left, and moves otherwise; nothing in the topmost rows."""
    edge = 40 + np.arange(height) % 3
    behind = np.arange(width) >= edge[:, None]
    field = np.zeros((height, width, 8), np.float32)
    field[..., 0] = np.where(behind, 0.0, step)
    field[..., 1] = np.where(behind, 0.0, -0.5 * step)
    field[..., 2:] = 7.0
    depth = np.where(behind, 10.0, 0.0).astype(np.float32)
    depth[:4] = np.inf
    field[:4] = 0.0
    return field, depth


@pytest.mark.parametrize("scale", [1.0, 0.4])
def test_like_the_reference(scale: float) -> None:
    """The reference works on the whole field; what is cut out of it has a margin, so that its rim does not count."""
    field, depth = cheek()
    expected = smooth_seams_reference(field, depth, DEPTH_STEP, REACH_PX, scale)
    smooth_seams(field, depth, DEPTH_STEP, REACH_PX, scale)
    np.testing.assert_allclose(field, expected, atol=2e-4)
    assert np.abs(expected[..., :2] - cheek()[0][..., :2]).max() > 1.0


def test_the_jump_becomes_a_slope_and_its_rags_are_gone() -> None:
    field, depth = cheek()
    smooth_seams(field, depth, DEPTH_STEP, REACH_PX, 1.0)
    middle = field[20:50, :, 0]
    assert np.abs(np.diff(middle, axis=1)).max() < 0.6  # was 3
    assert np.abs(np.diff(middle, axis=0)).max() < 0.15  # was 3


def test_nothing_else_changes() -> None:
    field, depth = cheek()
    before = field.copy()
    smooth_seams(field, depth, DEPTH_STEP, REACH_PX, 1.0)
    np.testing.assert_array_equal(field[..., 2:], before[..., 2:])
    far = np.abs(np.arange(80) - 41) > REACH_PX + 2
    np.testing.assert_array_equal(field[:, far], before[:, far])


@pytest.mark.parametrize("case", ["same depth", "same movement", "small step"])
def test_what_is_no_seam_stays_bit_for_bit(case: str) -> None:
    field, depth = cheek(step=0.08 if case == "small step" else 3.0)
    if case == "same depth":
        depth[4:] = 5.0
    if case == "same movement":
        field[4:, :, :2] = 2.0
    before = field.copy()
    smooth_seams(field, depth, DEPTH_STEP, REACH_PX, 1.0)
    np.testing.assert_array_equal(field, before)


def test_a_seam_opens_without_a_jump() -> None:
    """As the step grows, what is changed grows along with it."""
    changes = []
    for step in np.linspace(0.0, 0.6, 25):
        field, depth = cheek(step=float(step))
        before = field.copy()
        smooth_seams(field, depth, DEPTH_STEP, REACH_PX, 1.0)
        changes.append(float(np.abs(field - before).max()))
    assert changes[0] == 0.0
    assert changes[-1] > 0.2
    assert np.diff(changes).max() < 0.06


def test_wrong_arrays() -> None:
    field, depth = cheek()
    with pytest.raises(InputError, match="depth must be"):
        smooth_seams(field, depth[1:], DEPTH_STEP, REACH_PX, 1.0)
    with pytest.raises(InputError, match="field must be"):
        smooth_seams(field[:, ::2], depth, DEPTH_STEP, REACH_PX, 1.0)
    with pytest.raises(InputError, match="must be positive"):
        smooth_seams(field, depth, DEPTH_STEP, 0.0, 1.0)
