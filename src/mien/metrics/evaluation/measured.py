"""What one pass over source and result leaves: a few numbers for each frame, whatever the clip's length."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from mien.metrics.repeated_frames import RepeatedFrames
from mien.types import AnyArray, DoubleArray


class Table:
    """Columns of numbers, one row a frame, growing; what is not set is NaN. Eight bytes a number."""

    def __init__(self) -> None:
        self._columns: dict[str, array[float]] = {}
        self.rows = 0

    def add_row(self) -> int:
        """A new row; its number."""
        self.rows += 1
        return self.rows - 1

    def set(self, row: int, **values: float) -> None:
        """Set numbers of a row."""
        for name, value in values.items():
            column = self._column(name)
            column[row] = value

    def set_rows(self, rows: AnyArray, name: str, values: AnyArray) -> None:
        """Set one column in several rows."""
        column = self._column(name)
        for row, value in zip(rows, values, strict=True):
            column[int(row)] = float(value)

    def column(self, name: str) -> DoubleArray:
        """``(T,)`` numbers; all NaN for a column that was never set."""
        return np.array(self._column(name), np.float64)

    def names(self) -> tuple[str, ...]:
        """The columns that were set."""
        return tuple(self._columns)

    def _column(self, name: str) -> array[float]:
        column = self._columns.setdefault(name, array("d"))
        if len(column) < self.rows:
            column.extend([float("nan")] * (self.rows - len(column)))
        return column


@dataclass(frozen=True, slots=True)
class LagFound:
    """A lag that a stretch of the clip shows.

    Attributes:
        frames: Positive where the result is late.
        sure: Whether it can be told.
        worst_row: Row where source and result differ most for it; None without a lag.
    """

    frames: int
    sure: bool
    worst_row: int | None


@dataclass(slots=True)
class Measured:
    """Source and result, measured frame by frame.

    Attributes:
        frames: Index in the result of every row.
        times_s: Time of every row in the result.
        table: The numbers; columns as the measures name them.
        repeated: Rows whose face is that of another frame.
        frozen: Rows in which the mouth stands still while the source speaks.
        speaking: How many rows the source speaks in.
        lips_lag: By the lips, of each stretch that was looked at.
        motion_lag: By all landmarks.
        place: Row to the place of the largest background change, px (x, y).
        same_size: Whether source and result have the same width and height.
        ruler: What found the faces.
    """

    frames: array[int] = field(default_factory=lambda: array("q"))
    times_s: array[float] = field(default_factory=lambda: array("d"))
    table: Table = field(default_factory=Table)
    repeated: RepeatedFrames = field(default_factory=lambda: RepeatedFrames((), 0))
    frozen: set[int] = field(default_factory=set)
    speaking: int = 0
    lips_lag: list[LagFound] = field(default_factory=list)
    motion_lag: list[LagFound] = field(default_factory=list)
    place: dict[int, tuple[int, int]] = field(default_factory=dict)
    same_size: bool = True
    ruler: str = ""

    @property
    def count(self) -> int:
        """Rows."""
        return len(self.frames)

    def column(self, name: str) -> DoubleArray:
        """A column of the table."""
        return self.table.column(name)

    def row_of(self, frame: int) -> int | None:
        """Row of a frame of the result; None where it was not compared."""
        return self.frames.index(frame) if frame in self.frames else None

    def frame_of(self, row: int | None) -> tuple[int | None, float | None]:
        """Frame index and time of a row."""
        if row is None or not 0 <= row < self.count:
            return None, None
        return int(self.frames[row]), float(self.times_s[row])


@dataclass(slots=True)
class FrameTimes:
    """Compares presentation times as exact fractions, frame by frame.

    Attributes:
        largest: Largest difference, seconds.
        at: Its frame, or None while all are equal.
    """

    largest: Fraction = Fraction(0)
    at: int | None = None

    def add(self, index: int, source_s: Fraction, result_s: Fraction) -> None:
        """Take the times of the next pair."""
        difference = abs(source_s - result_s)
        if difference > self.largest:
            self.largest, self.at = difference, index


def worst(values: DoubleArray) -> int | None:
    """Row of the largest number, NaN left out; None where there is none."""
    return int(np.nanargmax(values)) if np.isfinite(values).any() else None


def mean(values: DoubleArray) -> float:
    """Mean of the numbers that are there; NaN where there is none."""
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if len(kept) else float("nan")
