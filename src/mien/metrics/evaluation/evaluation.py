"""What an evaluation found, as plain data: figures with verdicts, curves over time, responses to intensity.

The measuring fills it, and every output (JSON, CSV, the page, comparisons, suites) is made from it alone and from the
clips that it names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from mien.errors import InputError

FORMAT = "mien evaluation"
VERSION = 1

Verdict = Literal["good", "attention", "fault", "measured", "unavailable"]
"""``good`` reaches what is asked; ``attention`` is worth a look; ``fault`` is something a viewer would reject;
``measured`` has nothing to be held against; ``unavailable`` could not be measured, and the sentence says what to do."""

Group = Literal["expression", "sync", "steadiness", "identity", "picture", "timing"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one clip.

    Attributes:
        key: Stable name, unique in its evaluation. Where a network other than the published one was used, the name says
            so: ``LIE[mini-xception]``.
        label: The name for people.
        group: What it is about.
        value: The figure; ``None`` where it could not be measured.
        unit: Its unit; empty for pure numbers.
        verdict: See :data:`Verdict`.
        sentence: What this value means, or why it is not there, in one plain sentence.
        asked: What it is held against, for people ("at least 0.98"); empty if nothing.
        origin: Where the metric is defined: "CCFE 4.2", "ours".
        worst_frame: Index of the frame where it is worst; ``None`` for figures of a whole clip.
        worst_time_s: That frame's time.
    """

    key: str
    label: str
    group: Group
    value: float | None
    unit: str = ""
    verdict: Verdict = "measured"
    sentence: str = ""
    asked: str = ""
    origin: str = "ours"
    worst_frame: int | None = None
    worst_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A measure over time.

    Attributes:
        key: Stable name.
        label: The name for people.
        group: What it is about.
        unit: Of the values.
        times_s: ``T`` times.
        lines: Name (``asked``, ``source``, ``result``, ``target``, or a measure's) to ``T`` values; ``None`` where
            there was nothing to measure.
    """

    key: str
    label: str
    group: Group
    unit: str
    times_s: tuple[float, ...]
    lines: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class Response:
    """How a measure answers to the intensity asked for.

    Attributes:
        key: Stable name.
        label: The name for people.
        unit: Of the values.
        intensities: ``N`` intensities, 0-1.
        values: ``N`` mean values.
        r_squared: Of the straight line through them; ``None`` where it is not defined.
    """

    key: str
    label: str
    unit: str
    intensities: tuple[float, ...]
    values: tuple[float, ...]
    r_squared: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One edited clip against its source, and against the real target footage where there is one.

    Attributes:
        source: Path of the source.
        result: Path of the edited clip.
        target: Path of the real target footage; ``None`` without.
        emotion: The emotion track asked for, in the short notation; empty where unknown.
        system: The system that rendered it; empty where unknown.
        width: Of the result, px.
        height: Of the result, px.
        frames: Frames of the result.
        duration_s: Of the result.
        figures: All metrics, those that are not available too.
        series: Curves over time.
        responses: Answers to intensity.
        conditions: What else a reader needs to repeat it: versions, commit, hardware, seconds taken.
    """

    source: str
    result: str
    target: str | None
    emotion: str
    system: str
    width: int
    height: int
    frames: int
    duration_s: float
    figures: tuple[Figure, ...]
    series: tuple[Series, ...] = ()
    responses: tuple[Response, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)

    def figure(self, key: str) -> Figure | None:
        """The figure of that name, if there is one."""
        return next((f for f in self.figures if f.key == key), None)

    def with_verdict(self, verdict: Verdict) -> tuple[Figure, ...]:
        """The figures with that verdict."""
        return tuple(f for f in self.figures if f.verdict == verdict)


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """As plain objects for ``json.dump``; what is not finite becomes ``None``."""
    return {"format": FORMAT, "version": VERSION, **_finite(asdict(evaluation))}


def from_json(data: Any) -> Evaluation:
    """The evaluation in an object read by ``json.load``.

    Raises:
        InputError: It is not one.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("version") != VERSION:
        raise InputError(f"this is not an evaluation written by this version of mien (format '{FORMAT}' {VERSION})")
    try:
        body = {name: value for name, value in data.items() if name not in ("format", "version")}
        body["figures"] = tuple(_figure(f) for f in body["figures"])
        body["series"] = tuple(_series(s) for s in body["series"])
        body["responses"] = tuple(
            Response(**{**r, "intensities": tuple(r["intensities"]), "values": tuple(r["values"])})
            for r in body["responses"]
        )
        return Evaluation(**body)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"the evaluation is damaged: {error}") from error


def _figure(data: Mapping[str, Any]) -> Figure:
    figure = Figure(**data)
    if figure.verdict not in get_args(Verdict) or figure.group not in get_args(Group):
        raise InputError(f"the evaluation is damaged: figure '{figure.key}' has an unknown verdict or group")
    return figure


def _series(data: Mapping[str, Any]) -> Series:
    lines = {name: tuple(values) for name, values in data["lines"].items()}
    return Series(**{**data, "times_s": tuple(data["times_s"]), "lines": lines})


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
