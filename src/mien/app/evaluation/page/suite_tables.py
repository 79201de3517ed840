"""The tables of a suite's page: means by emotion, the papers' tables with our rows, every clip."""

from __future__ import annotations

from collections.abc import Sequence

from mien.app.evaluation.page.icons import badge, icon
from mien.app.evaluation.page.markup import Child, Markup, join, relative_address, sentence, tag
from mien.app.evaluation.page.tables import row, table
from mien.app.evaluation.page.words import MISSING, SEVERITY, file_name, number
from mien.app.evaluation.suite_summary import Better, Column, PublishedTable, Row, SuiteClip, SuiteSummary
from mien.metrics.evaluation.evaluation import Evaluation, Verdict

_BETTER: dict[Better, str] = {"higher": "↑", "lower": "↓", "": ""}
_BETTER_WORDS: dict[Better, str] = {"higher": "higher is better", "lower": "lower is better", "": ""}
_CLIP_COLUMNS = ("Clip", "Asked for", "System", "Seed", "Verdict", "What was found")
_MOST_NAMED = 3


def emotions_table(summary: SuiteSummary) -> Markup | None:
    """Means for each emotion and system; None without any."""
    if not summary.emotions:
        return None
    systems = {each.system for each in summary.emotions if each.system}
    caption = "Means over the clips of each emotion." + _reading(summary.columns)
    return _numbers("Emotion", summary.columns, summary.emotions, caption, with_system=len(systems) > 1)


def published_table(published: PublishedTable) -> Markup:
    """A paper's table: its figures, ours below them in the same columns, and what differs."""
    title = f"{published.paper}, {published.number}"
    ours = any(each.ours for each in published.rows)
    caption = join(tag("strong", title), f" · {published.title}.{_reading(published.columns)}")
    parts: list[Child] = [_numbers("Method", published.columns, published.rows, caption, with_system=False)]
    if not ours:
        parts.append(tag("p", "This suite has no row for it.", class_="quiet"))
    parts += [
        _listed("What differs", published.differs),
        _listed("Not measured, or not on all clips", published.missing),
    ]
    return tag("section", parts, class_="published", aria_label=title)


def _numbers(first: str, columns: Sequence[Column], rows: Sequence[Row], caption: Child, with_system: bool) -> Markup:
    names = [first, *(_plain(column) for column in columns)]
    heads: list[Child] = [first, *(_head(column) for column in columns)]
    places = {column.key: _places(rows, column) for column in columns}
    written = []
    for each in rows:
        about = [] if not with_system or not each.system else [each.system]
        if each.clips is not None:
            about.append("1\u00a0clip" if each.clips == 1 else f"{each.clips}\u00a0clips")
        label = join(each.label, tag("span", " ", ", ".join(about), class_="quiet") if about else None)
        cells = [_cell(each, column, places[column.key]) for column in columns]
        written.append(
            row(names, label, cells, "ours" if each.ours and any(not other.ours for other in rows) else None)
        )
    return table(caption, heads, [("", written)], "numbers")


def figures_of_all(summary: SuiteSummary) -> Markup | None:
    """Figures that only the suite as a whole has, and why others are not there; None where it tells of none."""
    keys = list(dict.fromkeys(each.key for each in summary.figures if each.value is not None))
    parts: list[Child] = []
    if keys:
        systems = list(dict.fromkeys(each.system for each in summary.figures))
        rows = []
        for system in systems:
            own = [each for each in summary.figures if each.system == system and each.value is not None]
            for emotion in sorted(dict.fromkeys(each.emotion for each in own), key=lambda name: name == ""):
                values = {each.key: each.value for each in own if each.emotion == emotion}
                rows.append(Row(emotion or "mean over the emotions", values, system))
        columns = [Column(key, key, "", "lower") for key in keys]
        caption = "Figures of many clips or pictures together." + _reading(columns)
        parts.append(_numbers("Emotion", columns, rows, caption, with_system=len(systems) > 1))
        means = {each.key: each.sentence for each in summary.figures if each.emotion and each.value is not None}
        parts.append(_listed("Measured on", [f"{key}. {told}" for key, told in means.items()]))
    whys = [f"{each.key}. {each.sentence}" for each in summary.figures if each.value is None]
    parts.append(_listed("Not measured", whys))
    return join(parts) if keys or whys else None


def _listed(title: str, sentences: Sequence[str]) -> Markup | None:
    if not sentences:
        return None
    items = [tag("li", sentence(each)) for each in dict.fromkeys(sentences)]
    return join(tag("p", tag("strong", title), class_="differs-title"), tag("ul", items, class_="differs"))


def _places(rows: Sequence[Row], column: Column) -> int | None:
    """Decimal places of a paper's column, as published; None where nothing is."""
    published = [each.values.get(column.key) for each in rows if not each.ours]
    return max((len(repr(value).partition(".")[2]) for value in published if value is not None), default=None)


def _cell(each: Row, column: Column, places: int | None) -> Child:
    value = each.values.get(column.key)
    written = number(value)
    if value is not None and written != MISSING:
        return written if places is None else f"{value:.{places}f}".replace("-", "−")
    return tag("span", MISSING, title="not available" if each.ours else "not published")


def _head(column: Column) -> Markup:
    unit = tag("span", f", {column.unit}", class_="quiet") if column.unit else None
    words = _BETTER_WORDS[column.better]
    arrow = join(" ", tag("span", _BETTER[column.better], title=words, role="img", aria_label=words)) if words else None
    return join(column.label, unit, arrow)


def _plain(column: Column) -> str:
    unit = f", {column.unit}" if column.unit else ""
    return f"{column.label}{unit} {_BETTER[column.better]}".strip()


def _reading(columns: Sequence[Column]) -> str:
    return " ↑ higher is better, ↓ lower is better." if any(column.better for column in columns) else ""


def clips_table(summary: SuiteSummary, evaluations: Sequence[Evaluation]) -> Markup:
    """Every clip of the suite with its verdict, the worst first."""
    judged = [(verdict_of(clip, evaluations), clip) for clip in summary.clips]
    judged.sort(key=lambda pair: -1 if pair[0] is None else SEVERITY[pair[0]])
    seeds = any(clip.seed is not None for clip in summary.clips)
    columns = tuple(name for name in _CLIP_COLUMNS if seeds or name != "Seed")
    rows = [_clip_row(columns, verdict, clip, evaluations) for verdict, clip in judged]
    return table("The worst first.", columns, [("", rows)], "clips")


def verdict_of(clip: SuiteClip, evaluations: Sequence[Evaluation]) -> Verdict | None:
    """The worst verdict on a clip; ``measured`` where nothing was held against a limit, None where it failed."""
    if clip.error or clip.evaluation is None:
        return None
    found = {figure.verdict for figure in evaluations[clip.evaluation].figures}
    order: tuple[Verdict, ...] = ("fault", "attention", "good")
    return next((verdict for verdict in order if verdict in found), "measured")


def _clip_row(
    columns: Sequence[str], verdict: Verdict | None, clip: SuiteClip, evaluations: Sequence[Evaluation]
) -> Markup:
    name = file_name(clip.source)
    cells: dict[str, Child] = {
        "Asked for": f"{clip.emotion} {clip.intensity:g}",
        "System": clip.system,
        "Seed": None if clip.seed is None else str(clip.seed),
        "Verdict": tag("span", icon("fault"), "Not measured", class_="badge fault")
        if verdict is None
        else badge(verdict),
    }
    if verdict is None or clip.evaluation is None:
        cells["What was found"] = sentence(clip.error or "There is no evaluation.")
    else:
        figures = evaluations[clip.evaluation].figures
        serious = [each.label for each in figures if each.verdict == verdict and verdict in ("fault", "attention")]
        more = f"; and {len(serious) - _MOST_NAMED} more" if len(serious) > _MOST_NAMED else ""
        cells["What was found"] = "; ".join(serious[:_MOST_NAMED]) + more or None
    heading = tag("a", name, href=relative_address(clip.page)) if clip.page else name
    return row(columns, heading, [cells[column] for column in columns[1:]])
