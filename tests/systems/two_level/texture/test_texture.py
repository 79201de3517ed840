"""Level 2: StyleGAN and encoder learn small pictures on the one loop; directions are what equation 12 says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.errors import InputError  # noqa: E402
from mien.nn.stylegan2.generator import Generator  # noqa: E402
from mien.systems.two_level.texture import inversion  # noqa: E402
from mien.systems.two_level.texture.batch import InversionBatch  # noqa: E402
from mien.systems.two_level.texture.config import MOUTH, TEXTURE, TINY, PicturesConfig  # noqa: E402
from mien.systems.two_level.texture.directions import edited_codes, editing_directions  # noqa: E402
from mien.systems.two_level.texture.gan import GanTask  # noqa: E402
from mien.systems.two_level.texture.inversion import InversionTask, mean_style  # noqa: E402
from mien.systems.two_level.texture.losses import gradient_distance, inversion_loss  # noqa: E402
from mien.training.loop import train  # noqa: E402
from mien.training.options import LoopOptions  # noqa: E402


@pytest.fixture(scope="module")
def pictures():
    """64 pictures of 32 px: a bright spot at a random place on a dark ground of a fixed hue."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32]
    rows = []
    for cx, cy in rng.uniform(8, 24, (64, 2)):
        spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 30)
        rows.append(np.stack([spot * 1.6 - 0.8, spot - 0.5, 0 * spot + 0.2]))
    return torch.from_numpy(np.array(rows, np.float32))


@pytest.mark.parametrize("preset", [*TEXTURE, *MOUTH])
def test_presets_fit_together(preset: str) -> None:
    for table in (TEXTURE, MOUTH):
        config = table[preset]
        assert config.gan.network.styles == config.encoder.network.styles


def test_an_encoder_of_another_latent_space_is_refused() -> None:
    with pytest.raises(InputError, match="styles"):
        PicturesConfig(TEXTURE["default"].gan, MOUTH["default"].encoder)


def test_the_paper_sizes() -> None:
    """CCFE 4.1.2: 512 px, batch 16, 100k, encoder batch 4, 100k; mouths 128 px, batch 32, 30k, encoder 4, 60k."""
    texture, mouth = TEXTURE["paper"], MOUTH["paper"]
    assert (texture.gan.network.resolution, texture.gan.batch, texture.gan.iterations) == (512, 16, 100_000)
    assert (texture.encoder.batch, texture.encoder.iterations) == (4, 100_000)
    assert (mouth.gan.network.resolution, mouth.gan.batch, mouth.gan.iterations) == (128, 32, 30_000)
    assert (mouth.encoder.batch, mouth.encoder.iterations) == (4, 60_000)


def test_gan_learns_the_mean_colours(pictures, tmp_path) -> None:
    torch.manual_seed(0)
    task = GanTask(TINY.gan, lambda rows: pictures[rows], len(pictures))
    wanted = pictures.mean(dim=(0, 2, 3))

    def error() -> float:
        with torch.no_grad():
            made = task.generator(torch.randn(32, 16), "none")
        return float((made.mean(dim=(0, 2, 3)) - wanted).abs().mean())

    start = error()
    train(task, tmp_path, LoopOptions(steps=40, log_every=20))
    assert error() < start * 0.7
    assert float(task.counters()["path_length"]) > 0


def test_gan_goes_on_where_it_was_killed(pictures, tmp_path) -> None:
    """Half the steps, a new process' objects, the other half: as without the break, lazy terms and counters too."""

    def run(folder, *stops: int):
        for stop in stops:
            torch.manual_seed(7)
            task = GanTask(TINY.gan, lambda rows: pictures[rows], len(pictures))
            train(task, folder, LoopOptions(steps=stop))
        return task

    whole, broken = run(tmp_path / "whole", 6), run(tmp_path / "broken", 3, 6)
    for name, tensor in whole.average.state_dict().items():
        torch.testing.assert_close(tensor, broken.average.state_dict()[name], rtol=0, atol=0, msg=name)


def test_encoder_learns_to_draw_again(pictures, tmp_path) -> None:
    torch.manual_seed(0)
    generator = Generator(TINY.gan.network)
    with torch.no_grad():
        drawn = generator(torch.randn(32, 16), "constant")
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    task = InversionTask(
        TINY.encoder, generator, lambda rows: InversionBatch(drawn[rows], drawn[rows]), len(drawn), gradient_distance
    )

    def error() -> float:
        with torch.no_grad():
            task.encoder.eval()
            again = generator.synthesis(task.encoder(drawn), "constant")
            task.encoder.train()
        return float((again - drawn).square().mean())

    start = error()
    train(task, tmp_path, LoopOptions(steps=60, log_every=20))
    assert error() < start * 0.7
    for name, value in generator.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def tuned(generator: Generator, pictures, iterations: int) -> InversionTask:
    """Preset ``default`` at the sizes of ``tiny``: the StyleGAN learns along, on varied pictures, in bfloat16."""
    config = replace(
        TINY.encoder, tune=True, vary=True, cool_down=0.5, spread=1e-5, precision="bfloat16", iterations=iterations
    )
    count = len(pictures)
    return InversionTask(
        config, generator, lambda rows: InversionBatch(pictures[rows], pictures[rows]), count, gradient_distance
    )


def test_a_stylegan_that_learns_along_draws_what_it_could_not(pictures, tmp_path) -> None:
    """Untrained, its pictures are noise: no code leads to a spot on a ground."""
    torch.manual_seed(0)
    generator = Generator(replace(TINY.gan.network, maps=True))
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    task = tuned(generator, pictures, 60)

    def error() -> float:
        task.encoder.eval()
        with torch.no_grad():
            again = task.generator.synthesis(task.encoder(pictures), "constant")
        task.encoder.train()
        return float((again - pictures).square().mean())

    start = error()
    train(task, tmp_path, LoopOptions(steps=60, log_every=20))
    assert error() < start * 0.3
    for name, value in generator.state_dict().items():  # what is tuned is a copy
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    learnt = dict(task.generator.synthesis.named_parameters())
    still = [name for name, value in learnt.items() if torch.equal(value, before[f"synthesis.{name}"])]
    assert not still  # gradient reached every parameter, the maps too


def test_tuning_broken_off_goes_on_as_if_it_had_not_been(pictures, tmp_path) -> None:
    def begun() -> InversionTask:
        torch.manual_seed(1)
        return tuned(Generator(TINY.gan.network), pictures, 12)

    whole, broken = begun(), begun()
    train(whole, tmp_path / "whole", LoopOptions(steps=12))
    with pytest.raises(KeyboardInterrupt):
        train(broken, tmp_path / "broken", LoopOptions(steps=12, checkpoint_s=0), progress=stop_after(0.5))
    again = begun()
    train(again, tmp_path / "broken", LoopOptions(steps=12, checkpoint_s=0))
    for module in ("encoder", "generator"):
        for name, value in again.modules()[module].state_dict().items():
            torch.testing.assert_close(value, whole.modules()[module].state_dict()[name], rtol=0, atol=0)


def test_what_is_compiled_learns_the_same(pictures, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That torch's compiler keeps the sums is its own business (and benchmarks.compiled_training's): it takes minutes.

    Here both networks go through what it would give back, and what is saved and loaded are still the networks.
    """
    called = []

    def noted(module: torch.nn.Module):
        def call(*given):
            called.append(type(module).__name__)
            return module(*given)

        return call

    monkeypatch.setattr(inversion, "compiled", noted)
    runs = []
    for compiled in (False, True):
        torch.manual_seed(1)
        task = InversionTask(
            replace(TINY.encoder, tune=True, compiled=compiled), Generator(TINY.gan.network),
            lambda rows: InversionBatch(pictures[rows], pictures[rows]), len(pictures), gradient_distance,
        )  # fmt: skip
        train(task, tmp_path / str(compiled), LoopOptions(steps=2))
        runs.append(task.modules())
    assert called == ["PyramidEncoder", "Synthesis"] * 2
    for module in ("encoder", "generator"):
        for name, value in runs[0][module].state_dict().items():
            torch.testing.assert_close(value, runs[1][module].state_dict()[name], rtol=0, atol=0)


def stop_after(share: float):
    def told(done: float) -> None:
        if done >= share:
            raise KeyboardInterrupt

    return told


def test_learning_rates_fall_to_nothing_over_the_last_steps(pictures) -> None:
    torch.manual_seed(2)
    task = tuned(Generator(TINY.gan.network), pictures, 10)
    rates = []
    for step in range(10):
        task.step(step, np.random.default_rng(0))
        rates.append([group["lr"] for group in task.optimizers()["encoder"].param_groups])
    first = np.array([TINY.encoder.rate, TINY.encoder.tune_rate])
    expected = np.minimum(1.0, (1.0 - np.arange(10) / 10) / 0.5)[:, None] * first
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


def test_mean_style_is_the_mean_of_mapped_noise() -> None:
    torch.manual_seed(0)
    generator = Generator(TINY.gan.network)
    with torch.no_grad():
        wanted = generator.mapping(torch.randn(20_000, 16)).mean(dim=0)
    torch.testing.assert_close(mean_style(generator), wanted, rtol=0, atol=0.05)  # 1/√10,000 of a deviation of about 1
    torch.testing.assert_close(mean_style(generator), mean_style(generator), rtol=0, atol=0)


def test_directions_by_hand() -> None:
    codes = torch.tensor([0.0, 2.0, 5.0, 9.0, 11.0])[:, None, None].expand(5, 3, 2)
    emotion = torch.tensor([[0, 0], [0, 0], [0.5, 0], [1, 0], [0, 0.7]])
    directions = editing_directions(codes, emotion)
    # Neutral lies at 1; the strongest happy frame alone counts, at 9; the other emotion's strongest is at 11.
    torch.testing.assert_close(directions[:, 0, 0], torch.tensor([8.0, 10.0]))
    moved = edited_codes(codes[:1], torch.tensor([[0.5, 0.0]]), directions)
    torch.testing.assert_close(moved, codes[:1] + 4.0)


def test_directions_need_neutral_and_every_emotion() -> None:
    codes = torch.zeros(2, 3, 2)
    with pytest.raises(InputError, match="neutral"):
        editing_directions(codes, torch.ones(2, 1))
    with pytest.raises(InputError, match="number 1"):
        editing_directions(codes, torch.tensor([[0.0, 0.0], [1.0, 0.0]]))


def test_gradient_distance_ignores_brightness_and_sees_blur(pictures) -> None:
    torch.testing.assert_close(gradient_distance(pictures, pictures + 0.3), torch.zeros(64), rtol=0, atol=1e-5)
    blurred = torch.nn.functional.avg_pool2d(pictures, 5, 1, 2)
    assert (gradient_distance(pictures, blurred) > 0.01).all()
    each = torch.cat([gradient_distance(a[None], b[None]) for a, b in zip(pictures, blurred, strict=True)])
    torch.testing.assert_close(gradient_distance(pictures, blurred), each)


def test_what_does_not_count_costs_nothing(pictures) -> None:
    made = pictures.clone()
    made[:, :, :, 20:] = 1.0
    share = torch.ones(len(pictures), 1, 32, 32)
    share[:, :, :, 20:] = 0.0
    loss, _ = inversion_loss(made, pictures, gradient_distance, 1.0, 1.0, share)
    assert loss.item() == pytest.approx(0.0, abs=1e-6)
    loss, parts = inversion_loss(made, pictures, gradient_distance, 1.0, 0.0)
    assert loss.item() == pytest.approx((made - pictures).square().mean().item())
    assert set(parts) == {"pixels", "perceptual"}
