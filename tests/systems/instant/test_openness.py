from __future__ import annotations

import numpy as np
import pytest

from mien.systems.instant.openness import LID_PAIRS, eye_openness
from mien.tracking.face_track import FaceTrack


def track(openings: np.ndarray, scale: float = 1.0) -> FaceTrack:
    """Eyes 30 px wide whose lids stand ``openings`` (T, 2) px apart, for the right and the left eye."""
    points = np.zeros((len(openings), 478, 3))
    for eye, ((inner, outer), pairs) in enumerate(zip(((33, 133), (362, 263)), LID_PAIRS, strict=True)):
        points[:, inner, 0], points[:, outer, 0] = 50 * eye, 50 * eye + 30
        for upper, lower in pairs:
            points[:, [upper, lower], 0] = 50 * eye + 15
            points[:, upper, 1], points[:, lower, 1] = -openings[:, eye] / 2, openings[:, eye] / 2
    return FaceTrack.from_array(points * scale, start=11)


def test_usual_is_open_and_a_blink_is_shut() -> None:
    openings = np.full((300, 2), 10.0)
    openings[100:104] = 1.5
    openness = eye_openness(track(openings))
    assert openness.shape == (300, 2)
    assert (openness[:100] == 1).all()
    assert (openness[100:104] == 0).all()
    assert (openness[104:] == 1).all()


def test_it_rises_with_the_opening_and_each_eye_counts_for_itself() -> None:
    openings = np.full((40, 2), 10.0)
    openings[:10, 1] = np.linspace(2.0, 8.5, 10)
    openness = eye_openness(track(openings))
    assert (openness[:, 0] == 1).all()
    # From a fifth of the usual opening (0) to 85 % of it (1).
    np.testing.assert_allclose(openness[:10, 1], np.linspace(0.0, 1.0, 10), atol=1e-6)


@pytest.mark.parametrize("scale", [0.25, 6.0])
def test_the_size_of_the_face_does_not_matter(scale: float) -> None:
    openings = np.random.default_rng(3).uniform(1, 12, (50, 2))
    np.testing.assert_allclose(eye_openness(track(openings, scale)), eye_openness(track(openings)), atol=1e-5)


def test_an_eye_that_never_opens_does_not_divide_by_nothing() -> None:
    assert np.isfinite(eye_openness(track(np.zeros((3, 2))))).all()
