"""Inception-v3 as FID uses it: 2,048 numbers of a picture.

Source: C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016, in TensorFlow's
release of 2015-12-05, with the names of torchvision and of mseitzer/pytorch-fid (Apache-2.0), whose converted weights
it loads. It differs from torchvision's network in its weights and in the pooling branches: means leave the padding
out, and the last block pools the maximum. Convolutions have no bias; batch normalisation has epsilon 0.001.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.nn.state import load_state
from mien.nn.weights.conversion import read_arrays
from mien.types import AnyArray

INPUT_SIZE = 299
FEATURES = 2048

Size = int | tuple[int, int]


class Unit(nn.Module):
    """Convolution, batch normalisation, rectifier."""

    def __init__(self, inputs: int, outputs: int, size: Size, stride: int = 1, padding: Size = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, I, H, W)`` to ``(N, O, H', W')``."""
        return functional.relu(self.bn(self.conv(x)))


def _pooled(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class BlockA(nn.Module):
    """35x35: 1x1, 5x5, two 3x3, pooling."""

    def __init__(self, inputs: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = Unit(inputs, 64, 1)
        self.branch5x5_1 = Unit(inputs, 48, 1)
        self.branch5x5_2 = Unit(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = Unit(inputs, 64, 1)
        self.branch3x3dbl_2 = Unit(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Unit(96, 96, 3, padding=1)
        self.branch_pool = Unit(inputs, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Channels of all branches, one after the other."""
        five = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, double, self.branch_pool(_pooled(x))], 1)


class BlockB(nn.Module):
    """35x35 to 17x17: 3x3, two 3x3, maximum."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3 = Unit(inputs, 384, 3, stride=2)
        self.branch3x3dbl_1 = Unit(inputs, 64, 1)
        self.branch3x3dbl_2 = Unit(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Unit(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Channels of all branches, one after the other."""
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, functional.max_pool2d(x, 3, 2)], 1)


class BlockC(nn.Module):
    """17x17: 1x1, 7x7 in two, 7x7 in two twice, pooling."""

    def __init__(self, inputs: int, inner: int) -> None:
        super().__init__()
        across: tuple[Size, Size] = ((1, 7), (0, 3))
        down: tuple[Size, Size] = ((7, 1), (3, 0))
        self.branch1x1 = Unit(inputs, 192, 1)
        self.branch7x7_1 = Unit(inputs, inner, 1)
        self.branch7x7_2 = Unit(inner, inner, across[0], padding=across[1])
        self.branch7x7_3 = Unit(inner, 192, down[0], padding=down[1])
        self.branch7x7dbl_1 = Unit(inputs, inner, 1)
        self.branch7x7dbl_2 = Unit(inner, inner, down[0], padding=down[1])
        self.branch7x7dbl_3 = Unit(inner, inner, across[0], padding=across[1])
        self.branch7x7dbl_4 = Unit(inner, inner, down[0], padding=down[1])
        self.branch7x7dbl_5 = Unit(inner, 192, across[0], padding=across[1])
        self.branch_pool = Unit(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Channels of all branches, one after the other."""
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(_pooled(x))], 1)


class BlockD(nn.Module):
    """17x17 to 8x8: 3x3, 7x7 in two and 3x3, maximum."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3_1 = Unit(inputs, 192, 1)
        self.branch3x3_2 = Unit(192, 320, 3, stride=2)
        self.branch7x7x3_1 = Unit(inputs, 192, 1)
        self.branch7x7x3_2 = Unit(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = Unit(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = Unit(192, 192, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Channels of all branches, one after the other."""
        seven = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return torch.cat([self.branch3x3_2(self.branch3x3_1(x)), seven, functional.max_pool2d(x, 3, 2)], 1)


class BlockE(nn.Module):
    """8x8: 1x1, 3x3 split, two 3x3 split, pooling (the mean, or in the last block the maximum)."""

    def __init__(self, inputs: int, pooling: Literal["mean", "maximum"]) -> None:
        super().__init__()
        self.pooling = pooling
        self.branch1x1 = Unit(inputs, 320, 1)
        self.branch3x3_1 = Unit(inputs, 384, 1)
        self.branch3x3_2a = Unit(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3_2b = Unit(384, 384, (3, 1), padding=(1, 0))
        self.branch3x3dbl_1 = Unit(inputs, 448, 1)
        self.branch3x3dbl_2 = Unit(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = Unit(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3dbl_3b = Unit(384, 384, (3, 1), padding=(1, 0))
        self.branch_pool = Unit(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Channels of all branches, one after the other."""
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = _pooled(x) if self.pooling == "mean" else functional.max_pool2d(x, 3, stride=1, padding=1)
        parts = [self.branch1x1(x), self.branch3x3_2a(three), self.branch3x3_2b(three)]
        parts += [self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double), self.branch_pool(pooled)]
        return torch.cat(parts, 1)


class Inception(nn.Module):
    """The network up to its last pooling. Make one with :meth:`load`."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Unit(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Unit(32, 32, 3)
        self.Conv2d_2b_3x3 = Unit(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Unit(64, 80, 1)
        self.Conv2d_4a_3x3 = Unit(80, 192, 3)
        self.Mixed_5b = BlockA(192, 32)
        self.Mixed_5c = BlockA(256, 64)
        self.Mixed_5d = BlockA(288, 64)
        self.Mixed_6a = BlockB(288)
        self.Mixed_6b = BlockC(768, 128)
        self.Mixed_6c = BlockC(768, 160)
        self.Mixed_6d = BlockC(768, 160)
        self.Mixed_6e = BlockC(768, 192)
        self.Mixed_7a = BlockD(768)
        self.Mixed_7b = BlockE(1280, "mean")
        self.Mixed_7c = BlockE(2048, "maximum")

    @classmethod
    def load(cls, path: Path) -> Inception:
        """Read ``inception.safetensors`` of the store's ``inception-fid``.

        Raises:
            ModelError: The file is missing or holds another network.
        """
        return cls.from_arrays(read_arrays(path))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Inception:
        """From arrays with pytorch-fid's names.

        Raises:
            ModelError: An array is missing, is too many, or has another shape.
        """
        made = cls()
        load_state(made, arrays, "FID's Inception-v3", ignored=("fc.", "AuxLogits."))
        return made

    def forward(self, pictures: Tensor) -> Tensor:
        """Features of pictures.

        Args:
            pictures: ``(N, 3, H, W)`` RGB, 0 to 1, of any size; brought to 299x299 bilinearly, as pytorch-fid does.

        Returns:
            ``(N, 2048)``.

        Raises:
            InputError: Another shape.
        """
        if pictures.ndim != 4 or pictures.shape[1] != 3:
            raise InputError(f"pictures are {tuple(pictures.shape)}; expected (N, 3, H, W), RGB")
        x = functional.interpolate(pictures, (INPUT_SIZE, INPUT_SIZE), mode="bilinear", align_corners=False) * 2 - 1
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(functional.max_pool2d(x, 3, 2)))
        x = functional.max_pool2d(x, 3, 2)
        blocks = (self.Mixed_5b, self.Mixed_5c, self.Mixed_5d, self.Mixed_6a, self.Mixed_6b, self.Mixed_6c)
        for block in (*blocks, self.Mixed_6d, self.Mixed_6e, self.Mixed_7a, self.Mixed_7b, self.Mixed_7c):
            x = block(x)
        return x.mean(dim=(2, 3))
