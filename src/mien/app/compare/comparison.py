"""What comparing two renders found, as data: every figure of both, and which is better."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

from mien.metrics.directions import Better, better_of, direction_of
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Group, to_json

FORMAT = "mien comparison"
VERSION = 1

Winner = Literal["A", "B", "even", ""]
"""Empty where neither is better: no direction, or one of the two has no value."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of both clips.

    Attributes:
        key: Of the figure.
        label: For people.
        group: What it is about.
        unit: Of the values.
        a: Of the first clip; ``None`` where it has none.
        b: Of the second.
        better: Which way it improves; empty where more is neither better nor worse, or where that is not known.
        even: Differences up to this count as none.
        winner: See :data:`Winner`.
        note: Why there is no winner, where there is none; one sentence.
    """

    key: str
    label: str
    group: Group
    unit: str
    a: float | None
    b: float | None
    better: Better
    even: float
    winner: Winner
    note: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two renders against each other.

    Attributes:
        a: Evaluation of the first; ``None`` where no source is known.
        b: Evaluation of the second.
        first: Path of the first.
        second: Path of the second.
        source: Path of the source; empty where it is not known.
        rows: Every metric.
        mean_difference: Of the two pictures, shades of 255, mean over pixels and frames; ``None`` where their sizes
            differ.
        largest_difference: Of any pixel in any frame.
        largest_frames: Frames of the first clip where they differ most.
    """

    a: Evaluation | None
    b: Evaluation | None
    first: str
    second: str
    source: str
    rows: tuple[Row, ...]
    mean_difference: float | None
    largest_difference: float | None
    largest_frames: tuple[int, ...]

    def won(self, winner: Winner) -> int:
        """How many metrics have that winner."""
        return sum(row.winner == winner for row in self.rows)


def rows_of(a: Evaluation, b: Evaluation) -> tuple[Row, ...]:
    """Every metric of two evaluations; those that only one has, too."""
    keys = dict.fromkeys(figure.key for evaluation in (a, b) for figure in evaluation.figures)
    return tuple(_row(key, a.figure(key), b.figure(key)) for key in keys)


def _row(key: str, first: Figure | None, second: Figure | None) -> Row:
    figure = first or second
    assert figure is not None
    values = [None if found is None else _finite(found.value) for found in (first, second)]
    direction = direction_of(key)
    winner: Winner = ""
    note = ""
    if values[0] is None or values[1] is None:
        missing = [name for name, value in zip("AB", values, strict=True) if value is None]
        reason = next((f.sentence for f in (first, second) if f is not None and _finite(f.value) is None), "")
        note = f"Not measured for {' and '.join(missing)}. {reason}".strip()
    elif direction is None:
        note = "Which way it improves is not in the table of directions."
    elif not direction.better:
        note = f"Neither is better: {direction.reason}."
    else:
        found = better_of(direction, values[0], values[1])
        winner = {"first": "A", "second": "B", "even": "even"}.get(found, "")  # type: ignore[assignment]
    better = "" if direction is None else direction.better
    even = 0.0 if direction is None else direction.even
    return Row(
        key, figure.label, figure.group, figure.unit, values[0], values[1], better, even, winner, note
    )  # fmt: skip


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    """As plain objects for ``json.dump``."""
    body = {
        field.name: getattr(comparison, field.name)
        for field in dataclasses.fields(comparison)
        if field.name not in ("a", "b", "rows")
    }
    evaluations = {
        name: None if found is None else to_json(found) for name, found in (("a", comparison.a), ("b", comparison.b))
    }
    rows = [dataclasses.asdict(row) for row in comparison.rows]
    return {"format": FORMAT, "version": VERSION, **body, "rows": rows, **evaluations}
