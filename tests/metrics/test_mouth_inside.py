import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from mien.errors import InputError
from mien.metrics.mouth_inside import COLUMNS, ROWS, MouthInsideWatch, mouth_patch
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER

COUNT = 40


def place(faces, opening=20.0, shift=(0.0, 0.0)):
    """A face with eye distance 100 px whose inner lips are two arcs around (300, 350), open by ``opening`` px."""
    points = faces.face()[0]
    across = np.linspace(-1, 1, 11)
    arc = opening / 2 * (1 - across**2)
    for lip, side in ((INNER_LIP_UPPER, -1), (INNER_LIP_LOWER, 1)):
        points[lip, 0], points[lip, 1], points[lip, 2] = 300 + 25 * across, 350 + side * arc, 0
    return points + np.array((*shift, 0.0))


def clip(faces, seed=0, noise=1.0):
    """A mouth that opens and wanders, with teeth (stripes) that keep their place between the lips."""
    rng = np.random.default_rng(seed)
    texture = 90 + 50 * np.sin(np.linspace(0, 12, 64))[None] * np.linspace(1, 0.3, 32)[:, None]
    frames, places = [], []
    for t in range(COUNT):
        opening, shift = 16 + 6 * np.sin(t / 3), (5 * np.sin(t / 7), 3 * np.cos(t / 5))
        y, x = np.mgrid[310:390, 250:350].astype(float)
        u = (x - 300 - shift[0] + 25) / 50
        v = (y - 350 - shift[1]) / (opening * (1 - np.clip(2 * u - 1, -0.99, 0.99) ** 2)) + 0.5
        grey = map_coordinates(texture, [v * 31, u * 63], order=1, mode="nearest") + rng.normal(0, noise, y.shape)
        frames.append(np.full((400, 400, 3), 90, np.uint8))
        frames[-1][310:390, 250:350] = np.clip(grey, 0, 255)[..., None]
        places.append(place(faces, opening, shift))
    return frames, places


def watched(source, places, result, result_places=None):
    watch = MouthInsideWatch()
    for t in range(len(source)):
        watch.add(t, source[t], places[t], result[t], (result_places or places)[t])
    return watch


def test_the_patch_is_the_mouths_inside(faces):
    """On a picture whose grey values are its columns and rows, the patch is where it was sampled."""
    points = place(faces, 40)
    y, x = np.mgrid[:400, :400]
    columns = mouth_patch(np.repeat((x - 250)[..., None], 3, axis=2).astype(np.uint8), points)
    rows = mouth_patch(np.repeat((y - 300)[..., None], 3, axis=2).astype(np.uint8), points)
    assert columns.shape == (ROWS, COLUMNS)
    at = np.linspace(0, 10, COLUMNS + 4)[2:-2] / 5 - 1
    np.testing.assert_allclose(columns, np.tile(50 + 25 * at, (ROWS, 1)), atol=1e-4)
    half = 20 * np.interp(at, np.linspace(-1, 1, 11), 1 - np.linspace(-1, 1, 11) ** 2)
    np.testing.assert_allclose(rows[0], 50 - half * 0.76, atol=1e-4)  # 0.12 of the way left out: 0.76 of half the way
    np.testing.assert_allclose(rows[-1], 50 + half * 0.76, atol=1e-4)


def test_a_transcoded_source_is_stable(faces):
    source, places = clip(faces)
    assert watched(source, places, source).result().excess == 0
    coded = [np.asarray(np.rint(gaussian_filter(f.astype(float), (0.5, 0.5, 0))), np.uint8) for f in source]
    found = watched(source, places, coded).result()
    assert found.frames == COUNT - 1
    assert found.excess < 1
    assert found.ratio < 1.05


def test_it_grows_with_flicker(faces):
    """Brightness that flickers with deviation s changes by s·√2 from frame to frame, beyond the source's own change."""
    source, places = clip(faces)
    found = []
    for strength in (5, 10, 20):
        beat = strength * np.random.default_rng(1).normal(size=COUNT)
        result = [np.clip(f + b, 0, 255).astype(np.uint8) for f, b in zip(source, beat, strict=True)]
        watch = watched(source, places, result)
        found.append(watch.result())
        assert found[-1].excess == pytest.approx(np.sqrt((np.diff(beat) ** 2).mean()), rel=0.1)
        frames, series = watch.series()
        assert frames == list(range(1, COUNT))
        assert found[-1].worst_frame == 1 + np.argmax(series[:, 1] ** 2 - series[:, 0] ** 2)
        assert found[-1].worst_frame == 1 + np.argmax(np.abs(np.diff(beat)))
    assert [f.excess for f in found] == sorted(f.excess for f in found)


def test_a_smile_that_moves_the_mouth_is_no_flicker(faces):
    """The same inside, elsewhere in the picture and at another size of it."""
    source, places = clip(faces)
    result = [np.roll(f, (-20, -30), axis=(0, 1)) for f in source]
    moved = [p - np.array((30, 20, 0)) for p in places]
    assert watched(source, places, result, moved).result().excess < 0.5


def test_closed_mouths_and_gaps_are_left_out(faces):
    picture = np.full((400, 400, 3), 90, np.uint8)
    assert mouth_patch(picture, place(faces, 2.0)) is None  # too few pixels
    assert mouth_patch(picture, place(faces, 3.9)) is None  # under 0.04 eye distances
    assert mouth_patch(picture, place(faces, 4.1)) is not None
    assert mouth_patch(picture, place(faces, 20, (90, 0))) is None  # beyond the picture
    watch = MouthInsideWatch()
    for frame, opening in ((0, 20), (1, 20), (2, 1), (3, 20), (7, 20), (8, 20)):
        watch.add(frame, picture, place(faces, opening), picture, place(faces, 20))
    assert watch.series()[0] == [1, 8]
    assert np.isnan(watch.result().ratio)  # nothing changes in an even picture
    with pytest.raises(InputError, match="in order"):
        watch.add(8, picture, place(faces), picture, place(faces))


def test_degenerate(faces):
    empty = MouthInsideWatch().result()
    assert (empty.frames, empty.worst_frame) == (0, None)
    assert np.isnan(empty.excess)
    picture = np.zeros((400, 400, 3), np.uint8)
    with pytest.raises(InputError, match=r"\(478, 3\)"):
        mouth_patch(picture, faces.face())
    with pytest.raises(InputError, match="finite"):
        mouth_patch(picture, np.full((478, 3), np.nan))
