"""The losses of level 1 (CCFE 3.3.3, eq. 1-7).

Vertices are linear in the coefficients, so distances between meshes are quadratic forms of the difference of two
coefficient vectors: ``‖B d‖² = dᵀ (Bᵀ B) d``. The matrices are made once; no mesh is ever formed.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mien.morphable.model import MorphableModel
from mien.systems.two_level.shape.config import Mouth, ShapeConfig
from mien.systems.two_level.shape.model import ShapeDiscriminator, ShapeGenerator

MM_PER_DM = 100.0
MM_PER_LIP_UNIT = 10.0


class ShapeDistances(nn.Module):
    """Squared distances between the faces of two coefficient vectors, as quadratic forms.

    Args:
        model: The morphable model; coefficients are ``(alpha, beta)``.
    """

    face: Tensor
    identity: Tensor
    lips_apart: Tensor
    lips_placed: Tensor

    def __init__(self, model: MorphableModel) -> None:
        super().__init__()
        basis = np.concatenate([model.identity, model.expression], axis=2).astype(np.float64)
        count = model.identity_count
        upper, lower = model.lip_pairs.T
        lips = basis[np.concatenate([upper, lower])].reshape(-1, basis.shape[2]) / MM_PER_LIP_UNIT
        apart = (basis[upper] - basis[lower]).reshape(-1, basis.shape[2]) / MM_PER_LIP_UNIT
        flat = basis.reshape(-1, basis.shape[2]) / MM_PER_DM
        whole = flat.T @ flat / model.vertex_count
        self.register_buffer("face", _float(whole), persistent=False)
        self.register_buffer("identity", _float(whole[:count, :count]), persistent=False)
        self.register_buffer("lips_apart", _float(apart.T @ apart), persistent=False)
        self.register_buffer("lips_placed", _float(lips.T @ lips), persistent=False)

    def between_faces(self, one: Tensor, other: Tensor) -> Tensor:
        """Mean squared distance of the vertices: two ``(N, n_c)`` to ``(N,)``, dm²."""
        return _form(self.face, one - other)

    def between_identities(self, one: Tensor, other: Tensor) -> Tensor:
        """As :meth:`between_faces`, of the faces with expression 0 (eq. 5)."""
        count = len(self.identity)
        return _form(self.identity, one[:, :count] - other[:, :count])

    def between_mouths(self, one: Tensor, other: Tensor, kind: Mouth) -> Tensor:
        """What of the mouth is to be kept (eq. 4): two ``(N, n_c)`` to ``(N,)``, cm².

        ``relative``: squared change of the vector from lower to upper lip, summed over the pairs; ``absolute``: squared
        way of every lip vertex, summed; ``none``: 0.
        """
        if kind == "none":
            return one.new_zeros(len(one))
        return _form(self.lips_apart if kind == "relative" else self.lips_placed, one - other)


def discriminator_loss(
    config: ShapeConfig,
    discriminator: ShapeDiscriminator,
    real: Tensor,
    emotion: Tensor,
    fake: Tensor,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, dict[str, float]]:
    """Eq. 6: Wasserstein distance, gradient penalty, and the emotions of the real coefficients (eq. 1).

    Args:
        config: Weights.
        discriminator: D.
        real: ``(N, n_c)``.
        emotion: ``(N, n_e)``, of ``real``.
        fake: ``(N, n_c)``, without gradients.
        generator: Source of the mixtures, on the CPU.

    Returns:
        The loss, and its parts for the log.
    """
    real_scores, found = discriminator(real)
    fake_scores, _ = discriminator(fake)
    distance = real_scores.mean() - fake_scores.mean()
    regression = (emotion - found).square().sum(dim=1).mean()
    share = torch.rand(len(real), 1, generator=generator).to(real)
    between = (share * real + (1 - share) * fake).detach().requires_grad_()
    # The penalty asks for slope 1 where the network lives: in standardised coefficients.
    scores, _ = discriminator(between)
    (slope,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    penalty = ((slope * discriminator.standardisation.deviation).norm(dim=1) - 1).square().mean()
    loss = -distance + config.gradient_penalty * penalty + config.emotion * regression
    return loss, {"wasserstein": distance.item(), "penalty": penalty.item(), "emotion_real": regression.item()}


def generator_loss(
    config: ShapeConfig,
    generator: ShapeGenerator,
    discriminator: ShapeDiscriminator,
    distances: ShapeDistances,
    neutral: Tensor,
    target: Tensor,
    acted: Tensor,
    acted_emotion: Tensor,
) -> tuple[Tensor, dict[str, float]]:
    """Eq. 7, for neutral faces given an emotion and acted faces made neutral.

    Args:
        config: Weights.
        generator: G.
        discriminator: D, whose parameters the caller does not step.
        distances: Of the morphable model.
        neutral: c, ``(N, n_c)``.
        target: e, ``(N, n_e)``, non-neutral.
        acted: c*, ``(M, n_c)``.
        acted_emotion: e*, ``(M, n_e)``, non-neutral.

    Returns:
        The loss, and its parts for the log.
    """
    edited, calmed = generator(neutral, target), generator(acted, torch.zeros_like(acted_emotion))
    scores, found = discriminator(torch.cat([edited, calmed]))
    asked = torch.cat([target, torch.zeros_like(acted_emotion)])
    adversarial = -scores.mean()
    regression = (asked - found).square().sum(dim=1).mean()
    back = distances.between_faces(neutral, generator(edited, torch.zeros_like(target))).mean()
    cycle = back + distances.between_faces(acted, generator(calmed, acted_emotion)).mean()
    mouth = (
        distances.between_mouths(neutral, edited, config.mouth).mean()
        + distances.between_mouths(acted, calmed, config.mouth).mean()
    )
    identity = distances.between_identities(torch.cat([neutral, acted]), torch.cat([edited, calmed])).mean()
    loss = (
        adversarial
        + config.emotion * regression
        + config.cycle * cycle
        + config.lips * mouth
        + config.identity * identity
    )
    parts = {"adversarial": adversarial, "emotion": regression, "cycle": cycle, "mouth": mouth, "identity": identity}
    return loss, {name: value.item() for name, value in parts.items()}


def _form(matrix: Tensor, difference: Tensor) -> Tensor:
    return (difference @ matrix * difference).sum(dim=1)


def _float(matrix: np.ndarray) -> Tensor:
    return torch.from_numpy(matrix.astype(np.float32))
