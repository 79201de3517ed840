"""Level 1 learns an emotion that footage shows, and keeps the lips' distance as it is told."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from dataclasses import replace  # noqa: E402

from mien.emotion.vocabulary import EMOTIONS  # noqa: E402
from mien.errors import InputError  # noqa: E402
from mien.morphable import builtin  # noqa: E402
from mien.systems.two_level.shape.config import PRESETS  # noqa: E402
from mien.systems.two_level.shape.train import ShapeFootage, ShapeTask  # noqa: E402
from mien.training.loop import train  # noqa: E402
from mien.training.options import LoopOptions  # noqa: E402

FRAMES = 300


@pytest.fixture(scope="module")
def model():
    return builtin.load()


@pytest.fixture(scope="module")
def footage(model) -> ShapeFootage:
    """A person who talks (the jaw opens at random), neutral, or happy (lip corners) or angry (brows) at 0.5 or 1."""
    rng = np.random.default_rng(0)
    names = list(model.expression_names)
    beta = np.abs(rng.normal(scale=0.03, size=(FRAMES, len(names)))).astype(np.float32)
    beta[:, names.index("AU26")] = rng.random(FRAMES)
    emotion = np.zeros((FRAMES, len(EMOTIONS)), np.float32)
    for k, (emotion_name, units) in enumerate([("happy", ("AU12L", "AU12R")), ("angry", ("AU4L", "AU4R"))]):
        rows = np.arange(FRAMES) % 3 == k + 1
        strength = rng.choice([0.5, 1.0], rows.sum())
        emotion[rows, EMOTIONS.index(emotion_name)] = strength
        for unit in units:
            beta[rows, names.index(unit)] += 0.8 * strength
    return ShapeFootage.of(rng.normal(size=model.identity_count) * 0.3, beta, emotion)


def test_footage_keeps_the_emotions_it_shows(footage, model) -> None:
    assert footage.emotions == ("happy", "angry")
    assert footage.emotion.shape == (FRAMES, 2)
    assert footage.coefficients.shape == (FRAMES, model.identity_count + model.expression_count)


def test_footage_without_neutral_or_without_acting_is_refused(model) -> None:
    alpha, beta = np.zeros(model.identity_count), np.zeros((4, model.expression_count))
    emotion = np.zeros((4, len(EMOTIONS)))
    with pytest.raises(InputError, match="no frame to learn from is acted"):
        ShapeFootage.of(alpha, beta, emotion)
    emotion[:, 0] = 1
    with pytest.raises(InputError, match="no frame to learn from is neutral"):
        ShapeFootage.of(alpha, beta, emotion)


def test_it_learns_to_act(footage, model, tmp_path) -> None:
    """After a short training a neutral face made happy lifts its lip corners, made angry lowers its brows."""
    torch.manual_seed(0)
    task = ShapeTask(replace(PRESETS["tiny"], width=64), model, footage)
    train(task, tmp_path, LoopOptions(steps=400, log_every=100))
    names = [*("",) * model.identity_count, *model.expression_names]
    neutral = torch.from_numpy(footage.coefficients[(footage.emotion == 0).all(axis=1)])

    def made(kind: int) -> dict[str, float]:
        target = torch.zeros(len(neutral), 2)
        target[:, kind] = 1.0
        with torch.no_grad():
            mean = task.generator(neutral, target).mean(dim=0)
        return dict(zip(names, mean.tolist(), strict=True))

    happy, angry = made(0), made(1)
    # The footage has 0.8 at intensity 1; a tiny network gets most of the way.
    assert happy["AU12L"] > 0.4
    assert angry["AU4L"] > 0.4
    assert happy["AU12L"] > angry["AU12L"] + 0.3
    assert angry["AU4L"] > happy["AU4L"] + 0.3


def test_steps_follow_from_their_number_alone(footage, model) -> None:
    parts = []
    for _ in range(2):
        torch.manual_seed(0)
        task = ShapeTask(PRESETS["tiny"], model, footage)
        torch.manual_seed(1)
        parts.append(task.step(0, np.random.default_rng(5)))
    assert parts[0] == parts[1]
