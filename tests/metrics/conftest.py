"""A made-up face (478 points over a bent oval, eye corners where the tracker has them; nobody's) and its motions."""

from types import SimpleNamespace

import numpy as np
import pytest

from mien.metrics.face_frame import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from mien.metrics.recognition import CLASSIFIER_FILE, default_classifier, shared_folder

EYE_DISTANCE = 100.0


def face(frames: int = 1, seed: int = 0) -> np.ndarray:
    """``(frames, 478, 3)`` px, the same face in each frame, eye distance 100 px, upright, around (300, 300)."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-80, 80, 478), rng.uniform(-110, 110, 478)
    points = np.stack([x, y, (x**2 + y**2) / 200], axis=1)
    fixed = {
        RIGHT_EYE_OUTER: (-50, -30, 0),
        LEFT_EYE_OUTER: (50, -30, 0),
        133: (-20, -30, -5),
        362: (20, -30, -5),
        10: (0, -110, -20),
        195: (0, 0, -20),
        13: (0, 50, -15),
        14: (0, 60, -15),
        61: (-25, 55, -5),
        291: (25, 55, -5),
    }
    for index, place in fixed.items():
        points[index] = place
    return np.repeat((points + np.array((300, 300, 0)))[None], frames, axis=0)


def rotation(degrees: float, axis: tuple[float, float, float]) -> np.ndarray:
    """Rodrigues' formula."""
    k = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def moved(landmarks: np.ndarray, turn: np.ndarray, scale: float = 1.0, shift=(0.0, 0.0, 0.0)) -> np.ndarray:
    """Every frame turned about its own centre, scaled and shifted."""
    centre = landmarks.mean(axis=1, keepdims=True)
    return (landmarks - centre) @ turn.T * scale + centre + np.asarray(shift)


@pytest.fixture(scope="session")
def faces():
    return SimpleNamespace(face=face, rotation=rotation, moved=moved, eye_distance=EYE_DISTANCE)


@pytest.fixture(scope="session")
def classifier():
    if not (shared_folder() / CLASSIFIER_FILE).is_file():
        pytest.skip(f"the classifier is not in {shared_folder()}; set MIEN_SHARED")
    return default_classifier()
