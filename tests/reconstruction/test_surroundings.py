"""Masks drawn around a drawn face: how far they reach is known."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import InputError
from mien.morphable import builtin
from mien.morphable.outline import outward
from mien.morphable.regions import EYE_CORNERS_OUTER, FACE_OVAL
from mien.reconstruction.parameters import Surroundings
from mien.reconstruction.surroundings import FARTHEST, STEP, measure_reach
from mien.types import AnyArray

SIZE = 600


@pytest.fixture(scope="module")
def points() -> AnyArray:
    """The mean face from the front in the middle of the picture, 200 px from eye to eye."""
    model = builtin.load()
    mean = model.mean[model.landmark_vertices][:, :2].astype(float)
    scale = 200 / np.linalg.norm(np.subtract(*mean[EYE_CORNERS_OUTER]))
    placed = (mean - mean.mean(axis=0)) * [scale, -scale]
    return placed + SIZE / 2


def person(points: AnyArray, reach: AnyArray) -> AnyArray:
    """A mask as wide as asked along each ray from the middle of the face, in eye distances."""
    middle = points[:468].mean(axis=0)
    oval = points[FACE_OVAL] - middle
    angles = np.arctan2(oval[:, 1], oval[:, 0])
    radii = np.linalg.norm(oval, axis=1) + reach * 200
    rows, columns = np.mgrid[:SIZE, :SIZE] - middle[::-1, None, None]
    return np.hypot(rows, columns) < np.interp(
        np.arctan2(rows, columns).ravel(), *sorted_by(angles, radii), period=2 * np.pi
    ).reshape(SIZE, SIZE)


def sorted_by(angles: AnyArray, radii: AnyArray) -> tuple[AnyArray, AnyArray]:
    order = np.argsort(angles)
    return angles[order], radii[order]


@pytest.mark.parametrize("reach", [0.06, 0.2, 0.4])
def test_the_reach_of_a_mask_of_even_width(points: AnyArray, reach: float) -> None:
    """Right to a step and a pixel; the mask's outline is straight between rays, the face's is not."""
    found = measure_reach(person(points, np.full(36, reach)), points)
    np.testing.assert_allclose(found, reach, atol=1.5 * STEP)


def test_what_has_no_end_counts_as_far(points: AnyArray) -> None:
    np.testing.assert_allclose(measure_reach(np.ones((SIZE, SIZE), bool), points), FARTHEST, atol=1e-6)


def test_beyond_the_picture_a_person_goes_on(points: AnyArray) -> None:
    cut = person(points, np.full(36, 0.2))[:, 300:]
    found = measure_reach(cut, points - [300, 0])
    left = outward(points)[:, 0] < -0.5
    np.testing.assert_allclose(found[left], FARTHEST, atol=0.05)


def test_one_strand_of_hair_is_no_reach(points: AnyArray) -> None:
    reach = np.full(36, 0.1)
    reach[9] = 0.5
    found = measure_reach(person(points, reach), points)
    assert found.max() < 0.1 + 2 * STEP


def test_pixels_that_are_not_square(points: AnyArray) -> None:
    mask = person(points, np.full(36, 0.2))
    squeezed = points * [0.5, 1.0]
    found = measure_reach(mask[:, ::2], squeezed, (2.0, 1.0))
    np.testing.assert_allclose(found, measure_reach(mask, points), atol=1.5 * STEP)


def test_a_mask_that_leaves_the_face_out_is_not_believed(points: AnyArray) -> None:
    assert measure_reach(np.zeros((SIZE, SIZE), bool), points) is None


def test_between_the_frames_looked_at() -> None:
    surroundings = Surroundings(np.array([10, 20], np.int32), np.stack([np.zeros(36), np.ones(36)]).astype(np.float32))
    for index, wanted in ((0, 0.0), (10, 0.0), (13, 0.3), (20, 1.0), (99, 1.0)):
        np.testing.assert_allclose(surroundings.at(index), wanted, atol=1e-7)


@pytest.mark.parametrize(
    ("frames", "reach"), [([], (0, 36)), ([3, 3], (2, 36)), ([5, 4], (2, 36)), ([1, 2], (2, 35)), ([1], (2, 36))]
)
def test_what_are_no_surroundings_is_refused(frames: list[int], reach: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="surroundings"):
        Surroundings(np.array(frames, np.int32), np.zeros(reach, np.float32))
