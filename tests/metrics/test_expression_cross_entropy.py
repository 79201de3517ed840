"""Cross entropy of type and level: against PyTorch where it is there, and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mien.emotion.vocabulary import EMOTION_INDEX
from mien.errors import InputError
from mien.metrics.expression_cross_entropy import accuracy, cross_entropy, level_labels, type_labels


def vector(emotion: str | None, intensity: float = 0.0) -> np.ndarray:
    values = np.zeros(8)
    if emotion:
        values[EMOTION_INDEX[emotion]] = intensity
    return values


def test_by_hand() -> None:
    rows = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.0, 0.0, 1.0]])
    assert cross_entropy(rows, np.array([0, 1, 2])) == pytest.approx((np.log(2) - np.log(0.8)) / 3)
    assert cross_entropy(rows, np.array([1, -1, -1])) == pytest.approx(np.log(4))
    assert accuracy(rows, np.array([0, 0, 2])) == pytest.approx(2 / 3)
    assert cross_entropy(np.full((5, 4), 0.25), np.arange(5) % 4) == pytest.approx(np.log(4))


def test_sure_and_wrong_is_large_but_finite() -> None:
    assert cross_entropy(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(-np.log(1e-12))


def test_agrees_with_pytorch_and_batch_is_one_by_one() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(50, 8)), rng.integers(0, 8, 50)
    rows = torch.softmax(torch.from_numpy(logits), dim=1).numpy()
    expected = float(torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)))
    assert cross_entropy(rows, labels) == pytest.approx(expected, rel=1e-9)
    single = [cross_entropy(rows[k : k + 1], labels[k : k + 1]) for k in range(50)]
    assert cross_entropy(rows, labels) == pytest.approx(float(np.mean(single)))


def test_labels_of_emotion_vectors() -> None:
    vectors = np.stack([vector(None), vector("happy", 1 / 3), vector("sad", 0.7), vector("calm", 1.0)])
    assert type_labels(vectors, ("neutral", "sad", "happy")).tolist() == [0, 2, 1, -1]
    assert level_labels(vectors, (1 / 3, 2 / 3, 1.0)).tolist() == [-1, 0, 1, 2]


def test_nothing_to_measure_is_not_a_number() -> None:
    assert np.isnan(cross_entropy(np.zeros((0, 3)), np.zeros(0, int)))
    assert np.isnan(accuracy(np.array([[0.5, 0.5]]), np.array([-1])))


@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        (np.zeros(3), np.zeros(3, int)),
        (np.full((2, 2), 0.5), np.zeros(3, int)),
        (np.full((1, 2), 0.7), np.zeros(1, int)),
        (np.full((1, 2), np.nan), np.zeros(1, int)),
        (np.full((1, 2), 0.5), np.array([2])),
    ],
)
def test_wrong_arrays_are_refused(rows: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(InputError):
        cross_entropy(rows, labels)
    with pytest.raises(InputError):
        type_labels(np.zeros((3, 7)), ("neutral",))
