"""Rotations against ``scipy.spatial.transform`` and finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mien.errors import InputError
from mien.geometry import rotation
from mien.geometry.rotation_kernel import rotation_kernel

ANGLES = (0.0, 1e-9, 1e-5, 1e-3, 0.3, 2.0, np.pi - 1e-7, np.pi)


def some_vectors(angle: float, count: int = 30) -> np.ndarray:
    axes = np.random.default_rng(5).normal(size=(count, 3))
    return angle * axes / np.linalg.norm(axes, axis=1, keepdims=True)


@pytest.mark.parametrize("angle", ANGLES)
def test_matrix_agrees_with_scipy(angle):
    vectors = some_vectors(angle)
    expected = Rotation.from_rotvec(vectors).as_matrix()
    np.testing.assert_allclose(rotation.matrix_from_vector(vectors), expected, atol=1e-12)
    written = np.empty((3, 3))
    for vector, matrix in zip(vectors, expected, strict=True):
        rotation_kernel(vector, written)
        np.testing.assert_allclose(written, matrix, atol=1e-11)


@pytest.mark.parametrize("angle", ANGLES)
def test_vector_inverts_matrix(angle):
    matrices = Rotation.from_rotvec(some_vectors(angle)).as_matrix()
    vectors = rotation.vector_from_matrix(matrices)
    assert np.all(np.linalg.norm(vectors, axis=1) <= np.pi + 1e-12)
    # At pi an axis and its opposite are the same rotation, so compare matrices; 1e-7 is the root of float64's step.
    np.testing.assert_allclose(rotation.matrix_from_vector(vectors), matrices, atol=1e-7)
    if angle < 3.0:
        np.testing.assert_allclose(vectors, some_vectors(angle), atol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 1e-4, 2e-3, 0.7, 2.9])
def test_jacobian_agrees_with_finite_differences(angle):
    vector = some_vectors(angle, 1)[0]
    points = np.random.default_rng(1).normal(size=(7, 3))
    step = 1e-6
    numeric = np.empty((7, 3, 3))
    for k in range(3):
        shift = step * np.eye(3)[k]
        ahead, behind = (Rotation.from_rotvec(vector + sign * shift).apply(points) for sign in (1, -1))
        numeric[:, :, k] = (ahead - behind) / (2 * step)
    np.testing.assert_allclose(rotation.rotated_jacobian(vector, points), numeric, atol=1e-8)


@given(st.tuples(st.floats(-170, 170), st.floats(-89, 89), st.floats(-170, 170)))
def test_euler_angles_are_those_of_the_conventions(angles):
    pitch, yaw, roll = angles
    # scipy's lower-case "xyz" is extrinsic: about x first, then y, then z, that is Rz Ry Rx.
    expected = Rotation.from_euler("xyz", [pitch, yaw, roll], degrees=True).as_matrix()
    matrix = rotation.matrix_from_euler(np.array(angles))
    np.testing.assert_allclose(matrix, expected, atol=1e-12)
    np.testing.assert_allclose(rotation.euler_degrees(matrix), angles, atol=1e-6)


def test_signs_of_pitch_yaw_roll():
    nose, crown = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    assert (rotation.matrix_from_euler([10.0, 0, 0]) @ nose)[1] < 0, "positive pitch nods down"
    assert (rotation.matrix_from_euler([0, 10.0, 0]) @ nose)[0] > 0, "positive yaw turns to the image's right"
    assert (rotation.matrix_from_euler([0, 0, 10.0]) @ crown)[0] < 0, "positive roll is counterclockwise in the image"


def test_angle_between_agrees_with_scipy():
    first, second = Rotation.random(20, random_state=2), Rotation.random(20, random_state=3)
    expected = (first.inv() * second).magnitude()
    np.testing.assert_allclose(rotation.angle_between(first.as_matrix(), second.as_matrix()), expected, atol=1e-9)


def test_wrong_shapes_are_named():
    with pytest.raises(InputError, match=r"\(4, 2\)"):
        rotation.matrix_from_vector(np.zeros((4, 2)))
