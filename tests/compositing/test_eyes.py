"""A drawn eye: what the painter makes of it is compared with the same eye drawn with its lids elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from mien.compositing.eyes import LASHES, LID_STRIP, paint_eyes
from mien.compositing.field import EYES

SIZE = 200
WIDTH = 120.0
IRIS = np.array([100.0, 95.0])
IRIS_RADIUS, PUPIL_RADIUS = 26.0, 11.0
SKIN, WHITE, GREEN, BLACK = (0.8, 0.6, 0.5), (0.92, 0.92, 0.95), (0.25, 0.35, 0.2), (0.03, 0.03, 0.03)


def landmarks(upper: float, lower: float, iris: np.ndarray = IRIS) -> np.ndarray:
    """Lids as parabolas ``upper`` px above and ``lower`` px below the corners of the right eye; no left eye."""
    points = np.zeros((478, 2))
    x = np.linspace(100 - WIDTH / 2, 100 + WIDTH / 2, 9)
    arch = 1 - ((x - 100) / (WIDTH / 2)) ** 2
    points[EYES[0][0]] = np.stack([x, 100 - upper * arch], axis=1)
    points[EYES[0][1]] = np.stack([x, 100 + lower * arch], axis=1)
    points[468] = iris
    return points


def draw(upper: float, lower: float, shadow: float = 0.0, iris: np.ndarray = IRIS) -> np.ndarray:
    """The eye, anti-aliased; ``shadow`` darkens the eyeball just under the upper lid, over 12 px."""
    finer = 4
    rows, columns = np.mgrid[0 : SIZE * finer, 0 : SIZE * finer] / finer - (1 - 1 / finer) / 2
    arch = 1 - ((columns - 100) / (WIDTH / 2)) ** 2
    depth = rows - (100 - upper * arch)
    opening = (depth > 0) & (rows < 100 + lower * arch) & (arch > 0)
    distance = np.hypot(columns - iris[0], rows - iris[1])
    image = np.full((*rows.shape, 3), SKIN)
    image[opening] = WHITE
    image[opening & (distance < IRIS_RADIUS)] = GREEN
    image[opening & (distance < PUPIL_RADIUS)] = BLACK
    image[opening] *= (1 - shadow * np.clip(1 - depth[opening] / 12, 0, 1))[:, None]
    return image.reshape(SIZE, finer, SIZE, finer, 3).mean(axis=(1, 3)).astype(np.float32)


def edit(
    source: tuple[float, float], target: tuple[float, float], shadow: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The crop and the painted result. The skin around is left as it is: the field would have moved it before."""
    crop = draw(*source, shadow)
    result = crop.copy()
    paint_eyes(result, crop, landmarks(*source), landmarks(*target))
    return crop, result


def under_the_lid(upper: float) -> np.ndarray:
    """How many px a pixel lies below the upper lid, ``(SIZE, SIZE)``."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    return np.asarray(rows - (100 - upper * (1 - ((columns - 100) / (WIDTH / 2)) ** 2)))


def clear_of_lids(source: tuple[float, float], target: tuple[float, float]) -> np.ndarray:
    """Pixels of the edited opening's middle, but for the line of lashes at its edges."""
    opened = source[0] + source[1]
    lashes = LASHES * min(LID_STRIP * WIDTH, 0.3 * opened) + 1.5
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    lower = 100 + target[1] * (1 - ((columns - 100) / (WIDTH / 2)) ** 2)
    return (under_the_lid(target[0]) > lashes) & (rows < lower - lashes) & (np.abs(columns - 100) < 0.36 * WIDTH)


RAISED = [((18.0, 14.0), (26.0, 14.0)), ((18.0, 14.0), (38.0, 14.0)), ((30.0, 14.0), (44.0, 16.0))]


@pytest.mark.parametrize(("source", "target"), RAISED)
def test_a_raised_lid_uncovers_the_eye_that_is_there(source: tuple[float, float], target: tuple[float, float]) -> None:
    """Ground truth is the same eye drawn wider. Along the iris' outline a pixel's width of difference is allowed."""
    _, result = edit(source, target)
    wrong = np.abs(result - draw(*target)).max(axis=-1)[clear_of_lids(source, target)]
    assert (wrong > 0.1).mean() < 0.06
    assert wrong.mean() < 0.02


@pytest.mark.parametrize(("source", "target"), RAISED[1:])
def test_the_iris_stays_round_with_white_above_it(source: tuple[float, float], target: tuple[float, float]) -> None:
    """Both lids raised beyond the iris' upper edge: half covered before, and just touched."""
    _, result = edit(source, target)
    iris = (result[..., 0] < 0.55) & clear_of_lids(source, target)
    rows, columns = np.nonzero(iris)
    assert columns.max() - columns.min() + 1 == pytest.approx(2 * IRIS_RADIUS, abs=2)
    assert rows.min() == pytest.approx(IRIS[1] - IRIS_RADIUS, abs=1.5)
    outline = np.hypot(columns - IRIS[0], rows - IRIS[1])
    assert outline.max() < IRIS_RADIUS + 1.5
    disc = np.hypot(*np.mgrid[-IRIS[1] : SIZE - IRIS[1], -IRIS[0] : SIZE - IRIS[0]]) < IRIS_RADIUS - 1
    seen = disc & clear_of_lids(source, target)
    assert iris[seen].mean() > 0.98
    above = result[round(IRIS[1] - IRIS_RADIUS) - 3, 100]
    np.testing.assert_allclose(above, WHITE, atol=0.06)


def test_the_pupil_is_one_and_keeps_its_place() -> None:
    """The covered pupil of a sleepy eye is completed, and no piece of it rides on the lid."""
    source, target = (12.0, 14.0), (34.0, 14.0)
    crop, result = edit(source, target)
    assert (crop[int(IRIS[1] - PUPIL_RADIUS) + 3, 100] > 0.3).all()  # the lid lies over its top
    rows, columns = np.nonzero((result[..., 1] < 0.15) & clear_of_lids(source, target))
    assert np.hypot(columns - IRIS[0], rows - IRIS[1]).max() < PUPIL_RADIUS + 1.5
    assert len(rows) == pytest.approx(np.pi * PUPIL_RADIUS**2, rel=0.12)


def test_the_lids_shadow_moves_with_the_lid() -> None:
    source, target = (24.0, 14.0), (36.0, 14.0)
    _, result = edit(source, target, shadow=0.5)
    _, bare = edit(source, target)
    columns = slice(60, 68)  # white all the way
    depth = under_the_lid(target[0])[:, columns]
    shadow = (result / np.maximum(bare, 0.05))[:, columns, 1]
    assert shadow[(depth > 5) & (depth < 7)].mean() == pytest.approx(1 - 0.5 * 6 / 12, abs=0.1)
    assert shadow[(depth > 16) & (depth < 22)].mean() == pytest.approx(1.0, abs=0.06)


def test_a_lowered_lid_covers_and_does_not_squeeze() -> None:
    source, target = (30.0, 14.0), (16.0, 14.0)
    _, result = edit(source, target)
    clear = clear_of_lids(source, target)
    wrong = np.abs(result - draw(*target)).max(axis=-1)[clear]
    assert (wrong > 0.1).mean() < 0.03


@pytest.mark.parametrize(("source", "target"), [*RAISED, ((30.0, 14.0), (16.0, 8.0))])
def test_nothing_outside_the_edited_opening_is_painted(
    source: tuple[float, float], target: tuple[float, float]
) -> None:
    crop, result = edit(source, target)
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    lower = 100 + target[1] * (1 - ((columns - 100) / (WIDTH / 2)) ** 2)
    outside = (under_the_lid(target[0]) < -1.5) | (rows > lower + 1.5)
    np.testing.assert_array_equal(result[outside], crop[outside])


def test_lids_that_rest_leave_every_pixel() -> None:
    crop, result = edit((18.0, 14.0), (18.0, 14.0))
    np.testing.assert_array_equal(result, crop)
    _, hardly = edit((18.0, 14.0), (18.01, 14.0))
    np.testing.assert_array_equal(hardly, crop)


def test_a_little_movement_changes_little() -> None:
    """No jump where painting sets in: a tenth of a pixel."""
    crop, result = edit((24.0, 14.0), (24.1, 14.0), shadow=0.4)
    change = np.abs(result - crop)[clear_of_lids((24.0, 14.0), (24.1, 14.0))]
    assert np.percentile(change, 95) < 0.06


def test_a_shut_eye_stays_shut() -> None:
    """In a blink the lids meet: there is no eyeball to show, and the lids are not raised (see ``movement``)."""
    crop, result = edit((0.3, 0.3), (0.3, 0.3))
    np.testing.assert_array_equal(result, crop)
    _, lifted = edit((0.3, 0.3), (0.8, 0.3))
    rows = np.nonzero((lifted != crop).any(axis=-1))[0]
    assert len(rows) == 0 or np.abs(rows - 100).max() <= 2


def test_the_other_eye_and_turned_eyes() -> None:
    """The left eye's landmarks, the whole eye turned by 90 degrees: the same picture, turned."""
    source, target = landmarks(18, 14), landmarks(34, 14)
    crop = draw(18, 14)
    result = crop.copy()
    paint_eyes(result, crop, source, target)

    def turned(points: np.ndarray) -> np.ndarray:
        other = np.zeros_like(points)
        for mine, its in zip(EYES[0], EYES[1], strict=True):
            other[its] = points[mine][:, ::-1] * [1, -1] + [0, SIZE - 1]
        other[473] = points[468][::-1] * [1, -1] + [0, SIZE - 1]
        return other

    quarter = np.ascontiguousarray(np.rot90(crop))
    painted = quarter.copy()
    paint_eyes(painted, quarter, turned(source), turned(target))
    np.testing.assert_allclose(painted, np.rot90(result), atol=2e-3)


def test_an_eye_at_the_images_edge_is_painted_as_far_as_it_is_there() -> None:
    source, target = landmarks(18, 14) - [90, 80], landmarks(30, 14) - [90, 80]
    crop = np.ascontiguousarray(draw(18, 14)[80:140, 90:150])
    result = crop.copy()
    paint_eyes(result, crop, source, target)
    assert np.isfinite(result).all()
    assert (result != crop).any()
