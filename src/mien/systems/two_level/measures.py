"""What an actor's networks reach on the frames held out; kept in the actor's card."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.metrics.psnr import decibels
from mien.systems.two_level.actor import Actor
from mien.systems.two_level.material import Material, PictureKind, PictureSource
from mien.systems.two_level.shape.losses import MM_PER_DM, MM_PER_LIP_UNIT, ShapeDistances
from mien.systems.two_level.texture.codec import PictureCodec
from mien.types import AnyArray

CLASSIFIER_STEPS = 300
CLASSIFIER_DECAY = 1e-3
FULL = 0.99
"""From this intensity on a face counts as showing its emotion fully."""
_AT_ONCE = 16


def measure_actor(actor: Actor, material: Material) -> dict[str, float]:
    """All measures, on the frames held out; on those learnt from where none is.

    Returns:
        ``texture_psnr_db`` and ``mouth_psnr_db``: pictures drawn again from their codes, over the texels that the
        frame showed; ``texture_stylegan_psnr_db``: the same without eigenpictures; ``shape_recognised``: share of
        neutral faces made each emotion at 1 that a classifier trained on the real coefficients takes for it;
        ``shape_recognised_real``: share of the real faces at 1 that it takes for what they are, left out where none is
        held out; ``shape_cycle_mm``: root mean square way of the vertices after emotion and back; ``shape_lips_mm``:
        that of the lips' relative distance.
    """
    return {
        "texture_psnr_db": picture_psnr(actor.texture, material, "texture"),
        "texture_stylegan_psnr_db": picture_psnr(
            PictureCodec(actor.texture.generator, actor.texture.encoder), material, "texture"
        ),
        "mouth_psnr_db": picture_psnr(actor.mouth, material, "mouth"),
        **measure_shape(actor, material),
    }


@torch.no_grad()
def picture_psnr(codec: PictureCodec, material: Material, kind: PictureKind) -> float:
    """PSNR of drawn over real pictures, dB, values 0 to 1, over everything that counts fully."""
    source = PictureSource(material, kind, codec.generator.config.resolution)
    rows = material.held_out if len(material.held_out) else material.rows
    squares, count = 0.0, 0.0
    for start in range(0, len(rows), _AT_ONCE):
        batch = source.inversion(rows[start : start + _AT_ONCE])
        drawn = codec.draw(codec.encode(batch.shown)).cpu().clamp(-1, 1)
        counted = torch.ones_like(drawn[:, :1]) if batch.share is None else (batch.share > 0.99).float()
        squares += float((((drawn - batch.wanted) / 2).square() * counted).sum())
        count += float(counted.sum()) * drawn.shape[1]
    return decibels(squares / count, 1.0)


def measure_shape(actor: Actor, material: Material) -> dict[str, float]:
    """Level 1 alone, on neutral frames held out."""
    footage = material.shape_footage
    classifier = coefficient_classifier(footage.coefficients, footage.emotion)
    neutral, acted, shown = _held_out(material)
    generator, distances = actor.shape.cpu(), ShapeDistances(material.model)
    right, cycle, lips = [], [], []
    with torch.no_grad():
        for k in range(len(actor.sizes.emotions)):
            target = torch.zeros(len(neutral), len(actor.sizes.emotions))
            target[:, k] = 1.0
            edited = generator(neutral, target)
            right.append((classifier(edited).argmax(dim=1) == k + 1).float().mean())
            back = generator(edited, torch.zeros_like(target))
            cycle.append(distances.between_faces(neutral, back).mean())
            pairs = len(material.model.lip_pairs)
            lips.append(distances.between_mouths(neutral, edited, "relative").mean() / pairs)
    real = {}
    if len(acted):
        real["shape_recognised_real"] = float((classifier(acted).argmax(dim=1) == shown + 1).float().mean())
    return {
        "shape_recognised": float(torch.stack(right).mean()),
        **real,
        "shape_cycle_mm": MM_PER_DM * math.sqrt(float(torch.stack(cycle).mean())),
        "shape_lips_mm": MM_PER_LIP_UNIT * math.sqrt(float(torch.stack(lips).mean())),
    }


def coefficient_classifier(coefficients: AnyArray, emotion: AnyArray) -> nn.Module:
    """Emotion from real coefficients: a linear classifier of standardised coefficients, neutral first.

    It shares nothing with the discriminator that level 1 was trained against.

    Args:
        coefficients: ``(F, n_c)``.
        emotion: ``(F, n_e)``.

    Returns:
        ``(N, n_c)`` to ``(N, 1 + n_e)`` scores.
    """
    x = torch.from_numpy(coefficients)
    labels = torch.from_numpy(np.where(emotion.any(axis=1), emotion.argmax(axis=1) + 1, 0))
    mean, deviation = x.mean(dim=0), x.std(dim=0).clamp(min=1e-3)
    linear = nn.Linear(x.shape[1], 1 + emotion.shape[1])
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    counts = torch.bincount(labels, minlength=1 + emotion.shape[1]).clamp(min=1)
    weights = counts.sum() / counts.float()
    step = torch.optim.Adam(linear.parameters(), 0.05, weight_decay=CLASSIFIER_DECAY)
    for _ in range(CLASSIFIER_STEPS):
        step.zero_grad()
        functional.cross_entropy(linear((x - mean) / deviation), labels, weights).backward()  # type: ignore[no-untyped-call]
        step.step()
    return _Standardised(linear, mean, deviation)


class _Standardised(nn.Module):
    def __init__(self, linear: nn.Linear, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self._linear, self._mean, self._deviation = linear, mean, deviation

    def forward(self, coefficients: Tensor) -> Tensor:
        found: Tensor = self._linear((coefficients - self._mean) / self._deviation)
        return found


def _held_out(material: Material) -> tuple[Tensor, Tensor, Tensor]:
    """Coefficients of neutral faces held out, of faces at 1, and the number of the emotion that each of these shows.

    Where no neutral face is held out, those that were learnt from stand in.
    """
    found, emotion = material.held_out_coefficients
    neutral, full = ~emotion.any(axis=1), emotion.max(axis=1, initial=0.0) > FULL
    plain = found[neutral]
    if not len(plain):
        footage = material.shape_footage
        plain = footage.coefficients[~footage.emotion.any(axis=1)]
    return torch.from_numpy(plain), torch.from_numpy(found[full]), torch.from_numpy(emotion[full].argmax(axis=1))
