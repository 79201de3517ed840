"""The camera against the formulas of ``docs/conventions.md`` written out by hand."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mien.errors import InputError
from mien.geometry import camera
from mien.types import Pose


def test_projection_is_that_of_the_conventions():
    rng = np.random.default_rng(0)
    vertices = rng.normal(size=(11, 3)) * 50
    turn = Rotation.from_rotvec([0.3, -0.5, 0.2])
    pose = Pose(turn.as_rotvec(), 2.5, np.array([320.0, 240.0]))
    turned = turn.apply(vertices)
    expected = np.stack([2.5 * turned[:, 0] + 320, -2.5 * turned[:, 1] + 240, -2.5 * turned[:, 2]], axis=1)
    np.testing.assert_allclose(camera.project(vertices, pose), expected, atol=1e-9)


def test_batch_equals_one_by_one():
    rng = np.random.default_rng(1)
    shapes, rotations = rng.normal(size=(4, 6, 3)), rng.normal(size=(4, 3))
    scales, translations = rng.uniform(1, 3, 4), rng.normal(size=(4, 2))
    many = camera.project_many(shapes, rotations, scales, translations)
    shared = camera.project_many(shapes[0], rotations, scales, translations)
    for t in range(4):
        pose = Pose(rotations[t], float(scales[t]), translations[t])
        np.testing.assert_allclose(many[t], camera.project(shapes[t], pose), atol=1e-12)
        np.testing.assert_allclose(shared[t], camera.project(shapes[0], pose), atol=1e-12)


def test_displacements_come_back():
    rng = np.random.default_rng(2)
    vertices, moved = rng.normal(size=(2, 9, 3)) * 40
    pose = Pose(np.array([0.1, 0.6, -0.3]), 1.7, np.array([5.0, 9.0]))
    seen = camera.project(moved, pose) - camera.project(vertices, pose)
    np.testing.assert_allclose(camera.unproject_displacement(seen, pose), moved - vertices, atol=1e-9)
    np.testing.assert_allclose(camera.project_displacement(moved - vertices, pose), seen, atol=1e-9)


def test_wrong_shapes_are_named():
    pose = Pose(np.zeros(3), 1.0, np.zeros(2))
    with pytest.raises(InputError, match=r"\(5, 2\)"):
        camera.project(np.zeros((5, 2)), pose)
    with pytest.raises(InputError, match="translation"):
        camera.project_many(np.zeros((5, 3)), np.zeros((4, 3)), np.zeros(4), np.zeros((4, 3)))
