"""One step of an encoder: it learns to find the StyleGAN's styles (CCFE 3.4.2, 3.5.2).

The paper keeps the StyleGAN as it is; ``tune`` lets it learn along.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.nn.pyramid_encoder import PyramidEncoder
from mien.nn.stylegan2.generator import Generator
from mien.systems.two_level.texture.batch import LoadBatch
from mien.systems.two_level.texture.config import InversionConfig
from mien.systems.two_level.texture.losses import PerceptualDistance, inversion_loss
from mien.systems.two_level.texture.variation import varied
from mien.training.batches import shuffled_rows
from mien.training.device import autocast, compiled, feature_type
from mien.training.ranks import own_part

MEAN_OF = 10_000
"""Random z whose mean w the heads start from."""
_MAPPED_AT_ONCE = 1_000


class InversionTask:
    """An encoder in training; see :class:`mien.training.loop.Task`.

    Args:
        config: Sizes, weights, schedule.
        generator: The trained StyleGAN; it is not changed, what is tuned is a copy.
        load: Gives the pictures.
        count: How many there are.
        perceptual: The perceptual distance of ``config.perceptual``.
        seed: Of the order in which they come.
        device: Where.
    """

    def __init__(
        self,
        config: InversionConfig,
        generator: Generator,
        load: LoadBatch,
        count: int,
        perceptual: PerceptualDistance,
        seed: int = 0,
        device: torch.device | None = None,
    ) -> None:
        self._config, self._load, self._count, self._seed = config, load, count, seed
        self._perceptual, self._device = perceptual, device or torch.device("cpu")
        self.generator = copy.deepcopy(generator).to(self._device).requires_grad_(config.tune).eval()
        self.encoder = PyramidEncoder(config.network).to(self._device)
        self.encoder.mean.copy_(mean_style(self.generator))
        self._rates = [config.rate] + [config.tune_rate] * config.tune
        learning = (self.encoder, self.generator.synthesis)[: len(self._rates)]
        # Beside the networks, not in their place: pictures of other counts, for samples, would be compiled for anew.
        self._encode, self._draw = (
            compiled(network) if config.compiled else network for network in (self.encoder, self.generator.synthesis)
        )
        self._optimizer = torch.optim.Adam([{"params": part.parameters()} for part in learning])

    def modules(self) -> dict[str, torch.nn.Module]:
        """The encoder, and the StyleGAN where it learns along."""
        tuned: dict[str, torch.nn.Module] = {"generator": self.generator} if self._config.tune else {}
        return {"encoder": self.encoder, **tuned}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Its Adam."""
        return {"encoder": self._optimizer}

    def counters(self) -> dict[str, Any]:
        """None."""
        return {}

    def set_counters(self, counters: Mapping[str, Any]) -> None:
        """None."""

    def step(self, number: int, random: np.random.Generator) -> dict[str, Tensor | float]:  # noqa: ARG002
        """Show a batch, draw it again, compare."""
        batch = self._load(own_part(shuffled_rows(self._seed, number, self._count, self._config.batch)))
        if self._config.vary and len(batch.shown) > 1:
            batch = varied(batch)
        self._cool(number)
        with autocast(self._device, self._config.precision):
            styles = self._encode(batch.shown.to(self._device))
        made = self._draw(styles.float(), "constant", feature_type(self._device, self._config.precision))
        share = None if batch.share is None else batch.share.to(self._device)
        loss, figures = inversion_loss(
            made, batch.wanted.to(self._device), self._perceptual,
            self._config.pixels, self._config.perceptual_weight, share,
        )  # fmt: skip
        spread = (styles - self.encoder.mean).norm(dim=(1, 2)).mean()
        loss = loss + self._config.spread * spread
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return {**figures, "spread": spread.detach()}

    def _cool(self, number: int) -> None:
        """Set the learning rates of a step."""
        left = 1.0 - number / self._config.iterations
        share = min(1.0, left / self._config.cool_down) if self._config.cool_down else 1.0
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * share


@torch.no_grad()
def mean_style(generator: Generator) -> Tensor:
    """The mean w of many z: ``(latent,)``. The same for the same generator."""
    random = torch.Generator().manual_seed(0)
    device = generator.mapping.mean.device
    total = torch.zeros_like(generator.mapping.mean)
    for _ in range(MEAN_OF // _MAPPED_AT_ONCE):
        z = torch.randn(_MAPPED_AT_ONCE, generator.config.latent, generator=random)
        total += generator.mapping(z.to(device)).sum(dim=0)
    return total / MEAN_OF
