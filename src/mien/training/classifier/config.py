"""Settings of the classifier of expression type and level.

DNT 3.2 says: ResNet-50, the same for every input, two networks each. It leaves open the pictures' size, optimiser,
length and augmentation; what stands here was chosen by us.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from mien.errors import InputError

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class ClassifierConfig:
    """Network and training.

    Attributes:
        network: A name of :data:`mien.nn.residual_network.SHAPES`.
        size_px: Side of the pictures that it sees.
        steps: Training steps.
        batch_size: Pictures a step.
        learning_rate: Of Adam, at the start; it falls to 0 along half a cosine.
        weight_decay: L2 decay, as Adam adds it to the gradient.
        shift: Pictures are moved by up to this share of their side while training, and brightened or dimmed by up to
            three times as much, so that neither place nor exposure is learnt.
        precision: Of matrix products while training.

    Raises:
        InputError: A value is out of range.
    """

    network: str = "resnet-18"
    size_px: int = 112
    steps: int = 1500
    batch_size: int = 32
    learning_rate: float = 3e-4
    weight_decay: float = 1e-4
    shift: float = 0.03
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        if not 32 <= self.size_px <= 1024 or self.steps < 1 or self.batch_size < 2:
            raise InputError(
                f"a classifier needs size_px 32 to 1024, steps from 1 and batches from 2, but came as {self}"
            )
        if not 0.0 < self.learning_rate < 1.0 or not 0.0 <= self.weight_decay < 1.0 or not 0.0 <= self.shift <= 0.25:
            raise InputError(
                f"a classifier needs learning_rate in (0, 1), weight_decay in [0, 1), shift to 0.25, but came as {self}"
            )


PRESETS: MappingProxyType[str, ClassifierConfig] = MappingProxyType(
    {
        "tiny": ClassifierConfig("resnet-tiny", 64, steps=300, batch_size=16, learning_rate=2e-3),
        "default": ClassifierConfig(),
        "paper": ClassifierConfig("resnet-50", 224, steps=10_000, learning_rate=1e-4),
    }
)
"""``tiny`` trains in a minute on a CPU; ``paper`` is the paper's network and wants a GPU."""
