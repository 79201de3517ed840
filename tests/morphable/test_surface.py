"""Differential operators on a mesh, against what calculus says."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.spatial

from mien.morphable.surface import Surface


def grid(rows: int = 15, columns: int = 21, spacing_mm: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """A flat sheet, its cells split along alternating diagonals, so that no direction is preferred."""
    y, x = np.mgrid[:rows, :columns] * spacing_mm
    at = np.arange(rows * columns).reshape(rows, columns)
    triangles = []
    for r in range(rows - 1):
        for c in range(columns - 1):
            a, b, d, e = at[r, c], at[r, c + 1], at[r + 1, c], at[r + 1, c + 1]
            triangles += [(a, b, e), (a, e, d)] if (r + c) % 2 else [(a, b, d), (b, e, d)]
    return np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1), np.array(triangles)


def test_area_is_the_sheets():
    vertices, triangles = grid()
    surface = Surface(vertices, triangles)
    assert surface.area.sum() == pytest.approx(28 * 40)


def test_laplacian_of_a_linear_function_vanishes_inside():
    vertices, triangles = grid()
    surface = Surface(vertices, triangles)
    inside = (vertices[:, 0] > 0) & (vertices[:, 0] < 40) & (vertices[:, 1] > 0) & (vertices[:, 1] < 28)
    # Right angles have cotangent 0 and are raised a little, which keeps this from being exact.
    flow = surface.stiffness @ (3 * vertices[:, 0] - 2 * vertices[:, 1])
    assert np.abs(flow[inside]).max() < 1e-9
    assert surface.stiffness @ np.ones(len(vertices)) == pytest.approx(0.0, abs=1e-9)


def test_harmonics_of_a_sheet_are_cosines():
    vertices, triangles = grid(21, 31, 1.0)
    values, waves = Surface(vertices, triangles).harmonics(3)
    # Neumann eigenvalues of a 30 x 20 rectangle; a coarse mesh and the raised cotangents leave some percent.
    expected = sorted([(np.pi / 30) ** 2, (np.pi / 20) ** 2, (np.pi / 30) ** 2 + (np.pi / 20) ** 2])
    np.testing.assert_allclose(values, expected, rtol=0.12)
    first = np.cos(np.pi * vertices[:, 0] / 30) * np.sqrt(2)
    assert abs(np.corrcoef(waves[:, 0], first)[0, 1]) > 0.995
    area = Surface(vertices, triangles).area
    np.testing.assert_allclose((waves**2 * area[:, None]).sum(axis=0) / area.sum(), 1.0, rtol=1e-9)


def test_harmonics_do_not_depend_on_the_solvers_sign():
    vertices, triangles = grid()
    _, waves = Surface(vertices, triangles).harmonics(8)
    for wave in waves.T:
        assert wave[np.flatnonzero(np.abs(wave) > 0.5 * np.abs(wave).max())[0]] > 0


def test_ways_go_over_the_mesh_and_round_holes():
    vertices, triangles = grid()
    middle = (vertices[:, 0] == 20) & (vertices[:, 1] > 3)
    slit = triangles[~middle[triangles].any(axis=1)]
    left, right = (int(np.flatnonzero((vertices[:, 0] == x) & (vertices[:, 1] == 20))[0]) for x in (16, 24))
    straight = Surface(vertices, triangles).ways(np.array([left]))[0, right]
    assert straight == pytest.approx(8.0)
    keep = np.unique(slit)
    number = np.full(len(vertices), -1)
    number[keep] = np.arange(len(keep))
    detour = Surface(vertices[keep], number[slit]).ways(np.array([number[left]]))[0, number[right]]
    assert detour > 30  # Up to the slit's end at y = 2 and down again: at least 2 * 17 less the diagonals.


def test_interpolation_meets_the_values_and_bends_least():
    vertices, triangles = grid()
    surface = Surface(vertices, triangles)
    rng = np.random.default_rng(1)
    known = rng.choice(len(vertices), 12, replace=False)
    values = rng.normal(size=(12, 2))
    field = surface.interpolate(known, values)
    np.testing.assert_allclose(field[known], values)
    energy = np.einsum("nc,nc->", field, surface.bending @ field)
    for _ in range(20):
        other = field + 0.01 * rng.normal(size=field.shape)
        other[known] = values
        assert np.einsum("nc,nc->", other, surface.bending @ other) > energy


def test_interpolation_through_every_vertex_changes_nothing():
    vertices, triangles = grid(3, 4)
    values = np.arange(24.0).reshape(12, 2)
    np.testing.assert_array_equal(Surface(vertices, triangles).interpolate(np.arange(12), values), values)


def test_a_mirrored_mesh_gives_symmetric_fields_from_crooked_triangles():
    rng = np.random.default_rng(2)
    half = rng.uniform([1, -10, 0], [10, 10, 0], (30, 3))
    vertices = np.concatenate([half, half * [-1, 1, 1]])
    mirror = np.roll(np.arange(60), 30)
    # Moved a little before triangulating, so that the triangulation itself is not symmetric.
    triangles = scipy.spatial.Delaunay((vertices + rng.normal(scale=0.4, size=(60, 3)))[:, :2]).simplices
    assert {frozenset(t) for t in triangles.tolist()} != {frozenset(t) for t in mirror[triangles].tolist()}
    surface = Surface(vertices, triangles, mirror)
    assert surface.area.sum() == pytest.approx(Surface(vertices, triangles).area.sum())
    known = np.array([0, 30, 5, 35, 9, 39])
    field = surface.interpolate(known, np.repeat([[1.0], [0.0], [3.0]], 2, axis=0))
    np.testing.assert_allclose(field, field[mirror], atol=1e-9)
