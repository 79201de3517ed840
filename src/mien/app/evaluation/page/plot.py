"""What curves and responses share: a plot that fills the room it has, with its ticks, lines and direct labels.

The SVG is stretched by the browser, its lines keep their width, and all words stand beside it as text of the page: so a
plot is as legible on a phone as on paper, without a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mien.app.evaluation.page.axes import PLOT_HEIGHT, PLOT_WIDTH, Axis, spread
from mien.app.evaluation.page.markup import Markup, join, tag

_STYLES = 6
_NAMED = {"result": (0, 0), "source": (5, 1), "target": (2, 3), "asked": (1, 2)}
"""Colour and dash of the lines that many plots have; the others take theirs in turn."""

_LABEL_ROOM = 0.115
"""Height of a direct label, as a share of a plot's height."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a plot.

    Attributes:
        name: For people.
        path: Its points in the plot's coordinates, as SVG path data; empty if there are none.
        end: Share of the plot's height at which it ends, 0 at the bottom.
        style: Class names: colour and dash, which always differ together.
    """

    name: str
    path: str
    end: float
    style: str


def style(name: str, number: int) -> str:
    """Class names of the line of that name, the ``number``-th of its plot."""
    colour, dash = _NAMED.get(name, (number % _STYLES, (number + number // _STYLES) % _STYLES))
    return f"c{colour} d{dash}"


def point(x: Axis, y: Axis, time: float, value: float) -> str:
    """A point in the plot's coordinates, whole numbers, as in path data."""
    return f"{round(x.share(time) * PLOT_WIDTH)} {round((1 - y.share(value)) * PLOT_HEIGHT)}"


def picture(
    x: Axis, y: Axis, inside: Sequence[Markup], description: str, over: Sequence[Markup] = (), **data: str
) -> Markup:
    """The plot itself: grid, what is inside, and ticks as text.

    Args:
        x: Across.
        y: Up.
        inside: SVG elements in the plot's coordinates.
        description: What is to be seen, for those who do not see it.
        over: What lies on top, placed by its style.
        data: Further attributes of the plot, for the script.
    """
    left, right, bottom, top = 0, PLOT_WIDTH, PLOT_HEIGHT, 0
    grid = "".join(f"M{left} {point(x, y, x.low, tick).split()[1]}H{right}" for tick in y.ticks)
    grid += "".join(f"M{point(x, y, tick, y.low).split()[0]} {top}V{bottom}" for tick in x.ticks)
    drawing = tag(
        "svg",
        tag("path", class_="grid", d=grid),
        *inside,
        viewBox=f"0 0 {PLOT_WIDTH} {PLOT_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=description,
    )
    ticks = [
        *(tag("span", label, class_="y", style=f"bottom:{y.percent(tick)}") for tick, label in _named(y)),
        *(tag("span", label, class_="x", style=f"left:{x.percent(tick)}") for tick, label in _named(x)),
    ]
    return tag("div", drawing, tag("div", ticks, class_="ticks", aria_hidden="true"), over, class_="plot", **data)


def labels(lines: Sequence[Line]) -> Markup:
    """The lines' names at their ends, moved apart where they would lie on each other; a legend where room is short."""
    half = _LABEL_ROOM / 2
    places = spread([1 - line.end for line in lines], _LABEL_ROOM, half - 0.06, 1.06 - half)
    items = [
        tag("li", sample(line.style), line.name, style=f"top:{100 * place:.1f}%")
        for line, place in sorted(zip(lines, places, strict=True), key=lambda pair: pair[1])
    ]
    return tag("ul", items, class_="lines")


def sample(style: str) -> Markup:
    """A short piece of a line, beside its name."""
    return tag(
        "svg",
        tag("path", class_=f"line {style}", d="M1 5H27"),
        class_="sample",
        viewBox="0 0 28 10",
        width=28,
        height=10,
        aria_hidden="true",
    )


def drawn(lines: Sequence[Line]) -> list[Markup]:
    """The lines as SVG, the first on top."""
    return [
        tag("path", class_=f"line {line.style}", d=line.path, data_name=line.name)
        for line in reversed(lines)
        if line.path
    ]


def caption(title: str, unit: str, more: Markup | None = None) -> Markup:
    """A plot's title with its unit."""
    written = tag("span", unit, class_="unit") if unit else None
    return tag("figcaption", tag("span", title, class_="title"), " ", written, more)


def _named(axis: Axis) -> zip[tuple[float, str]]:
    return zip(axis.ticks, axis.labels, strict=True)


def nothing() -> Markup:
    """In the place of a plot without a value."""
    return join(tag("p", "Nothing could be measured here.", class_="quiet"))
