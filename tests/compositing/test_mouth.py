from __future__ import annotations

import numpy as np
import pytest

from mien.compositing.mouth import CAVITY, EDGE, paint_mouth
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER

SIZE, WIDTH = 160, 90.0
SKIN = np.array([0.8, 0.6, 0.5])
LIP, TOOTH, TONGUE = (0.7, 0.3, 0.3), (0.9, 0.88, 0.8), (0.6, 0.25, 0.25)


def landmarks(upper: float, lower: float) -> np.ndarray:
    """Inner lips as parabolas ``upper`` px above and ``lower`` px below the corners at (35, 80) and (125, 80)."""
    points = np.zeros((478, 2))
    x = np.linspace(80 - WIDTH / 2, 80 + WIDTH / 2, 11)
    arch = 1 - ((x - 80) / (WIDTH / 2)) ** 2
    points[INNER_LIP_UPPER] = np.stack([x, 80 - upper * arch], axis=1)
    points[INNER_LIP_LOWER] = np.stack([x, 80 + lower * arch], axis=1)
    return points


def edges(upper: float, lower: float) -> tuple[np.ndarray, np.ndarray]:
    """How far each pixel lies below the upper and above the lower inner lip, px."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    arch = 1 - ((columns - 80) / (WIDTH / 2)) ** 2
    return rows - (80 - upper * arch), (80 + lower * arch) - rows


def draw(upper: float, lower: float) -> np.ndarray:
    """Lips; in the opening upper teeth (a stripe pattern, so that their place shows) over a tongue."""
    image = np.full((SIZE, SIZE, 3), LIP)
    below, above = edges(upper, lower)
    inside = (below > 0) & (above > 0)
    image[inside] = TONGUE
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    teeth = inside & (rows < 80)
    image[teeth] = TOOTH
    image[teeth & (columns % 8 == 0)] = (0.5, 0.45, 0.4)
    return image.astype(np.float32)


def edit(source: tuple[float, float], target: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The crop and the painted result; the result starts out as blue, so that what is painted shows."""
    crop = draw(*source)
    result = np.full_like(crop, (0.0, 0.0, 1.0))
    paint_mouth(result, crop, SKIN, landmarks(*source), landmarks(*target))
    return crop, result


def centre(target: tuple[float, float], margin: float = 2.0) -> np.ndarray:
    below, above = edges(*target)
    columns = np.mgrid[0:SIZE, 0:SIZE][1]
    return (below > margin) & (above > margin) & (np.abs(columns - 80) < 0.3 * WIDTH)


def test_a_closed_mouth_opens_onto_the_dark() -> None:
    """No smeared lip: but for a soft edge along the lips, every pixel lies between the mouth's depth and its floor."""
    target = (0.0, 28.0)
    _, result = edit((0.0, 0.0), target)
    below, above = edges(*target)
    dark = result[centre(target) & (below > 0.7 * EDGE * WIDTH) & (above > 1.8 * EDGE * WIDTH)]
    assert len(dark) > 300
    assert (dark >= CAVITY[0] * SKIN - 0.01).all()
    assert (dark <= CAVITY[1] * SKIN + 0.01).all()
    column = result[84 : 80 + 28 - 9, 80, 0]
    assert (np.diff(column) >= -1e-3).all()  # the floor, near the lower lip, catches light


@pytest.mark.parametrize("brightness", [0.2, 1.0])
def test_the_dark_follows_the_light(brightness: float) -> None:
    crop = np.full((SIZE, SIZE, 3), 0.5, np.float32)
    result = crop.copy()
    paint_mouth(result, crop, SKIN * brightness, landmarks(0, 0), landmarks(0, 50))
    np.testing.assert_allclose(result[100, 80], CAVITY[0] * SKIN * brightness, atol=0.01)


def test_upper_teeth_keep_their_pixels() -> None:
    """The upper lip rests, the jaw drops by 20 px: what the source showed above its middle stays bit for bit."""
    source, target = (10.0, 10.0), (10.0, 30.0)
    crop, result = edit(source, target)
    rows = np.mgrid[0:SIZE, 0:SIZE][0]
    teeth = centre(source) & (rows < 78)
    np.testing.assert_allclose(result[teeth], crop[teeth], atol=1e-3)


def test_what_lies_on_the_lower_lip_goes_down_with_it() -> None:
    source, target = (10.0, 10.0), (10.0, 30.0)
    crop, result = edit(source, target)
    for column in (70, 80, 92):
        arch = 1 - ((column - 80) / (WIDTH / 2)) ** 2
        down = round(20 * arch)
        for depth in (2, 4):  # a quarter of the opening goes with the lip, the rest stays with the skull
            row = round(80 + 10 * arch) - depth
            np.testing.assert_allclose(result[row + down, column], crop[row, column], atol=0.05)


def test_between_them_is_the_dark_and_no_tooth_is_stretched() -> None:
    _, result = edit((10.0, 10.0), (10.0, 34.0))
    middle = result[86:96, 74:87]  # below the teeth's end, above what the lower lip took along
    assert (middle <= CAVITY[1] * SKIN + 0.02).mean() > 0.9
    tooth = np.isclose(result, TOOTH, atol=0.03).all(axis=-1)
    assert tooth[81:].sum() == 0


def test_nothing_outside_the_edited_opening_is_painted() -> None:
    _, result = edit((10.0, 10.0), (12.0, 26.0))
    below, above = edges(12.0, 26.0)
    outside = (below < -1.5) | (above < -1.5)
    np.testing.assert_array_equal(result[outside], np.broadcast_to([0.0, 0.0, 1.0], result.shape)[outside])


@pytest.mark.parametrize(
    ("source", "target"),
    [((10.0, 10.0), (10.0, 10.0)), ((10.0, 10.0), (4.0, 4.0)), ((10.0, 10.0), (16.0, 4.0)), ((0.0, 0.0), (0.0, 0.5))],
    ids=["same", "closing", "moving up", "a hair"],
)
def test_a_mouth_that_does_not_open_is_left_to_the_field(
    source: tuple[float, float], target: tuple[float, float]
) -> None:
    _, result = edit(source, target)
    np.testing.assert_array_equal(result, np.broadcast_to(np.float32([0, 0, 1]), result.shape))


def test_painting_sets_in_without_a_jump() -> None:
    """From the smallest opening that is painted on, the picture changes gradually."""
    crop = draw(0.0, 0.0)
    before = crop.copy()
    for opening in np.arange(0.5, 8.0, 0.25):
        result = crop.copy()
        paint_mouth(result, crop, SKIN, landmarks(0, 0), landmarks(0, opening))
        assert np.abs(result - before)[:79].max(initial=0.0) == 0.0
        # A lip's edge that moves by a quarter of a pixel changes no pixel by more than about half of lip to dark.
        assert np.abs(result - before).max() < 0.4
        before = result
    assert before[83, 80].max() < 0.6 * LIP[0]


def test_a_mouth_too_small_to_see_is_left_alone() -> None:
    crop = draw(0.0, 0.0)
    result = crop.copy()
    tiny = (landmarks(0, 0) - 80) * 0.03 + 80
    paint_mouth(result, crop, SKIN, tiny, tiny + np.array([0, 1]))
    np.testing.assert_array_equal(result, crop)
