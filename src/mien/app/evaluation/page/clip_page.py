"""The page of one clip: what an artist or a client judges an edit by."""

from __future__ import annotations

from pathlib import Path

from mien.app.evaluation.page import sections
from mien.app.evaluation.page.document import document, page_header, write
from mien.app.evaluation.page.markup import Markup, sentence, tag
from mien.app.evaluation.page.moments import find_moments
from mien.app.evaluation.page.response_plot import responses
from mien.app.evaluation.page.tables import figures_table
from mien.app.evaluation.page.time_chart import charts
from mien.app.evaluation.page.words import file_name, headline
from mien.metrics.evaluation.evaluation import Evaluation, Response
from mien.metrics.evaluation.judge_response import POINTS
from mien.reconstruction.analysis import Analysis, analyse
from mien.video.claim import EditClaim
from mien.video.clip import Clip
from mien.video.provenance import claim_of, read


def write_page(evaluation: Evaluation, path: Path, *, analysis: Analysis | None = None) -> None:
    """Write the page of a clip: one HTML file that needs nothing else.

    Args:
        evaluation: What was found. Its clips are decoded again, each once and a frame at a time, for the pictures.
        path: Where; it appears when it is complete, and replaces what is there.
        analysis: Of the source, if there is one already; else it is made, or read back from the cache.

    Raises:
        ClipError: A clip is missing, or is not the one that was measured.
        InputError: The signing identity in the settings is not usable.
        OutputError: The page cannot be written.
    """
    source, result = Clip.open(evaluation.source), Clip.open(evaluation.result)
    claim = claim_of(result.path)
    known = analyse(source) if analysis is None else analysis
    moments = find_moments(evaluation, known, claim)
    pictured = {moment.frame for moment in moments if moment.figures}
    left_out = len({f.worst_frame for f in evaluation.figures if f.worst_frame is not None} - pictured)
    curves = charts(evaluation, pictured)
    title = file_name(evaluation.result)
    content = [
        tag(
            "div",
            sections.verdict(evaluation, pictured),
            tag("div", sections.clip_facts(evaluation), class_="side-column"),
            class_="opening",
        ),
        sections.provenance(evaluation, claim, _state(evaluation, claim)),
        sections.peaks(moments),
        sections.worst(moments, left_out),
        tag("section", tag("h2", "Over time"), tag("p", _CURVES, class_="lead"), curves, class_="block curves")
        if curves
        else None,
        _answers(evaluation),
        tag("section", tag("h2", "All figures"), figures_table(evaluation, pictured), class_="block tables"),
        sections.conditions(evaluation.conditions),
    ]
    described = f"{title}, measured against its source: {headline(evaluation)}"
    header = page_header("Evaluation of an edit", title)
    write(document(f"{title} · evaluation", header, content, described), path)


_CURVES = (
    "All curves share the clip's time. A break in a line means that nothing could be measured there, as where no face "
    "is seen. Marks at the top edge stand where a figure is worst."
)
_ANSWERS = "How far the face goes for what was asked: on a straight line, half the intensity is half the expression."


def _answers(evaluation: Evaluation) -> Markup | None:
    """Plots of the answer to intensity, and why there is none of an emotion; None where no emotion is known."""
    whys = [f.sentence for f in evaluation.figures if f.key.startswith("linearity:") and f.value is None]
    plots = responses([(_about(response), response) for response in evaluation.responses])
    if plots is None and not whys:
        return None
    points = evaluation.conditions.get(POINTS)
    lead = tag("p", _ANSWERS, f" The points are {points}." if points else "", class_="lead") if plots else None
    said = [tag("p", sentence(why), class_=None if plots else "lead") for why in whys]
    return tag("section", tag("h2", "Answer to intensity"), lead, plots, said, class_="block")


def _about(response: Response) -> str:
    """The emotion in a response's key."""
    parts = response.key.split(":")
    return parts[1] if len(parts) > 2 else ""


def _state(evaluation: Evaluation, claim: EditClaim | None) -> str | None:
    """What checking the result's manifest gives."""
    store = read(Path(evaluation.result)) if claim is not None and not Path(evaluation.result).is_dir() else None
    return None if store is None else str(store.get("validation_state"))
