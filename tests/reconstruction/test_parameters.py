"""Face parameters: rows found by frame of the clip, arrays checked."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mien.errors import InputError
from mien.reconstruction.parameters import FaceParameters


def parameters(count=3, **changed):
    arrays = {
        "alpha": np.zeros(4, np.float32),
        "beta": np.arange(count * 2, dtype=np.float32).reshape(count, 2),
        "rotation": np.tile(np.float32([0.0, 0.3, 0.0]), (count, 1)),
        "scale": np.linspace(1, 2, count, dtype=np.float32),
        "translation": np.ones((count, 2), np.float32),
        "residual": np.zeros(count, np.float32),
    }
    return FaceParameters(start=10, **(arrays | changed))


def test_rows_are_found_by_the_frame_of_the_clip():
    face = parameters()
    assert (face.start, face.stop, len(face)) == (10, 13, 3)
    assert face.row(12) == 2
    pose = face.pose(11)
    assert pose.scale == 1.5
    np.testing.assert_allclose(pose.rotation, [0, 0.3, 0], atol=1e-7)
    for frame in (9, 13):
        with pytest.raises(InputError, match="frames 10 to 12"):
            face.pose(frame)


def test_angles_in_degrees():
    turns = Rotation.from_euler("xyz", [[5, -20, 3], [0, 40, 0], [-10, 0, 15]], degrees=True).as_rotvec()
    found = parameters(rotation=turns).pitch_yaw_roll_degrees()
    np.testing.assert_allclose(found, [[5, -20, 3], [0, 40, 0], [-10, 0, 15]], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "shape"), [("scale", (2,)), ("rotation", (3, 2)), ("residual", (3, 1)), ("alpha", (2, 2)), ("beta", (3,))]
)
def test_wrong_shapes_are_named(name, shape):
    with pytest.raises(InputError, match=name):
        parameters(**{name: np.zeros(shape, np.float32)})
