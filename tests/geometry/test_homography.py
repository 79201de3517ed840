"""Projective maps: against known matrices, scikit-image's own estimate and warp, and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data, transform

from mien.errors import InputError
from mien.geometry.homography import apply_homography, fit_homography, resample

KNOWN = np.array([[1.2, 0.1, 5.0], [-0.2, 0.9, 8.0], [1e-3, -5e-4, 1.0]])


def test_exact_matches_give_the_matrix_back() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (6, 2))
    np.testing.assert_allclose(fit_homography(points, apply_homography(KNOWN, points)), KNOWN, atol=1e-9)


def test_noisy_matches_agree_with_scikit_image() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 100, (20, 2))
    noisy = apply_homography(KNOWN, points) + rng.normal(0, 0.5, (20, 2))
    other = transform.ProjectiveTransform.from_estimate(points, noisy)
    ours = apply_homography(fit_homography(points, noisy), points)
    # Both normalise the points first, but not by the same measure of their spread, which moves the algebraic error.
    np.testing.assert_allclose(ours, other(points), atol=1e-4)


@pytest.mark.parametrize("points", [np.zeros((3, 2)), np.stack([np.arange(5.0)] * 2, axis=1)])
def test_points_that_do_not_span_a_plane(points: np.ndarray) -> None:
    with pytest.raises(InputError, match="four"):
        fit_homography(points, points)


def test_resample_moves_whole_pixels_exactly() -> None:
    image = data.astronaut()[:64, :80].astype(np.float32) / 255
    shifted = resample(image, np.array([[1, 0, 7], [0, 1, 5], [0, 0, 1.0]]), 30, 40)
    np.testing.assert_allclose(shifted, image[5:35, 7:47], atol=1e-6)


def test_resample_agrees_with_scikit_image() -> None:
    """Both cubic, of different kernels (theirs is a spline): on a photograph they differ by little on average."""
    image = data.astronaut()[60:260, 120:320].astype(np.float32) / 255
    matrix = np.array([[0.9, 0.1, 30.0], [-0.1, 0.95, 35.0], [2e-4, 1e-4, 1.0]])
    ours = resample(image, matrix, 100, 100)
    theirs = transform.warp(image, transform.ProjectiveTransform(matrix), order=3, output_shape=(100, 100))
    assert np.abs(ours - theirs).mean() < 0.01


def test_smaller_pictures_are_averaged() -> None:
    checker = ((np.indices((90, 90)).sum(axis=0) % 2)[..., None] * np.ones(3)).astype(np.float32)
    small = resample(checker, np.array([[3.0, 0, 1], [0, 3.0, 1], [0, 0, 1]]), 30, 30)
    assert np.abs(small - 0.5).max() < 0.1
