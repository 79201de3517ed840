"""``mien label``: videos of somebody without labels to labels, found by tracking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from mien.app.cli.report import Report, ReportOptions

if TYPE_CHECKING:
    from mien.data.label_footage import LabelledFootage


def label(
    *footage: Path,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    actor: str | None = None,
    neutral: str | None = None,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Label videos of one person by what their face is seen to do, with a page of stills to check it by eye.

    Frames that fit no emotion well, or two alike, are left out. Says whether what is labelled suffices to train on.

    Args:
        footage: Videos, or folders of them, that show one person.
        output: The folder to make: labels.csv and index.html.
        actor: Who is seen; the folder's name if left out.
        neutral: Where the person is known to be neutral, FILE@START-STOP in seconds; found if left out.
        overwrite: Replace labels that are there already.
        report: How much is told.
    """
    from mien.app.labelling.label import PAGE, unlabelled_videos, write_labels
    from mien.data.label_footage import NeutralStretch
    from mien.errors import InputError

    with Report(report) as told:
        if not footage:
            raise InputError("name the videos to label, or a folder of them")
        videos = unlabelled_videos(footage)
        found = write_labels(
            videos,
            output,
            actor=actor,
            neutral=None if neutral is None else NeutralStretch.parse(neutral),
            overwrite=overwrite,
            progress=told.stages(),
        )
        told.result(_text(output, found, output / PAGE), _data(output, found))


def _text(output: Path, found: LabelledFootage, page: Path) -> str:
    verdict = found.verdict
    shown = ", ".join(f"{name} {count}" for name, count in verdict.frames.items())
    labelled = sum(verdict.frames.values())
    lines = [f"{output}: {len(found.stretches)} stretches, {labelled} of {found.frame_count} frames: {shown}"]
    lines.append("the footage suffices" if not verdict.lacking else "the footage does not suffice:")
    lines += [f"  lacking: {sentence}" for sentence in verdict.lacking]
    lines += [f"  thin: {sentence}" for sentence in verdict.thin]
    lines += [f"  passed over: {entry.name}: {entry.reason}" for entry in found.skipped]
    lines.append(f"check by eye: {page}")
    return "\n".join(lines)


def _data(output: Path, found: LabelledFootage) -> dict[str, Any]:
    return {
        "output": str(output),
        "stretches": len(found.stretches),
        "frames": dict(found.verdict.frames),
        "tracked_frames": found.frame_count,
        "suffices": not found.verdict.lacking,
        "lacking": list(found.verdict.lacking),
        "thin": list(found.verdict.thin),
        "skipped": [{"name": entry.name, "reason": entry.reason} for entry in found.skipped],
    }
