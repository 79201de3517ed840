"""Training the classifier: two networks on one input, measured on what was held out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.data.prepared import PreparedFootage
from mien.emotion.vocabulary import EMOTIONS, NEUTRAL
from mien.errors import InputError
from mien.metrics.expression_cross_entropy import NO_LABEL, accuracy, cross_entropy, level_labels, type_labels
from mien.morphable import builtin
from mien.nn.model_folder import check_model_target, write_model_folder
from mien.nn.residual_network import ResidualNetwork
from mien.training.classifier.classifier import FORM, NETS, SCHEMA, TypeLevelClassifier, predicted
from mien.training.classifier.config import ClassifierConfig
from mien.training.classifier.inputs import InputPictures
from mien.training.classifier.split import Split, late_split
from mien.training.classifier.task import ClassifierTask
from mien.training.log import FILE as LOG_FILE
from mien.training.loop import train
from mien.training.options import LoopOptions
from mien.types import AnyArray
from mien.version import __version__

StageProgress = Callable[[str, float], None]
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Labels:
    """The classes of footage.

    Attributes:
        types: Neutral and emotions that are shown.
        levels: Intensities that are shown, neutral's aside, rising.
    """

    types: tuple[str, ...]
    levels: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Figures of one network on held-out frames: cross entropy in nats, accuracy 0-1, and how many frames."""

    cross_entropy: float
    accuracy: float
    frames: int

    def listed(self) -> dict[str, float | int | None]:
        """For a card: NaN, which JSON lacks, as null."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def labels_of(prepared: PreparedFootage) -> Labels:
    """The types and levels that footage shows.

    Raises:
        InputError: There is only one type, or no emotion.
    """
    vectors = prepared.emotion
    intensity = vectors.max(axis=1)
    shown = {EMOTIONS[k] for k in np.unique(vectors.argmax(axis=1)[intensity > 0])}
    neutral = (NEUTRAL,) if (intensity == 0).any() else ()
    types = (*neutral, *(name for name in EMOTIONS if name in shown))
    if len(types) < 2 or not shown:
        raise InputError(
            f"{prepared.folder} shows {', '.join(types) or 'nothing'} only: there is nothing to tell apart"
        )
    levels = tuple(sorted({round(float(value), 4) for value in intensity[intensity > 0]}))
    return Labels(types, levels)


def train_network(
    kind: str,
    prepared: PreparedFootage,
    pictures: InputPictures,
    split: Split,
    config: ClassifierConfig,
    folder: Path,
    *,
    seed: int = 0,
    device: torch.device,
    progress: Callable[[float], None] | None = None,
) -> tuple[ResidualNetwork, HeldOut]:
    """Train one network, or go on with it, and measure it on the frames held out.

    Args:
        kind: ``type`` or ``level``.
        prepared: The footage.
        pictures: Of the input.
        split: What is trained on and what not.
        config: Network and training.
        folder: Of the run.
        seed: Of everything random.
        device: Where to compute.
        progress: Told the share that is done.

    Raises:
        InputError: The folder holds another run, or no frame to train on has a label.
    """
    labels = labels_of(prepared)
    vectors = prepared.emotion
    classes = type_labels(vectors, labels.types) if kind == "type" else level_labels(vectors, labels.levels)
    count = len(labels.types if kind == "type" else labels.levels)
    rows = split.train[classes[split.train] != NO_LABEL]
    task = ClassifierTask(config, pictures, rows, classes[rows], count, seed, device)
    about = {
        "config": asdict(config),
        "network": kind,
        "labels": asdict(labels),
        "footage": _identity(prepared),
        "rows": rows.tolist(),
    }
    try:
        train(task, folder, LoopOptions(config.steps, seed), about, progress=progress)
    finally:
        task.close()
    test = split.test[classes[split.test] != NO_LABEL]
    return task.network, measured(task.network, pictures, test, classes[test], device)


def measured(
    network: ResidualNetwork, pictures: InputPictures, rows: AnyArray, classes: AnyArray, device: torch.device
) -> HeldOut:
    """Cross entropy and accuracy of a network on some rows."""
    parts = [predicted(network, pictures.read(rows[k : k + _BATCH]), device) for k in range(0, len(rows), _BATCH)]
    if not parts:
        return HeldOut(float("nan"), float("nan"), 0)
    found = np.concatenate(parts)
    return HeldOut(cross_entropy(found, classes), accuracy(found, classes), len(rows))


def train_classifier(
    prepared: PreparedFootage,
    output: Path,
    config: ClassifierConfig | None = None,
    *,
    kind: str = "frames",
    seed: int = 0,
    device: torch.device,
    overwrite: bool = False,
    more: Mapping[str, Any] | None = None,
    progress: StageProgress | None = None,
) -> TypeLevelClassifier:
    """Train both networks on the first four fifths of every clip, measure them on the last, and save them.

    An interrupted run goes on from its last checkpoint when it is called again; until it is done, it lies in the hidden
    folder ``.NAME.training`` beside the result.

    Args:
        prepared: The footage.
        output: The folder to make.
        config: Network and training; None for the preset ``default``.
        kind: Which input, a key of :data:`mien.training.classifier.inputs.INPUTS`.
        seed: Of everything random.
        device: Where to compute.
        overwrite: Replace a classifier that is there already.
        more: What the card says beside all that.
        progress: Told the stage (``type``, ``level``) and how much of it is done.

    Raises:
        InputError: The footage shows nothing to tell apart.
        ModelError: The footage was prepared with another morphable model.
        OutputError: The result is there already, or the disk refuses.
    """
    config = config or ClassifierConfig()
    check_model_target(output, FORM, overwrite)
    work = work_folder(output)
    pictures = InputPictures(prepared, builtin.load(), kind, config.size_px)
    split = late_split(prepared)
    networks: dict[str, ResidualNetwork] = {}
    figures: dict[str, HeldOut] = {}
    for name in NETS:

        def tell(share: float, name: str = name) -> None:
            if progress is not None:
                progress(name, share)

        networks[name], figures[name] = train_network(
            name, prepared, pictures, split, config, work / name, seed=seed, device=device, progress=tell
        )
    card = {
        **asdict(labels_of(prepared)),
        "input": kind,
        "config": asdict(config),
        "seed": seed,
        "actor": prepared.card["actor"],
        "consent": prepared.card["consent"],
        "footage": _identity(prepared),
        "model": prepared.card["model"],
        "held_out": {"what": split.how, **{name: found.listed() for name, found in figures.items()}},
        "made_with": {"mien": __version__, "torch": str(torch.__version__)},
    }
    logs = {f"{name}-{LOG_FILE}": (work / name / LOG_FILE).read_bytes() for name in NETS}
    write_model_folder(output, FORM, SCHEMA, {**card, **(more or {})}, networks, logs)
    shutil.rmtree(work, ignore_errors=True)
    return TypeLevelClassifier.load(output, device)


def work_folder(output: Path) -> Path:
    """Where the runs of a classifier lie until it is done: a hidden folder beside it."""
    return output.with_name(f".{output.name}.training")


def _identity(prepared: PreparedFootage) -> dict[str, Any]:
    """What tells prepared footage apart, without where it lies."""
    footage = prepared.card["footage"]
    return {
        "folder": footage["folder"],
        "layout": footage["layout"],
        "clips": len(footage["clips"]),
        "fingerprints": sorted({clip["fingerprint"][:12] for clip in footage["clips"]}),
        "pictures": prepared.card["pictures"],
        "sampling": prepared.card["sampling"],
    }
