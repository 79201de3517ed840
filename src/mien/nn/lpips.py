"""LPIPS 0.1: how different two pictures look, by the features of an image classifier.

Source: R. Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018, eq. 1,
and richzhang/PerceptualSimilarity version 0.1 (BSD). The trunks are torchvision's AlexNet (A. Krizhevsky 2014, "One
weird trick") and VGG-16 (K. Simonyan & A. Zisserman 2015), after each of whose five stages the rectified features are
made unit length over their channels; squared differences are weighted a channel by the published heads, averaged over
the picture, and the five sums added.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from mien.errors import InputError
from mien.nn.state import load_state
from mien.nn.weights.conversion import read_arrays
from mien.types import AnyArray

Trunk = Literal["alex", "vgg"]

SMALLEST_PX: dict[Trunk, int] = {"alex": 31, "vgg": 16}
"""Least height and width: below it nothing is left after the last pooling."""

_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
"""ImageNet's mean and deviation, for inputs from -1 to 1."""

_TINY = 1e-10


class AlexNetFeatures(nn.Module):
    """torchvision's ``alexnet.features``: five convolutions. Gives the rectified output of each."""

    CHANNELS = (64, 192, 384, 256, 256)
    TAPS = (1, 4, 7, 9, 11)

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features of the five stages."""
        return _tapped(self.features, self.TAPS, x)


class Vgg16Features(nn.Module):
    """torchvision's ``vgg16.features``: thirteen convolutions. Gives the rectified output of each of five stages."""

    CHANNELS = (64, 128, 256, 512, 512)
    TAPS = (3, 8, 15, 22, 29)

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for stage, (outputs, depth) in enumerate(zip(self.CHANNELS, (2, 2, 3, 3, 3), strict=True)):
            if stage:
                layers.append(nn.MaxPool2d(2, 2))
            for _ in range(depth):
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
                inputs = outputs
        self.features = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features of the five stages."""
        return _tapped(self.features, self.TAPS, x)


class Lpips(nn.Module):
    """The distance with its weights. Make one with :meth:`load`.

    Args:
        trunk: ``alex`` or ``vgg``.
    """

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk
        self.net = AlexNetFeatures() if trunk == "alex" else Vgg16Features()
        self.heads = nn.ParameterList([nn.Parameter(torch.ones(1, c, 1, 1)) for c in self.net.CHANNELS])

    @classmethod
    def load(cls, folder: Path, trunk: Trunk) -> Lpips:
        """Read ``heads.safetensors`` and ``backbone.safetensors`` of the store's ``lpips-alex`` or ``lpips-vgg``.

        Raises:
            ModelError: A file is missing or holds another network.
        """
        return cls.from_arrays(
            read_arrays(folder / "heads.safetensors"), read_arrays(folder / "backbone.safetensors"), trunk
        )

    @classmethod
    def from_arrays(cls, heads: Mapping[str, AnyArray], backbone: Mapping[str, AnyArray], trunk: Trunk) -> Lpips:
        """From arrays with the published names: ``lin0.model.1.weight`` … and ``features.0.weight`` ….

        Raises:
            ModelError: An array is missing, is too many, or has another shape.
        """
        made = cls(trunk)
        load_state(made.net, backbone, f"the trunk of LPIPS-{trunk}", ignored=("classifier.",))
        names = {f"lin{stage}.model.1.weight": str(stage) for stage in range(len(made.heads))}
        renamed = {names.get(name, name): array for name, array in heads.items()}
        load_state(made.heads, renamed, f"the heads of LPIPS-{trunk}")
        made.requires_grad_(False).eval()
        return made

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Distance of pictures.

        Args:
            first: ``(N, 3, H, W)`` RGB, -1 to 1.
            second: The same shape.

        Returns:
            ``(N,)``, 0 for equal pictures.

        Raises:
            InputError: Another shape, or smaller than :data:`SMALLEST_PX`.
        """
        least = SMALLEST_PX[self.trunk]
        if first.shape != second.shape or first.ndim != 4 or first.shape[1] != 3 or min(first.shape[2:]) < least:
            raise InputError(
                f"pictures are {tuple(first.shape)} and {tuple(second.shape)}; expected twice (N, 3, H, W), "
                f"at least {least} px a side"
            )
        total = first.new_zeros(len(first))
        for a, b, head in zip(self._features(first), self._features(second), self.heads, strict=True):
            total = total + (head * (a - b) ** 2).sum(dim=1).mean(dim=(1, 2))
        return total

    def _features(self, x: Tensor) -> list[Tensor]:
        shift, scale = (x.new_tensor(values).view(1, 3, 1, 1) for values in (_SHIFT, _SCALE))
        stages: list[Tensor] = self.net((x - shift) / scale)
        return [f / (f.square().sum(dim=1, keepdim=True).sqrt() + _TINY) for f in stages]


def _tapped(layers: nn.Sequential, taps: tuple[int, ...], x: Tensor) -> list[Tensor]:
    found = []
    for number, layer in enumerate(layers):
        x = layer(x)
        if number in taps:
            found.append(x)
    return found
