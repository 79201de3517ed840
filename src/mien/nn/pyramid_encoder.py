"""pSp: an encoder from pictures to StyleGAN's W+, a residual network with a feature pyramid and one head a style.

Source: E. Richardson et al., "Encoding in Style: a StyleGAN Encoder for Image-to-Image Translation", CVPR 2021, section
3; its backbone: J. Deng et al., ArcFace (IR-SE units) after K. He et al., 2016. CCFE uses it for texture maps (3.4.2)
and, smaller, for mouths (3.5.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.nn.stylegan2.generator import resized
from mien.nn.stylegan2.layers import EqualLinear

COARSE_STYLES, MIDDLE_STYLES = 3, 7
"""Styles 0-2 come from the coarsest map, 3-6 from the middle one, the rest from the finest, at every resolution."""

SQUEEZE = 16
HEAD_SLOPE = 0.01


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Sizes of the encoder.

    Attributes:
        side: Pictures are brought to this side first, px, a multiple of 16. The maps have a quarter, an eighth and a
            sixteenth of it.
        latent: Width of w.
        styles: How many styles there are (:attr:`~mien.nn.stylegan2.generator.StyleGanConfig.styles`).
        units: Residual units of the four stages.
        channels: Channels of the four stages.
        colors: Channels of the pictures.
    """

    side: int = 256
    latent: int = 512
    styles: int = 16
    units: tuple[int, int, int, int] = (3, 4, 14, 3)
    channels: tuple[int, int, int, int] = (64, 128, 256, 512)
    colors: int = 3

    def __post_init__(self) -> None:
        if self.side < 16 or self.side & (self.side - 1):
            raise InputError(f"side is {self.side}; expected a power of two, 16 or more")
        if min(self.units) < 1 or min(self.channels) < SQUEEZE or self.styles <= MIDDLE_STYLES:
            raise InputError(
                f"units {self.units}, channels {self.channels}, styles {self.styles}; expected at least one unit and "
                f"{SQUEEZE} channels a stage, and {MIDDLE_STYLES + 1} styles (pictures of 32 px)"
            )


class _Unit(nn.Module):
    """An IR-SE unit: normalise, convolve, PReLU, convolve (strided), squeeze and excite; added to the shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(outputs, max(1, outputs // SQUEEZE), 1, bias=False),
            nn.ReLU(),
            nn.Conv2d(max(1, outputs // SQUEEZE), outputs, 1, bias=False),
            nn.Sigmoid(),
        )
        self.shortcut: nn.Module = (
            nn.MaxPool2d(1, stride)
            if inputs == outputs
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        result: Tensor = y * self.gate(y) + self.shortcut(x)
        return result


class _Head(nn.Module):
    """A feature map to one style: strided convolutions down to one place, then a dense layer."""

    def __init__(self, side: int, width: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(width, width, 3, stride=2, padding=1) for _ in range(int(math.log2(side)))
        )
        self.dense = EqualLinear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        for convolution in self.convolutions:
            x = functional.leaky_relu(convolution(x), HEAD_SLOPE)
        style: Tensor = self.dense(x.flatten(1))
        return style


class PyramidEncoder(nn.Module):
    """Pictures to W+; the mean w, set from the generator, is added to what the heads find."""

    mean: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        first, second, third, fourth = config.channels
        self.stem = nn.Sequential(
            nn.Conv2d(config.colors, first, 3, padding=1, bias=False), nn.BatchNorm2d(first), nn.PReLU(first)
        )
        inputs = (first, first, second, third)
        self.stages = nn.ModuleList(
            nn.Sequential(_Unit(i, o, 2), *(_Unit(o, o, 1) for _ in range(count - 1)))
            for i, o, count in zip(inputs, config.channels, config.units, strict=True)
        )
        width = config.latent
        self.top = nn.Conv2d(fourth, width, 1) if fourth != width else nn.Identity()
        self.laterals = nn.ModuleList([nn.Conv2d(third, width, 1), nn.Conv2d(second, width, 1)])
        self.heads = nn.ModuleList(_Head(self._map_side(k), width) for k in range(config.styles))
        self.register_buffer("mean", torch.zeros(width))

    def _map_side(self, style: int) -> int:
        return self.config.side // (16 if style < COARSE_STYLES else 8 if style < MIDDLE_STYLES else 4)

    def forward(self, pictures: Tensor) -> Tensor:
        """``(N, colors, R, R)``, -1 to 1, to styles ``(N, n, latent)``."""
        x = pictures if pictures.shape[-1] == self.config.side else resized(pictures, self.config.side)
        x = self.stages[0](self.stem(x.contiguous(memory_format=torch.channels_last)))
        fine = self.stages[1](x)
        middle = self.stages[2](fine)
        coarse = self.top(self.stages[3](middle))
        middle = _added(coarse, self.laterals[0](middle))
        fine = _added(middle, self.laterals[1](fine))
        maps = {self.config.side // 16: coarse, self.config.side // 8: middle, self.config.side // 4: fine}
        styles = [head(maps[self._map_side(k)]) for k, head in enumerate(self.heads)]
        return torch.stack(styles, dim=1) + self.mean


def _added(coarse: Tensor, lateral: Tensor) -> Tensor:
    side = lateral.shape[-2:]
    return functional.interpolate(coarse, size=side, mode="bilinear", align_corners=True) + lateral
