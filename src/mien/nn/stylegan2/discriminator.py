"""The discriminator: residual blocks, minibatch standard deviation (Karras et al. 2020, fig. 7c)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from mien.nn.stylegan2.generator import StyleGanConfig
from mien.nn.stylegan2.layers import EqualConv, EqualLinear

GROUP = 4
"""Pictures over which the standard deviation is taken."""


def minibatch_deviation(x: Tensor, group: int = GROUP) -> Tensor:
    """One more channel: how much the pictures of a group differ, averaged over everything (PGGAN, section 3).

    Args:
        x: ``(N, C, H, W)``.
        group: Pictures in a group; the largest divisor of N that is not above it.

    Returns:
        ``(N, C + 1, H, W)``.
    """
    n, c, h, w = x.shape
    size = next(g for g in range(min(group, n), 0, -1) if n % g == 0)
    grouped = x.float().reshape(size, n // size, c, h, w)
    deviation = torch.sqrt(grouped.var(dim=0, unbiased=False) + 1e-8).mean(dim=(1, 2, 3))
    plane = deviation.to(x.dtype).repeat(size)[:, None, None, None].expand(n, 1, h, w)
    return torch.cat([x, plane], dim=1)


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = EqualConv(inputs, inputs, 3)
        self.second = EqualConv(inputs, outputs, 3, down=True)
        self.skip = EqualConv(inputs, outputs, 1, down=True, bias=False, activate=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(self.first(x)) + self.skip(x)
        return y / math.sqrt(2.0)


class Discriminator(nn.Module):
    """Pictures to one score each: high for real."""

    def __init__(self, config: StyleGanConfig) -> None:
        super().__init__()
        self.from_color = EqualConv(config.colors, config.channels(config.resolution), 1)
        sizes = config.resolutions[:0:-1]
        self.blocks = nn.Sequential(*(_Block(config.channels(r), config.channels(r // 2)) for r in sizes))
        last = config.channels(4)
        self.last = EqualConv(last + 1, last, 3)
        self.dense = EqualLinear(last * 16, last, activate=True)
        self.score = EqualLinear(last, 1)

    def forward(self, picture: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """``(N, colors, R, R)``, about -1 to 1, to ``(N,)`` scores, unbounded; the features have ``dtype``."""
        x = picture.to(dtype, memory_format=torch.channels_last)
        x = minibatch_deviation(self.blocks(self.from_color(x)))
        score: Tensor = self.score(self.dense(self.last(x).flatten(1)).float())
        return score[:, 0]
