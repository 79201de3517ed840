"""The stages of a training, each a run of :func:`mien.training.loop.train` in a folder of its own; what follows them.

Order and dependence: ``shape`` stands alone; ``texture`` before ``texture_encoder``; ``mouth`` before
``mouth_encoder``. ``face`` and ``face_encoder``, of crops of the whole head, are an ablation's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from mien.errors import InputError
from mien.nn.eigenpictures import MOST_PICTURES, Eigenpictures
from mien.systems.two_level.actor import Actor
from mien.systems.two_level.config import TwoLevelPreset
from mien.systems.two_level.material import Material, PictureKind, PictureSource
from mien.systems.two_level.samples import sample_codes, sample_pictures
from mien.systems.two_level.shape.config import ShapeConfig
from mien.systems.two_level.shape.train import ShapeTask
from mien.systems.two_level.texture.codec import PictureCodec
from mien.systems.two_level.texture.config import GanConfig, InversionConfig, PicturesConfig
from mien.systems.two_level.texture.gan import GanTask
from mien.systems.two_level.texture.inversion import InversionTask
from mien.systems.two_level.texture.losses import PerceptualDistance
from mien.training.loop import Task, train
from mien.training.options import LoopOptions
from mien.training.ranks import own_count
from mien.types import AnyArray

STAGES = ("shape", "texture", "texture_encoder", "mouth", "mouth_encoder")
"""Of an actor, in their order."""
_SEEDED = (*STAGES, "face", "face_encoder")
SAMPLES_A_STAGE = 10
SEEN_SHARE = 0.01
"""Share of the pictures that must show a texel for the linear model to draw it."""
_AT_ONCE = 16
"""Pictures."""

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


class Stages:
    """Runs stages, each in its own folder.

    Args:
        plan: How.
        material: What from.
        progress: Told after every step.
    """

    def __init__(self, plan: TrainingPlan, material: Material, progress: StageProgress | None = None) -> None:
        self._plan, self._material, self._progress = plan, material, progress

    def run_shape(self) -> ShapeTask:
        """Level 1."""
        self._seed("shape")
        material = self._material
        task = ShapeTask(self._plan.preset.shape, material.model, material.shape_footage, self._plan.device)
        return self._run("shape", task)

    def run_pictures(self, kind: PictureKind) -> PictureCodec:
        """StyleGAN, then encoder, of one kind of picture; then what follows without steps."""
        plan, config = self._plan, self._pictures(kind)
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
        torch.manual_seed(self._plan.seed * len(_SEEDED) + _SEEDED.index(stage))

    def _told(self, stage: str) -> Callable[[float], None] | None:
        progress = self._progress
        return None if progress is None else lambda share: progress(stage, share)

    def _config(self, stage: str) -> ShapeConfig | GanConfig | InversionConfig:
        if stage == "shape":
            return self._plan.preset.shape
        kind, _, part = stage.partition("_")
        pictures = self._pictures(kind)
        return pictures.encoder if part else pictures.gan

    def _pictures(self, kind: str) -> PicturesConfig:
        """Whole heads are drawn by networks like those of the textures."""
        return self._plan.preset.mouth if kind == "mouth" else self._plan.preset.texture

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


@torch.no_grad()
def picture_codes(codec: PictureCodec, material: Material, kind: PictureKind) -> Tensor:
    """The codes of all pictures that are learnt from: ``(P, n, latent)``."""
    source = PictureSource(material, kind, codec.side)
    codec.encoder.eval()
    rows = material.rows
    parts = [rows[k : k + _AT_ONCE] for k in range(0, len(rows), _AT_ONCE)]
    return torch.cat([codec.encode(source.inversion(part).shown) for part in parts])


def fit_eigenpictures(source: PictureSource, rows: AnyArray, count: int) -> Eigenpictures:
    """The linear model of an actor's pictures.

    Args:
        source: The pictures.
        rows: Those to learn from; of more than are needed an even choice is taken.
        count: How many directions.
    """
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_PICTURES)).astype(int)]
    parts = np.array_split(chosen, max(1, len(chosen) // _AT_ONCE))
    shown = torch.stack([source.masks(part)[:, 0].sum(dim=0) for part in parts]).sum(dim=0) / len(chosen)
    return Eigenpictures.fit(source.pictures(chosen), shown > SEEN_SHARE, count)
