"""The page of a comparison: players in step, heat maps, curves, and every metric with the better one marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from mien.app.compare.comparison import Comparison, Row
from mien.app.compare.pictures import HeatMap, Moment, scale_bar
from mien.app.evaluation.page.document import Addition, document, page_header
from mien.app.evaluation.page.markup import Child, Markup, join, sentence, tag
from mien.app.evaluation.page.stills import Still
from mien.app.evaluation.page.tables import facts, path_of, row, table
from mien.app.evaluation.page.time_chart import charts
from mien.app.evaluation.page.words import GROUPS, file_name, number, place, with_unit
from mien.metrics.evaluation.evaluation import Evaluation, Series
from mien.video.claim import EditClaim

Claims = tuple[EditClaim | None, EditClaim | None]

_COLUMNS = ("Measure", "A", "B", "Better", "Which way")


@dataclass(frozen=True, slots=True)
class Film:
    """A video beside the page.

    Attributes:
        label: ``Source``, ``A`` or ``B``.
        file: Its name.
        width: px.
        height: px.
    """

    label: str
    file: str
    width: int
    height: int


def comparison_page(
    comparison: Comparison, overall: HeatMap | None, moments: Sequence[Moment], films: Sequence[Film], claims: Claims
) -> str:
    """The page as HTML.

    Args:
        comparison: What was found.
        overall: Heat map of the mean difference; ``None`` where the sizes differ.
        moments: Of the largest differences.
        films: Copies for browsers, in the page's folder.
        claims: What the manifests of A and B say.
    """
    names = f"{file_name(comparison.first)} and {file_name(comparison.second)}"
    content = [
        tag("div", _verdict(comparison), tag("div", facts(_facts(comparison)), class_="side-column"), class_="opening"),
        _notice(claims),
        _players(films),
        _differences(overall),
        _moments(moments),
        _curves(comparison),
        _figures(comparison),
    ]
    addition = Addition(_resource("compare.css"), _resource("compare.js"), has_films=True)
    header = page_header("Two renders of one source", f"A: {file_name(comparison.first)}", _second(comparison))
    return document(f"{names} · comparison", header, content, f"{names}, compared: {headline(comparison)}", addition)


@cache
def _resource(name: str) -> str:
    return resources.files("mien.app.compare").joinpath("data", name).read_text(encoding="utf-8")


def _second(comparison: Comparison) -> Markup:
    return tag("span", f"B: {file_name(comparison.second)}", class_="second")


def headline(comparison: Comparison) -> str:
    """What came out, in a few words."""
    if comparison.a is None:
        if comparison.largest_difference == 0.0:
            return "A and B show the same pictures."
        return "A and B differ; which is better was not measured."
    a, b, even = (comparison.won(side) for side in ("A", "B", "even"))
    if not a and not b:
        return "No measure tells A and B apart."
    if a and b:
        return f"A is better in {a}, B in {b}, and {even} are even."
    side, count = ("A", a) if a else ("B", b)
    return f"{side} is better in {count}, and {even} are even."


def _verdict(comparison: Comparison) -> Markup:
    parts: list[Child] = [tag("h2", headline(comparison), class_="headline", id="verdict")]
    if comparison.a is None:
        told = "No source is known, so nothing was measured against it: name it with `--source`."
        return tag("section", parts, tag("p", sentence(told), class_="lead"), class_="verdict")
    parts.append(
        tag("p", "Counting says nothing about weight: one fault can outweigh ten small gains. What each is better in:",
            class_="lead")
    )  # fmt: skip
    for side in ("A", "B"):
        won = [found for found in comparison.rows if found.winner == side]
        if won:
            items = [
                tag("li", tag("span", found.label), " ", tag("span", _both(found), class_="detail")) for found in won
            ]
            parts.append(
                tag("div", tag("h3", f"{side} is better"), tag("ul", items, class_="won"), class_="good-block")
            )
    faults = [
        (side, found)
        for side, e in (("A", comparison.a), ("B", comparison.b))
        if e
        for found in e.with_verdict("fault")
    ]
    if faults:
        items = [
            tag("li", tag("strong", f"{side}: {found.label}. "), sentence(found.sentence)) for side, found in faults
        ]
        parts.append(tag("div", tag("h3", "Faults, whoever wins"), tag("ul", items, class_="won"), class_="good-block"))
    return tag("section", parts, class_="verdict", aria_labelledby="verdict")


def _both(found: Row) -> str:
    return f"A {with_unit(found.a, found.unit)}, B {with_unit(found.b, found.unit)}"


def _facts(comparison: Comparison) -> Mapping[str, Child]:
    pairs: dict[str, Child] = {"A": path_of(comparison.first), "B": path_of(comparison.second)}
    if comparison.source:
        pairs["Source"] = path_of(comparison.source)
    for side, found in (("A", comparison.a), ("B", comparison.b)):
        if found is not None and (found.emotion or found.system):
            pairs[f"{side} was asked for"] = " · ".join(filter(None, [found.emotion, found.system]))
    if comparison.mean_difference is not None and comparison.largest_difference is not None:
        pairs["Pictures of A and B differ by"] = (
            f"{number(comparison.mean_difference)} of 255 on average, {number(comparison.largest_difference)} at most"
        )
    return pairs


def _notice(claims: Claims) -> Markup:
    said = [
        f"{side}: {claim.sentence}"
        if claim
        else f"{side} carries no C2PA manifest of mien's that says how it was edited."
        for side, claim in zip("AB", claims, strict=True)
    ]
    words = " ".join([*said, "The pictures and videos on this page show edited expressions, too."])
    return tag("aside", tag("p", tag("strong", "Edited footage. "), words), class_="notice")


def _players(films: Sequence[Film]) -> Markup:
    players = [
        tag(
            "figure",
            tag("video", src=f"./{film.file}", width=film.width, height=film.height, preload="auto", playsinline=True,
                muted=film.label != "A", data_label=film.label, aria_label=film.label),
            tag("figcaption", film.label, class_="side"),
        )
        for film in films
    ]  # fmt: skip
    bar = tag(
        "div",
        tag("button", "Play", type="button", id="play", class_="step"),
        tag("button", "−1 frame", type="button", id="back", class_="step"),
        tag("button", "+1 frame", type="button", id="forth", class_="step"),
        tag("input", type="range", id="seek", min=0, max=1, step="any", value=0, aria_label="Time"),
        tag("output", id="clock", class_="quiet"),
        class_="transport",
        hidden=True,
    )
    return tag("section", tag("h2", "Side by side"), tag("div", players, class_="films"), bar, class_="block players")


def _bar(heat: HeatMap) -> Markup:
    still = scale_bar()
    image = tag("img", src=still.address(), alt="Colours of the scale", width=still.width, height=still.height)
    ends = (tag("span", "0"), tag("span", f"{number(heat.top)} of 255 and more"))
    return tag("div", image, tag("div", ends, class_="ends"), class_="scale")


def _differences(overall: HeatMap | None) -> Markup:
    title = tag("h2", "Where A and B differ")
    if overall is None:
        told = "The pictures of A and B have different sizes, so they cannot be taken from each other."
        return tag("section", title, tag("p", told, class_="lead"), class_="block")
    lead = (
        "Mean over all frames. Of each pixel the largest difference of red, green and blue counts, in shades of 255. "
        "Equal steps of the scale look equally large."
    )
    image = _image(overall.picture, "Heat map of the mean difference of A and B over the whole picture")
    return tag("section", title, tag("p", lead, class_="lead"),
               tag("figure", image, _bar(overall), class_="overall"), class_="block")  # fmt: skip


def _image(still: Still, alt: str) -> Markup:
    return tag("img", src=still.address(), alt=alt, width=still.width, height=still.height)


def _moments(moments: Sequence[Moment]) -> Markup:
    shown = []
    for moment in moments:
        at = place(moment.frame, moment.time_s)
        sides = (("Source", moment.source), ("A", moment.a), ("B", moment.b))
        cells = [
            tag("div", _image(still, f"{side}, {at}"), tag("span", side, class_="side"), class_="still")
            for side, still in sides
            if still is not None
        ]
        if moment.heat is not None:
            heat = _image(moment.heat.picture, f"Heat map of the difference of A and B, {at}")
            cells.append(tag("div", heat, _bar(moment.heat), class_="still"))
        figure = tag("div", cells, class_="row", style=f"--columns:{len(cells)}")
        shown.append(
            tag("article", tag("h3", at[0].upper() + at[1:]), figure, class_="moment", id=f"frame-{moment.frame}")
        )
    lead = "Where the pictures of A and B differ most, cut out where most of the difference is."
    return tag("section", tag("h2", "The largest differences"), tag("p", lead, class_="lead"), shown, class_="block")


def _curves(comparison: Comparison) -> Markup | None:
    if comparison.a is None or comparison.b is None:
        return None
    drawn = charts(_both_series(comparison.a, comparison.b), set())
    if drawn is None:
        return None
    lead = "What was measured over time, of A and of B. Lines of the source and of what was asked are those of A."
    return tag("section", tag("h2", "Over time"), tag("p", lead, class_="lead"), drawn, class_="block")


def _both_series(a: Evaluation, b: Evaluation) -> Evaluation:
    """Curves that both have, A's and B's lines in one; where the frames are others, the curve is left out."""
    others = {series.key: series for series in b.series}
    merged: list[Series] = []
    for series in a.series:
        other = others.get(series.key)
        if other is None or other.times_s != series.times_s:
            continue
        lines = {}
        for name, values in series.lines.items():
            if name in ("source", "asked", "target"):
                lines[name] = values
            elif name in other.lines:
                suffix = "" if name == "result" else f" {name}"
                lines[f"A{suffix}"], lines[f"B{suffix}"] = values, other.lines[name]
        merged.append(replace(series, lines=lines))
    return replace(a, series=tuple(merged), figures=())


def _figures(comparison: Comparison) -> Markup | None:
    if not comparison.rows:
        return None
    bodies = []
    for group, heading in GROUPS.items():
        members = [found for found in comparison.rows if found.group == group]
        if members:
            bodies.append((heading, [_figure(found) for found in members]))
    made = table("Every measure of both. The better value is marked.", _COLUMNS, bodies, "versus")
    return tag("section", tag("h2", "All figures"), made, class_="block tables")


def _figure(found: Row) -> Markup:
    note = tag("span", sentence(found.note), class_="about") if found.note else None
    name = join(tag("span", found.label, class_="name"), " ", tag("span", found.key, class_="key"), note)
    values = [
        None if value is None else tag("span", with_unit(value, found.unit), class_="value wins" if won else "value")
        for value, won in ((found.a, found.winner == "A"), (found.b, found.winner == "B"))
    ]
    better = {"A": "A", "B": "B", "even": "even", "": None}[found.winner]
    return row(_COLUMNS, name, [*values, better, _way(found)], found.winner.lower() or None)


def _way(found: Row) -> str | None:
    if not found.better:
        return None
    even = f"; even within {found.even:g}" if found.even else ""
    return f"{found.better} is better{even}"
