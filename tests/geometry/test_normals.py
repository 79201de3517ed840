"""Normals against a sphere, whose normals are known, and against the plain reference."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from mien.errors import InputError
from mien.geometry.normals import vertex_normals, vertex_normals_reference


def sphere(count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """A unit sphere: Fibonacci points, their convex hull, triangles turned counterclockwise from outside."""
    k = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * k / count), np.pi * (1 + 5**0.5) * k
    points = np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)
    triangles = ConvexHull(points).simplices
    a, b, c = (points[triangles[:, k]] for k in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return points, triangles


def test_normals_of_a_sphere_are_its_points():
    points, triangles = sphere()
    found = vertex_normals(7.0 * points + 3.0, triangles)
    # Triangles of 500 points span about 0.17 radians; the mean over six of them is right to about a tenth of that.
    assert np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", found, points), -1, 1))).max() < 2.5


@given(st.integers(0, 2**32 - 1))
def test_kernel_equals_reference(seed):
    rng = np.random.default_rng(seed)
    meshes = rng.normal(size=(3, 12, 3)).astype(np.float32) * 50
    # Each triple once: two triangles on the same corners may cancel to rounding noise, which has no direction.
    triples = np.array(list(combinations(range(11), 3)))
    triangles = rng.permuted(rng.choice(triples, 9, replace=False), axis=1)
    found = vertex_normals(meshes, triangles)
    # 1e-3: where triangles nearly cancel, the direction of the remaining sum is only as good as float64's rounding.
    np.testing.assert_allclose(found, vertex_normals_reference(meshes, triangles), atol=1e-3)
    np.testing.assert_array_equal(found[1], vertex_normals(meshes[1], triangles))
    assert not found[:, 11].any(), "a vertex without triangles has no normal"


def test_bad_input_is_named():
    with pytest.raises(InputError, match=r"outside 0\.\.3"):
        vertex_normals(np.zeros((4, 3)), np.array([[0, 1, 4]]))
    with pytest.raises(InputError, match=r"\(4, 2\)"):
        vertex_normals(np.zeros((4, 2)), np.array([[0, 1, 2]]))
