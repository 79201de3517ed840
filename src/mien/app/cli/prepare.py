"""``mien prepare``: footage of an actor to a folder that can be trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from mien.app.cli.model_choice import ModelOptions, chosen_model
from mien.app.cli.report import Report, ReportOptions

if TYPE_CHECKING:
    from mien.data.prepare import Plan
    from mien.data.prepared import PreparedFootage


@Parameter(name="*")
@dataclass(frozen=True)
class FootageOptions:
    """Which clips."""

    layout: str | None = None
    """mead, ravdess or folder (a plain one with labels.csv); found out if it is left out."""
    actor: str | None = None
    """Who, where the footage shows several people."""
    view: str = "front"
    """Where the camera stood, or "all"."""


@Parameter(name="*")
@dataclass(frozen=True)
class PictureOptions:
    """How they are cut."""

    preset: str = "default"
    """tiny, default or paper: sizes of texture maps, mouth and head crops."""
    texture: int | None = None
    """Side of the texture maps, up to 1024, in place of the preset's."""
    every: int | None = None
    """Take one frame in so many; by default 1 to 5, so that 7,000 are left."""


def prepare(
    footage: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    clips: FootageOptions | None = None,
    pictures: PictureOptions | None = None,
    face: ModelOptions | None = None,
    consent: str | None = None,
    anyway: bool = False,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Prepare an actor's footage for training: parameters, texture maps, mouths and heads, with their labels.

    Says first whether the footage suffices. Clips that cannot be used are listed and passed over. Stopped, it goes on
    where it was when it is called again.

    Args:
        footage: MEAD, RAVDESS, or a folder with labels.csv; see docs/footage.md.
        output: The folder to make.
        clips: Which clips.
        pictures: How they are cut.
        face: What describes the face.
        consent: What the actor agreed to; kept with the footage and with every actor trained on it.
        anyway: Go on where the footage does not suffice.
        overwrite: Replace prepared footage that is there already.
        report: How much is told.
    """
    from mien.data.footage import read_footage
    from mien.data.prepare import plan
    from mien.data.prepare import prepare as prepare_footage

    which, how, what = clips or FootageOptions(), pictures or PictureOptions(), face or ModelOptions()
    with Report(report) as told:
        settings, model = replace(_settings(how), refine=what.refine), chosen_model(what)
        found = read_footage(footage, which.layout).of(which.actor, None if which.view == "all" else which.view)
        planned = plan(found)
        told.note(_plan_text(planned), _plan_data(planned))
        made = prepare_footage(
            planned,
            output,
            settings,
            consent=consent,
            overwrite=overwrite,
            accept_lacking=anyway,
            model=model,
            progress=told.stages(),
        )
        told.result(_text(output, made), _data(output, made))


def _settings(how: PictureOptions) -> Any:
    from mien.data.settings import PRESETS
    from mien.errors import InputError

    if how.preset not in PRESETS:
        raise InputError(f"there is no preset {how.preset!r}: there are {', '.join(PRESETS)}")
    chosen = replace(PRESETS[how.preset], every=how.every)
    return chosen if how.texture is None else replace(chosen, texture_px=how.texture)


def _plan_text(planned: Plan) -> str:
    verdict, footage = planned.verdict, planned.footage
    shown = ", ".join(f"{name} {count}" for name, count in verdict.frames.items())
    lines = [f"{footage.actors[0]}: {len(footage.clips)} clips of layout {footage.layout}; frames: {shown}"]
    lines.append("the footage suffices" if not verdict.lacking else "the footage does not suffice:")
    lines += [f"  lacking: {sentence}" for sentence in verdict.lacking]
    lines += [f"  thin: {sentence}" for sentence in verdict.thin]
    lines += [f"  passed over: {entry.name}: {entry.reason}" for entry in footage.skipped]
    return "\n".join(lines)


def _plan_data(planned: Plan) -> dict[str, Any]:
    verdict = planned.verdict
    return {
        "event": "plan",
        "actor": planned.footage.actors[0],
        "clips": len(planned.footage.clips),
        "frames": dict(verdict.frames),
        "suffices": not verdict.lacking,
        "lacking": list(verdict.lacking),
        "thin": list(verdict.thin),
        "skipped": [{"name": entry.name, "reason": entry.reason} for entry in planned.footage.skipped],
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _text(output: Path, made: PreparedFootage) -> str:
    lines = [
        f"{output}: {len(made)} pictures of {len(made.frames)} frames, {_size(output) / 2**20:.1f} MiB",
        *(f"  passed over: {entry['name']}: {entry['reason']}" for entry in made.card["skipped"]),
        *(f"  mind: {sentence}" for sentence in made.card["warnings"]),
    ]
    if made.card["consent"] is None:
        lines.append("no consent is stated: say with --consent what the actor agreed to")
    return "\n".join(lines)


def _data(output: Path, made: PreparedFootage) -> dict[str, Any]:
    return {
        "output": str(output),
        "frames": len(made.frames),
        "pictures": len(made),
        "bytes": _size(output),
        "skipped": made.card["skipped"],
        "warnings": made.card["warnings"],
        "consent": made.card["consent"],
    }
