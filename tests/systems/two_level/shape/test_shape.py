"""Level 1: distances against formed meshes, every parameter learns, a few steps lower the losses."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.errors import InputError  # noqa: E402
from mien.morphable import builtin  # noqa: E402
from mien.systems.two_level.shape.config import PRESETS, ShapeConfig  # noqa: E402
from mien.systems.two_level.shape.losses import ShapeDistances, discriminator_loss, generator_loss  # noqa: E402
from mien.systems.two_level.shape.model import ShapeDiscriminator, ShapeGenerator, Standardisation  # noqa: E402

EMOTIONS = 7


@pytest.fixture(scope="module")
def model():
    return builtin.load()


@pytest.fixture(scope="module")
def distances(model):
    return ShapeDistances(model)


def faces(model, count: int, seed: int):
    rng = np.random.default_rng(seed)
    alpha = rng.normal(size=(count, model.identity_count)) * 0.5
    return torch.tensor(np.concatenate([alpha, rng.random((count, model.expression_count))], axis=1)).float()


def meshes(model, coefficients):
    array = coefficients.double().numpy()
    return model.shape(array[:, : model.identity_count], array[:, model.identity_count :])


def test_distance_of_faces_is_that_of_their_meshes(model, distances) -> None:
    one, other = faces(model, 3, 0), faces(model, 3, 1)
    wanted = (((meshes(model, one) - meshes(model, other)) / 100) ** 2).sum(axis=2).mean(axis=1)
    np.testing.assert_allclose(distances.between_faces(one, other), wanted, rtol=1e-4)  # float32 sums


def test_distance_of_identities_leaves_the_expression_out(model, distances) -> None:
    one, other = faces(model, 3, 0), faces(model, 3, 1)
    still = [c.clone() for c in (one, other)]
    for c in still:
        c[:, model.identity_count :] = 0
    torch.testing.assert_close(
        distances.between_identities(one, other), distances.between_faces(*still), rtol=1e-4, atol=1e-7
    )


def test_lips_that_move_together_keep_their_relative_distance(model, distances) -> None:
    """Equation 4 by hand, and what it is for: a mouth that shifts as a whole costs nothing."""
    one, other = faces(model, 3, 0), faces(model, 3, 1)
    upper, lower = model.lip_pairs.T
    a, b = meshes(model, one) / 10, meshes(model, other) / 10
    apart = ((a[:, upper] - a[:, lower]) - (b[:, upper] - b[:, lower])) ** 2
    np.testing.assert_allclose(distances.between_mouths(one, other, "relative"), apart.sum(axis=(1, 2)), rtol=1e-3)
    placed = (a[:, upper] - b[:, upper]) ** 2 + (a[:, lower] - b[:, lower]) ** 2
    np.testing.assert_allclose(distances.between_mouths(one, other, "absolute"), placed.sum(axis=(1, 2)), rtol=1e-3)
    assert distances.between_mouths(one, other, "none").abs().max() == 0


def test_the_paper_sizes() -> None:
    config = PRESETS["paper"]
    generator, discriminator = ShapeGenerator(config, 144, 7), ShapeDiscriminator(config, 144, 7)
    assert [tuple(p.shape) for p in generator.layers.parameters() if p.ndim == 2] == [
        (512, 151), (512, 512), (512, 512), (512, 512), (144, 512),
    ]  # fmt: skip
    score, emotion = discriminator(torch.randn(5, 144))
    assert score.shape == (5,)
    assert emotion.shape == (5, 7)


@pytest.mark.parametrize("residual", [False, True])
def test_a_residual_generator_adds_to_the_face_and_another_replaces_it(residual: bool) -> None:
    generator = ShapeGenerator(ShapeConfig(width=8, hidden=1, residual=residual), 6, 2)
    c = torch.randn(5, 6)
    generator.standardisation.measure(c)
    for parameter in generator.layers[-1].parameters():
        torch.nn.init.zeros_(parameter)
    wanted = c if residual else c.mean(dim=0).expand(5, 6)
    torch.testing.assert_close(generator(c, torch.rand(5, 2)), wanted)


def test_standardised_and_back() -> None:
    torch.manual_seed(0)
    coefficients = torch.randn(100, 6) * torch.tensor([1.0, 5.0, 0.1, 1.0, 0.0, 2.0]) + 3
    standard = Standardisation(6)
    standard.measure(coefficients)
    found = standard(coefficients)
    torch.testing.assert_close(found.std(dim=0)[:4], torch.ones(4))
    assert found[:, 4].abs().max() < 1e-3  # a column that never varies stays near 0
    torch.testing.assert_close(standard.back(found), coefficients)
    with pytest.raises(InputError, match="2 or more"):
        standard.measure(coefficients[:1])


def test_gradients_reach_every_parameter(model, distances) -> None:
    torch.manual_seed(0)
    config = PRESETS["tiny"]
    count = model.identity_count + model.expression_count
    generator, discriminator = ShapeGenerator(config, count, EMOTIONS), ShapeDiscriminator(config, count, EMOTIONS)
    real, emotion = faces(model, 8, 0), torch.rand(8, EMOTIONS)
    loss, parts = discriminator_loss(config, discriminator, real, emotion, faces(model, 8, 1))
    loss.backward()
    assert set(parts) == {"wasserstein", "penalty", "emotion_real"}
    loss, parts = generator_loss(config, generator, discriminator, distances, real, emotion, real, emotion)
    loss.backward()
    assert set(parts) == {"adversarial", "emotion", "cycle", "mouth", "identity"}
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_gradient_penalty_of_a_known_slope(model) -> None:
    """D(c) = a·c with |a| = 1 has slope 1 everywhere: no penalty; with |a| = 3 the penalty is 4."""

    class Linear(torch.nn.Module):
        def __init__(self, slope: float) -> None:
            super().__init__()
            self.standardisation = Standardisation(4)
            self.a = torch.tensor([slope, 0.0, 0.0, 0.0])

        def forward(self, c):
            return c @ self.a, torch.zeros(len(c), EMOTIONS)

    for slope, penalty in ((1.0, 0.0), (3.0, 4.0)):
        _, parts = discriminator_loss(
            ShapeConfig(), Linear(slope), torch.randn(6, 4), torch.zeros(6, EMOTIONS), torch.randn(6, 4)
        )  # type: ignore[arg-type]
        assert parts["penalty"] == pytest.approx(penalty, abs=1e-5)


@pytest.mark.parametrize("change", [{"width": 0}, {"lips": -1.0}, {"lips": float("nan")}, {"mouth": "open"}])
def test_settings_that_make_no_sense_are_refused(change) -> None:
    with pytest.raises(InputError, match="expected"):
        ShapeConfig(**change)
