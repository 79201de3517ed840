"""Where are expressions? DNT 3.2 and its Table 1: the same classifier on five inputs, by cross-validation.

The table has the paper's form, with its figures beside ours. Under it stands what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.data.prepared import PreparedFootage
from mien.metrics.expression_cross_entropy import PUBLISHED_BY_INPUT
from mien.morphable import builtin
from mien.nn.model_folder import check_model_target
from mien.training.classifier.classifier import FORM, TypeLevelClassifier
from mien.training.classifier.config import ClassifierConfig
from mien.training.classifier.inputs import INPUTS, InputPictures
from mien.training.classifier.split import fold_split
from mien.training.classifier.train import HeldOut, train_classifier, train_network, work_folder

FOLDS = 10
NETS = ("level", "type")
WITH_TEXTURES = ("frames", "rendered_texture", "textures")


@dataclass(frozen=True, slots=True)
class InputResult:
    """Figures of one input, means over the folds weighted by their frames."""

    level: HeldOut
    type: HeldOut


@dataclass(frozen=True, slots=True)
class Experiment:
    """The whole table.

    Attributes:
        results: Input to its figures, in the paper's order.
        network: Name of the architecture.
        folds: How many.
        how: What a fold holds out.
        footage: Of whom, and how much.
    """

    results: Mapping[str, InputResult]
    network: str
    folds: int
    how: str
    footage: str


def where_are_expressions(
    prepared: PreparedFootage,
    folder: Path,
    config: ClassifierConfig,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    device: torch.device,
    progress: Callable[[str, float], None] | None = None,
) -> Experiment:
    """Train type and level on each input and fold; what is finished is kept in ``folder``, and taken from there.

    Args:
        prepared: The footage.
        folder: Of the runs.
        config: Network and training.
        folds: Of the cross-validation; the paper has 10.
        seed: Of everything random.
        device: Where to compute.
        progress: Told the stage (the input) and how much of it is done.

    Raises:
        InputError: There are too few frames, or the folder holds another experiment.
    """
    results: dict[str, InputResult] = {}
    how = ""
    for kind in INPUTS:
        pictures = InputPictures(prepared, builtin.load(), kind, config.size_px)
        found: dict[str, list[HeldOut]] = {"type": [], "level": []}
        runs = [(fold, name) for fold in range(folds) for name in found]
        for done, (fold, name) in enumerate(runs):
            split = fold_split(prepared, folds, fold, seed)
            how = split.how

            def tell(share: float, done: int = done, kind: str = kind, total: int = len(runs)) -> None:
                if progress is not None:
                    progress(kind, (done + share) / total)

            run = folder / f"{kind}-{name}-{fold}"
            _, figures = train_network(
                name, prepared, pictures, split, config, run, seed=seed, device=device, progress=tell
            )
            found[name].append(figures)
        results[kind] = InputResult(_mean(found["level"]), _mean(found["type"]))
    footage = f"{prepared.card['actor']}, {len(prepared)} frames of {len(prepared.card['footage']['clips'])} clips"
    return Experiment(results, config.network, folds, how, footage)


def train_and_explore(
    prepared: PreparedFootage,
    output: Path,
    config: ClassifierConfig,
    *,
    folds: int | None = None,
    seed: int = 0,
    device: torch.device,
    overwrite: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> tuple[TypeLevelClassifier, str | None]:
    """Train the classifier, and before, if folds are given, do the experiment; its figures go into the card.

    Args:
        prepared: The footage.
        output: The folder to make; see :func:`mien.training.classifier.train.train_classifier`.
        config: Network and training.
        folds: Of the experiment's cross-validation; None for no experiment.
        seed: Of everything random.
        device: Where to compute.
        overwrite: Replace a classifier that is there already.
        progress: Told the stage and how much of it is done.

    Returns:
        The classifier, and the table or None.
    """
    check_model_target(output, FORM, overwrite)
    more: dict[str, Any] = {}
    if folds is not None:
        runs = work_folder(output) / "folds"
        found = where_are_expressions(prepared, runs, config, folds=folds, seed=seed, device=device, progress=progress)
        results = {
            kind: {name: getattr(result, name).listed() for name in NETS} for kind, result in found.results.items()
        }
        about = {"network": found.network, "folds": folds, "held_out": found.how, "results": results}
        more["where_are_expressions"] = {**about, "table": table(found)}
    trained = train_classifier(
        prepared, output, config, seed=seed, device=device, overwrite=overwrite, more=more, progress=progress
    )
    return trained, more["where_are_expressions"]["table"] if more else None


def table(experiment: Experiment) -> str:
    """The table as text, in the form of the paper's Table 1."""
    ranks = {
        net: _ranks({kind: getattr(r, net).cross_entropy for kind, r in experiment.results.items()}) for net in NETS
    }
    width = max(len(title) for title in INPUTS.values())
    lines = [
        f"Where are expressions? Cross entropy (nats) on held-out frames, {experiment.network}; ranks in brackets.",
        f"{'':14}  {'':{width}}  {'CE of level':>12}  {'CE of type':>12}  {'DNT: level':>12}  {'DNT: type':>12}",
    ]
    for group, kinds in (
        ("with textures", WITH_TEXTURES),
        ("w/o textures", [k for k in INPUTS if k not in WITH_TEXTURES]),
    ):
        for place, kind in enumerate(kinds):
            result, published = experiment.results[kind], PUBLISHED_BY_INPUT[kind]
            cells = [f"{getattr(result, net).cross_entropy:.4f} ({ranks[net][kind]})" for net in NETS]
            cells += [f"{value:.4f}" for value in published]
            row = "  ".join(f"{cell:>12}" for cell in cells)
            lines.append(f"{'' if place else group:14}  {INPUTS[kind]:{width}}  {row}")
    lines += [
        f"Ours: {experiment.footage}; {experiment.folds} folds, held out: {experiment.how}.",
        "DNT: ResNet-50, one actor of MEAD from the front, eight types, three levels, 10 folds; a mesh of 35,709",
        "vertices with BFM's colours (WM3DR), where ours are the texture map blurred to the distance of our vertices.",
    ]
    return "\n".join(lines)


def _mean(figures: list[HeldOut]) -> HeldOut:
    """Mean over folds, each counting by its frames."""
    frames = np.array([found.frames for found in figures])
    if not frames.sum():
        return HeldOut(float("nan"), float("nan"), 0)
    values = np.array([[found.cross_entropy, found.accuracy] for found in figures])[frames > 0]
    mean = np.average(values, axis=0, weights=frames[frames > 0])
    return HeldOut(float(mean[0]), float(mean[1]), int(frames.sum()))


def _ranks(values: Mapping[str, float]) -> dict[str, int]:
    """1 for the least."""
    return {kind: place for place, kind in enumerate(sorted(values, key=values.__getitem__), start=1)}
