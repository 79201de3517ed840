"""Axes: round numbers on them, and the places of labels that would lie on each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PLOT_WIDTH = 10000
PLOT_HEIGHT = 1000
"""Of a plot's own coordinates. The browser stretches them over the room that it has; lines keep their width."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A range with its ticks.

    Attributes:
        low: Value at its lower end.
        high: Value at its upper end.
        ticks: Round values inside.
        labels: As they are written.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def share(self, value: float) -> float:
        """Where a value lies, 0 at the lower end and 1 at the upper."""
        return (value - self.low) / (self.high - self.low)

    def percent(self, value: float) -> str:
        """The same, for a style sheet."""
        return f"{100 * self.share(value):.2f}%"


def value_axis(values: Iterable[float], intervals: int = 4) -> Axis:
    """An axis for values: ends on round numbers, and at 0 where that is near.

    Args:
        values: Finite; may be none.
        intervals: How many there should be, about.
    """
    found = list(values)
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if low >= 0 and low < 0.6 * high:
        low = 0.0
    if high <= 0 and high > 0.6 * low:
        high = 0.0
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-3):
        low, high = min(low, 0.0), max(high, 0.0)  # all values are the same: how far from nothing is what they tell
        high = high if high > low else 1.0
    step = _step((high - low) / intervals)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(number * step for number in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, _labels(ticks, step))


def time_axis(start_s: float, stop_s: float, intervals: int = 8) -> Axis:
    """An axis for times, exactly as long as the clip: in seconds, or as minutes and seconds from a minute on."""
    if not stop_s > start_s:
        stop_s = start_s + 1.0
    length = stop_s - start_s
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    step = next((step for step in steps if length / step <= intervals), 3600.0 * math.ceil(length / 3600 / intervals))
    first, last = math.ceil(start_s / step - 1e-9), math.floor(stop_s / step + 1e-9)
    ticks = tuple(number * step for number in range(first, last + 1))
    labels = (
        tuple(_clock(tick) for tick in ticks)
        if stop_s >= 60
        else tuple(f"{label}\N{NO-BREAK SPACE}s" for label in _labels(ticks, step))
    )
    return Axis(start_s, stop_s, ticks, labels)


def spread(places: Sequence[float], room: float, low: float, high: float) -> list[float]:
    """Move places apart until none is nearer than ``room`` to the next, as little as this order allows.

    Args:
        places: Where things should be.
        room: Least distance.
        low: Lowest place allowed.
        high: Highest place allowed; more than fit are laid evenly over the range.
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    if len(order) > 1 and room * (len(order) - 1) > high - low:
        room = (high - low) / (len(order) - 1)
    placed = [min(max(places[index], low), high) for index in order]
    for number in range(1, len(placed)):
        placed[number] = max(placed[number], placed[number - 1] + room)
    if placed and placed[-1] > high:
        placed[-1] = high
        for number in range(len(placed) - 2, -1, -1):
            placed[number] = min(placed[number], placed[number + 1] - room)
    result = [0.0] * len(places)
    for index, place in zip(order, placed, strict=True):
        result[index] = place
    return result


def _step(wish: float) -> float:
    """The round number nearest above: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(wish))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= wish * (1 - 1e-9))


def _labels(ticks: Sequence[float], step: float) -> tuple[str, ...]:
    """All with as many places as the step needs."""
    size = max((abs(tick) for tick in ticks), default=0.0)
    if size >= 1e6 or (0 < size < 1e-4):
        return tuple(f"{tick:.1e}".replace("-", "−") if tick else "0" for tick in ticks)
    places = max(0, -math.floor(math.log10(step)))
    if round(step * 10**places, 6) != round(step * 10**places):
        places += 1  # steps of 2.5
    return tuple(f"{tick:.{places}f}".replace("-", "−") if round(tick, places) else "0" for tick in ticks)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
