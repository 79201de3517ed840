from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.geometry.warp import NO_TEXTURE
from mien.morphable.model import MorphableModel
from mien.systems.instant.relief import MAP_SIZE, Relief, _surface_gradient, build_relief, read_strokes
from mien.types import FloatArray

DARK = np.zeros(3)
ABOVE, BESIDE = np.array([0.0, 0.5, 0.0]), np.array([0.5, 0.0, 0.0])


@pytest.fixture(scope="module")
def relief(model: MorphableModel) -> Relief:
    return build_relief(model)


def activity(model: MorphableModel, **units: float) -> NDArray[np.float64]:
    """``AU12=0.5`` is both sides, ``AU12L=0.5`` one."""
    values = np.zeros(model.expression_count)
    for name, value in units.items():
        found = [k for k, column in enumerate(model.expression_names) if column in (name, name + "L", name + "R")]
        assert found
        values[found] = value
    return values


def moving(light: np.ndarray, values: np.ndarray, relief: Relief) -> FloatArray:
    """What the light's direction alone does."""
    return relief.mix(values, light, 1.0) - relief.mix(values, DARK, 1.0)


def test_the_table_names_columns_and_vertices_that_are_there(model: MorphableModel) -> None:
    strokes = read_strokes()
    assert len({stroke.name for stroke in strokes}) == len(strokes) > 10
    for stroke in strokes:
        assert set(stroke.drivers) <= set(model.expression_names), stroke.name
        assert all(weight > 0 for weight in stroke.drivers.values()), stroke.name
        assert len(stroke.path) >= 2, stroke.name
        assert stroke.width_mm > 0
        assert stroke.depth_mm * stroke.shade >= 0, "a valley (depth above 0) is dark, a bulge light"
        assert 0 < stroke.taper <= 0.5, stroke.name
        for point in stroke.path:
            assert all(0 <= vertex < 468 and weight > 0 for vertex, weight in point), stroke.name
            assert sum(weight for _, weight in point) == pytest.approx(1)


def test_sides_are_drawn_apart_and_mirrored_twice_is_the_same(model: MorphableModel) -> None:
    for stroke in read_strokes():
        if stroke.name.endswith("_R"):
            assert all(not name.endswith("L") for name in stroke.drivers), stroke.name
            other = stroke.mirrored(model.mirror)
            assert other.name == stroke.name[:-1] + "L"
            assert all(not name.endswith("R") for name in other.drivers)
            assert other.mirrored(model.mirror).path == stroke.path
            assert other.mirrored(model.mirror).drivers == stroke.drivers


@pytest.mark.parametrize("units", [{"AU4": 1.0}, {"AU1": 0.8, "AU2": 0.8}, {"AU9": 1.0, "AU10": 0.6}, {"AU12": 0.9}])
def test_a_face_that_acts_on_both_sides_is_symmetric(
    relief: Relief, model: MorphableModel, units: dict[str, float]
) -> None:
    """Also the map is: column c and its counterpart 511 - c. Light from the side is the mirror's with its sign turned.

    Midline strokes are authored point by point and may lean by a few tenths of a millimetre: less than a texel.
    """
    values = activity(model, **units)
    for light, sign in ((DARK, 1), (ABOVE, 1), (BESIDE, -1)):
        part = relief.mix(values, light, 1.0) if light is DARK else moving(light, values, relief)
        if np.abs(part).max() < 0.02:  # level furrows under light from the side
            assert light is BESIDE
            continue
        difference = np.abs(part - sign * part[:, ::-1])
        assert np.percentile(difference, 99.5) < 0.12 * np.abs(part).max()
        assert np.corrcoef(part.ravel(), sign * part[:, ::-1].ravel())[0, 1] > 0.97


def test_one_side_acts_alone(relief: Relief, model: MorphableModel) -> None:
    """The person's left is the map's right."""
    texture = np.abs(relief.mix(activity(model, AU12L=0.8), DARK, 1.0))
    assert texture[:, MAP_SIZE // 2 + 8 :].max() > 0.02
    assert texture[:, : MAP_SIZE // 2 - 8].max() == 0


def test_kernel_equals_reference(relief: Relief, model: MorphableModel) -> None:
    """Sums of single precision, of up to eight strokes; whatever was in the array that is given."""
    held = np.full((MAP_SIZE, MAP_SIZE), np.nan, np.float32)
    for values in (activity(model, AU4=0.7, AU9=0.5, AU1=0.3), activity(model, AU12L=1.0, AU6=0.2)):
        for light in (DARK, np.array([0.2, -0.3, 0.4])):
            mixed = relief.mix(values, light, 0.9, held)
            assert mixed is held
            np.testing.assert_allclose(mixed, relief.mix_reference(values, light, 0.9), atol=1e-6)


def test_mixing_is_linear_below_saturation(relief: Relief, model: MorphableModel) -> None:
    """Weights of the strokes stay below 1.25 here; sums of units are sums of maps, and half is half."""
    light = np.array([0.2, 0.3, 0.4])
    first, second = activity(model, AU4=0.5), activity(model, AU12=0.4, AU6=0.3)
    both = relief.mix(first + second, light, 1.0)
    np.testing.assert_allclose(both, relief.mix(first, light, 1.0) + relief.mix(second, light, 1.0), atol=1e-5)
    np.testing.assert_allclose(relief.mix(0.5 * (first + second), light, 1.0), 0.5 * both, atol=2e-3)
    np.testing.assert_allclose(relief.mix(first + second, light, 0.5), 0.5 * both, atol=2e-3)


def test_wrinkles_saturate_and_are_never_turned_inside_out(relief: Relief, model: MorphableModel) -> None:
    deep = relief.mix(activity(model, AU4=5.0), ABOVE, 1.0)
    np.testing.assert_allclose(deep, relief.mix(activity(model, AU4=9.0), ABOVE, 1.0), atol=1e-6)
    assert relief.mix(activity(model, AU12=-1.0), ABOVE, 1.0) is NO_TEXTURE
    assert relief.mix(np.zeros(model.expression_count), ABOVE, 1.0) is NO_TEXTURE
    assert relief.mix(activity(model, AU4=1.0), ABOVE, 0.0) is NO_TEXTURE


def test_the_valley_is_darker_than_what_is_around_it_under_any_light(relief: Relief, model: MorphableModel) -> None:
    """Each stroke by itself, the light turned off: dark along the middle of its path, level where its patch ends."""
    uv = model.uv[model.landmark_vertices]
    for number, stroke in enumerate(s for one in read_strokes() for s in _sides(one, model)):
        if stroke.shade == 0:
            continue
        patch = relief.stroke_map(number)[..., 3] * np.sign(stroke.shade)
        shade = abs(stroke.shade)
        assert (patch >= -0.21 * shade - 1e-6).all(), stroke.name
        assert patch.max() == pytest.approx(shade, rel=0.25), stroke.name
        # Its rows end where it has ended; within, at most where the face does.
        ends = [np.abs(patch[line[0], [line[1], line[1] + line[2] - 1]]).min() for line in _lines(relief, number)]
        assert max(ends) < 1e-3, stroke.name
        middle = stroke.path[len(stroke.path) // 2] if len(stroke.path) % 2 else None
        if middle is not None:
            at = sum(weight * uv[vertex] for vertex, weight in middle) * (MAP_SIZE - 1)
            column, row = np.round(at).astype(int)
            near = patch[max(row - 4, 0) : row + 5, max(column - 4, 0) : column + 5]
            assert near.max() > 0.5 * shade, stroke.name


def _lines(relief: Relief, number: int) -> np.ndarray:
    return relief.lines[relief.first_lines[number] : relief.first_lines[number + 1]]


def _sides(stroke, model):
    return (stroke, stroke.mirrored(model.mirror)) if stroke.name.endswith("_R") else (stroke,)


def test_light_from_above_falls_on_the_lower_wall_of_a_furrow(relief: Relief, model: MorphableModel) -> None:
    """Across a forehead furrow, from above: its upper wall faces down and is darker, its lower wall is lighter."""
    values = activity(model, AU1=1.0)
    shadow = relief.mix(values, DARK, 1.0)
    lit = moving(ABOVE, values, relief)
    uv = (0.5 * (model.uv[107] + model.uv[108])) * (MAP_SIZE - 1)
    column, around = round(uv[0]), round(uv[1])
    strip = slice(around - 30, around + 30)
    valley = around - 30 + int(shadow[strip, column].argmin())
    assert lit[valley - 3 : valley, column].min() < -0.01
    assert lit[valley + 1 : valley + 4, column].max() > 0.01


def test_the_surface_gradient_is_that_of_calculus() -> None:
    """On a sphere, parametrised unevenly: grad h of h = x y / 100 + z, less its part along the normal."""
    u, v = np.meshgrid(np.linspace(-0.5, 0.5, 161) ** 3 * 3, np.linspace(-0.5, 0.6, 161))
    u = u + 0.2 * v
    radius = 60.0
    position = radius * np.stack([np.sin(u) * np.cos(v), np.sin(v), np.cos(u) * np.cos(v)], axis=-1)
    x, y, z = np.moveaxis(position, -1, 0)
    found = _surface_gradient(position, 0.01 * x * y + z)
    normal = position / radius
    ambient = np.stack([0.01 * y, 0.01 * x, np.ones_like(x)], axis=-1)
    expected = ambient - (ambient * normal).sum(-1, keepdims=True) * normal
    # The middle columns lie so close together that their differences are noise; borders have one-sided differences.
    keep = np.zeros(x.shape, bool)
    keep[2:-2, 2:60] = keep[2:-2, 101:-2] = True
    np.testing.assert_allclose(found[keep], expected[keep], atol=0.01)


def test_the_stored_gradient_is_that_of_the_drawn_height(relief: Relief, model: MorphableModel) -> None:
    """A wall of depth d and width w is at its steepest d/w·exp(-1/2) (the valley is a Gaussian); bulges add a little.

    Of narrow strokes only: a wide one is as steep along itself, where it ends.
    """
    for number, stroke in enumerate(s for one in read_strokes() for s in _sides(one, model)):
        if stroke.width_mm > 1.5:
            continue
        steepness = np.linalg.norm(relief.stroke_map(number)[..., :3], axis=2)
        steepest = np.percentile(steepness[steepness > 0.0], 99.9)
        expected = abs(stroke.depth_mm) / stroke.width_mm * np.exp(-0.5)
        assert 0.4 * expected <= steepest <= 1.6 * expected, stroke.name
