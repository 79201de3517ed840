"""Training an actor: its stages (:mod:`mien.systems.two_level.stages`), then what follows from them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from mien.emotion.vocabulary import EMOTIONS, NEUTRAL
from mien.errors import InputError
from mien.systems.two_level.actor import Actor, ActorSizes
from mien.systems.two_level.config import TwoLevelPreset
from mien.systems.two_level.material import Material
from mien.systems.two_level.stages import STAGES, StageProgress, Stages, TrainingPlan, picture_codes
from mien.systems.two_level.texture.directions import editing_directions
from mien.training.ranks import is_first

_BUILT_ON = {"texture": ("texture_encoder",), "mouth": ("mouth_encoder",)}


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
    stages = Stages(plan, material, progress)
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
