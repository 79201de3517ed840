"""Each differentiable step against its NumPy or SciPy counterpart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from mien.geometry import harmonics
from mien.geometry.normals import vertex_normals
from mien.geometry.rotation import matrix_from_vector
from mien.morphable import builtin

torch = pytest.importorskip("torch")
from mien.reconstruction import shading  # noqa: E402

RNG = np.random.default_rng(0)


def test_rotations() -> None:
    vectors = RNG.normal(size=(20, 3))
    np.testing.assert_allclose(
        shading.rotation_matrices(torch.from_numpy(vectors)), matrix_from_vector(vectors), atol=1e-9
    )
    zero = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    shading.rotation_matrices(zero)[0, 2, 1].backward()
    np.testing.assert_allclose(zero.grad, [[1.0, 0.0, 0.0]], atol=1e-6)  # d(sin a)/da at 0


def test_normals() -> None:
    model = builtin.load()
    shapes = model.mean + RNG.normal(size=(2, 468, 3))
    found = shading.vertex_normals(torch.from_numpy(shapes), torch.from_numpy(model.triangles.astype(np.int64)))
    np.testing.assert_allclose(found, vertex_normals(shapes, model.triangles), atol=1e-5)  # the kernel is float32


def test_colours_are_albedo_times_light_gamma_coded() -> None:
    normals = RNG.normal(size=(2, 30, 3))
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    light = RNG.uniform(0.0, 0.1, (2, 9, 3))
    light[:, 0] += 2.0
    albedo = RNG.uniform(0.2, 1.0, (30, 3))
    found = shading.shown_colours(*map(torch.from_numpy, (albedo, normals, light)))
    for k in range(2):
        wanted = (albedo * harmonics.shade(normals[k], light[k])) ** (1 / 2.2)
        np.testing.assert_allclose(found[k], wanted, rtol=1e-9)


def test_reading_between_pixels() -> None:
    picture = RNG.random((1, 3, 12, 17))
    places = RNG.uniform([0, 0], [16, 11], (1, 40, 2))
    found = shading.sampled(torch.from_numpy(picture), torch.from_numpy(places))
    for c in range(3):
        wanted = map_coordinates(picture[0, c], places[0].T[::-1], order=1)
        np.testing.assert_allclose(found[0, :, c], wanted, atol=1e-12)
