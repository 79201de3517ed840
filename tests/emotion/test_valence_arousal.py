import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.emotion.track import EmotionTrack
from mien.emotion.valence_arousal import COORDINATES, SEAM_DEG, emotion_from_valence_arousal
from mien.emotion.vocabulary import EMOTION_INDEX, EMOTIONS
from mien.errors import EmotionError

unit = st.floats(-1, 1)


def vector(valence: float, arousal: float) -> np.ndarray:
    emotion, intensity = emotion_from_valence_arousal(valence, arousal)
    result = np.zeros(len(EMOTIONS))
    if emotion in EMOTION_INDEX:
        result[EMOTION_INDEX[emotion]] = intensity
    return result


@pytest.mark.parametrize("name", COORDINATES)
def test_published_points_give_their_own_emotion(name: str) -> None:
    valence, arousal = COORDINATES[name]
    emotion, intensity = emotion_from_valence_arousal(valence, arousal)
    assert emotion == name
    assert intensity == pytest.approx(min(1, math.hypot(valence, arousal)))


def test_the_middle_is_neutral_and_the_radius_is_the_intensity() -> None:
    assert emotion_from_valence_arousal(0, 0) == ("neutral", 0)
    valence, arousal = COORDINATES["sad"]
    emotion, intensity = emotion_from_valence_arousal(valence / 2, arousal / 2)
    assert (emotion, intensity) == ("sad", pytest.approx(math.hypot(valence, arousal) / 2))
    assert emotion_from_valence_arousal(1, 0.7)[1] == 1


@pytest.mark.parametrize(("valence", "arousal"), [(1.1, 0), (0, -2), (float("nan"), 0), (0, float("inf"))])
def test_outside_is_refused(valence: float, arousal: float) -> None:
    with pytest.raises(EmotionError, match="from -1 to 1"):
        emotion_from_valence_arousal(valence, arousal)


@given(unit, unit, st.floats(0, 2 * math.pi))
def test_continuous_over_the_plane(valence: float, arousal: float, direction: float) -> None:
    # The steepest place is a seam: the intensity falls from at most the radius to 0 while the difference of two angular
    # distances, which changes twice as fast as the angle, falls by SEAM_DEG. Across the radius a way of d turns the
    # angle by d / radius, so the slope is at most 2 / SEAM_DEG (in radians), and along the radius at most 1.
    distance = 1e-4
    other = np.clip([valence + distance * math.cos(direction), arousal + distance * math.sin(direction)], -1, 1)
    slope = 1 + 2 / math.radians(SEAM_DEG)
    change = np.abs(vector(valence, arousal) - vector(*other)).sum()
    assert change <= math.sqrt(2) * slope * distance


def test_in_the_notation() -> None:
    assert str(EmotionTrack.parse("0 va 0 0, 1 va 0.38 0.24 smooth")).startswith("0 neutral, 1 happy 0.449")
