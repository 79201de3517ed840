"""``mien expand``: neutral footage to labelled footage of every emotion and intensity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mien.app.cli.report import Report, ReportOptions


def expand(
    *videos: Path,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    emotions: str | None = None,
    intensities: str = "1/3,2/3,1",
    seconds: float | None = None,
    actor: str | None = None,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Render neutral footage of somebody with every emotion and intensity by the system instant, with its labels.

    Stopped or killed, the same command goes on where it was. Every clip says that it was edited.

    Args:
        videos: Neutral footage of one person.
        output: The folder to make, for `mien prepare`.
        emotions: Which, such as happy,sad; all if left out. Neutral is always among them.
        intensities: How strong, each above 0 and at most 1.
        seconds: Take so much of the start of each video.
        actor: Who is seen; the folder's name if left out.
        overwrite: Replace an expansion that is there already.
        report: How much is told.
    """
    from mien.app.labelling.expand import Expansion, parse_intensities
    from mien.app.labelling.expand import expand as expand_footage
    from mien.emotion.vocabulary import EMOTIONS, NEUTRAL, canonical

    with Report(report) as told:
        named = [canonical(word) for word in (emotions or ",".join(EMOTIONS)).split(",") if word.strip()]
        wanted = Expansion(
            videos, tuple(name for name in named if name != NEUTRAL), parse_intensities([intensities]), seconds, actor
        )
        made = expand_footage(wanted, output, overwrite=overwrite, progress=told.stages())
        kept = f", {made.kept_count} of them made before" if made.kept_count else ""
        told.result(
            f"{output}: {made.clip_count} clips, {made.frame_count} frames{kept}\nprepare it: mien prepare {output}",
            {"output": str(output), "clips": made.clip_count, "frames": made.frame_count, "kept": made.kept_count},
        )
