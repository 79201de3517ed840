"""``mien compare``: two renders of one source, and which is better in what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mien.app.cli.report import Report, ReportOptions


def compare(
    first: Path,
    second: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    source: Path | None = None,
    emotion: str | None = None,
    classifier: Path | None = None,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Compare two renders of one source: every metric of both with the better one marked, and where they differ.

    Writes a page (index.html) with both videos in step, heat maps and curves, and the figures as comparison.json.

    Args:
        first: The first render, A.
        second: The second, B.
        output: Folder for the page, its videos and the figures.
        source: What both were made from; found in the edit files beside them if left out.
        emotion: What both were asked for, such as "happy 0.8"; found in the edit files if left out.
        classifier: Folder made by `mien train classifier` of this person's footage, for DNT's cross entropies.
        overwrite: Replace results that are there already.
        report: How much is told.
    """
    from mien.app.compare.comparison import comparison_to_json
    from mien.app.compare.page import headline
    from mien.app.compare.run import PAGE, compare_renders
    from mien.app.evaluation.actor_classifier import open_classifier
    from mien.app.jobs import StageClock

    with Report(report) as told:
        clock = StageClock("measure", told.progress)
        found = compare_renders(
            first,
            second,
            output,
            source=source,
            emotion=emotion,
            classifier=None if classifier is None else open_classifier(classifier),
            overwrite=overwrite,
            tell=clock.at,
        )
        lines = [f"A {first}", f"B {second}", headline(found)]
        for side in ("A", "B"):
            won = ", ".join(row.label for row in found.rows if row.winner == side)
            if won:
                lines.append(f"{side} is better in: {won}")
        lines.append(f"page: {output / PAGE}")
        told.result("\n".join(lines), {"output": str(output), **comparison_to_json(found)})
