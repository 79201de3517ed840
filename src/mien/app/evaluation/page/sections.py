"""The parts of a clip's page: verdict, facts, how the clip says that it was edited, pictures, conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mien.app.evaluation.page.icons import badge, icon
from mien.app.evaluation.page.markup import Child, Markup, join, sentence, tag
from mien.app.evaluation.page.moments import Moment
from mien.app.evaluation.page.stills import Still
from mien.app.evaluation.page.tables import facts, path_of, where
from mien.app.evaluation.page.words import VERDICTS, counted, explanation, headline, number, place, with_unit
from mien.metrics.evaluation.evaluation import Evaluation, Figure
from mien.video.claim import EditClaim


def verdict(evaluation: Evaluation, pictured: set[int]) -> Markup:
    """The verdict in words: what is wrong, what to look at, what is good."""
    found: list[Child] = [
        tag("h2", headline(evaluation), class_="headline", id="verdict"),
        tag("p", explanation(evaluation), class_="lead"),
    ]
    serious = [*evaluation.with_verdict("fault"), *evaluation.with_verdict("attention")]
    if serious:
        found.append(tag("ol", [_finding(figure, pictured) for figure in serious], class_="findings"))
    good = evaluation.with_verdict("good")
    if good:
        items = [tag("li", icon("good"), tag("div", _short(figure))) for figure in good]
        found.append(tag("div", tag("h3", "What is good"), tag("ul", items, class_="good-list"), class_="good-block"))
    return tag("section", found, class_="verdict", aria_labelledby="verdict")


def _finding(figure: Figure, pictured: set[int]) -> Markup:
    value = with_unit(figure.value, figure.unit, figure.asked)
    asked = f" (asked: {figure.asked})" if figure.asked else ""
    at = where(figure, pictured)
    return tag(
        "li",
        tag("p", badge(figure.verdict), " ", tag("strong", figure.label), class_="finding-title"),
        tag("p", sentence(figure.sentence)) if figure.sentence else None,
        tag("p", tag("span", value, class_="value"), asked, join(" · worst at ", at) if at else None, class_="detail"),
        class_=f"finding {figure.verdict}",
    )


def _short(figure: Figure) -> Markup:
    """The sentence; or, where there is none, the figure with its value."""
    if figure.sentence:
        return sentence(figure.sentence)
    asked = f", asked: {figure.asked}" if figure.asked else ""
    return join(figure.label, ": ", with_unit(figure.value, figure.unit, figure.asked), asked, ".")


def clip_facts(evaluation: Evaluation) -> Markup:
    """What was measured."""
    rate = evaluation.frames / evaluation.duration_s if evaluation.duration_s > 0 else None
    pairs: dict[str, Child] = {"Result": path_of(evaluation.result), "Source": path_of(evaluation.source)}
    if evaluation.target is not None:
        pairs["Real footage"] = path_of(evaluation.target)
    if evaluation.emotion:
        pairs["Asked for"] = evaluation.emotion
    if evaluation.system:
        pairs["System"] = evaluation.system
    pairs["Picture"] = f"{evaluation.width} × {evaluation.height} px"
    frames = f"{with_unit(evaluation.duration_s, 's')}, {evaluation.frames} frames"
    pairs["Length"] = f"{frames}, {number(rate)} a second" if rate else frames
    return facts(pairs)


def provenance(evaluation: Evaluation, claim: EditClaim | None, state: str | None) -> Markup:
    """Says that the clip was edited, with the words of its own manifest.

    Args:
        evaluation: Of the clip.
        claim: What the result's manifest says; None where it has none of mien's.
        state: What checking the manifest gave: ``Valid``, ``Trusted``, ``Invalid``; None without.
    """
    if claim is not None:
        said = f"{claim.sentence} This is what its signed C2PA manifest says{_STATES.get(state or '', '.')}"
    else:
        system = f" with the system {evaluation.system}" if evaluation.system else ""
        asked = f" ({evaluation.emotion})" if evaluation.emotion else ""
        said = (
            f"The facial expression in this clip was edited{system}{asked}. The file carries no C2PA manifest of "
            "mien's that says so: tell those who watch it."
        )
    more = "The pictures of the result on this page show edited expressions too."
    return tag("aside", tag("p", tag("strong", "Edited footage. "), said, " ", more), class_="notice")


_STATES = {
    "Valid": ", and the file has not changed since it was signed.",
    "Trusted": ", and the file has not changed since it was signed by a trusted signer.",
    "Invalid": ". But the file was changed after it was signed.",
}


def peaks(moments: Sequence[Moment]) -> Markup | None:
    """Pairs of pictures at the strongest moments of what was asked."""
    shown = [moment for moment in moments if moment.peak]
    if not shown:
        return None
    figures = [
        tag(
            "figure",
            _main_pair(moment),
            tag("figcaption", tag("strong", moment.peak), f" · {place(moment.frame, moment.time_s)}"),
            class_="peak",
        )
        for moment in shown
    ]
    return tag("section", tag("h2", "Before and after"), tag("div", figures, class_="peaks"), class_="block")


def worst(moments: Sequence[Moment], left_out: int) -> Markup | None:
    """Pictures of the frames where measures are worst: large where something is wrong, beside each other elsewhere.

    Args:
        moments: Of the clip.
        left_out: Frames named by figures but not pictured.
    """
    shown = sorted((moment for moment in moments if moment.figures), key=_order)
    if not shown:
        return None
    serious = [_moment(moment) for moment in shown if moment.serious]
    others = [_other(moment) for moment in shown if not moment.serious]
    more = f" {counted(left_out, 'more frame')} stand in the table of all figures." if left_out else ""
    parts: list[Child] = [tag("h2", "The weakest frames")]
    if serious:
        lead = "What is not as asked, where it is worst, before and after the edit."
        parts += [tag("p", lead, class_="lead"), serious]
    if others:
        named, look = ("the other measures are", "anything else") if serious else ("each measure is", "anything")
        lead = f"No limit is missed in these frames. They are where {named} weakest: if you look at {look}, look here."
        heading = tag("h3", "The other measures", class_="others") if serious else None
        parts += [heading, tag("p", lead, more, class_="lead"), tag("div", others, class_="peaks")]
    elif more:
        parts.append(tag("p", more, class_="lead"))
    return tag("section", parts, class_="block")


def _other(moment: Moment) -> Markup:
    heading = tag("strong", _capital(place(moment.frame, moment.time_s)))
    return tag(
        "figure",
        _main_pair(moment),
        tag("figcaption", heading, _reasons(moment), _size_note(moment)),
        class_="peak",
        id=f"frame-{moment.frame}",
    )


def _order(moment: Moment) -> tuple[int, int]:
    names = list(VERDICTS)
    return min(names.index(figure.verdict) for figure in moment.figures), moment.frame


def _moment(moment: Moment) -> Markup:
    pairs = []
    if moment.faces is not None:
        pairs.append(tag("figure", _pair(moment.faces, moment, "face"), class_="faces"))
    if moment.frames is not None:
        pairs.append(tag("figure", _pair(moment.frames, moment, "frame"), class_="whole" if moment.faces else "faces"))
    return tag(
        "article",
        tag("h3", _capital(place(moment.frame, moment.time_s))),
        _reasons(moment),
        tag("div", pairs, class_="pictures", style=_columns(moment)),
        _size_note(moment),
        class_="moment",
        id=f"frame-{moment.frame}",
    )


def _reasons(moment: Moment) -> Markup:
    items = [
        tag(
            "li",
            badge(figure.verdict),
            " ",
            tag("span", figure.label, class_="name"),
            " ",
            tag("span", with_unit(figure.value, figure.unit, figure.asked), class_="value"),
            tag("span", f" asked: {figure.asked}", class_="quiet") if figure.asked else None,
        )
        for figure in moment.figures
    ]
    return tag("ul", items, class_="reasons")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _columns(moment: Moment) -> str | None:
    """Columns in which the two whole frames, one above the other, are as high as the faces beside each other."""
    if moment.faces is None or moment.frames is None:
        return None
    face, frame = moment.faces[1], moment.frames[1]
    share = (frame.width / frame.height) / (face.width / face.height) / 2.2
    return f"--whole:{min(max(share, 0.3), 1.2):.3f}fr"


def _size_note(moment: Moment) -> Markup | None:
    pairs = {"faces": moment.faces, "frames": moment.frames}
    small = [f"{name} at {100 * pair[1].scale:.0f} %" for name, pair in pairs.items() if pair and pair[1].scale < 0.995]
    notes = [] if moment.faces or not moment.serious else ["No face was found in this frame."]
    if small:
        notes.append(f"Made smaller to keep the page light: {', '.join(small)} of full size.")
    return tag("p", " ".join(notes), class_="quiet") if notes else None


def _main_pair(moment: Moment) -> Markup:
    return _pair(moment.main, moment, "face" if moment.faces else "frame")


def _pair(stills: tuple[Still, Still], moment: Moment, what: str) -> Markup:
    about = "" if not moment.figures else f" Worst here: {', '.join(figure.label for figure in moment.figures)}."
    parts = []
    for still, side, say in zip(stills, ("Source", "Result"), ("before", "after"), strict=True):
        subject = "The face" if what == "face" else "The whole frame"
        alt = f"{subject} {say} the edit, at {place(moment.frame, moment.time_s)}.{about if side == 'Result' else ''}"
        image = tag("img", src=still.address(), alt=alt, width=still.width, height=still.height)
        parts.append(tag("div", image, tag("span", side, class_="side"), class_="still"))
    return tag("div", parts, class_="pair")


def conditions(found: Mapping[str, str]) -> Markup | None:
    """What a reader needs to measure again."""
    if not found:
        return None
    return tag("section", tag("h2", "How this was measured"), facts(dict(found)), class_="block")
