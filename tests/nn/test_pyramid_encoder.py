"""The encoder to W+: sizes as published, every parameter learns, and it inverts a fixed generator a little."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from mien.errors import InputError  # noqa: E402
from mien.nn.pyramid_encoder import EncoderConfig, PyramidEncoder  # noqa: E402
from mien.nn.stylegan2.generator import Generator, StyleGanConfig  # noqa: E402

TINY = EncoderConfig(side=32, latent=16, styles=8, units=(1, 1, 1, 2), channels=(16, 16, 32, 32))


def test_heads_see_the_maps_that_the_paper_gives_them() -> None:
    with torch.device("meta"):
        encoder = PyramidEncoder(EncoderConfig(styles=18))
    assert [len(head.convolutions) for head in encoder.heads] == [4] * 3 + [5] * 4 + [6] * 11
    assert [len(stage) for stage in encoder.stages] == [3, 4, 14, 3]


def test_every_parameter_has_a_gradient() -> None:
    torch.manual_seed(0)
    encoder = PyramidEncoder(TINY)
    found = encoder(torch.randn(2, 3, 32, 32))
    assert found.shape == (2, 8, 16)
    found.square().sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("side", [16, 32, 64])
def test_pictures_of_other_sizes_are_brought_to_its_own(side: int) -> None:
    encoder = PyramidEncoder(TINY).eval()
    assert encoder(torch.randn(1, 3, side, side)).shape == (1, 8, 16)


def test_the_mean_is_added() -> None:
    torch.manual_seed(0)
    encoder = PyramidEncoder(TINY).eval()
    x = torch.randn(1, 3, 32, 32)
    before = encoder(x)
    encoder.mean.fill_(2.0)
    torch.testing.assert_close(encoder(x), before + 2.0)


def test_it_learns_to_invert_a_generator() -> None:
    torch.manual_seed(0)
    generator = Generator(
        StyleGanConfig(resolution=32, latent=16, mapping_layers=2, channel_base=512, channel_limit=16)
    )
    encoder = PyramidEncoder(TINY)
    step = torch.optim.Adam(encoder.parameters(), 2e-3)
    with torch.no_grad():
        pictures = generator(torch.randn(8, 16), "none")
    errors = []
    for _ in range(40):
        error = (generator.synthesis(encoder(pictures), "none") - pictures).square().mean()
        step.zero_grad()
        error.backward()
        step.step()
        errors.append(error.item())
    assert errors[-1] < errors[0] / 2


def test_saved_and_loaded_it_finds_the_same() -> None:
    first, second = PyramidEncoder(TINY).eval(), PyramidEncoder(TINY).eval()
    second.load_state_dict(first.state_dict())
    x = torch.randn(1, 3, 32, 32)
    torch.testing.assert_close(first(x), second(x), rtol=0, atol=0)


@pytest.mark.parametrize(
    "change", [{"side": 100}, {"units": (0, 1, 1, 1)}, {"channels": (8, 16, 16, 16)}, {"styles": 6}]
)
def test_sizes_that_cannot_work_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match="expected"):
        EncoderConfig(**change)  # type: ignore[arg-type]
