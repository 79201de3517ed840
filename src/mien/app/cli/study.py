"""``mien study``: blind ratings by people, from the page that they see to the tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from mien.app.cli.report import Report, ReportOptions

if TYPE_CHECKING:
    from mien.app.study.key import StudyKey

study = App(
    name="study",
    help="Let people judge clips blind: make the page that they see, and tables from their answers.",
)


@study.command
def make(
    clips: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    kind: str = "ccfe",
    seed: int = 1,
    title: str = "How do these faces look?",
    contact: str = "",
    intensity: list[float] | None = None,
    key: Path | None = None,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Make a folder that shows clips blind: open its index.html, or put it on any web server.

    Clips get names that tell nothing, and everybody sees them in an order of their own. Which clip is what stands in
    the key, which is kept outside the folder: do not hand it out.

    Args:
        clips: A folder that `mien evaluate` made of a suite; or a list of clips, .csv or .json, with the columns clip,
            system, emotion and, if wanted, intensity, source and seed.
        output: The folder; participants get all of it.
        kind: ccfe (five ratings), ned (emotion and realism) or dnt (order by intensity).
        seed: The participants' orders are drawn from it.
        title: Shown to participants.
        contact: Whom participants may ask, shown on the first page.
        intensity: Take clips of this intensity only; may be given several times.
        key: The key; beside the folder, as NAME.key.json, if left out.
        overwrite: Replace a study that is there already.
        report: How much is told.
    """
    from mien.app.jobs import StageClock
    from mien.app.study.make import key_path, make_study, plan_study
    from mien.app.study.questions import checked_kind

    with Report(report) as told:
        wanted = checked_kind(kind)
        plan = plan_study(_chosen(clips, intensity or []), wanted, seed, title)
        kept = key or key_path(output)
        clock = StageClock("render", told.progress)
        make_study(
            plan, output, kept, contact=contact, overwrite=overwrite, progress=lambda done, all_: clock.at(done / all_)
        )
        told.result(_made(plan, output, kept), {
            "output": str(output), "key": str(kept), "study": plan.study, "kind": plan.kind,
            "items": len(plan.items), "clips": len(plan.clips),
        })  # fmt: skip


def _chosen(path: Path, intensities: list[float]) -> list[Any]:
    from mien.app.study.clips import read_clip_list
    from mien.app.study.suite_clips import read_suite_clips
    from mien.errors import InputError

    clips = read_suite_clips(path) if path.is_dir() else read_clip_list(path)
    chosen = [clip for clip in clips if not intensities or any(abs(clip.intensity - i) < 1e-6 for i in intensities)]
    if not chosen:
        there = ", ".join(f"{value:g}" for value in sorted({clip.intensity for clip in clips}))
        raise InputError(f"{path}: no clip has the intensity asked for; there are {there}.")
    return chosen


def _made(plan: StudyKey, output: Path, kept: Path) -> str:
    pages = "1 page" if len(plan.items) == 1 else f"{len(plan.items)} pages"
    return (
        f"study {plan.study}: {pages} of questions, {len(plan.clips)} clips\n"
        f"for participants  {output / 'index.html'}\n"
        f"key (keep it)     {kept}"
    )


@study.command(name="analyse")
def analyse(
    key: Path,
    answers: Annotated[list[Path], Parameter(consume_multiple=True)],
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Make the papers' tables from a study's answers, with confidence intervals and agreement.

    Args:
        key: The study's key.
        answers: The files that participants saved; or folders of them.
        output: A folder for study.json, study.csv and answers.csv (every answer with its clip's labels).
        overwrite: Replace results that are there already.
        report: How much is told.
    """
    from mien.app.study.analysis import analyse_study
    from mien.app.study.answers import read_answers
    from mien.app.study.key import read_key
    from mien.app.study.results import check_folder, results_as_data, results_as_text, write_results

    with Report(report) as told:
        plan = read_key(key)
        if output is not None:
            check_folder(output, overwrite)
        found = read_answers(answers, plan)
        results = analyse_study(plan, found)
        if output is not None:
            write_results(results, found, plan, output)
        told.result(results_as_text(results), results_as_data(results))
