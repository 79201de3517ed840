"""The average over a window of frames: of latent codes, or of the pictures drawn of them (CCFE 3.5.1, 4.3.3)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mien.systems.two_level.settings import Space
from mien.systems.two_level.texture.codec import PictureCodec
from mien.types import FloatArray

WINDOW = (0.25, 0.5, 0.25)
"""Hann window over three frames, as :func:`mien.reconstruction.windows.hann_smooth` has it for coefficients."""


@torch.no_grad()
def drawn_over_window(
    codec: PictureCodec, codes: Tensor, weights: tuple[float, ...], space: Space = "latent"
) -> FloatArray:
    """Pictures of a frame, each averaged with its neighbours.

    Args:
        codec: Draws them.
        codes: ``(B, W, n, latent)`` around the frame, of B pictures.
        weights: Of the window; they sum to 1.
        space: What is averaged: the codes, or the pictures drawn of them.

    Returns:
        ``(B, R, R, 3)`` float32, 0-1.
    """
    window = torch.tensor(weights).to(codes)
    if space == "latent":
        codes, window = (codes * window[:, None, None]).sum(dim=1, keepdim=True), window.new_ones(1)
    drawn = codec.draw(codes.flatten(0, 1)).clamp(-1, 1)
    drawn = drawn.view(*codes.shape[:2], *drawn.shape[1:])
    pictures = (drawn * window[:, None, None, None]).sum(dim=1)
    return np.ascontiguousarray(((pictures + 1) / 2).cpu().permute(0, 2, 3, 1).numpy())
