"""Adaptive discriminator augmentation: small footage must not be learnt by heart.

Both real and generated pictures are changed at random before the discriminator sees them, each change with probability
p, and p follows how sure the discriminator is of the reals. Source: T. Karras et al., NeurIPS 2020, sections 2 and 3,
appendix B. Of its changes those of colour and of position are here. Texture maps lie on fixed UV coordinates, so mirror
images, quarter turns and large rotations, which the paper has too, would never occur; they are left out.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SHIFT = 0.05
"""Standard deviation of shifts, in sides of the picture."""

SCALE = 0.1
"""Standard deviation of the logarithm (base 2) of the size."""

TURN_DEGREES = 6.0
"""Standard deviation of rotations."""

BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.5, 1.0
"""Standard deviations: of an addend, and of the logarithms (base 2) of two factors."""

TARGET = 0.6
"""Mean sign of D(real) that p is steered to."""

LUMINANCE = (1 / 3, 1 / 3, 1 / 3)


def position_matrices(count: int, p: float, generator: torch.Generator | None = None) -> Tensor:
    """Random shifts, sizes and rotations: ``(count, 2, 3)``, output to input positions, as ``affine_grid`` takes them.

    Args:
        count: Pictures.
        p: Probability of each of the three changes, 0-1.
        generator: Source of the random numbers, on the CPU.
    """
    draw = _Draw(count, p, generator)
    size = torch.exp2(draw.normal(SCALE))
    angle = draw.normal(math.radians(TURN_DEGREES))
    shift = torch.stack([draw.normal(2 * SHIFT), draw.normal(2 * SHIFT)], dim=1)  # a side is 2 units long
    cosine, sine = torch.cos(angle) * size, torch.sin(angle) * size
    turned = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
    return torch.cat([turned, shift[:, :, None]], dim=2)


def color_matrices(count: int, p: float, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Random brightness, contrast and saturation as ``color' = M color + b``: ``(count, 3, 3)`` and ``(count, 3)``.

    Args:
        count: Pictures.
        p: Probability of each of the three changes, 0-1.
        generator: Source of the random numbers, on the CPU.
    """
    draw = _Draw(count, p, generator)
    brightness = draw.normal(BRIGHTNESS)
    contrast = torch.exp2(draw.normal(CONTRAST))
    saturation = torch.exp2(draw.normal(SATURATION))
    grey = torch.tensor(LUMINANCE).expand(3, 3)
    matrix = grey + (torch.eye(3) - grey) * saturation[:, None, None]
    return matrix * contrast[:, None, None], (brightness * contrast)[:, None].expand(-1, 3)


def changed(pictures: Tensor, p: float, generator: torch.Generator | None = None) -> Tensor:
    """The pictures, changed at random; gradients flow through.

    Args:
        pictures: ``(N, 3, R, R)``, about -1 to 1.
        p: Probability of each change, 0-1; at 0 the pictures come back as they are.
        generator: Source of the random numbers, on the CPU.

    Returns:
        ``(N, 3, R, R)``; what comes into the picture from outside is its mirror image.
    """
    if p <= 0:
        return pictures
    count = len(pictures)
    places = position_matrices(count, p, generator).to(pictures)
    grid = functional.affine_grid(places, list(pictures.shape), align_corners=False)
    moved = functional.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    matrix, offset = color_matrices(count, p, generator)
    colored = torch.einsum("nij,njhw->nihw", matrix.to(pictures), moved)
    return colored + offset.to(pictures)[:, :, None, None]


class AdaptiveProbability(nn.Module):
    """p, moved towards where the discriminator's mean sign of the reals is 0.6 (section 3.1).

    Args:
        pictures_to_one: Pictures over which p moves from 0 to 1 at full pace: 500,000; for fine-tuning 100,000.
    """

    p: Tensor
    _signs: Tensor

    def __init__(self, pictures_to_one: int = 500_000) -> None:
        super().__init__()
        self._pictures_to_one = pictures_to_one
        self.register_buffer("p", torch.zeros(()))
        self.register_buffer("_signs", torch.zeros(2))

    @torch.no_grad()
    def watch(self, real_scores: Tensor) -> None:
        """Count the signs of a batch of D(real): ``(N,)``."""
        self._signs += torch.stack([real_scores.sign().sum(), real_scores.new_tensor(float(len(real_scores)))]).float()

    @torch.no_grad()
    def move(self) -> float:
        """Move p by what was counted since the last time, not below 0; p."""
        signs, count = self._signs.tolist()
        if count:
            step = math.copysign(count / self._pictures_to_one, signs / count - TARGET)
            self.p.copy_((self.p + step).clamp_(min=0.0))
            self._signs.zero_()
        return float(self.p)


class _Draw:
    """Random numbers that are 0 with probability 1 - p."""

    def __init__(self, count: int, p: float, generator: torch.Generator | None) -> None:
        self._count, self._p, self._generator = count, p, generator

    def normal(self, deviation: float) -> Tensor:
        value = torch.randn(self._count, generator=self._generator) * deviation
        happens = torch.rand(self._count, generator=self._generator) < self._p
        return torch.where(happens, value, torch.zeros(()))
