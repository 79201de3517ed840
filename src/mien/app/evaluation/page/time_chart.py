"""Curves over time: one plot for each measure, all with the same time axis, with marks where something is worst."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

from mien.app.evaluation.page import plot
from mien.app.evaluation.page.axes import PLOT_HEIGHT, PLOT_WIDTH, Axis, time_axis, value_axis
from mien.app.evaluation.page.icons import icon
from mien.app.evaluation.page.markup import Markup, tag
from mien.app.evaluation.page.words import GROUPS, SEVERITY, by_severity, number, place
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Series

MOST_POINTS = 1600
"""Of a line: more than a screen is wide. Longer ones keep the least and the greatest value of every stretch."""

_EVEN = 0.01
"""Frames count as evenly spaced when no interval differs from the mean by more than this share of it."""


def charts(evaluation: Evaluation, pictured: set[int]) -> Markup | None:
    """All curves of an evaluation, by group; None without any.

    Args:
        evaluation: With its series.
        pictured: Frames that have pictures on the page, ``id="frame-N"``: marks lead there.
    """
    if not evaluation.series:
        return None
    stop_s = max([evaluation.duration_s, *(series.times_s[-1] for series in evaluation.series if series.times_s)])
    x = time_axis(0.0, stop_s)
    marked = _figures_by_series(evaluation)
    order = list(GROUPS)
    sections = []
    for group, members in groupby(
        sorted(evaluation.series, key=lambda series: order.index(series.group)), key=lambda series: series.group
    ):
        drawn = [_chart(series, x, marked.get(series.key, ()), pictured) for series in members]
        sections.append(tag("section", tag("h3", GROUPS[group]), drawn, class_="charts"))
    return tag("div", sections)


def _chart(series: Series, x: Axis, figures: Sequence[Figure], pictured: set[int]) -> Markup:
    values = [value for line in series.lines.values() for value in line if _finite(value)]
    readout = tag("output", class_="readout")
    title = plot.caption(series.label, series.unit, readout)
    if not values:
        return tag("figure", title, plot.nothing(), class_="chart")
    y = value_axis([value for value in values if value is not None])
    lines = [_line(name, series.times_s, found, x, y, at) for at, (name, found) in enumerate(_ordered(series.lines))]
    inside = [_gaps(series, x), *plot.drawn(lines)]
    data = {"data_low": repr(y.low), "data_high": repr(y.high), "data_stop": repr(x.high), "data_rate": _rate(series)}
    marks = [_mark(members, frame, x, pictured) for frame, members in _by_frame(figures).items()]
    drawing = plot.picture(x, y, [part for part in inside if part], _description(series), marks, **data)
    row = tag("div", drawing, plot.labels(lines), class_="plot-row")
    return tag("figure", title, row, class_="chart", data_title=series.label)


def _line(name: str, times_s: Sequence[float], values: Sequence[float | None], x: Axis, y: Axis, at: int) -> plot.Line:
    """Path data with a break wherever values are missing; a value alone between two breaks is a dot."""
    path: list[str] = []
    end = 0.5
    for present, run in groupby(_thinned(_sampled(times_s, values)), key=lambda pair: pair[1] is not None):
        if not present:
            continue
        points = [(time_s, value) for time_s, value in run if value is not None]
        path.append("M" + "L".join(plot.point(x, y, *point) for point in points))
        if len(points) == 1:
            path.append("h0")
        end = y.share(points[-1][1])
    return plot.Line(name, "".join(path), end, plot.style(name, at))


def _sampled(times_s: Sequence[float], values: Sequence[float | None]) -> list[tuple[float, float | None]]:
    """Points and breaks. What is measured every so many frames only has no break between two neighbouring samples."""
    known = [at for at, value in enumerate(values[: len(times_s)]) if _finite(value)]
    steps = sorted(after - before for before, after in pairwise(known))
    usual = steps[(len(steps) - 1) // 2] if steps else 1
    points: list[tuple[float, float | None]] = []
    for index, at in enumerate(known):
        if index and at - known[index - 1] > 1.5 * usual:
            points.append((times_s[at - 1], None))
        points.append((times_s[at], values[at]))
    return points


def _thinned(points: list[tuple[float, float | None]]) -> list[tuple[float, float | None]]:
    """Of each stretch the least and the greatest value, in their order, and one gap if there is one."""
    if len(points) <= MOST_POINTS:
        return points
    size = math.ceil(2 * len(points) / MOST_POINTS)
    kept: list[tuple[float, float | None]] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        there = [(value, index) for index, (_, value) in enumerate(stretch) if value is not None]
        chosen = {min(there)[1], max(there)[1]} if there else set()
        chosen |= (
            {next(index for index, (_, value) in enumerate(stretch) if value is None)}
            if len(there) < len(stretch)
            else set()
        )
        kept += [stretch[index] for index in sorted(chosen)]
    return kept


def _gaps(series: Series, x: Axis) -> Markup | None:
    """Shaded where no line has a value, between the first frame and the last."""
    missing = [
        not any(_finite(values[at]) for values in series.lines.values() if at < len(values))
        for at in range(len(series.times_s))
    ]
    path = ""
    for absent, run in groupby(range(len(missing)), key=lambda at: missing[at]):
        frames = list(run)
        if absent and len(frames) > 2:
            start, stop = (round(x.share(series.times_s[at]) * PLOT_WIDTH) for at in (frames[0], frames[-1]))
            path += f"M{start} 0H{stop}V{PLOT_HEIGHT}H{start}z"
    return tag("path", class_="gap", d=path) if path else None


def _ordered(lines: Mapping[str, tuple[float | None, ...]]) -> list[tuple[str, tuple[float | None, ...]]]:
    """The result first, so that it is drawn on top and takes the first colour."""
    return sorted(lines.items(), key=lambda item: item[0] != "result")


def _figures_by_series(evaluation: Evaluation) -> dict[str, list[Figure]]:
    """Each figure that is worst somewhere goes to one chart: that of its name, else the first of its group."""
    keys = [series.key for series in evaluation.series]
    first: dict[str, str] = {}
    for series in evaluation.series:
        first.setdefault(series.group, series.key)
    placed: dict[str, list[Figure]] = {}
    for figure in evaluation.figures:
        if figure.worst_frame is None or figure.worst_time_s is None:
            continue
        named = [key for key in keys if _same_subject(figure.key, key)]
        chosen = max(named, key=len, default=first.get(figure.group, keys[0]))
        placed.setdefault(chosen, []).append(figure)
    return placed


def _same_subject(figure: str, series: str) -> bool:
    """Whether a figure's name goes on from a series' (``jitter``, ``jitter_ratio``) or ends alike after a colon."""
    ends = [name.rpartition(":") for name in (figure, series)]
    return figure.startswith(series) or series.startswith(figure) or (bool(ends[0][1]) and ends[0][1:] == ends[1][1:])


def _by_frame(figures: Sequence[Figure]) -> dict[int, list[Figure]]:
    frames: dict[int, list[Figure]] = {}
    for figure in by_severity(figures):
        if figure.worst_frame is not None:
            frames.setdefault(figure.worst_frame, []).append(figure)
    return frames


def _mark(figures: Sequence[Figure], frame: int, x: Axis, pictured: set[int]) -> Markup:
    worst = min(figures, key=lambda figure: SEVERITY[figure.verdict])
    assert worst.worst_time_s is not None
    share = min(max(x.share(worst.worst_time_s), 0.0), 1.0)
    words = f"{'; '.join(figure.label for figure in figures)}: worst at {place(frame, worst.worst_time_s)}"
    kind = worst.verdict if worst.verdict in ("fault", "attention") else "plain"
    there = frame in pictured
    return tag(
        "a" if there else "span",
        icon(worst.verdict),
        class_=f"mark {kind}",
        style=f"left:{100 * share:.2f}%",
        href=f"#frame-{frame}" if there else None,
        title=words,
        aria_label=words,
        role=None if there else "img",
    )


def _description(series: Series) -> str:
    parts = []
    for name, values in series.lines.items():
        found = [value for value in values if value is not None and math.isfinite(value)]
        gaps = "" if len(found) == len(values) else f", {len(values) - len(found)} frames without a value"
        parts.append(f"{name} from {number(min(found))} to {number(max(found))}{gaps}" if found else f"{name}: nothing")
    return f"{series.label} over time ({series.unit or 'no unit'}): {'; '.join(parts)}."


def _rate(series: Series) -> str:
    """Frames per second, where they are evenly spaced and the first is at 0; else empty."""
    times_s = series.times_s
    if len(times_s) < 2 or abs(times_s[0]) > 1e-6:
        return ""
    mean = times_s[-1] / (len(times_s) - 1)
    even = all(abs(time_s - at * mean) <= _EVEN * mean for at, time_s in enumerate(times_s))
    return repr(round(1 / mean, 6)) if even and mean > 0 else ""


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
