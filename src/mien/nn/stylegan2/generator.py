"""The generator: mapping network, and synthesis network with skip connections (Karras et al. 2020, fig. 2 and 7)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.nn.stylegan2.layers import GAIN, EqualLinear, ModulatedConv, Resample, leaky

Noise = Literal["random", "constant", "none"]
"""``random``: drawn anew each time; ``constant``: the same planes always, drawn when the network was made (video needs
them, or fine texture boils); ``none``: left out."""

MEAN_DECAY = 0.995
"""Of the moving mean of w."""


@dataclass(frozen=True, slots=True)
class StyleGanConfig:
    """Sizes of generator and discriminator.

    Attributes:
        resolution: Side of the picture, px: a power of two from 8 to 1024.
        latent: Width of z and of w.
        mapping_layers: Dense layers from z to w.
        channel_base: Channels at resolution r are ``min(channel_base / r, channel_limit)``. 32768 is config F.
        channel_limit: See ``channel_base``.
        colors: Channels of the picture.
        maps: Give every convolution a learnt map of biases, one for each place, instead of one bias for all. Not
            StyleGAN2's: a face's own marks are always in the same place of its texture map, and a narrow network draws
            them only with this.
    """

    resolution: int = 512
    latent: int = 512
    mapping_layers: int = 8
    channel_base: int = 32768
    channel_limit: int = 512
    colors: int = 3
    maps: bool = False

    def __post_init__(self) -> None:
        if self.resolution not in {2**k for k in range(3, 11)}:
            raise InputError(f"resolution is {self.resolution}; expected a power of two from 8 to 1024")
        for name in ("latent", "mapping_layers", "channel_limit", "colors"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected 1 or more")
        if self.channel_base < self.resolution:
            raise InputError(f"channel_base is {self.channel_base}; expected at least the resolution {self.resolution}")

    @property
    def resolutions(self) -> tuple[int, ...]:
        """4, 8, … up to the picture's."""
        return tuple(2**k for k in range(2, int(math.log2(self.resolution)) + 1))

    @property
    def styles(self) -> int:
        """How many styles there are: one for every convolution and one for the last step to colour: 2 log₂R - 2."""
        return 2 * int(math.log2(self.resolution)) - 2

    def channels(self, resolution: int) -> int:
        """Channels of the features at a resolution."""
        return min(self.channel_base // resolution, self.channel_limit)


class Mapping(nn.Module):
    """z to w: z divided by its root mean square, then dense layers of learning rate 0.01.

    It also keeps ``mean``, the moving mean of w that training has seen.
    """

    mean: Tensor

    def __init__(self, config: StyleGanConfig) -> None:
        super().__init__()
        width = config.latent
        self.layers = nn.Sequential(
            *(EqualLinear(width, width, rate=0.01, activate=True) for _ in range(config.mapping_layers))
        )
        self.register_buffer("mean", torch.zeros(width))

    def forward(self, z: Tensor) -> Tensor:
        """``(N, latent)`` to ``(N, latent)``."""
        w: Tensor = self.layers(z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8))
        return w

    @torch.no_grad()
    def track(self, w: Tensor) -> None:
        """Move ``mean`` towards the mean of a batch."""
        self.mean.copy_(w.detach().float().mean(dim=0).lerp(self.mean, MEAN_DECAY))


class StyledConv(nn.Module):
    """Modulated convolution, noise, bias, leaky ReLU."""

    noise_plane: Tensor

    def __init__(self, config: StyleGanConfig, inputs: int, resolution: int, up: bool) -> None:
        super().__init__()
        outputs = config.channels(resolution)
        self.convolution = ModulatedConv(inputs, outputs, 3, config.latent, up=up)
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.map = nn.Parameter(torch.zeros(outputs, resolution, resolution)) if config.maps else None
        self.register_buffer("noise_plane", torch.randn(resolution, resolution))

    def forward(self, x: Tensor, w: Tensor, noise: Noise) -> Tensor:
        """Features ``(N, C, H, W)`` and styles ``(N, latent)`` to features at this layer's resolution."""
        # Noise and bias of one pixel are summed before they meet the batch: one pass over its pixels, not three.
        bias = self.bias[:, None, None]
        added = (bias if self.map is None else bias + self.map) * GAIN
        if noise != "none":
            plane = self.noise_plane
            if noise == "random":
                plane = torch.randn(len(x), 1, *plane.shape, device=x.device)
            added = added + plane * (self.noise_strength * GAIN)
        if added.ndim == 3:
            added = added[None]
        added = added.to(x.dtype, memory_format=torch.channels_last)
        return leaky(self.convolution(x, w, added, GAIN))


class ToColor(nn.Module):
    """Features to colours: 1x1, modulated, not demodulated, linear."""

    def __init__(self, config: StyleGanConfig, resolution: int) -> None:
        super().__init__()
        self.convolution = ModulatedConv(config.channels(resolution), config.colors, 1, config.latent, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(config.colors))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """``(N, C, H, W)`` to ``(N, colors, H, W)``."""
        colors: Tensor = self.convolution(x, w, self.bias.to(x.dtype)[:, None, None])
        return colors


class Synthesis(nn.Module):
    """Styles to a picture, the colours of every resolution summed (skip connections)."""

    def __init__(self, config: StyleGanConfig) -> None:
        super().__init__()
        self.config = config
        self.constant = nn.Parameter(torch.randn(config.channels(4), 4, 4))
        self.first = StyledConv(config, config.channels(4), 4, up=False)
        sizes = config.resolutions[1:]
        self.ups = nn.ModuleList(StyledConv(config, config.channels(r // 2), r, up=True) for r in sizes)
        self.convolutions = nn.ModuleList(StyledConv(config, config.channels(r), r, up=False) for r in sizes)
        self.to_colors = nn.ModuleList(ToColor(config, r) for r in config.resolutions)
        self.enlarge = Resample(up=2)

    def forward(self, styles: Tensor, noise: Noise = "random", dtype: torch.dtype = torch.float32) -> Tensor:
        """Draw a picture.

        Args:
            styles: ``(N, n, latent)``, one w for each of the ``config.styles`` layers.
            noise: See :data:`Noise`.
            dtype: Of the features; the colours are summed in float32.

        Returns:
            ``(N, colors, R, R)`` float32, about -1 to 1.
        """
        x = self.constant.to(dtype).expand(len(styles), -1, -1, -1)
        # Channels last: convolutions of few channels are several times faster so on CPUs, and those of bf16 on GPUs.
        x = self.first(x.contiguous(memory_format=torch.channels_last), styles[:, 0], noise)
        picture: Tensor = self.to_colors[0](x, styles[:, 1]).float()
        layers = zip(self.ups, self.convolutions, list(self.to_colors)[1:], strict=True)
        for k, (up, convolution, to_color) in enumerate(layers):
            # The step to colour shares its style with the next resolution's first convolution.
            x = up(x, styles[:, 2 * k + 1], noise)
            x = convolution(x, styles[:, 2 * k + 2], noise)
            picture = self.enlarge(picture) + to_color(x, styles[:, 2 * k + 3]).float()
        return picture


class Generator(nn.Module):
    """StyleGAN2's generator: :class:`Mapping` and :class:`Synthesis`."""

    def __init__(self, config: StyleGanConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = Mapping(config)
        self.synthesis = Synthesis(config)

    def repeat(self, w: Tensor) -> Tensor:
        """One w for all layers: ``(N, latent)`` to ``(N, n, latent)``."""
        return w[:, None].expand(-1, self.config.styles, -1)

    def mix(self, z: Tensor, other: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Styles of ``z`` up to a random layer and of ``other`` from there on, with probability 0.9 for each picture.

        Args:
            z: ``(N, latent)``.
            other: ``(N, latent)``.
            generator: Source of the random cuts.

        Returns:
            ``(N, n, latent)``.
        """
        first, second = self.mapping(z), self.mapping(other)
        self.mapping.track(first)
        n = self.config.styles
        cut = torch.randint(1, n, (len(z), 1, 1), generator=generator).to(z.device)
        mixed = torch.rand(len(z), 1, 1, generator=generator).to(z.device) < MIXING
        layer = torch.arange(n, device=z.device)[None, :, None]
        return torch.where(mixed & (layer >= cut), second[:, None], first[:, None])

    def truncated(self, w: Tensor, psi: float) -> Tensor:
        """Styles pulled towards the mean: ``w̄ + ψ (w - w̄)``."""
        return self.mapping.mean + psi * (w - self.mapping.mean)

    def forward(self, z: Tensor, noise: Noise = "random") -> Tensor:
        """``(N, latent)`` to pictures ``(N, colors, R, R)``."""
        picture: Tensor = self.synthesis(self.repeat(self.mapping(z)), noise)
        return picture


MIXING = 0.9
"""Probability that a training picture mixes two styles."""


@torch.no_grad()
def follow(average: nn.Module, trained: nn.Module, decay: float) -> None:
    """Move the exponential moving average of a network towards the network; buffers are copied.

    Args:
        average: Changed in place.
        trained: The network in training, of the same class.
        decay: 0-1; ``0.5 ** (batch / 10000)`` halves the weight of the past every 10,000 pictures.
    """
    for mean, value in zip(average.parameters(), trained.parameters(), strict=True):
        mean.lerp_(value, 1 - decay)
    for kept, current in zip(average.buffers(), trained.buffers(), strict=True):
        kept.copy_(current)


def resized(picture: Tensor, side: int) -> Tensor:
    """Pictures averaged down to a side, or enlarged bilinearly: ``(N, C, R, R)`` to ``(N, C, side, side)``."""
    if picture.shape[-1] > side:
        return functional.adaptive_avg_pool2d(picture, side)
    return functional.interpolate(picture, size=(side, side), mode="bilinear", align_corners=False)
