"""Settings of level 1. Numbers are CCFE 4.1.2; what the paper leaves open says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mien.errors import InputError

Mouth = Literal["relative", "absolute", "none"]
"""What of the mouth is kept: the distance of upper and lower lip (eq. 4), the lips' places, or nothing (Table 3)."""


@dataclass(frozen=True, slots=True)
class ShapeConfig:
    """Sizes, weights of the losses, and schedule of level 1.

    Attributes:
        width: Neurons of a hidden layer.
        hidden: Hidden layers.
        slope: Of the leaky ReLU; open in the paper, StarGAN's.
        residual: The generator's last layer gives the change of the coefficients, not the coefficients (the paper): a
            narrow network that was trained for a tenth of the paper's steps does not give the speech back else.
        mouth: See :data:`Mouth`.
        gradient_penalty: λ_gp.
        emotion: λ_reg.
        cycle: λ_rec; distances are means over the vertices, in dm² (open in the paper).
        lips: λ_mouth; sums over the lip pairs, in cm² (open in the paper).
        identity: λ_r; as ``cycle``.
        rate: Learning rate of Adam.
        betas: Of Adam.
        iterations: Steps of the generator.
        batch: Faces a step.
        critic_steps: Steps of the discriminator for each of the generator's; open in the paper.
    """

    width: int = 512
    hidden: int = 4
    slope: float = 0.01
    residual: bool = False
    mouth: Mouth = "relative"
    gradient_penalty: float = 10.0
    emotion: float = 20.0
    cycle: float = 5e3
    lips: float = 1.0
    identity: float = 1e3
    rate: float = 1e-3
    betas: tuple[float, float] = (0.5, 0.999)
    iterations: int = 80_000
    batch: int = 64
    critic_steps: int = 1

    def __post_init__(self) -> None:
        for name in ("width", "hidden", "iterations", "batch", "critic_steps"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected 1 or more")
        for name in ("gradient_penalty", "emotion", "cycle", "lips", "identity"):
            if not getattr(self, name) >= 0:
                raise InputError(f"the weight {name} is {getattr(self, name)}; expected 0 or more")
        if self.mouth not in ("relative", "absolute", "none"):
            raise InputError(f"mouth is '{self.mouth}'; expected relative, absolute or none")


PRESETS: dict[str, ShapeConfig] = {
    "tiny": ShapeConfig(width=32, hidden=2, iterations=50, batch=16),
    "default": ShapeConfig(width=256, residual=True, iterations=8_000),
    "paper": ShapeConfig(),
}
