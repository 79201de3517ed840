"""Tables that become cards on a phone: every cell carries its column's name, and roles keep them tables for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mien.app.evaluation.page.icons import badge
from mien.app.evaluation.page.markup import Child, Markup, join, sentence, tag
from mien.app.evaluation.page.words import GROUPS, by_severity, file_name, place, with_unit
from mien.metrics.evaluation.evaluation import Evaluation, Figure

_COLUMNS = ("Measure", "Value", "Asked", "Verdict", "Worst at", "Defined in")


def table(
    caption: Child, columns: Sequence[Child], bodies: Sequence[tuple[str, Sequence[Markup]]], class_: str = ""
) -> Markup:
    """A table.

    Args:
        caption: What it is.
        columns: Their names.
        bodies: A heading, or an empty one, and rows from :func:`row`, for each group of rows.
        class_: Further class names.
    """
    heads = [tag("th", name, scope="col", role="columnheader") for name in columns]
    groups = []
    for heading, rows in bodies:
        top = None
        if heading:
            cell = tag("th", heading, colspan=len(columns), scope="rowgroup", role="rowheader")
            top = tag("tr", cell, class_="group", role="row")
        groups.append(tag("tbody", top, rows, role="rowgroup"))
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", heads, role="row"), role="rowgroup"),
        groups,
        class_=f"cards {class_}".strip(),
        role="table",
    )


def row(columns: Sequence[str], first: Child, cells: Sequence[Child], class_: str | None = None) -> Markup:
    """A row: its heading, and a cell for each further column; a cell of None stays empty and is left out on a phone."""
    written = [
        tag("td", cell, data_label=name, role="cell", class_="empty" if cell is None else None)
        for name, cell in zip(columns[1:], cells, strict=True)
    ]
    return tag("tr", tag("th", first, scope="row", role="rowheader"), written, role="row", class_=class_)


def figures_table(evaluation: Evaluation, pictured: set[int]) -> Markup:
    """All figures of an evaluation, grouped; within a group the worst first."""
    bodies = []
    for group, heading in GROUPS.items():
        members = by_severity([figure for figure in evaluation.figures if figure.group == group])
        if members:
            bodies.append((heading, [_figure_row(figure, pictured) for figure in members]))
    return table("All figures of this clip. Frames count from 0.", _COLUMNS, bodies, "figures")


def _figure_row(figure: Figure, pictured: set[int]) -> Markup:
    about = tag("span", sentence(figure.sentence), class_="about") if figure.sentence else None
    name = join(tag("span", figure.label, class_="name"), " ", tag("span", figure.key, class_="key"), about)
    value = (
        None
        if figure.value is None
        else tag("span", with_unit(figure.value, figure.unit, figure.asked), class_="value")
    )
    cells = [value, figure.asked or None, badge(figure.verdict), where(figure, pictured), figure.origin or None]
    return row(_COLUMNS, name, cells, figure.verdict)


def where(figure: Figure, pictured: set[int]) -> Markup | None:
    """Where a figure is worst, leading to the picture where there is one."""
    if figure.worst_frame is None:
        return None
    words = place(figure.worst_frame, figure.worst_time_s)
    if figure.worst_frame not in pictured:
        return tag("span", words, class_="place")
    return tag("a", words, href=f"#frame-{figure.worst_frame}", class_="place")


def facts(pairs: Mapping[str, Child]) -> Markup:
    """Names with what they are."""
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs.items()], class_="facts")


def path_of(path: str) -> Markup:
    """A file's name, and its path smaller."""
    name = file_name(path)
    return join(tag("span", name, class_="file"), tag("span", path, class_="path") if path != name else None)
