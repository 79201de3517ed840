"""One network of the classifier as a task of the training loop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from mien.nn.residual_network import ResidualNetwork
from mien.training.batches import Ahead, shuffled_rows
from mien.training.classifier.config import ClassifierConfig
from mien.training.classifier.inputs import InputPictures
from mien.training.device import autocast
from mien.types import AnyArray, ByteArray

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of RGB 0-1 over ImageNet, as residual networks are fed: so torchvision's weights could be put in."""


class ClassifierTask:
    """Cross entropy of one label on shuffled batches, by Adam.

    Args:
        config: Network and training.
        pictures: All pictures of the input.
        rows: ``(n,)`` those that are trained on.
        labels: ``(n,)`` their classes.
        classes: How many there are.
        seed: Of first weights and order.
        device: Where to compute.
    """

    def __init__(
        self,
        config: ClassifierConfig,
        pictures: InputPictures,
        rows: AnyArray,
        labels: AnyArray,
        classes: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self._config, self._pictures, self._rows, self._labels = config, pictures, rows, labels
        self._seed, self._device = seed, device
        torch.manual_seed(seed)
        self.network = ResidualNetwork(config.network, classes).to(device)
        weights = self.network.parameters()
        self._adam = torch.optim.Adam(weights, lr=config.learning_rate, weight_decay=config.weight_decay)
        self._ahead = Ahead(self._load)

    def modules(self) -> Mapping[str, torch.nn.Module]:
        """The network."""
        return {"network": self.network}

    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Adam."""
        return {"adam": self._adam}

    def counters(self) -> dict[str, Any]:
        """None."""
        return {}

    def set_counters(self, counters: Mapping[str, Any]) -> None:
        """None."""

    def step(self, number: int, random: np.random.Generator) -> Mapping[str, torch.Tensor | float]:
        """One batch: cross entropy, gradient, Adam."""
        config = self._config
        pictures, classes = self._ahead[number]
        moved = disturbed(pictures, config.shift, random)
        for group in self._adam.param_groups:
            group["lr"] = 0.5 * config.learning_rate * (1.0 + math.cos(math.pi * min(1.0, number / config.steps)))
        self.network.train()
        with autocast(self._device, config.precision):
            scores = self.network(normalised(moved, self._device))
        target = torch.from_numpy(classes).to(self._device)
        loss = torch.nn.functional.cross_entropy(scores.float(), target)
        self._adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._adam.step()
        return {"loss": loss.detach(), "accuracy": (scores.detach().argmax(dim=1) == target).float().mean()}

    def close(self) -> None:
        """End the threads that load batches."""
        self._ahead.__exit__()

    def _load(self, step: int) -> tuple[ByteArray, AnyArray]:
        chosen = shuffled_rows(self._seed, step, len(self._rows), self._config.batch_size)
        return self._pictures.read(self._rows[chosen]), self._labels[chosen].astype(np.int64)


def disturbed(pictures: ByteArray, shift: float, random: np.random.Generator) -> AnyArray:
    """Pictures ``(B, s, s, 3)`` uint8 moved by whole pixels, edges repeated, and brightened or dimmed: float32 0-1."""
    size = pictures.shape[1]
    most = round(shift * size)
    padded = np.pad(pictures, ((0, 0), (most, most), (most, most), (0, 0)), mode="edge")
    moved = np.empty(pictures.shape, np.float32)
    for place, (y, x) in enumerate(random.integers(0, 2 * most + 1, (len(pictures), 2))):
        moved[place] = padded[place, y : y + size, x : x + size]
    gain = 1.0 + 3.0 * shift * random.uniform(-1.0, 1.0, (len(pictures), 1, 1, 1))
    return np.clip(moved * (gain / 255.0), 0.0, 1.0).astype(np.float32)


def normalised(pictures: AnyArray, device: torch.device) -> torch.Tensor:
    """Pictures ``(B, s, s, 3)`` float32 0-1 as the network takes them, ``(B, 3, s, s)``."""
    tensor = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2)
    mean, deviation = (torch.tensor(values, device=device)[None, :, None, None] for values in (MEAN, DEVIATION))
    return ((tensor - mean) / deviation).contiguous(memory_format=torch.channels_last)
