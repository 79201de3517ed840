"""One step of a StyleGAN's training (Karras et al. 2020, section 3 and appendix B)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.nn.stylegan2 import losses
from mien.nn.stylegan2.augment import AdaptiveProbability, changed
from mien.nn.stylegan2.discriminator import Discriminator
from mien.nn.stylegan2.generator import Generator, follow
from mien.systems.two_level.texture.config import GanConfig
from mien.training.batches import shuffled_rows
from mien.training.device import feature_type
from mien.training.ranks import averaged, gathered, own_part
from mien.types import AnyArray

LoadPictures = Callable[[AnyArray], Tensor]
"""Rows to pictures ``(N, 3, R, R)`` float32, -1 to 1."""

AUGMENT_EVERY = 4
EMA_RAMP = 0.05
"""Of the pictures seen, after which the moving average has forgotten half (StyleGAN2-ADA's)."""


class GanTask:
    """A StyleGAN in training; see :class:`mien.training.loop.Task`.

    Args:
        config: Sizes and schedule.
        load: Gives real pictures of the network's resolution.
        count: How many there are.
        seed: Of the order in which they come.
        device: Where.
    """

    def __init__(
        self, config: GanConfig, load: LoadPictures, count: int, seed: int = 0, device: torch.device | None = None
    ) -> None:
        self._config, self._load, self._count, self._seed = config, load, count, seed
        self._device = device or torch.device("cpu")
        self._features = feature_type(self._device, config.precision)
        self.generator = Generator(config.network).to(self._device)
        self.discriminator = Discriminator(config.network).to(self._device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self._adaptive = AdaptiveProbability(config.augment_pictures).to(self._device)
        self._path_length = torch.zeros((), device=self._device)
        self._optimizers = {
            "generator": _lazy_adam(self.generator, config.rate, config.path_every),
            "discriminator": _lazy_adam(self.discriminator, config.rate, config.r1_every),
        }

    def modules(self) -> dict[str, torch.nn.Module]:
        """The two networks, the generator's moving average, and the augmentation's probability."""
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "average": self.average,
            "adaptive": self._adaptive,
        }

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """One Adam each."""
        return dict(self._optimizers)

    def counters(self) -> dict[str, Any]:
        """The moving mean of the path lengths."""
        return {"path_length": float(self._path_length)}

    def set_counters(self, counters: Mapping[str, Any]) -> None:
        """Take it back."""
        self._path_length.fill_(counters["path_length"])

    def step(self, number: int, random: np.random.Generator) -> dict[str, Tensor | float]:  # noqa: ARG002
        """Discriminator, its lazy R1, generator, its lazy path length; then the moving average."""
        config = self._config
        rows = shuffled_rows(self._seed, number, self._count, config.batch)
        real = self._load(own_part(rows)).to(self._device)
        figures = self._step_discriminator(real)
        if number % config.r1_every == 0:
            figures |= self._penalise_discriminator(real)
        figures |= self._step_generator(len(real))
        if number % config.path_every == 0:
            figures |= self._penalise_generator(max(1, len(real) // 2))
        if number % AUGMENT_EVERY == 0 and config.augment:
            self._adaptive.move()
        seen = (number + 1) * config.batch
        # At first it forgets faster: else it would be made of the random first weights in all short trainings.
        half_life = min(config.ema_pictures, EMA_RAMP * seen)
        follow(self.average, self.generator, 0.5 ** (config.batch / half_life))
        return {**figures, "augment": float(self._adaptive.p)}

    def _styles(self, count: int) -> Tensor:
        z = torch.randn(2, count, self._config.network.latent).to(self._device)
        return self.generator.mix(z[0], z[1])

    def _drawn(self, count: int) -> Tensor:
        picture: Tensor = self.generator.synthesis(self._styles(count), "random", self._features)
        return picture

    def _changed(self, pictures: Tensor) -> Tensor:
        return changed(pictures, float(self._adaptive.p)) if self._config.augment else pictures

    def _step_discriminator(self, real: Tensor) -> dict[str, Tensor | float]:
        with torch.no_grad():
            fake = self._drawn(len(real))
        real_scores = self.discriminator(self._changed(real), self._features)
        fake_scores = self.discriminator(self._changed(fake), self._features)
        self._adaptive.watch(gathered(real_scores))
        loss = losses.discriminator_loss(real_scores, fake_scores)
        self._update("discriminator", loss)
        return {
            "discriminator": loss.detach(),
            "real_score": real_scores.detach().mean(),
            "fake_score": fake_scores.detach().mean(),
        }

    def _penalise_discriminator(self, real: Tensor) -> dict[str, Tensor | float]:
        pictures = self._changed(real).detach().requires_grad_()
        penalty = losses.r1_penalty(self.discriminator(pictures), pictures)
        self._update("discriminator", penalty * self._config.r1 * self._config.r1_every)
        return {"r1": penalty.detach()}

    def _step_generator(self, count: int) -> dict[str, Tensor | float]:
        scores = self.discriminator(self._changed(self._drawn(count)), self._features)
        loss = losses.generator_loss(scores)
        self._update("generator", loss)
        return {"generator": loss.detach()}

    def _penalise_generator(self, count: int) -> dict[str, Tensor | float]:
        styles = self._styles(count)
        lengths = losses.path_lengths(self.generator.synthesis(styles), styles)
        penalty, moved = losses.path_penalty(lengths, self._path_length)
        self._path_length.copy_(averaged(moved))
        self._update("generator", penalty * self._config.path * self._config.path_every)
        return {"path_length": lengths.detach().mean()}

    def _update(self, name: str, loss: Tensor) -> None:
        for optimizer in self._optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizers[name].step()


def _lazy_adam(network: torch.nn.Module, rate: float, every: int) -> torch.optim.Adam:
    """Adam for a network that takes one step more every so many: rate and memory shortened as much (appendix B)."""
    share = every / (every + 1)
    return torch.optim.Adam(network.parameters(), rate * share, (0.0, 0.99**share), eps=1e-8)
