"""Pictures to codes and back: what the two trained networks are together, with a linear model beside them.

A code is the styles of the StyleGAN (W+) and, below them in rows of the same width, the weights of the eigenpictures.
Means, differences and windows of codes (CCFE eq. 12, 13, 3.5.1) are taken of both alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.errors import InputError
from mien.nn.eigenpictures import Eigenpictures
from mien.nn.pyramid_encoder import PyramidEncoder
from mien.nn.stylegan2.generator import Generator


@dataclass(frozen=True, slots=True, eq=False)
class PictureCodec:
    """Encoder, StyleGAN and, where the preset has them, eigenpictures.

    Attributes:
        generator: The StyleGAN.
        encoder: Finds its styles.
        eigenpictures: Drawn beside it; not in the paper. A narrow network and a linear model err in different ways.
        share: How much of the picture is theirs, 0-1; the rest is the StyleGAN's.
    """

    generator: Generator
    encoder: PyramidEncoder
    eigenpictures: Eigenpictures | None = None
    share: float = 0.0

    def __post_init__(self) -> None:
        width = self.encoder.config.latent
        if self.eigenpictures is not None and self.eigenpictures.sizes.count % width:
            raise InputError(f"{self.eigenpictures.sizes.count} eigenpictures; expected a multiple of {width}")

    @property
    def rows(self) -> int:
        """Rows of a code."""
        linear = 0 if self.eigenpictures is None else self.eigenpictures.sizes.count // self.encoder.config.latent
        return self.generator.config.styles + linear

    @property
    def side(self) -> int:
        """Of the pictures that are read, px; the encoder makes them smaller itself."""
        return self.encoder.config.side if self.eigenpictures is None else self.eigenpictures.sizes.resolution

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.encoder.mean.device

    def encode(self, pictures: Tensor) -> Tensor:
        """``(N, 3, S, S)``, -1 to 1, to codes ``(N, rows, latent)``."""
        shown = pictures.to(self.device)
        styles: Tensor = self.encoder(shown)
        if self.eigenpictures is None:
            return styles
        weights = self.eigenpictures.weights(shown).view(len(styles), -1, styles.shape[2])
        return torch.cat([styles, weights], dim=1)

    def draw(self, codes: Tensor) -> Tensor:
        """Codes ``(N, rows, latent)`` to pictures ``(N, 3, R, R)``, about -1 to 1."""
        styles = codes[:, : self.generator.config.styles]
        drawn: Tensor = self.generator.synthesis(styles, "constant")
        if self.eigenpictures is None:
            return drawn
        linear = self.eigenpictures.draw(codes[:, self.generator.config.styles :].flatten(1), drawn)
        return torch.lerp(drawn, linear, self.share)
