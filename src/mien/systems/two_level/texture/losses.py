"""What an encoder is trained on: pixels and a perceptual distance (CCFE 3.4.2)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

PerceptualDistance = Callable[[Tensor, Tensor], Tensor]
"""Two ``(N, 3, R, R)``, -1 to 1, to ``(N,)``."""

SCALES = 4


def gradient_distance(one: Tensor, other: Tensor) -> Tensor:
    """Mean absolute difference of slopes, over scales of 1, 2, 4 and 8 px.

    Squared pixels forgive a blur; slopes do not. It is no LPIPS and is not named so.

    Args:
        one: ``(N, C, R, R)``.
        other: The same.

    Returns:
        ``(N,)``, 0 or more.
    """
    total = one.new_zeros(len(one))
    for scale in range(SCALES):
        if scale:
            if min(one.shape[-2:]) < 4:
                break
            one, other = functional.avg_pool2d(one, 2), functional.avg_pool2d(other, 2)
        for axis in (2, 3):
            slopes = torch.diff(one, dim=axis) - torch.diff(other, dim=axis)
            total = total + slopes.abs().mean(dim=(1, 2, 3))
    return total


def inversion_loss(
    made: Tensor,
    wanted: Tensor,
    perceptual: PerceptualDistance,
    pixels_weight: float,
    perceptual_weight: float,
    share: Tensor | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Pixels and perceptual distance between what the encoder led to and what was wanted.

    Args:
        made: ``(N, 3, R, R)``, -1 to 1.
        wanted: The same.
        perceptual: The perceptual distance.
        pixels_weight: Of the mean squared difference.
        perceptual_weight: Of ``perceptual``.
        share: ``(N, 1, R, R)``, 0-1, how much a pixel counts; texels that the frame did not show count little.

    Returns:
        The loss, and its parts for the log.
    """
    if share is not None:
        # Where a pixel does not count, what was made is put in: no difference, no slope at the border.
        wanted = made.detach() + share * (wanted - made.detach())
    pixels = (made - wanted).square().mean()
    seen = perceptual(made, wanted).mean()
    return pixels_weight * pixels + perceptual_weight * seen, {"pixels": pixels.detach(), "perceptual": seen.detach()}
