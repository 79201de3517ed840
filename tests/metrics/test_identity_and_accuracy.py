import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cosine

from mien.errors import EmotionError, InputError
from mien.metrics.emotion_accuracy import emotion_accuracy
from mien.metrics.identity import MeanFeature, identity_similarity
from mien.metrics.second_classifier import target_probability


@given(st.integers(1, 600), st.integers(0, 99))
def test_cosine_against_scipy(size, seed):
    a, b = np.random.default_rng(seed).normal(size=(2, size))
    assert identity_similarity(a, b) == pytest.approx(1 - cosine(a, b), abs=1e-12)
    assert identity_similarity(a, 3 * a) == pytest.approx(1)
    assert identity_similarity(a, -a) == pytest.approx(-1)


def test_no_direction_is_no_number():
    assert np.isnan(identity_similarity(np.zeros(4), np.ones(4)))
    for bad in ((np.ones(3), np.ones(4)), (np.ones((2, 2)), np.ones((2, 2))), (np.full(2, np.nan), np.ones(2))):
        with pytest.raises(InputError, match="expected twice"):
            identity_similarity(*bad)


def test_mean_in_batches_and_one_by_one():
    rows = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    together, alone = MeanFeature(), MeanFeature()
    together.add(rows[:3])
    together.add(rows[3:])
    for row in rows:
        alone.add(row)
    np.testing.assert_allclose(together.mean(), rows.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(alone.mean(), together.mean(), atol=1e-12)
    assert alone.count == 7
    with pytest.raises(InputError, match="before had 5"):
        alone.add(np.ones(4))
    with pytest.raises(InputError, match="finite"):
        alone.add(np.full(5, np.inf))
    with pytest.raises(InputError, match="at least one picture"):
        MeanFeature().mean()


def test_accuracy_by_hand():
    labels = ("happy", "sad", "angry")
    found = [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3], [0.4, 0.4, 0.2]]
    assert emotion_accuracy(found, labels, ["happy", "angry", "happy", "happy"]) == pytest.approx(0.75)
    assert emotion_accuracy(found[:1], labels, ["sad"]) == 0
    assert np.isnan(emotion_accuracy(np.zeros((0, 3)), labels, []))
    with pytest.raises(EmotionError, match="contempt"):
        emotion_accuracy(found[:1], labels, ["contempt"])
    with pytest.raises(InputError, match=r"expected finite \(2, 3\)"):
        emotion_accuracy(found, labels, ["happy", "sad"])


def test_target_of_the_second_classifier_by_hand():
    found = np.array([0.1, 0.4, 0.05, 0.15, 0.1, 0.12, 0.08])
    assert target_probability(found, "happy") == pytest.approx(0.4)
    assert target_probability(np.stack([found, found[::-1]]), "disgusted") == pytest.approx([0.12, 0.4])
    with pytest.raises(EmotionError, match="contempt"):
        target_probability(found, "contempt")
