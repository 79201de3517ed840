import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.tracking.region import FACE_SHARE, Region


def oval() -> np.ndarray:
    """An upright face without depth: an oval of 80 x 120 px, its eye corners level."""
    turn = np.linspace(0, 2 * np.pi, 478)
    points = np.stack([300 + 40 * np.cos(turn), 200 + 60 * np.sin(turn), 0 * turn], axis=1)
    points[33], points[263] = [270, 190, 0], [330, 190, 0]
    return points


@given(st.floats(-3.1, 3.1), st.floats(0.1, 5))
def test_a_region_turns_and_grows_with_its_face(angle: float, factor: float) -> None:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = oval()
    points[:, :2] = factor * (points[:, :2] - [300, 200]) @ turn.T + [300, 200]
    region = Region.around(points)
    assert region.angle == pytest.approx(angle, abs=1e-6)
    assert region.size == pytest.approx(factor * 120 / FACE_SHARE, rel=1e-3)
    assert (region.x, region.y) == (pytest.approx(300, abs=0.01 * factor * 60), pytest.approx(200, abs=factor * 0.5))


def test_noise_is_followed_halfway_and_movement_fully() -> None:
    here = Region(100, 100, 50, 3.1)
    near, far = Region(100.4, 100, 50, 3.1), Region(120, 100, 60, -3.1)
    assert here.followed(near).x == pytest.approx(100.2)
    followed = here.followed(far)
    assert (followed.x, followed.size) == (120, 60)
    assert np.cos(followed.angle - far.angle) == pytest.approx(1)  # the short way around


def test_coincidence_needs_place_and_size() -> None:
    assert Region(0, 0, 100).coincides(Region(10, 10, 110))
    assert not Region(0, 0, 100).coincides(Region(40, 0, 100))
    assert not Region(0, 0, 100).coincides(Region(0, 0, 40))
