"""Harmonics against scipy's, against their orthonormality, and a lamp's shading against the clamped cosine."""

import numpy as np
import pytest
from scipy.special import sph_harm_y

from mien.errors import InputError
from mien.geometry import harmonics


def directions(count: int = 20000) -> np.ndarray:
    k = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * k / count), np.pi * (1 + 5**0.5) * k
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)


def test_basis_agrees_with_scipy():
    normals = directions(200)
    polar, azimuth = np.arccos(normals[:, 2]), np.arctan2(normals[:, 1], normals[:, 0])
    expected = []
    for degree in range(3):
        for order in range(-degree, degree + 1):
            value = sph_harm_y(degree, abs(order), polar, azimuth)
            # Real harmonics from complex ones, without the Condon-Shortley sign, which the paper leaves out.
            part = value.real if order == 0 else np.sqrt(2) * (-1) ** order * (value.real if order > 0 else value.imag)
            expected.append(part)
    np.testing.assert_allclose(harmonics.basis(normals), np.stack(expected, axis=1), atol=2e-6)


def test_basis_is_orthonormal_over_the_sphere():
    bands = harmonics.basis(directions())
    np.testing.assert_allclose(4 * np.pi * bands.T @ bands / len(bands), np.eye(9), atol=2e-3)


def test_a_distant_lamp_shades_as_a_clamped_cosine():
    towards = np.array([0.6, 0.0, 0.8])
    light = (np.array(harmonics.COSINE_TRANSFER) * harmonics.basis(towards))[:, None]
    normals = directions(2000)
    error = harmonics.shade(normals, light)[:, 0] - np.maximum(normals @ towards, 0)
    # Straight under the lamp the three orders add up to 1/4 + 1/2 + 5/32 = 0.90625 of the cosine: the worst error.
    assert np.abs(error).max() == pytest.approx(0.09375, abs=0.001)
    assert np.sqrt(np.mean(error**2)) < 0.05


def test_precision_follows_the_input_and_shapes_are_checked():
    assert harmonics.basis(np.zeros((4, 3), np.float32)).dtype == np.float32
    with pytest.raises(InputError, match=r"\(3, 9\)"):
        harmonics.shade(np.zeros((4, 3)), np.zeros((3, 9)))
