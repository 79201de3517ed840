"""Codes of two kinds in one: styles, and the weights of eigenpictures below them."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from mien.errors import InputError  # noqa: E402
from mien.nn.eigenpictures import Eigenpictures  # noqa: E402
from mien.nn.pyramid_encoder import PyramidEncoder  # noqa: E402
from mien.nn.stylegan2.generator import Generator  # noqa: E402
from mien.systems.two_level.texture.codec import PictureCodec  # noqa: E402
from mien.systems.two_level.texture.config import TINY, EigenConfig  # noqa: E402


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.rand(30, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture(scope="module")
def codec(pictures) -> PictureCodec:
    torch.manual_seed(0)
    eigen = Eigenpictures.fit(pictures, torch.ones(32, 32, dtype=torch.bool), 32)
    generator, encoder = Generator(TINY.gan.network), PyramidEncoder(TINY.encoder.network)
    return PictureCodec(generator.eval(), encoder.eval(), eigen, 0.25)


@torch.no_grad()
def test_a_code_holds_styles_and_weights_and_the_picture_is_drawn_of_both(codec, pictures) -> None:
    codes = codec.encode(pictures[:4])
    assert codes.shape == (4, codec.rows, 16) == (4, 8 + 2, 16)
    styles = codec.encoder(pictures[:4])
    torch.testing.assert_close(codes[:, :8], styles)
    weights = codec.eigenpictures.weights(pictures[:4])
    torch.testing.assert_close(codes[:, 8:].flatten(1), weights)
    plain = codec.generator.synthesis(styles, "constant")
    wanted = 0.75 * plain + 0.25 * codec.eigenpictures.draw(weights, plain)
    torch.testing.assert_close(codec.draw(codes), wanted)


@torch.no_grad()
def test_without_eigenpictures_it_is_encoder_and_stylegan(codec, pictures) -> None:
    plain = PictureCodec(codec.generator, codec.encoder)
    codes = plain.encode(pictures[:2])
    assert codes.shape == (2, plain.rows, 16) == (2, 8, 16)
    torch.testing.assert_close(plain.draw(codes), codec.generator.synthesis(codes, "constant"))


def test_weights_must_fill_rows(codec, pictures) -> None:
    odd = Eigenpictures.fit(pictures, torch.ones(32, 32, dtype=torch.bool), 10)
    with pytest.raises(InputError, match="multiple of 16"):
        PictureCodec(codec.generator, codec.encoder, odd, 0.5)
    with pytest.raises(InputError, match="multiple of 16"):
        replace(TINY, eigenpictures=EigenConfig(10, 0.5))
    with pytest.raises(InputError, match="0 to 1"):
        EigenConfig(16, 1.5)
