"""From prepared footage to an actor's folder: what ``mien train two_level`` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from mien.data.prepared import PreparedFootage
from mien.morphable.model import MorphableModel
from mien.nn.model_folder import check_model_target
from mien.nn.weights.store import require
from mien.systems.two_level.actor import FORM, Actor, load_actor, save_actor
from mien.systems.two_level.config import TwoLevelPreset, preset_named
from mien.systems.two_level.material import Material
from mien.systems.two_level.measures import measure_actor
from mien.systems.two_level.stages import StageProgress, TrainingPlan
from mien.systems.two_level.texture.config import Perceptual, PicturesConfig
from mien.systems.two_level.texture.losses import PerceptualDistance, gradient_distance
from mien.systems.two_level.train import forget_stage, train_actor
from mien.training.device import check_compiler, pick_device
from mien.training.ranks import is_first, joined, wait_for_all


@dataclass(frozen=True, slots=True)
class MakeOptions:
    """What a user may choose.

    Attributes:
        preset: tiny, default or paper.
        perceptual: The encoders' perceptual distance, in place of the preset's.
        seed: Of everything random.
        device: auto, cpu, cuda, cuda:1.
        start_from: Another actor's folder, to begin with its weights.
        again: A stage to do again.
        held_out: The last share of every clip that is not learnt from.
        overwrite: Replace an actor that is there already.
        checkpoint_s: Seconds from one checkpoint to the next; the result does not depend on it.
        compiled: Let torch compile the networks of the encoders' stages.
    """

    preset: str = "default"
    perceptual: Perceptual | None = None
    seed: int = 0
    device: str = "auto"
    start_from: Path | None = None
    again: str | None = None
    held_out: float = 0.2
    overwrite: bool = False
    checkpoint_s: float = 60.0
    compiled: bool = False


def training_folder(output: Path) -> Path:
    """Where the stages of an actor's training are kept: beside it, hidden."""
    return output.with_name(f".{output.name}.training")


def make_actor(
    prepared: PreparedFootage,
    model: MorphableModel,
    output: Path,
    options: MakeOptions,
    progress: StageProgress | None = None,
) -> Actor:
    """Train an actor and write its folder; called again after a break, it goes on.

    Of several processes (:mod:`mien.training.ranks`) the first one measures the actor and writes it.

    Args:
        prepared: The footage.
        model: The morphable model that it was prepared with.
        output: The folder to make.
        options: What the user chose.
        progress: Told the stage and the share of it that is done.

    Returns:
        The actor; its card holds what it reaches on the frames held out, as ``measures``, in the first process.

    Raises:
        InputError: An option is unknown, or the footage lacks neutral or acted frames.
        ModelError: The footage or the actor to start from is of another morphable model or damaged.
        OutputError: The place is taken, or the disk refuses.
        WeightsMissingError: The preset's perceptual distance needs weights that are not here.
        TrainingError: Networks are to be compiled, and torch cannot do that here.
    """
    check_model_target(output, FORM, options.overwrite)
    preset = _preset(options)
    material = Material(prepared, model, options.held_out)
    folder = training_folder(output)
    device = pick_device(options.device)
    if options.compiled:
        check_compiler(device)
    plan = TrainingPlan(
        preset,
        folder,
        {kind: _perceptual(kind) for kind in (preset.texture.encoder.perceptual, preset.mouth.encoder.perceptual)},
        options.seed,
        _start_from(options, model),
        device,
        options.checkpoint_s,
    )
    with joined(device):
        if options.again is not None:
            forget_stage(folder, options.again)
            wait_for_all()
        actor = train_actor(plan, material, _card(prepared, options), progress).ready()
        if is_first():
            actor.card["measures"] = measure_actor(actor, material)
            save_actor(output, actor)
    return actor


def _start_from(options: MakeOptions, model: MorphableModel) -> Actor | None:
    if options.start_from is None:
        return None
    actor = load_actor(options.start_from)
    actor.check_model(model)
    return actor


def _preset(options: MakeOptions) -> TwoLevelPreset:
    preset = preset_named(options.preset)

    def chosen(pictures: PicturesConfig) -> PicturesConfig:
        kind = options.perceptual or pictures.encoder.perceptual
        return replace(pictures, encoder=replace(pictures.encoder, perceptual=kind, compiled=options.compiled))

    return replace(preset, texture=chosen(preset.texture), mouth=chosen(preset.mouth))


def _perceptual(kind: Perceptual) -> PerceptualDistance:
    if kind == "gradients":
        return gradient_distance
    from mien.nn.lpips import Lpips

    distance: torch.nn.Module = Lpips.load(require("lpips-alex", "the encoders' perceptual distance"), "alex")
    return distance


def _card(prepared: PreparedFootage, options: MakeOptions) -> dict[str, Any]:
    """Whose footage it is, that they agreed, and how the actor was made."""
    footage: Mapping[str, Any] = prepared.card
    names = ("actor", "consent", "footage", "model", "mien")
    return {
        **{name: footage.get(name) for name in names},
        "preset": options.preset,
        "perceptual": options.perceptual or _preset(options).texture.encoder.perceptual,
        "seed": options.seed,
        "held_out": options.held_out,
        "started_from": None if options.start_from is None else str(options.start_from),
    }
