"""One step of level 1: the discriminator so many times, then the generator (CCFE 3.3.3, 4.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.emotion.vocabulary import EMOTIONS
from mien.errors import InputError
from mien.morphable.model import MorphableModel
from mien.systems.two_level.shape.config import ShapeConfig
from mien.systems.two_level.shape.losses import ShapeDistances, discriminator_loss, generator_loss
from mien.systems.two_level.shape.model import ShapeDiscriminator, ShapeGenerator
from mien.training.ranks import own_count
from mien.types import AnyArray


@dataclass(frozen=True, slots=True, eq=False)
class ShapeFootage:
    """The coefficients of an actor's frames, and what emotion they show.

    Attributes:
        coefficients: ``(F, n_c)`` float32, identity and expression of every frame.
        emotion: ``(F, n_e)`` float32, columns as in ``emotions``.
        emotions: The non-neutral emotions that the footage shows.

    Raises:
        InputError: There is no neutral frame, no other, or the arrays do not belong together.
    """

    coefficients: AnyArray
    emotion: AnyArray
    emotions: tuple[str, ...]

    def __post_init__(self) -> None:
        shape = (len(self.coefficients), len(self.emotions))
        if self.coefficients.ndim != 2 or self.emotion.shape != shape:
            raise InputError(
                f"coefficients {self.coefficients.shape} and emotions {self.emotion.shape} do not belong together; "
                f"expected (F, n_c) and (F, {len(self.emotions)})"
            )
        neutral = (self.emotion == 0).all(axis=1)
        if not neutral.any() or neutral.all():
            lacking = "acted" if neutral.any() else "neutral"
            raise InputError(f"level 1 learns from neutral and acted frames, and no frame to learn from is {lacking}")

    @staticmethod
    def of(alpha: AnyArray, beta: AnyArray, emotion: AnyArray) -> ShapeFootage:
        """From one person's identity and the frames' expressions.

        Args:
            alpha: ``(A,)``.
            beta: ``(F, E)``.
            emotion: ``(F, 8)`` emotion vectors in the order of ``EMOTIONS``; those that never occur are left out.
        """
        shown = [k for k in range(len(EMOTIONS)) if np.asarray(emotion)[:, k].any()]
        coefficients = np.concatenate([np.tile(np.asarray(alpha, np.float32), (len(beta), 1)), beta], axis=1)
        return ShapeFootage(
            coefficients.astype(np.float32),
            np.asarray(emotion, np.float32)[:, shown],
            tuple(EMOTIONS[k] for k in shown),
        )


class ShapeTask:
    """Level 1 in training; see :class:`mien.training.loop.Task`.

    Args:
        config: Sizes, weights, schedule.
        model: The morphable model that the coefficients are of.
        footage: What it learns from.
        device: Where.
    """

    def __init__(
        self, config: ShapeConfig, model: MorphableModel, footage: ShapeFootage, device: torch.device | None = None
    ) -> None:
        self._config, self._device = config, device or torch.device("cpu")
        self._coefficients = torch.from_numpy(footage.coefficients).to(self._device)
        self._emotion = torch.from_numpy(footage.emotion).to(self._device)
        self._neutral = np.flatnonzero((footage.emotion == 0).all(axis=1))
        self._acted = [np.flatnonzero(column) for column in footage.emotion.T]
        sizes = footage.coefficients.shape[1], len(footage.emotions)
        self.generator = ShapeGenerator(config, *sizes).to(self._device)
        self.discriminator = ShapeDiscriminator(config, *sizes).to(self._device)
        for network in (self.generator, self.discriminator):
            network.standardisation.measure(self._coefficients)
        self._distances = ShapeDistances(model).to(self._device)
        self._optimizers = {
            name: torch.optim.Adam(network.parameters(), config.rate, config.betas)
            for name, network in self.modules().items()
        }

    def modules(self) -> dict[str, torch.nn.Module]:
        """Generator and discriminator."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """One Adam each."""
        return dict(self._optimizers)

    def counters(self) -> dict[str, Any]:
        """None."""
        return {}

    def set_counters(self, counters: Mapping[str, Any]) -> None:
        """None."""

    def step(self, number: int, random: np.random.Generator) -> dict[str, Tensor | float]:  # noqa: ARG002
        """The discriminator ``critic_steps`` times, then the generator, each on its own faces."""
        parts: dict[str, Tensor | float] = {}
        for _ in range(self._config.critic_steps):
            loss, found = self._discriminator_loss(random)
            self._update("discriminator", loss)
            parts |= found
        neutral, target = self._rows(self._neutral_rows(random)), self._targets(random)
        acted = self._acted_rows(random)
        loss, found = generator_loss(
            self._config, self.generator, self.discriminator, self._distances,
            neutral, target, self._rows(acted), self._emotion[acted],
        )  # fmt: skip
        self._update("generator", loss)
        return parts | found

    def _discriminator_loss(self, random: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        """Real faces, half neutral and half acted, against the same half and half edited."""
        rows = np.concatenate([self._neutral_rows(random), self._acted_rows(random)])
        neutral, acted = self._rows(self._neutral_rows(random)), self._rows(self._acted_rows(random))
        target = self._targets(random)
        with torch.no_grad():
            fake = torch.cat([self.generator(neutral, target), self.generator(acted, torch.zeros_like(target))])
        return discriminator_loss(self._config, self.discriminator, self._rows(rows), self._emotion[rows], fake)

    def _update(self, name: str, loss: Tensor) -> None:
        self._optimizers[name].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizers[name].step()

    def _rows(self, rows: AnyArray) -> Tensor:
        return self._coefficients[rows]

    @property
    def _half(self) -> int:
        return own_count(max(1, self._config.batch // 2))

    def _neutral_rows(self, random: np.random.Generator) -> AnyArray:
        return random.choice(self._neutral, self._half)

    def _acted_rows(self, random: np.random.Generator) -> AnyArray:
        """Every emotion equally often, however much footage there is of each."""
        kinds = random.integers(0, len(self._acted), self._half)
        return np.array([random.choice(self._acted[kind]) for kind in kinds])

    def _targets(self, random: np.random.Generator) -> Tensor:
        """Emotion vectors with one non-zero element, of any intensity."""
        target = np.zeros((self._half, len(self._acted)), np.float32)
        kinds = random.integers(0, len(self._acted), self._half)
        target[np.arange(self._half), kinds] = 1.0 - random.random(self._half)
        return torch.from_numpy(target).to(self._device)
