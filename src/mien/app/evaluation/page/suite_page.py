"""The page of a suite: what holds over many clips, and which of them to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mien.app.evaluation.page import sections
from mien.app.evaluation.page.document import document, page_header, write
from mien.app.evaluation.page.icons import badge
from mien.app.evaluation.page.markup import Child, Markup, join, relative_address, sentence, tag
from mien.app.evaluation.page.response_plot import responses
from mien.app.evaluation.page.suite_tables import (
    clips_table,
    emotions_table,
    figures_of_all,
    published_table,
    verdict_of,
)
from mien.app.evaluation.page.tables import facts, path_of
from mien.app.evaluation.page.words import counted, file_name, place, with_unit
from mien.app.evaluation.suite_summary import SuiteClip, SuiteSummary
from mien.errors import InputError
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Response

MOST_FINDINGS = 10
"""Faults told in words on top; the table of clips has them all."""

_ANSWERS = (
    "Means over the clips of an emotion: on a straight line, half the intensity asked for is half the expression."
)
_WHOLE = (
    "FID and FED: how far what was rendered is from real footage of the emotion. LIE: how unevenly a calm frame "
    "changes while its intensity rises evenly. The network stands in the name."
)
_PAPERS = (
    "The papers' own figures, and ours in the same columns. They were not measured on the same footage; what differs "
    "stands below each table."
)


def write_suite_page(summary: SuiteSummary, evaluations: Sequence[Evaluation], path: Path) -> None:
    """Write the page of a suite: one HTML file; it links to the pages of its clips where they have one.

    Args:
        summary: What was found over all clips.
        evaluations: Of the single clips; :attr:`SuiteClip.evaluation` counts them.
        path: Where; it appears when it is complete, and replaces what is there.

    Raises:
        InputError: The summary names an evaluation that is not given.
        OutputError: The page cannot be written.
    """
    for clip in summary.clips:
        if clip.evaluation is not None and not 0 <= clip.evaluation < len(evaluations):
            raise InputError(f"the suite's summary names evaluation {clip.evaluation} of {len(evaluations)}")
    means, answers = emotions_table(summary), responses(_answers(summary))
    headline = suite_headline(summary, evaluations)
    content = [
        tag(
            "div",
            _verdict(summary, evaluations, headline),
            tag("div", _facts(summary), class_="side-column"),
            class_="opening",
        ),
        _notice(),
        _block("By emotion", means),
        _block("Over all clips", figures_of_all(summary), _WHOLE),
        _block("Answer to intensity", answers, _ANSWERS),
        _block("Beside the papers", join([published_table(each) for each in summary.tables]), _PAPERS)
        if summary.tables
        else None,
        _block("All clips", clips_table(summary, evaluations)),
        sections.conditions(summary.conditions),
    ]
    title = summary.name or file_name(summary.path)
    page = document(f"{title} · suite", page_header("Evaluation of a suite", title), content, f"{title}: {headline}")
    write(page, path)


def suite_headline(summary: SuiteSummary, evaluations: Sequence[Evaluation]) -> str:
    """The verdict on a suite in a few words."""
    verdicts = [verdict_of(clip, evaluations) for clip in summary.clips]
    failed, faults, attention = (verdicts.count(kind) for kind in (None, "fault", "attention"))
    parts = []
    if failed:
        parts.append(f"{_numeral(failed)} could not be measured")
    if faults:
        parts.append(f"{_numeral(faults)} with faults")
    if attention:
        parts.append(f"{_numeral(attention)} to look at")
    start = counted(len(summary.clips), "clip")
    if parts:
        return f"{start}: {', '.join(parts)}."
    if "good" in verdicts:
        return f"{start}, nothing to object to."
    return f"{start}, measured but held against no limit."


def _numeral(count: int) -> str:
    return counted(count, "").strip().lower()


def _verdict(summary: SuiteSummary, evaluations: Sequence[Evaluation], headline: str) -> Markup:
    found = [
        (clip, figure)
        for clip in summary.clips
        if not clip.error and clip.evaluation is not None
        for figure in evaluations[clip.evaluation].with_verdict("fault")
    ]
    items = [_finding(clip, figure) for clip, figure in found[:MOST_FINDINGS]]
    parts: list[Child] = [tag("h2", headline, class_="headline", id="verdict")]
    clean = sum(verdict_of(clip, evaluations) == "good" for clip in summary.clips)
    lead = f"{clean} of {len(summary.clips)} clips reach every limit they are held against."
    if len(found) > len(items):
        lead += f" The first {len(items)} of {len(found)} faults; the table of all clips has the others."
    parts.append(tag("p", lead, class_="lead"))
    if items:
        parts.append(tag("ol", items, class_="findings"))
    return tag("section", parts, class_="verdict", aria_labelledby="verdict")


def _finding(clip: SuiteClip, figure: Figure) -> Markup:
    about = f"{file_name(clip.source)}, {clip.emotion} {clip.intensity:g}, {clip.system}"
    where = relative_address(clip.page) + (f"#frame-{figure.worst_frame}" if figure.worst_frame is not None else "")
    asked = f" (asked: {figure.asked})" if figure.asked else ""
    worst = "" if figure.worst_frame is None else f" · worst at {place(figure.worst_frame, figure.worst_time_s)}"
    value = tag("span", with_unit(figure.value, figure.unit, figure.asked), class_="value")
    return tag(
        "li",
        tag("p", badge(figure.verdict), " ", tag("strong", figure.label), class_="finding-title"),
        tag("p", tag("a", about, href=where) if clip.page else about),
        tag("p", sentence(figure.sentence)) if figure.sentence else None,
        tag("p", value, asked, worst, class_="detail"),
        class_="finding fault",
    )


def _facts(summary: SuiteSummary) -> Markup:
    def listed(values: Sequence[str]) -> str:
        return ", ".join(dict.fromkeys(values))

    clips = summary.clips
    pairs: dict[str, Child] = {
        "Suite": path_of(summary.path),
        "Sources": listed([file_name(clip.source) for clip in clips]),
        "Emotions": listed([clip.emotion for clip in clips]),
        "Intensities": listed([f"{value:g}" for value in sorted({clip.intensity for clip in clips})]),
        "Systems": listed([clip.system for clip in clips]),
    }
    seeds = listed([str(clip.seed) for clip in clips if clip.seed is not None])
    return facts({name: value for name, value in {**pairs, "Seeds": seeds}.items() if value})


def _answers(summary: SuiteSummary) -> list[tuple[str, Response]]:
    several = len({each.system for each in summary.responses}) > 1
    return [
        (f"{each.emotion}, {each.system}" if several else each.emotion, each.response) for each in summary.responses
    ]


def _block(heading: str, content: Markup | None, lead: str = "") -> Markup | None:
    if content is None:
        return None
    return tag("section", tag("h2", heading), tag("p", lead, class_="lead") if lead else None, content, class_="block")


def _notice() -> Markup:
    said = (
        "Every result of this suite shows people whose facial expression was edited by mien, and says so in its file."
    )
    return tag("aside", tag("p", tag("strong", "Edited footage. "), said), class_="notice")
