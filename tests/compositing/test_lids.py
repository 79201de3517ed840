"""Drawn folds: even skin with a shadow or streaks in it, as the field leaves them behind when a brow rises."""

from __future__ import annotations

import numpy as np
import pytest

from mien.compositing.lids import FOLDS, LIT, RAISED, paint_lids, raised_share
from mien.geometry.polygon import polygon_mask
from mien.morphable import builtin
from mien.morphable.regions import LEFT_BROW_LOWER, LEFT_BROW_UPPER, RIGHT_BROW_LOWER, RIGHT_BROW_UPPER

SIZE = 400
SKIN = np.array([0.75, 0.55, 0.45], np.float32)
SCALE = 2.4
"""Px per mm: about 220 px between the outer corners of the eyes."""


def landmarks(rise_px: float = 0.0) -> np.ndarray:
    """The mean face from the front, its brows higher by so much; iris rows are not used."""
    model = builtin.load()
    mean = model.mean[model.landmark_vertices].astype(float)
    points = np.zeros((478, 2))
    points[:468] = (mean[:, :2] - mean[[33, 263], :2].mean(axis=0)) * [SCALE, -SCALE] + [SIZE / 2, SIZE / 2]
    for brow, _, _ in FOLDS:
        points[brow, 1] -= rise_px
    return points


def folds(points: np.ndarray) -> np.ndarray:
    """Pixels of both folds."""
    return np.any([polygon_mask(points[outline], SIZE, SIZE) for _, _, outline in FOLDS], axis=0)


def middles(points: np.ndarray) -> list[tuple[int, int]]:
    """Row and column halfway between brow and lid of each eye."""
    places = [(points[brow].mean(axis=0) + points[lid[2:-2]].mean(axis=0)) / 2 for brow, lid, _ in FOLDS]
    return [(round(y), round(x)) for x, y in places]


def even() -> np.ndarray:
    return np.tile(SKIN, (SIZE, SIZE, 1))


def blotched(points: np.ndarray, logarithm: float) -> np.ndarray:
    """Skin that is darker in the middle of each fold, in a smooth spot of about 25 px."""
    image = even()
    rows, columns = np.mgrid[:SIZE, :SIZE]
    for y, x in middles(points):
        image *= np.exp(logarithm * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * 9.0**2)))[..., None]
    return image.astype(np.float32)


def painted(image: np.ndarray, rise_px: float) -> np.ndarray:
    result = image.copy()
    paint_lids(result, landmarks(), landmarks(rise_px))
    return result


@pytest.mark.parametrize("rise_px", [0.0, -6.0])
def test_what_is_not_drawn_out_stays_bit_for_bit(rise_px: float) -> None:
    image = blotched(landmarks(rise_px), -0.6)
    np.testing.assert_array_equal(painted(image, rise_px), image)


@pytest.mark.parametrize("logarithm", [-0.6, 0.2])
def test_dark_and_bright_blotches_fade_within_the_fold_alone(logarithm: float) -> None:
    """A spot loses more than half of itself; not all, since nothing may change at the outline: it would be seen."""
    target = landmarks(40.0)
    image = blotched(target, logarithm)
    result = painted(image, 40.0)
    for y, x in middles(target):
        left = np.log(result[y, x] / SKIN)
        assert np.all(left * np.sign(logarithm) < 0.5 * abs(logarithm))
        assert np.all(left * np.sign(logarithm) > 0)
    assert np.abs(result - image)[~folds(target)].max() < 1e-3


def test_a_blotch_takes_the_skins_colour_not_a_brighter_one_of_its_own() -> None:
    """A reddish shadow made lighter alone would turn orange."""
    target = landmarks(40.0)
    image = blotched(target, -0.5)
    for y, x in middles(target):
        image[y - 12 : y + 13, x - 12 : x + 13] *= np.array([1.0, 0.85, 0.75], np.float32)
    result = painted(image, 40.0)
    for y, x in middles(target):
        before, after = image[y, x] / image[y, x].sum(), result[y, x] / result[y, x].sum()
        assert np.abs(after - SKIN / SKIN.sum()).max() < 0.6 * np.abs(before - SKIN / SKIN.sum()).max()


def test_what_rises_is_the_brow_and_the_lid_below_it() -> None:
    source = landmarks()
    heights = [np.linalg.norm(source[brow].mean(axis=0) - source[lid[2:-2]].mean(axis=0)) for brow, lid, _ in FOLDS]
    brows = np.concatenate([RIGHT_BROW_LOWER, RIGHT_BROW_UPPER, LEFT_BROW_LOWER, LEFT_BROW_UPPER])
    half_px = float(np.mean(heights)) * (1 / (1 - RAISED / 2) - 1)  # so much higher, half of RAISED is new
    for rise_px, share in ((-6.0, 0.0), (0.0, 0.0), (half_px, 0.5), (40.0, 1.0)):
        raised = raised_share(source, landmarks(rise_px))
        assert raised.max() == pytest.approx(share, abs=0.02)  # both eyes are not quite of one height
        lids = np.setdiff1d(np.flatnonzero(raised), brows)
        assert folds(source)[tuple(source[lids].round().astype(int).T[::-1])].all()
        assert (raised[brows] > 0).all() == (share > 0)


def test_streaks_of_a_fold_drawn_out_are_evened() -> None:
    target = landmarks(40.0)
    image = even() * np.exp(0.15 * np.sin(np.arange(SIZE) * 2 * np.pi / 6))[None, :, None].astype(np.float32)
    result = painted(image, 40.0)
    for y, x in middles(target):
        window = (slice(y - 3, y + 4), slice(x - 12, x + 12))
        assert result[window][..., 1].std() < 0.7 * image[window][..., 1].std()


def test_it_begins_gently() -> None:
    """A brow that rises by a tenth of a pixel changes next to nothing; there is no jump between frames."""
    image = blotched(landmarks(), -0.6)
    assert np.abs(painted(image, 0.1) - image).max() < 0.02 * LIT


def test_even_skin_stays_as_it_is() -> None:
    np.testing.assert_allclose(painted(even(), 40.0), even(), atol=1e-4)


@pytest.mark.parametrize("shift", [(-190, 0), (0, -200), (300, 300), (2000, -2000)])
def test_faces_at_the_rim_of_the_picture_and_beyond(shift: tuple[int, int]) -> None:
    source, target = landmarks() + shift, landmarks(40.0) + shift
    image = even()
    paint_lids(image, source, target)
    assert np.isfinite(image).all()


def test_a_face_of_a_few_pixels() -> None:
    image = blotched(landmarks(), -0.6)
    before = image.copy()
    paint_lids(image, landmarks() / 60, landmarks(40.0) / 60)
    assert np.abs(image - before).max() < 0.1
