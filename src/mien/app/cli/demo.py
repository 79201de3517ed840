"""``mien demo``: see it work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from mien.app.cli.edit import result_data
from mien.app.cli.report import Report, ReportOptions

if TYPE_CHECKING:
    from mien.app.demonstration import Demonstration


def demo(
    clip: Path | None = None,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("mien-demo"),
    report: ReportOptions | None = None,
) -> None:
    """Take a clip through several emotions: a video, a contact sheet, and figures measured on them.

    Args:
        clip: A video with a talking face; the example that comes with mien if left out.
        output: Folder for the results; those of an earlier run are replaced.
        report: How much is told.
    """
    from mien.app.demonstration import demonstrate, example_clip

    with Report(report) as told:
        done = demonstrate(clip or example_clip(), output, told.progress)
        lips = None if done.lips is None else done.lips.correlation
        data = {**result_data(done.result), "source": str(done.source), "sheet": str(done.sheet)}
        told.result(_text(done), {**data, "lip_correlation": lips if lips is None or lips == lips else None})


def _text(done: Demonstration) -> str:
    result = done.result
    lips = "lips not measurable" if done.lips is None else f"lip correlation {done.lips.correlation:.3f}"
    return (
        f"source         {done.source}\n"
        f"result         {result.output}\n"
        f"contact sheet  {done.sheet}\n"
        f"{result.frame_count} frames in {result.elapsed_s:.1f} s, {result.frames_per_second:.1f} frames/s, {lips}"
    )
