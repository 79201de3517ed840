"""The networks of level 1: generator and discriminator, fully connected (CCFE 3.3.1)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from mien.errors import InputError
from mien.systems.two_level.shape.config import ShapeConfig

LEAST_DEVIATION = 1e-3
"""Coefficients that hardly vary in the footage are not blown up beyond 1 / this."""


class Standardisation(nn.Module):
    """Coefficients to zero mean and unit deviation over the footage, and back. Part of what an actor's file holds.

    The paper does not say how coefficients enter its networks. Without it, columns whose range is a hundred times
    smaller than the others' are not seen.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("deviation", torch.ones(count))

    def measure(self, coefficients: Tensor) -> None:
        """Take mean and deviation from the footage: ``(F, n_c)``, two frames at least."""
        if coefficients.ndim != 2 or coefficients.shape[1] != len(self.mean) or len(coefficients) < 2:
            raise InputError(
                f"coefficients have shape {tuple(coefficients.shape)}; expected (2 or more, {len(self.mean)})"
            )
        self.mean.copy_(coefficients.mean(dim=0))
        self.deviation.copy_(coefficients.std(dim=0).clamp_(min=LEAST_DEVIATION))

    def forward(self, coefficients: Tensor) -> Tensor:
        """``(N, n_c)`` to the same, standardised."""
        return (coefficients - self.mean) / self.deviation

    def back(self, standardised: Tensor) -> Tensor:
        """The inverse of :meth:`forward`."""
        return standardised * self.deviation + self.mean


class ShapeGenerator(nn.Module):
    """G(c, e): the coefficients with which the same face shows the emotion e.

    Args:
        config: Sizes.
        coefficients: n_c, identity and expression together.
        emotions: n_e, non-neutral emotions.
    """

    def __init__(self, config: ShapeConfig, coefficients: int, emotions: int) -> None:
        super().__init__()
        self.standardisation = Standardisation(coefficients)
        self.layers = _dense(config, coefficients + emotions, coefficients)
        self._residual = config.residual

    def forward(self, coefficients: Tensor, emotion: Tensor) -> Tensor:
        """``(N, n_c)`` and ``(N, n_e)`` in [0, 1] to ``(N, n_c)``."""
        own = self.standardisation(coefficients)
        found = self.layers(torch.cat([own, emotion], dim=1))
        return self.standardisation.back(own + found if self._residual else found)


class ShapeDiscriminator(nn.Module):
    """D(c): how real coefficients are, and which emotion they show.

    Args:
        config: Sizes.
        coefficients: n_c.
        emotions: n_e.
    """

    def __init__(self, config: ShapeConfig, coefficients: int, emotions: int) -> None:
        super().__init__()
        self.standardisation = Standardisation(coefficients)
        self.layers = _dense(config, coefficients, 1 + emotions)

    def forward(self, coefficients: Tensor) -> tuple[Tensor, Tensor]:
        """``(N, n_c)`` to the realness ``(N,)``, unbounded, and the emotion ``(N, n_e)``."""
        found = self.layers(self.standardisation(coefficients))
        return found[:, 0], found[:, 1:]


def _dense(config: ShapeConfig, inputs: int, outputs: int) -> nn.Sequential:
    widths = [inputs] + [config.width] * config.hidden
    layers: list[nn.Module] = []
    for one, following in pairwise(widths):
        layers += [nn.Linear(one, following), nn.LeakyReLU(config.slope)]
    return nn.Sequential(*layers, nn.Linear(widths[-1], outputs))
