import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mien.errors import InputError
from mien.metrics.face_frame import checked_pair, eye_distance, face_coordinates, rigid_rotation


def test_eye_distance(faces):
    np.testing.assert_allclose(eye_distance(faces.face(3)), 100)


def test_face_coordinates_of_an_upright_face(faces):
    face = face_coordinates(faces.face())[0]
    np.testing.assert_allclose(face[33], (-0.5, 0, 0), atol=1e-12)
    np.testing.assert_allclose(face[263], (0.5, 0, 0), atol=1e-12)
    assert face[10, 1] > 0.7  # the forehead is above
    assert face[195, 2] > 0  # the nose sticks out
    assert face[13, 1] < 0


@given(st.floats(-80, 80), st.tuples(*[st.floats(-1, 1)] * 3), st.floats(0.2, 5), st.floats(-300, 300))
def test_face_coordinates_do_not_see_the_pose(faces, degrees, axis, scale, shift):
    axis = axis if np.linalg.norm(axis) > 0.1 else (0, 0, 1)
    posed = faces.moved(faces.face(), faces.rotation(degrees, axis), scale, (shift, -shift, 0))
    np.testing.assert_allclose(face_coordinates(posed), face_coordinates(faces.face()), atol=1e-9)


def test_rigid_rotation_against_scipy():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(30, 3))
    b = a @ Rotation.from_rotvec((0.4, -0.2, 0.9)).as_matrix().T + rng.normal(0, 0.1, (30, 3))
    expected = Rotation.align_vectors(b - b.mean(0), a - a.mean(0))[0].as_matrix()
    np.testing.assert_allclose(rigid_rotation(a, b), expected, atol=1e-10)


def test_rigid_rotation_never_mirrors():
    a = np.random.default_rng(0).normal(size=(4, 12, 3))
    found = rigid_rotation(a, a * (-1, 1, 1))
    np.testing.assert_allclose(np.linalg.det(found), 1)


def test_refuses_what_is_no_face(faces):
    with pytest.raises(InputError, match=r"\(T, 478, 3\)"):
        eye_distance(np.zeros((478, 3)))
    with pytest.raises(InputError, match="finite"):
        eye_distance(np.full((1, 478, 3), np.nan))
    with pytest.raises(InputError, match="one point"):
        face_coordinates(np.zeros((1, 478, 3)))
    with pytest.raises(InputError, match="2 frames and result 3"):
        checked_pair(faces.face(2), faces.face(3))
