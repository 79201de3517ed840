"""The average over a window of frames: of latent codes, or of the pictures drawn of them (CCFE 3.5.1, 4.3.3)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mien.nn.stylegan2.generator import Generator
from mien.systems.two_level.settings import Space
from mien.types import FloatArray

WINDOW = (0.25, 0.5, 0.25)
"""Hann window over three frames, as :func:`mien.reconstruction.windows.hann_smooth` has it for coefficients."""


@torch.no_grad()
def drawn_over_window(
    generator: Generator, codes: Tensor, weights: tuple[float, ...], space: Space = "latent"
) -> FloatArray:
    """The picture of a frame, averaged with its neighbours.

    Args:
        generator: A StyleGAN.
        codes: ``(W, n, latent)`` around the frame.
        weights: Of the window; they sum to 1.
        space: What is averaged: the codes, or the pictures drawn of them.

    Returns:
        ``(R, R, 3)`` float32, 0-1.
    """
    window = torch.tensor(weights).to(codes)
    if space == "latent":
        codes, window = (codes * window[:, None, None]).sum(dim=0, keepdim=True), window.new_ones(1)
    drawn = (generator.synthesis(codes, "constant").clamp(-1, 1) * window[:, None, None, None]).sum(dim=0)
    return np.ascontiguousarray(((drawn + 1) / 2).cpu().permute(1, 2, 0).numpy())
