"""The layers that StyleGAN2 is built from: equalised learning rate, resampling filter, modulated convolution.

Source: Karras et al., CVPR 2020, section 2.2 and appendix B; Karras et al., ICLR 2018 (PGGAN), section 4.1 for the
equalised learning rate.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
GAIN = math.sqrt(2.0)
"""Keeps the variance through a leaky ReLU of slope 0.2."""


def leaky(x: Tensor) -> Tensor:
    """Leaky ReLU of slope 0.2. The factor √2 that belongs to it is in what comes before it: it saves a pass."""
    return functional.leaky_relu(x, SLOPE)


class EqualLinear(nn.Module):
    """A dense layer whose weights are N(0, 1) and scaled when used, so that all layers learn at one pace.

    Args:
        inputs: Width in.
        outputs: Width out.
        bias: First value of the bias.
        rate: Multiplier of the learning rate (the mapping network's is 0.01).
        activate: Follow with :func:`leaky`.
    """

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, rate: float = 1.0, activate: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        gain = GAIN if activate else 1.0
        self._scale = rate / math.sqrt(inputs) * gain
        self._rate = rate * gain
        self._activate = activate

    def forward(self, x: Tensor) -> Tensor:
        """``(..., inputs)`` to ``(..., outputs)``."""
        weight = (self.weight * self._scale).to(x.dtype)
        y = functional.linear(x, weight, (self.bias * self._rate).to(x.dtype))
        return leaky(y) if self._activate else y


class Resample(nn.Module):
    """Blur with [1, 3, 3, 1]⊗[1, 3, 3, 1], alone or with a step up or down of two.

    Args:
        up: Put zeros between the pixels first (gain 4 keeps the brightness).
        down: Keep every second pixel afterwards.
        padding: Zeros added left/top and right/bottom, px; with ``up`` the one that doubles the size exactly.
        gain: What the result is multiplied by.
    """

    kernel: Tensor

    def __init__(self, up: int = 1, down: int = 1, padding: tuple[int, int] | None = None, gain: float = 1.0) -> None:
        super().__init__()
        one = torch.tensor([1.0, 3.0, 3.0, 1.0])
        kernel = torch.outer(one, one)
        self.register_buffer("kernel", kernel / kernel.sum() * (gain * up**2), persistent=False)
        self._up, self._down = up, down
        self._padding = padding or ((1, 1) if down > 1 else (2, 1))

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)``; with ``up`` twice the size, with ``down`` half of it."""
        channels = x.shape[1]
        kernel = self.kernel.to(x.dtype).expand(channels, 1, 4, 4)
        if self._up > 1:
            return functional.conv_transpose2d(x, kernel, stride=self._up, padding=1, groups=channels)
        before, after = self._padding
        x = functional.pad(x, (before, after, before, after))
        return functional.conv2d(x, kernel, stride=self._down, groups=channels)


class EqualConv(nn.Module):
    """A convolution of equalised learning rate; with ``down`` it blurs first and takes every second pixel.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        size: Side of the kernel, odd.
        down: Halve the picture.
        bias: Add a bias.
        activate: Follow with :func:`leaky`.
    """

    def __init__(
        self, inputs: int, outputs: int, size: int, down: bool = False, bias: bool = True, activate: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self._gain = GAIN if activate else 1.0
        self._scale = self._gain / math.sqrt(inputs * size**2)
        self._activate = activate
        self._size = size
        # The blur before a strided convolution pads for both: result exactly half the size.
        pad = 2 + (size - 1)
        self._blur = Resample(padding=((pad + 1) // 2, pad // 2)) if down else None

    def forward(self, x: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` to ``(N, outputs, H, W)``, half the size with ``down``."""
        weight = (self.weight * self._scale).to(x.dtype)
        bias = None if self.bias is None else (self.bias * self._gain).to(x.dtype)
        if self._blur is not None:
            y = functional.conv2d(self._blur(x), weight, bias, stride=2)
        else:
            y = functional.conv2d(x, weight, bias, padding=self._size // 2)
        return leaky(y) if self._activate else y


class ModulatedConv(nn.Module):
    """A convolution whose input channels are scaled by a style, and whose outputs are brought back to unit variance.

    Instead of one set of weights for each picture (the paper's grouped convolution), the picture is scaled before and
    after one shared convolution, which is the same sum: ``Σ w·s·x / √(Σ (w·s)² + 1e-8)``. It needs no weights of a
    batch's size, and lets CPU and GPU use their fast paths.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        size: Side of the kernel, odd.
        style: Width of w.
        up: Double the picture.
        demodulate: Divide by the norm of the scaled weights (eq. 3).
    """

    def __init__(
        self, inputs: int, outputs: int, size: int, style: int, up: bool = False, demodulate: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.affine = EqualLinear(style, inputs, bias=1.0)
        self._scale = 1 / math.sqrt(inputs * size**2)
        self._size, self._up, self._demodulate = size, up, demodulate
        # The zeros between the pixels take three quarters of the brightness.
        self._blur = Resample(padding=(1, 1), gain=4.0) if up else None

    def forward(self, x: Tensor, w: Tensor, added: Tensor | None = None, gain: float = 1.0) -> Tensor:
        """Convolve.

        Args:
            x: ``(N, inputs, H, W)``.
            w: ``(N, style)``.
            added: Broadcasts with the result and is added to it: in one pass over the pixels with the demodulation.
            gain: What the result is multiplied by, before ``added``.

        Returns:
            ``(N, outputs, H, W)``, twice the size with ``up``.
        """
        style = self.affine(w.to(self.weight.dtype))  # the weights stay float32 under bf16
        weight = self.weight * self._scale
        if not self._demodulate:
            style = style * gain
        x = x * style.to(x.dtype)[:, :, None, None]
        if self._blur is not None:
            y = functional.conv_transpose2d(x, weight.transpose(0, 1).to(x.dtype), stride=2)
            y = self._blur(y)
        else:
            y = functional.conv2d(x, weight.to(x.dtype), padding=self._size // 2)
        if not self._demodulate:
            return y if added is None else y + added
        energy = (style**2) @ weight.square().sum(dim=(2, 3)).T
        scale = (torch.rsqrt(energy + 1e-8) * gain).to(y.dtype)[:, :, None, None]
        return y * scale if added is None else torch.addcmul(added, y, scale)
