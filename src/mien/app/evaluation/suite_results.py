"""What a suite found over its clips: means by emotion, answers to intensity, and the papers' tables with ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources

import numpy as np

from mien.app.evaluation.suite_file import Suite
from mien.app.evaluation.suite_footage import NO_FOOTAGE
from mien.app.evaluation.suite_summary import (
    Column,
    PublishedTable,
    Row,
    SuiteClip,
    SuiteFigure,
    SuiteResponse,
    SuiteSummary,
)
from mien.metrics.coefficient_distance import coefficient_figure_name
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Response
from mien.metrics.linearity import linearity
from mien.metrics.pixel_distance import APD_NAME, FAPD_NAME, MAPD_NAME

COLUMNS = (
    Column("lip_correlation", "Lips follow", "", "higher"),
    Column("lip_difference", "Lips differ", "eye distances", "lower"),
    Column("jitter_ratio", "Trembling", "×", "lower"),
    Column("pose_drift", "Head turned", "°", "lower"),
    Column("largest_jump", "Largest jump", "×", "lower"),
    Column("background_change", "Background", "shades of 255", "lower"),
    Column("face_sharpness", "Sharpness", "×", "higher"),
    Column("faults", "Faults a clip", "", "lower"),
)
"""Columns of the table by emotion, after those of the classifiers."""

NEEDS_FOOTAGE = frozenset(
    ("PSNR", "SSIM", "LMD", "LPIPS-Alex", APD_NAME, FAPD_NAME, MAPD_NAME, *map(coefficient_figure_name, ("apd", "aed")))
)
"""Figures of the papers that compare a result with real footage of the target emotion."""

FEWEST_INTENSITIES = 3


def summarise(
    suite: Suite,
    clips: Sequence[SuiteClip],
    evaluations: Sequence[Evaluation],
    conditions: Mapping[str, str],
    figures: Sequence[SuiteFigure] = (),
) -> SuiteSummary:
    """Everything that is told about a suite.

    Args:
        suite: What was asked.
        clips: All renders asked for.
        evaluations: Of those that could be measured; ``clips`` point to them.
        conditions: For the reader.
        figures: Of the suite as a whole.
    """
    strongest = max(suite.intensities)
    columns = (*_seen_columns(evaluations), *COLUMNS)
    return SuiteSummary(
        name=suite.name,
        path=str(suite.path),
        clips=tuple(clips),
        columns=columns,
        emotions=tuple(_emotion_rows(suite, clips, evaluations, strongest, columns)),
        responses=tuple(_responses(suite, clips, evaluations)),
        tables=tuple(published_tables(suite, clips, evaluations, figures)),
        figures=tuple(figures),
        conditions={"table by emotion": f"clips at intensity {strongest:g}", **conditions},
    )


def _chosen(
    clips: Sequence[SuiteClip], evaluations: Sequence[Evaluation], **wanted: object
) -> list[tuple[SuiteClip, Evaluation]]:
    return [
        (clip, evaluations[clip.evaluation])
        for clip in clips
        if clip.evaluation is not None and all(getattr(clip, name) == value for name, value in wanted.items())
    ]


def _emotion_rows(
    suite: Suite,
    clips: Sequence[SuiteClip],
    evaluations: Sequence[Evaluation],
    strongest: float,
    columns: Sequence[Column],
) -> Iterable[Row]:
    for system in suite.systems:
        for emotion in suite.emotions:
            chosen = [
                found
                for _, found in _chosen(clips, evaluations, emotion=emotion, system=system.label, intensity=strongest)
            ]
            if chosen:
                values = {column.key: _mean(_value(e, column.key) for e in chosen) for column in columns}
                yield Row(emotion, values, system.label, len(chosen))


def _seen_columns(evaluations: Sequence[Evaluation]) -> Iterator[Column]:
    """A column for each classifier that saw something."""
    keys = [f.key for e in evaluations for f in e.figures if f.key.startswith("recognised[") and f.value is not None]
    for key in dict.fromkeys(key.partition(":")[0] for key in keys):
        yield Column(key, f"Seen as asked, by {key[len('recognised[') : -1]}", "", "higher")


def _value(evaluation: Evaluation, key: str) -> float | None:
    if key == "faults":
        return float(len(evaluation.with_verdict("fault")))
    if key.startswith("recognised["):  # its figures name the emotion, too
        return next((f.value for f in evaluation.figures if f.key.startswith(f"{key}:")), None)
    figure = evaluation.figure(key)
    return None if figure is None else figure.value


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _responses(suite: Suite, clips: Sequence[SuiteClip], evaluations: Sequence[Evaluation]) -> Iterable[SuiteResponse]:
    for system in suite.systems:
        for emotion in suite.emotions:
            chosen = _chosen(clips, evaluations, emotion=emotion, system=system.label)
            kinds: dict[str, Figure] = {}
            for _, evaluation in chosen:
                kinds.update({f.key: f for f in evaluation.figures if f.key.startswith(f"action_rise:{emotion}:")})
            for key, figure in kinds.items():
                points = _points(chosen, key)
                if len(points) >= FEWEST_INTENSITIES:
                    response = _response(key, figure, points)
                    yield SuiteResponse(emotion, system.label, response)


def _points(chosen: Sequence[tuple[SuiteClip, Evaluation]], key: str) -> dict[float, float]:
    """Intensity to the mean over its clips; nothing is asked of an emotion at intensity 0, so there the rise is 0."""
    found: dict[float, list[float | None]] = {}
    for clip, evaluation in chosen:
        if clip.intensity > 0:
            found.setdefault(clip.intensity, []).append(_value(evaluation, key))
    means = {intensity: _mean(values) for intensity, values in sorted(found.items())}
    known = {intensity: value for intensity, value in means.items() if value is not None}
    return {0.0: 0.0, **known} if known else {}


def _response(key: str, figure: Figure, points: Mapping[float, float]) -> Response:
    intensities, values = tuple(points), tuple(points.values())
    line = linearity(np.array(intensities), np.array(values))
    label = figure.label.partition(": ")[2] or figure.label  # the emotion is named beside it
    return Response(key, label[:1].upper() + label[1:], figure.unit, intensities, values, float(line.r_squared))


def published_tables(
    suite: Suite, clips: Sequence[SuiteClip], evaluations: Sequence[Evaluation], figures: Sequence[SuiteFigure] = ()
) -> Iterable[PublishedTable]:
    """The papers' tables as published, with a row of ours for each system that has one of their figures.

    A figure counts only under the very name of the column: one made with another network has another name, and a column
    of its own beside the paper's.
    """
    text = resources.files("mien.app.evaluation").joinpath("data/published_tables.json").read_text(encoding="utf-8")
    for table in json.loads(text):
        published, also = ([Column(**column) for column in table.get(name, [])] for name in ("columns", "also"))
        also += _by_network([column for column in published if column.key in table.get("by_network", ())], evaluations)
        ours: list[Row] = []
        for system in suite.systems:
            chosen = [evaluation for _, evaluation in _chosen(clips, evaluations, system=system.label)]
            whole = {f.key: f.value for f in figures if f.system == system.label and not f.emotion}
            values = {
                column.key: whole[column.key] if column.key in whole else _mean(_value(e, column.key) for e in chosen)
                for column in (*published, *also)
            }
            if any(value is not None for value in values.values()):
                ours.append(Row(f"mien, {system.label}", values, system.label, len(chosen)))
        shown = (*published, *(c for c in also if any(row.values[c.key] is not None for row in ours)))
        theirs = [Row(row["label"], row["values"], ours=False) for row in table["rows"]]
        lacking = [c for c in (*published, *also) if all(row.values.get(c.key) is None for row in ours)]
        yield PublishedTable(
            table["paper"],
            table["number"],
            table["title"],
            shown,
            (*theirs, *ours),
            tuple(table["differs"]),
            (*_partly(shown, evaluations), *_missing(lacking, evaluations, figures)),
        )


def _by_network(columns: Sequence[Column], evaluations: Sequence[Evaluation]) -> Iterator[Column]:
    """A column for each other network that a paper's figure was measured with: its users trained it themselves."""
    for column in columns:
        start = f"{column.key}["
        keys = dict.fromkeys(f.key for e in evaluations for f in e.figures if f.key.startswith(start))
        for key in keys:
            yield Column(key, f"{column.label} [{key[len(start) : -1]}]", column.unit, column.better)


def _partly(columns: Sequence[Column], evaluations: Sequence[Evaluation]) -> Iterator[str]:
    """Columns that some clips have and others lack: their figure is a mean over fewer clips than the row says."""
    having: dict[int, list[str]] = {}
    for column in columns:
        count = sum(_value(e, column.key) is not None for e in evaluations)
        if 0 < count < len(evaluations):
            having.setdefault(count, []).append(column.key)
    for count, keys in having.items():
        yield f"{', '.join(keys)}. Measured on {count} of {len(evaluations)} clips; the figure is their mean."


def _missing(
    columns: Sequence[Column], evaluations: Sequence[Evaluation], figures: Sequence[SuiteFigure]
) -> Iterator[str]:
    """Why there is no figure of ours in a column; nothing where what differs between paper and suite says it."""
    for column in columns:
        whys = [f.sentence for f in figures if f.key == column.key and f.value is None]
        whys += [f.sentence for e in evaluations for f in e.figures if f.key == column.key and f.value is None]
        if not whys and column.key in NEEDS_FOOTAGE and all(e.target is None for e in evaluations):
            whys = [NO_FOOTAGE]
        if whys:
            yield f"{column.key}. {whys[0]}"
