"""What a suite found over its clips: means by emotion, answers to intensity, and the papers' tables with ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources

import numpy as np

from mien.app.evaluation.suite_file import Suite
from mien.app.evaluation.suite_summary import Column, PublishedTable, Row, SuiteClip, SuiteResponse, SuiteSummary
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Response
from mien.metrics.linearity import linearity

COLUMNS = (
    Column("recognised", "Seen as asked", "", "higher"),
    Column("lip_correlation", "Lips follow", "", "higher"),
    Column("lip_difference", "Lips differ", "eye distances", "lower"),
    Column("jitter_ratio", "Trembling", "×", "lower"),
    Column("pose_drift", "Head turned", "°", "lower"),
    Column("largest_jump", "Largest jump", "×", "lower"),
    Column("background_change", "Background", "shades of 255", "lower"),
    Column("face_sharpness", "Sharpness", "×", "higher"),
    Column("faults", "Faults a clip", "", "lower"),
)
"""Columns of the table by emotion."""

FEWEST_INTENSITIES = 3


def summarise(
    suite: Suite, clips: Sequence[SuiteClip], evaluations: Sequence[Evaluation], conditions: Mapping[str, str]
) -> SuiteSummary:
    """Everything that is told about a suite.

    Args:
        suite: What was asked.
        clips: All renders asked for.
        evaluations: Of those that could be measured; ``clips`` point to them.
        conditions: For the reader.
    """
    strongest = max(suite.intensities)
    return SuiteSummary(
        name=suite.name,
        path=str(suite.path),
        clips=tuple(clips),
        columns=COLUMNS,
        emotions=tuple(_emotion_rows(suite, clips, evaluations, strongest)),
        responses=tuple(_responses(suite, clips, evaluations)),
        tables=tuple(published_tables(suite, clips, evaluations)),
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
    suite: Suite, clips: Sequence[SuiteClip], evaluations: Sequence[Evaluation], strongest: float
) -> Iterable[Row]:
    for system in suite.systems:
        for emotion in suite.emotions:
            chosen = [
                found
                for _, found in _chosen(clips, evaluations, emotion=emotion, system=system.label, intensity=strongest)
            ]
            if chosen:
                values = {column.key: _mean(_value(e, column.key) for e in chosen) for column in COLUMNS}
                yield Row(emotion, values, system.label, len(chosen))


def _value(evaluation: Evaluation, key: str) -> float | None:
    if key == "faults":
        return float(len(evaluation.with_verdict("fault")))
    if key == "recognised":
        return next((f.value for f in evaluation.figures if f.key.startswith("recognised[") and ":" in f.key), None)
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
    return Response(key, figure.label, figure.unit, intensities, values, float(line.r_squared))


def published_tables(
    suite: Suite, clips: Sequence[SuiteClip], evaluations: Sequence[Evaluation]
) -> Iterable[PublishedTable]:
    """The papers' tables as published, with a row of ours for each system that has one of their figures.

    A figure counts only under the very name of the column: one made with another network has another name.
    """
    text = resources.files("mien.app.evaluation").joinpath("data/published_tables.json").read_text(encoding="utf-8")
    for table in json.loads(text):
        columns = tuple(Column(**column) for column in table["columns"])
        rows = [Row(row["label"], row["values"], ours=False) for row in table["rows"]]
        for system in suite.systems:
            chosen = [evaluation for _, evaluation in _chosen(clips, evaluations, system=system.label)]
            values = {column.key: _mean(_value(e, column.key) for e in chosen) for column in columns}
            if any(value is not None for value in values.values()):
                rows.append(Row(f"mien, {system.label}", values, system.label, len(chosen)))
        yield PublishedTable(
            table["paper"], table["number"], table["title"], columns, tuple(rows), tuple(table["differs"])
        )
