"""``mien train``: what learns from prepared footage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from mien.app.cli.report import Report, ReportOptions
from mien.app.cli.torch_needed import needs_torch
from mien.app.cli.train_two_level import two_level

if TYPE_CHECKING:
    from mien.training.classifier.classifier import TypeLevelClassifier

train = App(
    name="train",
    help="Train on prepared footage. Stopped or killed at any moment, the same call goes on where it was.",
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
)
train.command(two_level, name="two_level")


@train.command
def classifier(
    prepared: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    preset: str = "default",
    steps: int | None = None,
    seed: int = 0,
    device: str = "auto",
    where_are_expressions: bool = False,
    folds: int = 10,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Train the classifier of expression type and level that some measures need (DNT 3.2).

    Two networks learn from the first four fifths of every clip and are measured on the last.

    Args:
        prepared: Made by `mien prepare`.
        output: The folder to make.
        preset: tiny, default, or paper (ResNet-50; wants a GPU).
        steps: Training steps of each network, in place of the preset's.
        seed: Of everything random.
        device: auto, cpu, cuda, cuda:1.
        where_are_expressions: First the experiment of DNT's Table 1: which input shows expressions? Prints the table.
        folds: Of that experiment's cross-validation; the paper has 10.
        overwrite: Replace a classifier that is there already.
        report: How much is told.
    """
    needs_torch()
    from mien.data.prepared import open_prepared
    from mien.training.classifier.experiment import train_and_explore
    from mien.training.device import pick_device

    with Report(report) as told:
        config, where = _config(preset, steps), pick_device(device)
        trained, table = train_and_explore(
            open_prepared(prepared),
            output,
            config,
            folds=folds if where_are_expressions else None,
            seed=seed,
            device=where,
            overwrite=overwrite,
            progress=told.stages(),
        )
        told.result(_text(output, trained, table), _data(output, trained))


def _config(preset: str, steps: int | None) -> Any:
    from mien.errors import InputError
    from mien.training.classifier.config import PRESETS

    if preset not in PRESETS:
        raise InputError(f"there is no preset {preset!r}: there are {', '.join(PRESETS)}")
    return PRESETS[preset] if steps is None else replace(PRESETS[preset], steps=steps)


def _text(output: Path, trained: TypeLevelClassifier, table: str | None) -> str:
    held_out = trained.card["held_out"]
    lines = [] if table is None else [table, ""]
    lines.append(f"{output}: {trained.network}, {len(trained.types)} types, {len(trained.levels)} levels")
    for name in ("type", "level"):
        found = held_out[name]
        what = f"{found['frames']} frames held out ({held_out['what']})"
        if not found["frames"]:
            lines.append(f"  {name}: nothing to measure it on")
            continue
        lines.append(
            f"  {name}: cross entropy {found['cross_entropy']:.4f} nats, accuracy {found['accuracy']:.1%}, {what}"
        )
    return "\n".join(lines)


def _data(output: Path, trained: TypeLevelClassifier) -> dict[str, Any]:
    card = trained.card
    return {
        "output": str(output),
        "network": trained.network,
        "types": list(trained.types),
        "levels": list(trained.levels),
        "held_out": card["held_out"],
        "where_are_expressions": card.get("where_are_expressions"),
    }
