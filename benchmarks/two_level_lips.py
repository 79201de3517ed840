"""What level 1 of `two_level` does to the lips: CCFE's Table 3 (mouth losses) and Fig. 7 (sweep of λ_mouth).

Only the stage `shape` is trained, once for each setting, in a folder of its own: called again, what is done is kept.
One fifth of every clip is held out. The lips are measured on the coefficients themselves, neutral faces made each
emotion at 1, without pictures: opening is the distance of the inner lips' middles (landmarks 13 and 14).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.report import Figure
from mien.data.prepared import PreparedFootage
from mien.emotion.vocabulary import EMOTIONS
from mien.metrics.face_frame import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from mien.metrics.lip_sync import CENTRE_PAIR, MOVING_RANGE, correlation
from mien.morphable.model import MorphableModel
from mien.systems.two_level.measures import coefficient_classifier
from mien.systems.two_level.shape.config import Mouth, ShapeConfig
from mien.systems.two_level.shape.losses import MM_PER_DM, MM_PER_LIP_UNIT, ShapeDistances
from mien.systems.two_level.shape.model import ShapeGenerator
from mien.systems.two_level.shape.train import ShapeFootage, ShapeTask
from mien.training.loop import train
from mien.training.options import LoopOptions
from mien.types import AnyArray, DoubleArray

LOSSES: tuple[Mouth, ...] = ("relative", "absolute", "none")
WEIGHTS = (0.0, 0.1, 1.0, 10.0, 100.0)
FEWEST_CORRELATION = 0.95
FEWEST_RECOGNISED = 0.9
FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Variant:
    """A setting of the mouth's loss."""

    mouth: Mouth
    weight: float

    @property
    def name(self) -> str:
        """For folders and tables."""
        return "none" if self.mouth == "none" or self.weight == 0 else f"{self.mouth} {self.weight:g}"


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Coefficients of a prepared footage, one fifth of every clip held out.

    Attributes:
        footage: What is learnt from.
        neutral: ``(F, n_c)`` neutral faces held out.
        acted: ``(G, n_c)`` faces at intensity 1 held out.
        acted_emotion: ``(G,)`` number of their emotion.
    """

    footage: ShapeFootage
    neutral: AnyArray
    acted: AnyArray
    acted_emotion: AnyArray


@dataclass(frozen=True, slots=True, eq=False)
class Lips:
    """What a generator does to neutral faces held out, each emotion at 1.

    Attributes:
        correlation: Emotion to correlation of the mouth's opening with the source's.
        apart_mm: Root mean square change of the vectors from lower to upper lip.
        recognised: Share that a linear classifier of real coefficients takes for the emotion asked for.
        change_mm: Root mean square way of all vertices: how much expression there is.
        cycle_mm: The same after emotion and back.
    """

    correlation: dict[str, float]
    apart_mm: float
    recognised: float
    change_mm: float
    cycle_mm: float

    @property
    def mean(self) -> float:
        """Mean correlation."""
        return float(np.mean(list(self.correlation.values())))


def variants() -> list[Variant]:
    """Table 3's three, and Fig. 7's weights."""
    wanted = [Variant(mouth, 1.0) for mouth in LOSSES] + [Variant("relative", weight) for weight in WEIGHTS]
    return list({variant.name: variant for variant in wanted}.values())


def split(prepared: PreparedFootage, fifth: int) -> Split:
    """Hold out the ``fifth`` (1 to 5) of every clip."""
    frames = prepared.frames
    held = np.zeros(len(frames), bool)
    for clip in np.unique(frames.clip):
        held[np.array_split(np.flatnonzero(frames.clip == clip), FIFTHS)[fifth - 1]] = True
    footage = ShapeFootage.of(prepared.alpha, frames.beta[~held], frames.emotion[~held])
    emotion = frames.emotion[:, [EMOTIONS.index(name) for name in footage.emotions]]
    alpha = np.tile(prepared.alpha, (len(frames), 1))
    coefficients = np.concatenate([alpha, frames.beta], axis=1).astype(np.float32)
    full = held & (emotion.max(axis=1) > 0.99)
    neutral = held & ~emotion.any(axis=1)
    return Split(footage, coefficients[neutral], coefficients[full], emotion[full].argmax(axis=1))


def train_shape(config: ShapeConfig, model: MorphableModel, data: Split, folder: Path) -> ShapeGenerator:
    """Train level 1, or read it if it is done."""
    torch.manual_seed(0)
    task = ShapeTask(config, model, data.footage)
    about = {"config": asdict(config), "fifth": [len(data.neutral), float(np.abs(data.neutral).sum())]}
    train(task, folder, LoopOptions(config.iterations), about)
    return task.generator.eval().requires_grad_(False)


@torch.no_grad()
def measure(generator: ShapeGenerator, model: MorphableModel, data: Split, classifier: nn.Module) -> Lips:
    """Measure a generator on the neutral faces held out."""
    distances, neutral = ShapeDistances(model), torch.from_numpy(data.neutral)
    names, opened = data.footage.emotions, opening(model, data.neutral)
    correlations, apart, right, change, cycle = {}, [], [], [], []
    for k, name in enumerate(names):
        target = torch.zeros(len(neutral), len(names))
        target[:, k] = 1.0
        edited = generator(neutral, target)
        correlations[name] = correlation(opened, opening(model, edited.numpy()))
        apart.append(float(distances.between_mouths(neutral, edited, "relative").mean()) / len(model.lip_pairs))
        right.append(float((classifier(edited).argmax(dim=1) == k + 1).float().mean()))
        change.append(float(distances.between_faces(neutral, edited).mean()))
        cycle.append(float(distances.between_faces(neutral, generator(edited, torch.zeros_like(target))).mean()))
    return Lips(
        correlations,
        MM_PER_LIP_UNIT * math.sqrt(np.mean(apart)),
        float(np.mean(right)),
        MM_PER_DM * math.sqrt(np.mean(change)),
        MM_PER_DM * math.sqrt(np.mean(cycle)),
    )


def opening(model: MorphableModel, coefficients: AnyArray) -> DoubleArray:
    """Distance of the inner lips' middles, mm: ``(F, n_c)`` to ``(F,)``."""
    upper, lower = model.landmark_vertices[list(CENTRE_PAIR[0])]
    basis = np.concatenate([model.identity, model.expression], axis=2).astype(np.float64)
    apart = model.mean[upper].astype(np.float64) - model.mean[lower]
    return np.asarray(np.linalg.norm(apart + coefficients @ (basis[upper] - basis[lower]).T, axis=1))


@torch.no_grad()
def recognised_of_real(data: Split, classifier: nn.Module) -> float:
    """What the classifier makes of the true faces of the same frames: a true edit cannot be recognised more often."""
    found = classifier(torch.from_numpy(data.acted)).argmax(dim=1).numpy() - 1
    kinds = np.unique(data.acted_emotion)
    return float(np.mean([(found[data.acted_emotion == k] == k).mean() for k in kinds]))


def lip_figures(
    prepared: PreparedFootage, model: MorphableModel, config: ShapeConfig, fifth: int, work: Path, clip: str
) -> tuple[list[Figure], list[str]]:
    """Train and measure all variants.

    Returns:
        Figures, and the lines of the tables.
    """
    data = split(prepared, fifth)
    moves = float(np.ptp(opening(model, data.neutral))) / eye_distance_mm(model)
    classifier = coefficient_classifier(data.footage.coefficients, data.footage.emotion)
    real = recognised_of_real(data, classifier)
    found: dict[str, Lips] = {}
    for variant in variants():
        made = replace(config, mouth=variant.mouth, lips=variant.weight)
        generator = train_shape(made, model, data, work / f"shape-{fifth}-{variant.name.replace(' ', '-')}")
        found[variant.name] = measure(generator, model, data, classifier)
        print(f"  {variant.name}: {found[variant.name].mean:.3f}", flush=True)
    held = Figure("fifth held out", clip, "of every clip", fifth)
    return [held, *_figures(found, clip, moves, real)], _lines(found, moves, real)


def eye_distance_mm(model: MorphableModel) -> float:
    """Between the outer corners of the mean face's eyes."""
    right, left = model.mean[model.landmark_vertices[[RIGHT_EYE_OUTER, LEFT_EYE_OUTER]]]
    return float(np.linalg.norm(right - left))


def _figures(found: dict[str, Lips], clip: str, moves: float, real: float) -> list[Figure]:
    figures = [
        Figure("mouth opening, range [eye distances]", clip, "neutral, held out", moves, at_least=MOVING_RANGE),
        Figure("recognised, level 1 alone", clip, "true faces, held out", real),
    ]
    relative, absolute, none = (found[name] for name in ("relative 1", "absolute 1", "none"))
    figures += [
        Figure("lips: correlation of opening", clip, f"relative 1, {emotion}", value, at_least=FEWEST_CORRELATION)
        for emotion, value in relative.correlation.items()
    ]
    asked = {"relative 1": absolute.mean, "absolute 1": none.mean}
    for name, lips in found.items():
        figures += [
            Figure("lips: correlation of opening, mean", clip, name, lips.mean, at_least=asked.get(name)),
            Figure("lips: change of relative distance [mm]", clip, name, lips.apart_mm),
            Figure("change of the face [mm]", clip, name, lips.change_mm),
            Figure("cycle [mm]", clip, name, lips.cycle_mm),
            Figure(
                "recognised, level 1 alone", clip, name, lips.recognised,
                at_least=FEWEST_RECOGNISED if name == "relative 1" else None,
            ),
        ]  # fmt: skip
    return figures


def _lines(found: dict[str, Lips], moves: float, real: float) -> list[str]:
    head = ("correlation", "least", "apart mm", "change mm", "cycle mm", "recognised")

    def row(name: str, lips: Lips) -> str:
        least = min(lips.correlation.values())
        values = (lips.mean, least, lips.apart_mm, lips.change_mm, lips.cycle_mm, lips.recognised)
        return f"{name:24}" + "".join(f"{value:12.3f}" for value in values)

    def table(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
        return [title, " " * 24 + "".join(f"{word:>12}" for word in head), *(row(*shown(r)) for r in rows), ""]

    def shown(pair: tuple[str, str]) -> tuple[str, Lips]:
        return pair[0], found[pair[1]]

    ruler = (
        f"The mouths held out open by {moves:.2f} eye distances (they count as moving from {MOVING_RANGE:g} on). The "
        f"classifier recognises {real:.0%} of the true faces of the same frames."
    )
    return [
        *table(
            "Table 3: the mouth's loss",
            [("Ours (RD)", "relative 1"), ("Ours (AD)", "absolute 1"), ("w/o L_mouth", "none")],
        ),
        *table(
            "Fig. 7: weight of the relative distance",
            [(f"λ_mouth {w:g}", Variant("relative", w).name) for w in WEIGHTS],
        ),
        ruler,
        "LSE-D, LSE-C: not available: they need sound, pictures and SyncNet, and this table has coefficients alone.",
    ]
