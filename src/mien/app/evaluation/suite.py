"""A suite: everything its file asks for is rendered and measured, a clip at a time, and goes on where it stopped.

What is finished is a file, written whole: a run that is killed at any moment loses the clip it was at. A clip whose
source, settings, limits or version have changed is made again.
"""

from __future__ import annotations

import dataclasses
import json
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mien.app.edit import Edit
from mien.app.edit_file import edit_path, read_edit
from mien.app.editing import edit as describe_edit
from mien.app.evaluation.folder import Finished, measured_once
from mien.app.evaluation.outputs import PAGE_NAME, csv_of
from mien.app.evaluation.page import write_suite_page
from mien.app.evaluation.pair import PairOptions
from mien.app.evaluation.progress import Part, Share
from mien.app.evaluation.suite_evenness import lie_figures
from mien.app.evaluation.suite_file import Render, Suite
from mien.app.evaluation.suite_footage import footage_figures
from mien.app.evaluation.suite_results import summarise
from mien.app.evaluation.suite_summary import SuiteClip, SuiteFigure, SuiteSummary
from mien.app.jobs import ProgressCallback, staging_folder
from mien.errors import MienError
from mien.metrics.evaluation.conditions import hardware, program
from mien.metrics.evaluation.evaluation import Evaluation
from mien.video.output import output_errors

CLIPS = "clips"
"""Folder of the suite's clips, each with its edit file and its evaluation."""

FEATURES = "features"
EVENNESS = "evenness"
"""Folders of what FID and FED, and LIE, were measured on before."""

SUMMARY_NAME = "suite.json"
TABLE_NAME = "suite.csv"
FORMAT = "mien suite"

_RENDERED = 0.5
"""Share of a clip's time that rendering takes, for the progress."""


def run_suite(suite: Suite, place: Path, progress: ProgressCallback | None = None) -> list[Finished]:
    """Render and measure all that a suite asks for, then write its summary, table and page.

    Args:
        suite: What is asked.
        place: Folder for everything; made.
        progress: Called after every frame.

    Returns:
        One entry a render, in the suite's order; one that failed carries its error, and the others go on.

    Raises:
        OutputError: The folder cannot be written.
    """
    started = time.perf_counter()
    renders = list(suite.renders())
    with output_errors(place):
        (place / CLIPS).mkdir(parents=True, exist_ok=True)
    share = Share(len(renders) + 2, progress)
    finished = [_make(render, place / CLIPS, share.part(number)) for number, render in enumerate(renders)]
    figures = footage_figures(suite, renders, finished, place / FEATURES, share.part(len(renders)))
    figures += lie_figures(suite, place / EVENNESS, share.part(len(renders) + 1))
    share.at(1.0)
    conditions = {
        **program(),
        "Python": platform.python_version(),
        "hardware": hardware(),
        "seconds taken by this run": f"{time.perf_counter() - started:.1f}",
        "clips measured before": str(sum(clip.kept for clip in finished)),
    }
    _write_summary(suite, place, renders, finished, conditions, figures)
    return finished


def _make(render: Render, folder: Path, part: Part) -> Finished:
    """Render a clip and measure it, as far as that is not done."""
    result = folder / f"{render.name}{_suffix(render.source)}"
    try:
        asked = _edit(render)
        if not _is_rendered(result, asked):
            asked.save(result, overwrite=True, progress=part.step(0.0, _RENDERED))
    except MienError as error:
        part.at(1.0)
        return Finished(result, folder / render.name, error=str(error))
    measuring = part.step(_RENDERED, 1.0)
    options = PairOptions(target=render.target, classifier=render.classifier)
    found = measured_once(result, folder / render.name, options, measuring.at)
    part.at(1.0)
    return found


def _suffix(source: Path) -> str:
    return source.suffix if source.suffix.lower() in (".mp4", ".mov", ".mkv", ".webm") else ".mp4"


def _edit(render: Render) -> Edit:
    settings: dict[str, Any] = dict(render.system.settings)
    if render.seed is not None:
        settings["seed"] = render.seed
    return describe_edit(
        render.source,
        f"{render.emotion} {render.intensity:g}",
        system=render.system.name,
        actor=render.system.actor,
        **settings,
    )


def _is_rendered(result: Path, asked: Edit) -> bool:
    """Whether the result is there, complete, and the one asked for: its edit file is published together with it."""
    if not result.is_file() or not edit_path(result).is_file():
        return False
    try:
        there = read_edit(edit_path(result))
    except MienError:
        return False
    return dataclasses.replace(there, output=None) == dataclasses.replace(asked, output=None)


def _write_summary(
    suite: Suite,
    place: Path,
    renders: Sequence[Render],
    finished: Sequence[Finished],
    conditions: Mapping[str, str],
    figures: Sequence[SuiteFigure],
) -> None:
    evaluations: list[Evaluation] = []
    clips = []
    for render, clip in zip(renders, finished, strict=True):
        number = None
        if clip.evaluation is not None:
            number = len(evaluations)
            evaluations.append(clip.evaluation)
        clips.append(
            SuiteClip(
                source=str(render.source),
                emotion=render.emotion,
                intensity=render.intensity,
                system=render.system.label,
                seed=render.seed,
                page=f"{CLIPS}/{render.name}/{PAGE_NAME}" if clip.evaluation is not None else "",
                error=clip.error,
                evaluation=number,
            )
        )
    summary = summarise(suite, clips, evaluations, conditions, figures)
    with staging_folder(place / SUMMARY_NAME) as staging:
        (staging / TABLE_NAME).write_text(csv_of(evaluations, figures), encoding="utf-8")
        write_suite_page(summary, evaluations, staging / PAGE_NAME)
        (staging / SUMMARY_NAME).write_text(json.dumps(summary_to_json(summary), ensure_ascii=False, indent=1) + "\n")
        for name in (TABLE_NAME, PAGE_NAME, SUMMARY_NAME):
            (staging / name).replace(place / name)


def summary_to_json(summary: SuiteSummary) -> dict[str, Any]:
    """As plain objects for ``json.dump``."""
    return {"format": FORMAT, "version": 1, **dataclasses.asdict(summary)}
