"""Figures, times and verdicts as a reader meets them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import PurePath

from mien.metrics.evaluation.evaluation import Evaluation, Figure, Group, Verdict

SEVERITY: dict[Verdict, int] = {"fault": 0, "attention": 1, "good": 2, "measured": 3, "unavailable": 4}
"""Verdicts, worst first."""

VERDICTS: dict[Verdict, str] = {
    "fault": "Fault",
    "attention": "Look at this",
    "good": "Good",
    "measured": "No limit",
    "unavailable": "Not available",
}
"""Verdict to the words on its badge."""

GROUPS: dict[Group, str] = {
    "expression": "Expression",
    "sync": "Lips and sound",
    "steadiness": "Steadiness",
    "identity": "Same person",
    "picture": "Picture",
    "timing": "Timing",
}
"""Group to its heading, in the order of the page."""

MISSING = "–"

_SHORT_UNIT = 7

_NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")
_NUMERALS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def number(value: float | None, asked: str = "") -> str:
    """A figure with three or four significant digits, and as many more as tell it from the limit that it misses.

    Args:
        value: The figure.
        asked: What it is held against ("at least 0.98"): 0.9797 is not shown as 0.98.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    limits = [float(found.replace("−", "-")) for found in _NUMBER.findall(asked)]
    written = _rounded(value, 3)
    for digits in range(4, 10):
        if all(value == limit or float(written) != limit for limit in limits):
            break
        written = _rounded(value, digits)
    return written.replace("-", "−")


def _rounded(value: float, digits: int) -> str:
    """Significant digits, without an exponent where it can be read without one."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e7 or size < 1e-5:
        return f"{value:.{digits - 1}e}"
    if float(value).is_integer():
        return f"{value:.0f}"
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    return f"{value:.{places}f}"


def with_unit(value: float | None, unit: str, asked: str = "") -> str:
    """A figure and its unit, a short one held to it by a no-break space."""
    written = number(value, asked)
    if written == MISSING or not unit:
        return written
    if unit in ("°", "×"):
        return f"{written}{unit}"
    space = " " if len(unit) > _SHORT_UNIT else "\N{NO-BREAK SPACE}"
    return f"{written}{space}{unit}"


def time_code(time_s: float) -> str:
    """Minutes, seconds and hundredths: ``0:03.40``; with hours where there are any."""
    hundredths = round(abs(time_s) * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    sign = "−" if time_s < 0 and hundredths else ""
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{sign}{clock}:{rest // 100:02d}.{rest % 100:02d}"


def place(frame: int, time_s: float | None) -> str:
    """Where in the clip: time code and frame."""
    return f"frame {frame}" if time_s is None else f"{time_code(time_s)}, frame {frame}"


def file_name(path: str) -> str:
    """The last part of a path, of either kind."""
    return PurePath(path.replace("\\", "/")).name or path


def counted(count: int, one: str, many: str = "") -> str:
    """A number in words with its noun: "Two faults"; "13 faults"."""
    numeral = _NUMERALS[count] if count < len(_NUMERALS) else str(count)
    return f"{numeral} {one if count == 1 or not one else many or one + 's'}"


def by_severity(figures: Sequence[Figure]) -> list[Figure]:
    """Figures, the worst verdicts first, else in their order."""
    return sorted(figures, key=lambda figure: SEVERITY[figure.verdict])


def headline(evaluation: Evaluation) -> str:
    """The verdict on a clip in a few words."""
    faults, attention = len(evaluation.with_verdict("fault")), len(evaluation.with_verdict("attention"))
    look = counted(attention, "thing to look at", "things to look at")
    if faults:
        found = counted(faults, "fault")
        return f"{found}, and {look[0].lower()}{look[1:]}." if attention else f"{found}."
    if attention:
        return f"No faults; {look[0].lower()}{look[1:]}."
    if evaluation.with_verdict("good"):
        return "Nothing to object to."
    return "Measured, but held against no limit."


def explanation(evaluation: Evaluation) -> str:
    """What the headline rests on, one or two sentences."""
    judged = [f for f in evaluation.figures if f.verdict in ("fault", "attention", "good")]
    good, missing = len(evaluation.with_verdict("good")), len(evaluation.with_verdict("unavailable"))
    if not judged:
        held = "None of the figures below has a limit that it must reach."
    elif good == len(judged):
        held = (
            "The one figure that has a limit reaches it."
            if good == 1
            else f"All {good} figures that have a limit reach it."
        )
    else:
        held = f"{good} of the {len(judged)} figures that have a limit reach it."
    if not missing:
        return held
    could = "One figure" if missing == 1 else counted(missing, "figure")
    return f"{held} {could} could not be measured; the table says what to do."
