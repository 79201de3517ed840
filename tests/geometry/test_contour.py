"""Lines followed in a picture: kernels against their references, and drawn circles that were moved."""

import numpy as np
import pytest

from mien.geometry.contour import (
    best_shift,
    contrast_across,
    contrast_across_reference,
    peaks_near,
    peaks_near_reference,
    smooth_along,
)
from mien.geometry.contour_fit import follow_line
from mien.geometry.lines import find_lines
from mien.geometry.paths import strongest_path, strongest_path_reference, strongest_ring

TURN = np.linspace(0.0, 2.0 * np.pi, 120, endpoint=False)
OUTWARD = np.column_stack([np.cos(TURN), np.sin(TURN)])


def ring(middle, radii, half_width, size=120, level=0.6, line=0.3):
    """A picture of an elliptic line, edges one pixel soft."""
    rows, columns = np.mgrid[0:size, 0:size].astype(float)
    fine = np.linspace(0.0, 2.0 * np.pi, 3000)
    path = np.column_stack([middle[0] + radii[0] * np.cos(fine), middle[1] + radii[1] * np.sin(fine)])
    from scipy.spatial import cKDTree

    distance = cKDTree(path).query(np.column_stack([columns.ravel(), rows.ravel()]))[0].reshape(size, size)
    share = np.clip(half_width + 0.5 - distance, 0.0, 1.0)
    return (level + share * (line - level)).astype(np.float32)


def test_contrast_is_that_of_the_reference():
    rng = np.random.default_rng(3)
    image = rng.uniform(0.0, 1.0, (60, 70)).astype(np.float32)
    points, widths = rng.uniform(5.0, 55.0, (40, 2)), rng.uniform(0.5, 4.0, 40)
    normals = OUTWARD[:40]
    found = contrast_across(image, points, normals, widths, 0.5, 9)
    expected = contrast_across_reference(image, points, normals, widths, 0.5, 9)
    np.testing.assert_allclose(found, expected, atol=2e-5)  # float32 sums


@pytest.mark.parametrize("line", [0.3, 0.9])
def test_contrast_tells_dark_from_bright(line):
    image = ring((60, 60), (30, 30), 1.5, line=line)
    contrast = contrast_across(image, 60 + 30 * OUTWARD, OUTWARD, np.full(120, 1.2), 0.5, 6)
    expected = (line - 0.6) / (0.6 + 0.08)  # the floor of contrast.py
    share = contrast[:, 6] / expected
    assert share.min() > 0.5
    assert share.max() < 1.0


def test_peaks_are_those_of_the_reference():
    rng = np.random.default_rng(5)
    contrast = np.where(rng.random((50, 21)) < 0.3, 0.0, rng.random((50, 21))).astype(np.float32)
    at = rng.uniform(-11.0, 11.0, 50)
    for radius in (0.4, 2.5, 4.0):
        for found, expected in zip(
            peaks_near(contrast, at, radius), peaks_near_reference(contrast, at, radius), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-6)


def test_sums_go_round_closed_lines_and_stop_at_open_ends():
    values = np.array([[1.0], [2.0], [4.0], [8.0]])
    summed = smooth_along(values, np.array([[0, 3, 1], [3, 4, 0]]), np.ones(3))
    np.testing.assert_allclose(summed[:, 0], [7.0, 7.0, 7.0, 24.0])


def test_the_best_shift_is_where_the_line_went():
    image = ring((63, 57), (30, 22), 1.5)
    points = np.array([60.0, 60.0]) + OUTWARD * [30, 22]
    normals = OUTWARD / [30, 22]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    contrast = np.abs(contrast_across(image, points, normals, np.full(120, 1.5), 0.5, 14))
    np.testing.assert_allclose(best_shift(contrast, normals, 0.12, 0.15) * 0.5, [3.0, -3.0], atol=0.51)


def test_a_line_is_followed_to_a_fraction_of_a_pixel():
    """Moved by (2.3, -1.4), 4 % wider and 2 % lower, with another line beside it that is bright."""
    image = ring((62.3, 58.6), (31.2, 21.56), 1.2) + ring((62.3, 58.6), (27.5, 18.0), 0.8, level=0.0, line=0.2)
    image += np.random.default_rng(1).normal(0.0, 0.01, image.shape).astype(np.float32)
    points = np.array([60.0, 60.0]) + OUTWARD * [30, 22]
    normals = OUTWARD / [30, 22]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    found = follow_line(image, points, normals, np.full(120, 1.2), np.ones(120), np.ones(120), 0.5)
    truth = np.array([62.3, 58.6]) + OUTWARD * [31.2, 21.56]
    across = ((found.place(points) - truth) * normals).sum(axis=1)
    assert np.abs(across).max() < 0.35
    across += found.rest
    assert np.sqrt((across**2).mean()) < 0.12


def test_lines_have_strength_direction_width_and_sense():
    rows, columns = np.mgrid[0:60, 0:60].astype(float)
    bar = np.where(np.abs(columns - 30) <= 2, -0.4, 0.0).astype(np.float32)
    lines = find_lines(bar, (1.0, 2.5, 5.0))
    assert lines.width_px[30, 30] == 2.5
    assert lines.dark[30, 30] == 1.0
    strength = np.hypot(*lines.across[30, 30])
    # Half its contrast, less what wide lines count less.
    assert strength == pytest.approx(0.2 * (1.0 / 2.5) ** 0.5, rel=0.1)
    assert np.arctan2(*lines.across[30, 30][::-1]) == pytest.approx(0.0, abs=1e-6)  # its normal is along x
    flat = find_lines(bar.T.copy(), (1.0, 2.5))
    assert abs(np.arctan2(*flat.across[30, 30][::-1])) == pytest.approx(np.pi, abs=1e-6)
    edge = find_lines((columns > 30).astype(np.float32) * 0.4, (1.0, 2.5, 5.0))
    assert np.hypot(*np.moveaxis(edge.across, 2, 0)).max() < 0.05
    spot = find_lines((np.hypot(columns - 30, rows - 30) < 3).astype(np.float32) * 0.4, (1.0, 2.5))
    assert np.hypot(*spot.across[30, 30]) < 0.02


def test_paths_are_those_of_the_reference():
    rng = np.random.default_rng(8)
    for most_step in (1, 3):
        values = rng.random((30, 17)).astype(np.float32)
        found = strongest_path(values, most_step, 0.02)
        expected = strongest_path_reference(values.astype(np.float64), most_step, 0.02)
        np.testing.assert_array_equal(found, expected)


def test_a_ring_closes():
    rows = np.arange(40)
    wave = np.rint(10 + 5 * np.sin(2 * np.pi * rows / 40)).astype(int)
    values = np.zeros((40, 21), np.float32)
    values[rows, wave] = 1.0
    np.testing.assert_array_equal(strongest_ring(values, 3, 0.01), wave)
