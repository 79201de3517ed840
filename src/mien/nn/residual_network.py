"""Residual networks for classification: ResNet-18, ResNet-50, and a tiny one for tests.

K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, table 1. In bottlenecks the
3x3 convolution takes the stride (as torchvision's ResNet-50 has it, "v1.5"), not the first 1x1. Names of parameters are
torchvision's, so that its weights fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import nn

from mien.errors import InputError


@dataclass(frozen=True, slots=True)
class ResidualShape:
    """The shape of a residual network.

    Attributes:
        blocks: Residual blocks of each of the four stages.
        bottleneck: Whether blocks are 1x1, 3x3, 1x1 with four times the channels, or two 3x3.
        width: Channels of the first stage; they double at each next one.
    """

    blocks: tuple[int, int, int, int]
    bottleneck: bool
    width: int


SHAPES: MappingProxyType[str, ResidualShape] = MappingProxyType(
    {
        "resnet-tiny": ResidualShape((1, 1, 1, 1), False, 8),
        "resnet-18": ResidualShape((2, 2, 2, 2), False, 64),
        "resnet-50": ResidualShape((3, 4, 6, 3), True, 64),
    }
)


class ResidualNetwork(nn.Module):
    """Pictures to class scores.

    Args:
        name: One of :data:`SHAPES`.
        classes: How many scores.

    Raises:
        InputError: There is no such network.
    """

    def __init__(self, name: str, classes: int) -> None:
        super().__init__()
        if name not in SHAPES:
            raise InputError(f"there is no residual network {name!r}: there are {', '.join(SHAPES)}")
        shape = SHAPES[name]
        self.conv1 = nn.Conv2d(3, shape.width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(shape.width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = shape.width
        for stage, count in enumerate(shape.blocks):
            layers: list[nn.Module] = []
            for place in range(count):
                block = _Block(channels, shape.width << stage, 2 if stage and not place else 1, shape.bottleneck)
                channels = block.outputs
                layers.append(block)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Scores ``(N, classes)`` of pictures ``(N, 3, h, w)``, normalised by the caller; h and w from 32 up."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        scores: torch.Tensor = self.fc(self.avgpool(x).flatten(1))
        return scores


class _Block(nn.Module):
    """A residual block; a 1x1 convolution on the shortcut where the size changes."""

    def __init__(self, inputs: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        self.outputs = width * (4 if bottleneck else 1)
        # Kernel, stride and channels of each convolution.
        plan = (
            [(1, 1, width), (3, stride, width), (1, 1, self.outputs)]
            if bottleneck
            else [(3, stride, width), (3, 1, width)]
        )
        before = inputs
        self._count = len(plan)
        for place, (kernel, step, after) in enumerate(plan, start=1):
            setattr(self, f"conv{place}", nn.Conv2d(before, after, kernel, step, kernel // 2, bias=False))
            setattr(self, f"bn{place}", nn.BatchNorm2d(after))
            before = after
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != self.outputs:
            shortcut = nn.Conv2d(inputs, self.outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(self.outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        for place in range(1, self._count + 1):
            y = getattr(self, f"bn{place}")(getattr(self, f"conv{place}")(y))
            if place < self._count:
                y = torch.relu(y)
        return torch.relu(y + self.downsample(x))
