"""A number with its limit becomes a figure with its verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mien.metrics.evaluation.evaluation import Figure, Group
from mien.metrics.evaluation.limits import LIMITS
from mien.metrics.evaluation.measured import Measured


@dataclass(frozen=True, slots=True)
class Kind:
    """What a figure is, whatever its value.

    Attributes:
        key: Its stable name; where :data:`mien.metrics.evaluation.limits.LIMITS` has it, it is judged.
        label: For people.
        group: What it is about.
        unit: Of the value.
        origin: Where it is defined.
    """

    key: str
    label: str
    group: Group
    unit: str = ""
    origin: str = "ours"


def judged(
    kind: Kind,
    value: float,
    sentence: str,
    measured: Measured | None = None,
    row: int | None = None,
    scale: float = 1.0,
) -> Figure:
    """A figure, held against its limit if it has one.

    Args:
        kind: Which.
        value: NaN where it could not be measured.
        sentence: What this value means.
        measured: To name the worst frame.
        row: Where it is worst.
        scale: The limits are meant for ``value / scale``.
    """
    if math.isnan(value):
        return unavailable(kind, sentence)
    limit = LIMITS.get(kind.key)
    frame, time_s = (None, None) if measured is None else measured.frame_of(row)
    return Figure(
        key=kind.key,
        label=kind.label,
        group=kind.group,
        value=value,
        unit=kind.unit,
        verdict="measured" if limit is None else limit.verdict(value / scale),
        sentence=sentence,
        asked="" if limit is None else limit.asked,
        origin=kind.origin,
        worst_frame=frame,
        worst_time_s=time_s,
    )


def unavailable(kind: Kind, sentence: str) -> Figure:
    """A figure that could not be measured; the sentence says why, and what to do."""
    return Figure(kind.key, kind.label, kind.group, None, kind.unit, "unavailable", sentence, origin=kind.origin)


def where(measured: Measured, row: int | None) -> str:
    """Such as "at 1.40 s (frame 42)", or nothing."""
    frame, time_s = measured.frame_of(row)
    return "" if frame is None or time_s is None else f"at {time_s:.2f} s (frame {frame})"


def counted(number: int, name: str) -> str:
    """Such as "1 frame", "2 frames"."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
