from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2lab

from mien.emotion.vocabulary import EMOTIONS
from mien.morphable.model import MorphableModel
from mien.morphable.regions import FACE_OVAL
from mien.systems.instant.color import CENTRES, FLUSH, flush, flush_weights

FAIR_SKIN = np.array([0.87, 0.73, 0.64])
DARK_SKIN = np.array([0.42, 0.28, 0.21])


def one_hot(emotion: str, intensity: float = 1.0) -> np.ndarray:
    vector = np.zeros(len(EMOTIONS))
    vector[EMOTIONS.index(emotion)] = intensity
    return vector


def lab_change(emotion: str, skin: np.ndarray) -> np.ndarray:
    return np.asarray(rgb2lab(skin * np.exp(flush(one_hot(emotion)))) - rgb2lab(skin))


def test_neutral_has_no_colour_and_every_emotion_a_row() -> None:
    assert set(FLUSH) == set(EMOTIONS)
    np.testing.assert_array_equal(flush(np.zeros(len(EMOTIONS))), 0)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_it_grows_in_proportion(emotion: str) -> None:
    np.testing.assert_allclose(flush(one_hot(emotion, 0.3)), 0.3 * flush(one_hot(emotion)))


@pytest.mark.parametrize("skin", [FAIR_SKIN, DARK_SKIN], ids=["fair", "dark"])
def test_the_directions_are_those_of_the_literature(skin: np.ndarray) -> None:
    """Redness is a* of CIELAB: anger flushes, fear and sadness pale, disgust turns from red (module's sources)."""
    assert lab_change("angry", skin)[1] > 1.0
    assert lab_change("happy", skin)[1] > 0.2
    for emotion in ("fear", "sad", "disgusted"):
        assert lab_change(emotion, skin)[1] < -0.5
    assert lab_change("disgusted", skin)[2] > 0  # towards yellow


@pytest.mark.parametrize("skin", [FAIR_SKIN, DARK_SKIN], ids=["fair", "dark"])
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_it_stays_small_above_all_in_lightness(emotion: str, skin: np.ndarray) -> None:
    lightness, redness, yellowness = lab_change(emotion, skin)
    assert abs(lightness) < 2.5
    assert abs(redness) < 5.0
    assert abs(yellowness) < 4.5


def test_it_shows_on_the_cheeks_and_not_on_the_rim(model: MorphableModel) -> None:
    vertices = model.mean[model.landmark_vertices].astype(np.float64)
    weights = flush_weights(vertices, FACE_OVAL)
    assert weights.shape == (468,)
    assert weights.min() >= 0
    assert weights.max() <= 1
    np.testing.assert_array_equal(weights[FACE_OVAL], 0)
    assert weights[50] == pytest.approx(weights[280], abs=0.02)
    assert weights[[50, 280]].min() > 0.9
    assert all(weights[landmark] > 0.2 for landmark, _, _ in CENTRES)
    np.testing.assert_allclose(weights, weights[model.mirror], atol=0.02)
    # Neighbours differ little, or triangles would show.
    edges = np.concatenate([model.triangles[:, [0, 1]], model.triangles[:, [1, 2]]])
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    assert (np.abs(weights[edges[:, 0]] - weights[edges[:, 1]]) / length).max() < 0.12
