"""Training an actor, stage after stage; each goes on where it was, and can be done again alone.

Order and dependence: ``shape`` stands alone; ``texture`` before ``texture_encoder``; ``mouth`` before
``mouth_encoder``. Every stage is a run of :func:`mien.training.loop.train` in a folder of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from mien.emotion.vocabulary import EMOTIONS, NEUTRAL
from mien.errors import InputError
from mien.nn.eigenpictures import MOST_PICTURES, Eigenpictures
from mien.systems.two_level.actor import Actor, ActorSizes
from mien.systems.two_level.config import TwoLevelPreset
from mien.systems.two_level.material import Material, PictureKind, PictureSource
from mien.systems.two_level.samples import sample_codes, sample_pictures
from mien.systems.two_level.shape.train import ShapeTask
from mien.systems.two_level.texture.codec import PictureCodec
from mien.systems.two_level.texture.config import PicturesConfig
from mien.systems.two_level.texture.directions import editing_directions
from mien.systems.two_level.texture.gan import GanTask
from mien.systems.two_level.texture.inversion import InversionTask
from mien.systems.two_level.texture.losses import PerceptualDistance
from mien.training.loop import Task, train
from mien.training.options import LoopOptions
from mien.training.ranks import is_first, own_count
from mien.types import AnyArray

STAGES = ("shape", "texture", "texture_encoder", "mouth", "mouth_encoder")
_BUILT_ON = {"texture": ("texture_encoder",), "mouth": ("mouth_encoder",)}
_CODES_AT_ONCE = 16
SAMPLES_A_STAGE = 10

AnyTask = TypeVar("AnyTask", bound=Task)
StageProgress = Callable[[str, float], None]
"""Told the stage and the share of it that is done."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How an actor is trained.

    Attributes:
        preset: Sizes and schedules.
        folder: Where the stages keep their checkpoints, logs and sample pictures.
        seed: All random numbers follow from it.
        perceptual: Name to perceptual distance, as the preset asks for it.
        start_from: An actor of the same sizes to begin with instead of random weights.
        device: Where.
        checkpoint_s: Seconds from one checkpoint to the next.
    """

    preset: TwoLevelPreset
    folder: Path
    perceptual: Mapping[str, PerceptualDistance]
    seed: int = 0
    start_from: Actor | None = None
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    checkpoint_s: float = 60.0

    def check_batches(self) -> None:
        """Refuse batches that the processes of the training cannot share evenly.

        Raises:
            InputError: There is one.
        """
        preset = self.preset
        own_count(max(1, preset.shape.batch // 2))  # half neutral, half acted
        for pictures in (preset.texture, preset.mouth):
            own_count(pictures.gan.batch)
            own_count(pictures.encoder.batch)


def train_actor(
    plan: TrainingPlan, material: Material, card: Mapping[str, Any], progress: StageProgress | None = None
) -> Actor:
    """Train an actor, or go on with it.

    Args:
        plan: How.
        material: What from.
        card: What its card shall say of where it comes from.
        progress: Told after every step.

    Returns:
        The actor, ready to edit.

    Raises:
        InputError: The folder holds a training with other settings, ``start_from`` has other sizes, a batch cannot be
            split over the processes, or the footage has no picture of neutral or of an emotion to learn from.
    """
    plan.check_batches()
    _check_pictures(material)
    _check_start(plan, material)
    stages = _Stages(plan, material, progress)
    shape = stages.run_shape()
    texture, mouth = stages.run_pictures("texture"), stages.run_pictures("mouth")
    sizes = sizes_of(plan.preset, material)
    if texture.eigenpictures is not None:
        sizes = replace(sizes, eigenpictures=texture.eigenpictures.sizes, eigen_share=texture.share)
    actor = Actor(sizes, card)
    trained = {
        "shape": shape.generator,
        "texture": texture.generator,
        "texture_encoder": texture.encoder,
        "mouth": mouth.generator,
        "mouth_encoder": mouth.encoder,
    }
    if texture.eigenpictures is not None:
        trained["texture_eigenpictures"] = texture.eigenpictures
    for name, module in trained.items():
        actor.modules()[name].load_state_dict(module.state_dict())
    actor.ready(plan.device)
    codes = picture_codes(actor.texture, material, "texture")
    actor.person.directions.copy_(editing_directions(codes, material.emotion(material.rows).to(codes)))
    actor.person.alpha.copy_(torch.from_numpy(material.prepared.alpha))
    return actor


def forget_stage(folder: Path, stage: str) -> None:
    """Remove what a stage has learnt, and the stages that are built on it, so that they are done again.

    Of several processes the first one does it; the others must wait for it.

    Raises:
        InputError: There is no such stage.
    """
    if stage not in STAGES:
        raise InputError(f"there is no stage {stage!r}; there are: {', '.join(STAGES)}")
    for name in (stage, *_BUILT_ON.get(stage, ())) if is_first() else ():
        shutil.rmtree(folder / name, ignore_errors=True)


def _check_pictures(material: Material) -> None:
    """Refuse footage whose editing directions could not be found in the end."""
    shown = material.emotion(material.rows).numpy() > 0
    counts = {NEUTRAL: int((~shown).all(axis=1).sum())}
    counts |= {name: int(column.sum()) for name, column in zip(material.emotions, shown.T, strict=True)}
    emotion = material.prepared.frames.emotion
    filmed = (NEUTRAL, *(name for k, name in enumerate(EMOTIONS) if emotion[:, k].any()))
    lacking = [name for name in filmed if not counts.get(name)]
    if lacking:
        raise InputError(
            f"{material.prepared.folder} has no picture of {', '.join(lacking)} to learn from; prepare more footage, "
            "or more of its pictures (--every 1)"
        )


def _check_start(plan: TrainingPlan, material: Material) -> None:
    """Refuse an actor to start from that knows other emotions; its other sizes are seen stage by stage."""
    known = material.emotions if plan.start_from is None else plan.start_from.sizes.emotions
    if known != material.emotions:
        raise InputError(
            f"the actor to start from shows {', '.join(known)}, and the footage {', '.join(material.emotions)}; an "
            "actor is started from one with the same emotions"
        )


def sizes_of(preset: TwoLevelPreset, material: Material) -> ActorSizes:
    """The sizes of an actor trained on a material."""
    model = material.model
    return ActorSizes(
        model.identity_count,
        model.expression_count,
        material.emotions,
        preset.shape,
        preset.texture.gan.network,
        preset.texture.encoder.network,
        preset.mouth.gan.network,
        preset.mouth.encoder.network,
    )


@torch.no_grad()
def picture_codes(codec: PictureCodec, material: Material, kind: PictureKind) -> Tensor:
    """The codes of all pictures that are learnt from: ``(P, n, latent)``."""
    source = PictureSource(material, kind, codec.side)
    codec.encoder.eval()
    rows = material.rows
    parts = [rows[k : k + _CODES_AT_ONCE] for k in range(0, len(rows), _CODES_AT_ONCE)]
    return torch.cat([codec.encode(source.inversion(part).shown) for part in parts])


SEEN_SHARE = 0.01
"""Share of the pictures that must show a texel for the linear model to draw it."""


def fit_eigenpictures(source: PictureSource, rows: AnyArray, count: int) -> Eigenpictures:
    """The linear model of an actor's pictures.

    Args:
        source: The pictures.
        rows: Those to learn from; of more than are needed an even choice is taken.
        count: How many directions.
    """
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_PICTURES)).astype(int)]
    parts = np.array_split(chosen, max(1, len(chosen) // _CODES_AT_ONCE))
    shown = torch.stack([source.masks(part)[:, 0].sum(dim=0) for part in parts]).sum(dim=0) / len(chosen)
    return Eigenpictures.fit(source.pictures(chosen), shown > SEEN_SHARE, count)


class _Stages:
    """Runs stages, each in its own folder."""

    def __init__(self, plan: TrainingPlan, material: Material, progress: StageProgress | None) -> None:
        self._plan, self._material, self._progress = plan, material, progress

    def run_shape(self) -> ShapeTask:
        """Level 1."""
        self._seed("shape")
        material = self._material
        task = ShapeTask(self._plan.preset.shape, material.model, material.shape_footage, self._plan.device)
        return self._run("shape", task)

    def run_pictures(self, kind: PictureKind) -> PictureCodec:
        """StyleGAN, then encoder, of one kind of picture; then what follows without steps."""
        plan = self._plan
        config: PicturesConfig = getattr(plan.preset, kind)
        source, rows = PictureSource(self._material, kind, config.gan.network.resolution), self._material.rows
        self._seed(kind)
        gan = GanTask(config.gan, lambda at: source.pictures(rows[at]), len(rows), plan.seed, plan.device)
        folder = plan.folder / kind / "samples"
        self._run(kind, gan, lambda step: sample_pictures(folder / f"{step:08}.png", gan.average, plan.seed))
        self._seed(f"{kind}_encoder")
        inversion = InversionTask(
            config.encoder, gan.average, lambda at: source.inversion(rows[at]), len(rows),
            plan.perceptual[config.encoder.perceptual], plan.seed, plan.device,
        )  # fmt: skip
        shown = self._material.held_out if len(self._material.held_out) else rows
        pairs = plan.folder / f"{kind}_encoder" / "samples"
        self._run(
            f"{kind}_encoder",
            inversion,
            lambda step: sample_codes(pairs / f"{step:08}.png", inversion.generator, inversion.encoder, source, shown),
        )
        if config.eigenpictures is None:
            return PictureCodec(inversion.generator, inversion.encoder)
        linear = fit_eigenpictures(source, rows, config.eigenpictures.count).to(plan.device)
        return PictureCodec(inversion.generator, inversion.encoder, linear, config.eigenpictures.share)

    def _run(self, stage: str, task: AnyTask, sample: Callable[[int], None] | None = None) -> AnyTask:
        config = self._config(stage)
        steps = config.iterations
        every = max(1, steps // SAMPLES_A_STAGE)
        options = LoopOptions(steps, self._plan.seed, checkpoint_s=self._plan.checkpoint_s, sample_every=every)
        self._start(stage, task)
        about = {"config": asdict(replace(config, iterations=1)), "footage": self._material.digest}
        train(task, self._plan.folder / stage, options, about, progress=self._told(stage), sample=sample)
        return task

    def _seed(self, stage: str) -> None:
        """First weights follow from the seed and the stage, wherever the run was broken off."""
        torch.manual_seed(self._plan.seed * len(STAGES) + STAGES.index(stage))

    def _told(self, stage: str) -> Callable[[float], None] | None:
        progress = self._progress
        return None if progress is None else lambda share: progress(stage, share)

    def _config(self, stage: str) -> Any:
        if stage == "shape":
            return self._plan.preset.shape
        kind, _, part = stage.partition("_")
        return getattr(getattr(self._plan.preset, kind), part or "gan")

    def _start(self, stage: str, task: Task) -> None:
        """Begin with another actor's weights, if asked to; a checkpoint goes before them."""
        if self._plan.start_from is None:
            return
        given = self._plan.start_from.modules()[stage].state_dict()
        names = {"shape": ("generator",), "texture": ("generator", "average"), "mouth": ("generator", "average")}
        for name in names.get(stage, ("encoder",)):
            try:
                task.modules()[name].load_state_dict(given)
            except RuntimeError as error:
                raise InputError(
                    f"the actor to start from has another {stage} ({' '.join(str(error).split())[:120]}); train with "
                    "the preset and the emotions that it was trained with"
                ) from error
