"""Light against known lights: on normals alone, then through a rendered picture of a face."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.spatial import Delaunay

from mien.geometry import harmonics
from mien.geometry.camera import project, rotate
from mien.geometry.normals import vertex_normals
from mien.geometry.rasteriser import rasterise
from mien.morphable import builtin
from mien.reconstruction.light import (
    FULL_DIRECTIONALITY,
    NOT_SKIN,
    estimate_light,
    fit_light,
    light_of,
    sample_skin,
    skin_landmarks,
)
from mien.reconstruction.parameters import FaceParameters, Light

TOWARDS = np.array([-0.5, 0.4, 0.77]) / np.linalg.norm([-0.5, 0.4, 0.77])
SKIN = np.array([0.62, 0.45, 0.36])


def lamp(ambient=0.5):
    """One lamp and light from all around, on skin: ``(9, 3)``."""
    coefficients = np.array(harmonics.COSINE_TRANSFER) * harmonics.basis(TOWARDS) * (1 - ambient)
    coefficients[0] += ambient / harmonics.Y0 * 0.5
    return coefficients[:, None] * SKIN


def front_normals(count=400, seed=0):
    normals = np.random.default_rng(seed).normal(size=(count, 3))
    normals[:, 2] = np.abs(normals[:, 2]) + 0.5
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def relative_error(found, normals, expected):
    return np.median(np.abs(harmonics.shade(normals, found) / harmonics.shade(normals, expected) - 1))


def test_light_of_a_sphere():
    normals = front_normals()
    expected = lamp()
    found = fit_light(normals, harmonics.shade(normals, expected))
    # The prior holds the second order down, which is about a tenth of this light.
    assert relative_error(found, front_normals(seed=1), expected) < 0.04
    grey = (found @ [0.2126, 0.7152, 0.0722])[[3, 1, 2]]
    # Between the constant and the part along the camera's axis the front of a sphere hardly decides; the prior does.
    assert np.degrees(np.arccos(grey @ TOWARDS / np.linalg.norm(grey))) < 18


def test_beard_and_highlights_are_left_out():
    normals = front_normals()
    expected = lamp()
    colours = harmonics.shade(normals, expected)
    rng = np.random.default_rng(4)
    colours *= 1 + 0.05 * rng.normal(size=(len(colours), 1))
    odd = rng.permutation(len(colours))
    colours[odd[:60]] *= 0.15
    colours[odd[60:80]] = 1.0
    assert relative_error(fit_light(normals, colours), normals, expected) < 0.06


def test_nothing_that_faces_the_camera_is_dark():
    normals = front_normals()
    harsh = np.maximum(normals @ np.array([1.0, 0.0, 0.0]), 0.0)[:, None] * SKIN
    assert harmonics.shade(front_normals(seed=2), fit_light(normals, harsh)).min() > 0


def test_brightness_ratio_is_one_without_a_change_and_follows_the_lamp():
    light = Light(lamp().astype(np.float32), 0.5, SKIN.astype(np.float32), 0.03, 100)
    normals = front_normals(20)
    np.testing.assert_allclose(light.brightness_ratio(normals, normals), 1.0, atol=1e-6)
    nearer = normals + 0.2 * TOWARDS
    nearer /= np.linalg.norm(nearer, axis=1, keepdims=True)
    cosine = normals @ TOWARDS
    assert np.all(light.brightness_ratio(normals, nearer)[cosine < 0.9] > 1.0)
    linear = harmonics.shade(nearer, lamp()) / harmonics.shade(normals, lamp())
    lit = harmonics.shade(normals, lamp()).min(axis=1) > 0.05
    np.testing.assert_allclose(light.brightness_ratio(normals, nearer)[lit] ** 2.2, linear[lit], rtol=1e-3)


@dataclass(frozen=True)
class Still:
    """A picture in memory."""

    image: np.ndarray
    index: int
    width: int = 640
    height: int = 640

    def crop(self, box):
        return self.image[box.y0 : box.y1, box.x0 : box.x1]


def picture_of(model, parameters, light, index, contrast=0.0):
    """Render the face of one frame: shaded skin, gamma coded, with sinusoidal texture of 4 px wavelength."""
    row = parameters.row(index)
    shape = model.mean + model.identity @ parameters.alpha + model.expression @ parameters.beta[row]
    normals = rotate(vertex_normals(shape, model.triangles), parameters.rotation[row][None])[0]
    placed = project(shape, parameters.pose(index)).astype(np.float32)
    colours = np.clip(harmonics.shade(normals, light), 0, 1).astype(np.float32)
    image, _ = rasterise(placed, model.triangles, colours, 640, 640)
    waves = 1 + contrast * np.sqrt(2) * np.sin(np.arange(640) * 2 * np.pi / 9)
    return Still((image ** (1 / 2.2) * waves[:, None]).astype(np.float32), index)


@pytest.fixture
def parameters(patch_model):
    count = 4
    rotation = np.stack([np.zeros(count), np.linspace(-0.5, 0.5, count), np.zeros(count)], axis=1)
    alpha, beta = np.zeros(patch_model.identity.shape[-1]), np.zeros((count, patch_model.expression.shape[-1]))
    return FaceParameters(
        5, alpha, beta, rotation, np.full(count, 2.5), np.full((count, 2), 320.0), np.full(count, 0.01)
    )


def test_light_of_a_rendered_face(patch_model, parameters):
    expected = lamp()
    pictures = [picture_of(patch_model, parameters, expected, index) for index in range(5, 9)]
    found = light_of([sample_skin(patch_model, parameters, picture, np.arange(468)) for picture in pictures])
    normals = front_normals()
    assert relative_error(found.coefficients, normals, expected) < 0.06
    assert found.sample_count > 800
    grey = lamp() @ [0.2126, 0.7152, 0.0722]
    assert found.directionality == pytest.approx(np.linalg.norm(grey[1:4]) / grey[0] / FULL_DIRECTIONALITY, rel=0.2)


def test_texture_is_measured_in_the_band_of_wrinkles(patch_model, parameters):
    found = []
    for contrast in (0.0, 0.05):
        picture = picture_of(patch_model, parameters, lamp(), 6, contrast)
        found.append(light_of([sample_skin(patch_model, parameters, picture, np.arange(468))]).skin_contrast)
    assert found[0] < 0.01
    # The band passes about two thirds of this wavelength; the mesh's own facets add a little.
    assert 0.02 < found[1] < 0.055


def test_a_face_out_of_the_picture_has_no_light(patch_model, parameters):
    away = replace(parameters, translation=parameters.translation - 2000)
    assert estimate_light(patch_model, away, [Still(np.zeros((640, 640, 3), np.float32), 6)]) is None


def test_skin_is_outside_the_hulls_of_what_is_not() -> None:
    """The built-in model's, against SciPy's triangulations of the same outlines."""
    flat = builtin.load().mean[:, :2].astype(np.float64)
    plain = np.ones(len(flat), bool)
    for outline, wider in NOT_SKIN:
        ring = flat[list(outline)]
        plain &= Delaunay(ring.mean(axis=0) + wider * (ring - ring.mean(axis=0))).find_simplex(flat) < 0
    np.testing.assert_array_equal(skin_landmarks(builtin.load()), np.flatnonzero(plain))
