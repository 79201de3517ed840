"""StyleGAN2: sizes as published, the layers against plain formulas, and that it learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from mien.errors import InputError  # noqa: E402
from mien.nn.stylegan2 import losses  # noqa: E402
from mien.nn.stylegan2.discriminator import Discriminator, minibatch_deviation  # noqa: E402
from mien.nn.stylegan2.generator import Generator, StyleGanConfig, follow  # noqa: E402
from mien.nn.stylegan2.layers import EqualConv, EqualLinear, ModulatedConv, Resample  # noqa: E402

TINY = StyleGanConfig(resolution=16, latent=16, mapping_layers=2, channel_base=256, channel_limit=16)


@pytest.mark.parametrize(
    ("resolution", "styles", "generator_millions", "discriminator_millions"),
    [(64, 10, 27.0, 26.5), (128, 12, 29.3, 28.4), (256, 14, 30.0, 28.9), (512, 16, 30.3, 29.0), (1024, 18, 30.4, 29.0)],
)
def test_the_published_sizes(
    resolution: int, styles: int, generator_millions: float, discriminator_millions: float
) -> None:
    """Counted for config F with eight mapping layers; the figures are rounded to a tenth of a million."""
    config = StyleGanConfig(resolution)
    with torch.device("meta"):
        networks = Generator(config), Discriminator(config)
    counts = [sum(p.numel() for p in network.parameters()) / 1e6 for network in networks]
    assert config.styles == styles
    assert counts == pytest.approx([generator_millions, discriminator_millions], abs=0.05)


@pytest.mark.parametrize("resolution", [0, 4, 48, 2048])
def test_a_resolution_that_is_not_one_is_refused(resolution: int) -> None:
    with pytest.raises(InputError, match="power of two"):
        StyleGanConfig(resolution)


@pytest.mark.parametrize("up", [False, True])
def test_modulated_convolution_is_that_of_the_paper(up: bool) -> None:
    """Equations 1-3: one set of scaled, normalised weights for each picture, convolved one by one."""
    torch.manual_seed(0)
    layer = ModulatedConv(3, 5, 3, style=4, up=up).double()
    x, w = torch.randn(2, 3, 6, 6).double(), torch.randn(2, 4).double()
    rows = []
    for picture, code in zip(x, w, strict=True):
        style = layer.affine(code)
        weight = layer.weight / 27**0.5 * style[None, :, None, None]
        weight = weight / torch.sqrt((weight**2).sum(dim=(1, 2, 3), keepdim=True) + 1e-8)
        if up:
            one = torch.tensor([1.0, 3.0, 3.0, 1.0]).double()
            blur = (torch.outer(one, one) / 16).expand(5, 1, 4, 4)
            raw = functional.conv_transpose2d(picture[None], weight.transpose(0, 1), stride=2)
            rows.append(functional.conv2d(raw, blur, padding=1, groups=5))
        else:
            rows.append(functional.conv2d(picture[None], weight, padding=1))
    torch.testing.assert_close(layer(x, w), torch.cat(rows), rtol=1e-6, atol=1e-6)  # the blur's kernel is float32


def test_modulated_convolution_keeps_the_variance() -> None:
    torch.manual_seed(0)
    layer = ModulatedConv(64, 64, 3, style=8)
    y = layer(torch.randn(4, 64, 16, 16), 3 * torch.randn(4, 8))
    # Unit input, demodulated: unit output but for the zeros around the picture.
    assert y[:, :, 2:-2, 2:-2].std().item() == pytest.approx(1.0, abs=0.1)


def test_resampling_against_scipy() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 8))
    one = np.array([1.0, 3.0, 3.0, 1.0]) / 8
    kernel = np.outer(one, one)
    spread = np.zeros((16, 16))
    spread[::2, ::2] = x
    wanted = signal.convolve2d(spread, 4 * kernel, mode="full")[1:17, 1:17]
    found = Resample(up=2)(torch.tensor(x)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-6)  # float32 kernel
    wanted = signal.convolve2d(x, kernel, mode="full")[2:10:2, 2:10:2]
    np.testing.assert_allclose(Resample(down=2)(torch.tensor(x)[None, None])[0, 0].numpy(), wanted, atol=1e-6)


def test_a_flat_picture_stays_flat_when_enlarged() -> None:
    large = Resample(up=2)(torch.ones(1, 2, 8, 8))
    torch.testing.assert_close(large[:, :, 2:-2, 2:-2], torch.ones(1, 2, 12, 12))


def test_strided_convolution_halves_the_size() -> None:
    assert EqualConv(3, 4, 3, down=True)(torch.randn(2, 3, 16, 16)).shape == (2, 4, 8, 8)
    assert EqualConv(3, 4, 1, down=True)(torch.randn(2, 3, 16, 16)).shape == (2, 4, 8, 8)


def test_the_learning_rate_multiplier_changes_no_output() -> None:
    torch.manual_seed(0)
    slow = EqualLinear(8, 4, bias=0.5, rate=0.01)
    plain = slow.weight * 0.01 / 8**0.5
    x = torch.randn(3, 8)
    torch.testing.assert_close(slow(x), x @ plain.T + 0.5)


def test_deviation_over_the_batch_by_hand() -> None:
    x = torch.randn(4, 3, 2, 2)
    wanted = torch.sqrt(x.var(dim=0, unbiased=False) + 1e-8).mean()
    found = minibatch_deviation(x, group=4)
    assert found.shape == (4, 4, 2, 2)
    torch.testing.assert_close(found[:, 3], wanted.expand(4, 2, 2))
    assert minibatch_deviation(torch.randn(5, 3, 2, 2)).shape == (5, 4, 2, 2)  # groups of 1 still work


def test_pictures_scores_and_gradients() -> None:
    torch.manual_seed(0)
    generator, discriminator = Generator(TINY), Discriminator(TINY)
    styles = generator.mix(torch.randn(4, 16), torch.randn(4, 16))
    assert styles.shape == (4, TINY.styles, 16)
    pictures = generator.synthesis(styles)
    assert pictures.shape == (4, 3, 16, 16)
    losses.generator_loss(discriminator(pictures)).backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0 or name == "score.bias", name


def test_constant_noise_gives_the_same_picture_again() -> None:
    torch.manual_seed(0)
    generator = Generator(TINY)
    for layer in (generator.synthesis.first, *generator.synthesis.ups, *generator.synthesis.convolutions):
        layer.noise_strength.data.fill_(1.0)
    z = torch.randn(2, 16)
    torch.testing.assert_close(generator(z, "constant"), generator(z, "constant"), rtol=0, atol=0)
    assert (generator(z, "random") - generator(z, "random")).abs().max() > 0.1
    assert (generator(z, "none") - generator(z, "constant")).abs().max() > 0.1


def test_one_by_one_is_as_a_batch() -> None:
    torch.manual_seed(0)
    generator = Generator(TINY)
    z = torch.randn(3, 16)
    each = torch.cat([generator(row[None], "constant") for row in z])
    torch.testing.assert_close(generator(z, "constant"), each, rtol=1e-4, atol=1e-5)  # sums in another order


def test_truncation_ends_at_the_mean() -> None:
    generator = Generator(TINY)
    generator.mapping.track(generator.mapping(torch.randn(64, 16)))
    w = torch.randn(2, 16)
    torch.testing.assert_close(generator.truncated(w, 1.0), w)
    torch.testing.assert_close(generator.truncated(w, 0.0), generator.mapping.mean.expand(2, 16))


def test_saved_and_loaded_it_draws_the_same() -> None:
    torch.manual_seed(0)
    first = Generator(TINY)
    second = Generator(TINY)
    second.load_state_dict(first.state_dict())
    z = torch.randn(2, 16)
    torch.testing.assert_close(first(z, "constant"), second(z, "constant"), rtol=0, atol=0)


def test_the_average_follows() -> None:
    torch.manual_seed(0)
    average, trained = Generator(TINY), Generator(TINY)
    before = average.synthesis.constant.clone()
    follow(average, trained, decay=0.75)
    wanted = 0.75 * before + 0.25 * trained.synthesis.constant
    torch.testing.assert_close(average.synthesis.constant, wanted)


def test_a_few_steps_bring_generated_pictures_nearer() -> None:
    """Pictures of one flat colour: the generator finds the colour within some steps of adversarial training."""
    torch.manual_seed(0)
    generator, discriminator = Generator(TINY), Discriminator(TINY)
    first = torch.optim.Adam(generator.parameters(), 0.005, (0.0, 0.99))
    second = torch.optim.Adam(discriminator.parameters(), 0.005, (0.0, 0.99))
    target = torch.tensor([0.8, -0.8, 0.3])[:, None, None]

    def error() -> float:
        with torch.no_grad():
            return float((generator(torch.randn(16, 16)).mean(dim=(0, 2, 3)) - target[:, 0, 0]).abs().mean())

    start = error()
    for _ in range(40):
        real = (target + 0.05 * torch.randn(8, 3, 16, 16)).requires_grad_()
        scores = discriminator(real)
        loss = losses.discriminator_loss(scores, discriminator(generator(torch.randn(8, 16)).detach()))
        second.zero_grad()
        (loss + losses.r1_penalty(scores, real)).backward()
        second.step()
        first.zero_grad()
        losses.generator_loss(discriminator(generator(torch.randn(8, 16)))).backward()
        first.step()
    assert error() < start / 2


def test_r1_of_a_linear_score() -> None:
    """D(x) = Σ a·x has gradient a everywhere, so the penalty is ½ Σ a²."""
    a = torch.randn(3, 4, 4)
    x = torch.randn(5, 3, 4, 4, requires_grad=True)
    found = losses.r1_penalty((x * a).sum(dim=(1, 2, 3)), x)
    torch.testing.assert_close(found, (a**2).sum() / 2)


def test_path_length_of_a_linear_generator() -> None:
    """G(w) = w₁·A + w₂·A with one number a style: ∂(G·y)/∂w = A·y for both layers, so the length is |A·y|."""
    a = torch.randn(3, 8, 8)
    styles = torch.randn(4, 2, 1, requires_grad=True)
    pictures = styles.sum(dim=(1, 2))[:, None, None, None] * a
    found = losses.path_lengths(pictures, styles, torch.Generator().manual_seed(7))
    y = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(7)) / 8
    torch.testing.assert_close(found, (y * a).sum(dim=(1, 2, 3)).abs())


def test_path_target_follows_the_lengths() -> None:
    lengths = torch.tensor([1.0, 3.0])
    penalty, target = losses.path_penalty(lengths, torch.tensor(1.0))
    assert target.item() == pytest.approx(1.01)
    assert penalty.item() == pytest.approx(((1 - 1.01) ** 2 + (3 - 1.01) ** 2) / 2)


def test_logistic_losses_by_hand() -> None:
    scores = torch.tensor([0.0, 2.0])
    assert losses.generator_loss(scores).item() == pytest.approx((np.log(2) + np.log1p(np.exp(-2))) / 2)
    assert losses.discriminator_loss(scores, -scores).item() == pytest.approx(np.log(2) + np.log1p(np.exp(-2)))


def test_a_map_of_biases_is_a_bias_for_each_place() -> None:
    """A map that is the same everywhere does what the bias does; one at one place changes that place alone."""
    torch.manual_seed(4)
    plain, mapped = Generator(TINY), Generator(replace(TINY, maps=True))
    mapped.load_state_dict(plain.state_dict(), strict=False)
    z = torch.randn(2, 16)
    torch.testing.assert_close(mapped(z, "constant"), plain(z, "constant"), rtol=0, atol=0)
    last, last_plain = mapped.synthesis.convolutions[-1], plain.synthesis.convolutions[-1]
    with torch.no_grad():
        last.map += 0.7
        last_plain.bias += 0.7
        torch.testing.assert_close(
            mapped(z, "constant"), plain(z, "constant"), rtol=0, atol=1e-5
        )  # sums in another order
        before = mapped(z, "constant")
        last.map[:, 5, 9] += 2.0
        changed = (mapped(z, "constant") - before).abs().amax(dim=(0, 1)) > 1e-6
    assert changed.nonzero().tolist() == [[5, 9]]  # the step to colour is 1x1
