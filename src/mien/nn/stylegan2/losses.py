"""StyleGAN2's losses: non-saturating logistic loss, R1 on the reals, path length regularisation.

Source: Karras et al. 2020, section 3.2 (path length, eq. 4) and appendix B; L. Mescheder et al., ICML 2018 (R1).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

PATH_DECAY = 0.01
"""Rate at which the target length follows the lengths seen."""


def generator_loss(fake_scores: Tensor) -> Tensor:
    """``softplus(-D(fake))``, mean over the batch."""
    return functional.softplus(-fake_scores).mean()


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """``softplus(D(fake)) + softplus(-D(real))``, means over the batch."""
    return functional.softplus(fake_scores).mean() + functional.softplus(-real_scores).mean()


def r1_penalty(real_scores: Tensor, pictures: Tensor) -> Tensor:
    """``½ ‖∇ₓ D(real)‖²``, summed over pixels, mean over the batch; times γ it is R1.

    Args:
        real_scores: ``(N,)``, computed from ``pictures``.
        pictures: ``(N, C, R, R)``, with gradients.
    """
    (gradient,) = torch.autograd.grad(real_scores.sum(), pictures, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean() / 2


def path_lengths(pictures: Tensor, styles: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """How far a picture moves for a step of its styles: ``√(mean over layers of Σ (∂(G·y)/∂w)²)``, y ~ N(0, 1/HW).

    Args:
        pictures: ``(N, C, H, W)``, computed from ``styles``.
        styles: ``(N, n, latent)``, with gradients.
        generator: Source of y, on the CPU.

    Returns:
        ``(N,)``.
    """
    size = math.sqrt(pictures.shape[2] * pictures.shape[3])
    direction = torch.randn(pictures.shape, generator=generator).to(pictures.device) / size
    (gradient,) = torch.autograd.grad((pictures * direction).sum(), styles, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt()


def path_penalty(lengths: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Path length regularisation: the lengths' distance from their moving mean.

    Args:
        lengths: ``(N,)``, see :func:`path_lengths`.
        target: Scalar, the moving mean; 0 at the start of training.

    Returns:
        The penalty ``mean (length - target')²`` and the new mean ``target'``, without gradient.
    """
    moved = target + PATH_DECAY * (lengths.detach().mean() - target)
    return (lengths - moved).square().mean(), moved.detach()
