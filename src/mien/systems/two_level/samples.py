"""Sample pictures while an actor is trained: what the StyleGAN draws, and what the encoder makes of real pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mien.nn.pyramid_encoder import PyramidEncoder
from mien.nn.stylegan2.generator import Generator
from mien.systems.two_level.material import PictureSource
from mien.training.sheet import write_sheet
from mien.types import AnyArray

ROWS, COLUMNS = 3, 6


@torch.no_grad()
def sample_pictures(path: Path, generator: Generator, seed: int) -> None:
    """Pictures from random styles, the same ones every time."""
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(ROWS * COLUMNS, generator.config.latent, generator=random).to(generator.mapping.mean.device)
    drawn = generator.synthesis(generator.repeat(generator.mapping(z)), "constant")
    write_sheet(path, _pixels(drawn).reshape(ROWS, COLUMNS, *_pixels(drawn).shape[1:]))


@torch.no_grad()
def sample_codes(
    path: Path, generator: Generator, encoder: PyramidEncoder, source: PictureSource, rows: AnyArray
) -> None:
    """Real pictures, what the encoder is shown of them, and what the StyleGAN draws from its styles, row by row.

    Args:
        path: The PNG.
        generator: The StyleGAN.
        encoder: The encoder; left in the mode that it was in.
        source: The pictures.
        rows: Those to choose from, evenly.
    """
    chosen = rows[np.linspace(0, len(rows) - 1, min(COLUMNS, len(rows))).astype(int)]
    batch = source.inversion(chosen)
    training = encoder.training
    encoder.eval()
    styles = encoder(batch.shown.to(encoder.mean.device))
    encoder.train(training)
    drawn = generator.synthesis(styles, "constant")
    write_sheet(path, np.stack([_pixels(batch.wanted), _pixels(batch.shown), _pixels(drawn)]))


def _pixels(pictures: Tensor) -> AnyArray:
    return (pictures.cpu().permute(0, 2, 3, 1).numpy() + 1.0) / 2.0
