from __future__ import annotations

import numpy as np
import pytest

from mien.morphable import builtin
from mien.morphable.lips import JAW_COLUMNS, LIP_REACH_MM, LipConstraint, constrain_lips
from mien.morphable.model import MorphableModel
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER, OUTER_LIP_LOWER, OUTER_LIP_UPPER

PAIRS = np.stack([INNER_LIP_UPPER[1:-1], INNER_LIP_LOWER[1:-1]], axis=1)


@pytest.fixture(scope="session")
def model() -> MorphableModel:
    return builtin.load()


@pytest.fixture(scope="module")
def lips(model: MorphableModel) -> LipConstraint:
    return constrain_lips(model)


def apart(basis: np.ndarray) -> np.ndarray:
    """How each action unit moves the upper lip against the lower, ``(pairs, 3, E)`` mm."""
    return np.asarray(basis[PAIRS[:, 0]] - basis[PAIRS[:, 1]])


def test_kept_lips_keep_their_relative_distance_exactly(lips: LipConstraint) -> None:
    """CCFE eq. 4 as a constraint: any sum of action units moves the lips of a pair alike."""
    assert np.abs(apart(lips.basis(1.0))).max() < 1e-9


def test_free_lips_move_as_the_model_says(lips: LipConstraint, model: MorphableModel) -> None:
    np.testing.assert_array_equal(lips.basis(0.0), model.expression[model.landmark_vertices])
    assert np.abs(apart(lips.free)).max() > 5.0  # a dropped jaw


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_in_between_is_linear(lips: LipConstraint, share: float) -> None:
    np.testing.assert_allclose(lips.basis(share), (1 - share) * lips.free + share * lips.kept, atol=1e-12)
    np.testing.assert_allclose(apart(lips.basis(share)), (1 - share) * apart(lips.free), atol=1e-9)


def test_what_only_opens_the_mouth_is_left_out(lips: LipConstraint, model: MorphableModel) -> None:
    for name in set(JAW_COLUMNS) & set(model.expression_names):
        assert (lips.kept[:, :, model.expression_names.index(name)] == 0).all()


def test_a_lip_that_is_raised_is_still_seen_raised(lips: LipConstraint, model: MorphableModel) -> None:
    """It takes the other along, which stays where it is without: more than the half way that the mean of both goes."""
    for unit in ("AU10L", "AU10R"):
        column = model.expression_names.index(unit)
        free, kept = lips.free[PAIRS[:, 0], 1, column], lips.kept[PAIRS[:, 0], 1, column]
        strongest = np.abs(free).argmax()
        assert 0.55 < kept[strongest] / free[strongest] < 0.75


def test_the_mouth_is_carried_no_farther_than_it_has_to_be(lips: LipConstraint, model: MorphableModel) -> None:
    """What one lip does alone must not take the whole mouth along: an opening carried up is read wrong by trackers."""
    middle = len(PAIRS) // 2
    upper, lower = (lips.free[PAIRS[middle, side], 1] for side in (0, 1))
    carried = lips.kept[PAIRS[middle, 0], 1]
    # Carried along all the way it was 0.9 and more. Half is what both must give each; neighbours bring in a little.
    for unit, most in (("AU9L", 0.85), ("AU10L", 0.85), ("AU11L", 0.85), ("AU17", 0.55), ("AU16L", 0.55)):
        column = model.expression_names.index(unit)
        farther = max(upper[column], lower[column], key=abs)
        assert 0.4 < carried[column] / farther < most, unit
    for unit in ("AU12L", "AU15L"):  # both lips go the same way already, and still do
        column = model.expression_names.index(unit)
        assert carried[column] == pytest.approx((upper[column] + lower[column]) / 2, abs=0.2)


def test_the_correction_stays_at_the_mouth(lips: LipConstraint, model: MorphableModel) -> None:
    vertices = model.mean[model.landmark_vertices]
    inner = np.concatenate([INNER_LIP_UPPER, INNER_LIP_LOWER])
    lips_whole = np.concatenate([inner, OUTER_LIP_UPPER, OUTER_LIP_LOWER])
    # Straight ways are no longer than those over the mesh, along which the reach is measured.
    away = np.linalg.norm(vertices[:, None] - vertices[lips_whole], axis=2).min(axis=1)
    columns = [k for k, name in enumerate(model.expression_names) if name not in JAW_COLUMNS]
    correction = np.linalg.norm((lips.kept - lips.free)[:, :, columns], axis=1)
    assert (correction[away > LIP_REACH_MM] == 0).all()
    # It fades: no vertex is corrected by more than the lips themselves are (a tenth for the spread's overshoot).
    assert (correction.max(axis=0) <= 1.1 * correction[inner].max(axis=0) + 1e-9).all()


def test_the_correction_leaves_the_lips_as_thick_as_they_are(lips: LipConstraint, model: MorphableModel) -> None:
    """A lip that is stretched or squeezed is read as a mouth that opens or shuts: its edges are corrected alike."""
    columns = [k for k, name in enumerate(model.expression_names) if name not in JAW_COLUMNS]
    correction = (lips.kept - lips.free)[:, :, columns]
    for inner, outer in ((INNER_LIP_UPPER, OUTER_LIP_UPPER), (INNER_LIP_LOWER, OUTER_LIP_LOWER)):
        np.testing.assert_allclose(correction[outer[1:-1]], correction[inner[1:-1]], atol=1e-9)
