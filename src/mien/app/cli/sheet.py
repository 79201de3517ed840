"""``mien sheet``: source and result beside each other, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mien.app.cli.report import Report, ReportOptions
from mien.errors import OutputError


def sheet(
    before: Path,
    after: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    count: int = 6,
    faces: bool = False,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Put pictures of two clips at the same times above each other, as a PNG.

    The sheet of a clip that mien edited says so too, in a C2PA manifest of its own.

    Args:
        before: The source.
        after: The result.
        output: The PNG.
        count: How many times, spread evenly.
        faces: Add the largest face, cut out large.
        overwrite: Replace a file that is there already.
        report: How much is told.
    """
    from mien.app.contact_sheet import assemble, compare, even_times, write_png
    from mien.app.jobs import analyse_clip, check_result
    from mien.video.clip import Clip
    from mien.video.provenance import claim_of

    with Report(report) as told:
        if output.suffix.lower() != ".png":
            raise OutputError(f"{output}: a contact sheet is written as .png")
        clips = Clip.open(before), Clip.open(after)
        for source in (before, after):
            check_result(output, None, source, overwrite)
        analysis = analyse_clip(clips[0], told.progress) if faces else None
        image = assemble(*compare(*clips, even_times(*clips, count), analysis))
        write_png(image, output, claim_of(after))
        told.result(
            f"{output}: {image.shape[1]}x{image.shape[0]}, {count} times",
            {"output": str(output), "width": image.shape[1], "height": image.shape[0]},
        )
