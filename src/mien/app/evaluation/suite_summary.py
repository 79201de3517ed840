"""What a suite found over all its clips, as plain data: means by emotion, responses, the papers' tables.

``mien evaluate`` fills it from a suite's evaluations; the suite's page and tables are made from it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mien.metrics.evaluation.evaluation import Response

Better = Literal["higher", "lower", ""]
"""Which way a column improves; empty where neither is better."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures.

    Attributes:
        key: Stable name; where it is a figure of the evaluations, that figure's key.
        label: The name for people, short.
        unit: Of the values; empty for pure numbers.
        better: See :data:`Better`.
    """

    key: str
    label: str
    unit: str = ""
    better: Better = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of figures.

    Attributes:
        label: What the row is about: an emotion, a method of a paper.
        values: Column key to value; a missing key or ``None`` is shown as not available.
        system: The system, where the row is about one.
        clips: How many clips the values are means of; ``None`` where that is not known.
        ours: Measured by this suite; else published by others.
    """

    label: str
    values: Mapping[str, float | None]
    system: str = ""
    clips: int | None = None
    ours: bool = True


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table of one of the papers, its published figures and ours in the same columns.

    Attributes:
        paper: Short name: CCFE, NED, DNT, FG-EmoTalk.
        number: As the paper numbers it: "Table 5".
        title: What it is about, in our words.
        columns: In the paper's order.
        rows: Published rows, then ours.
        differs: What differs in data, networks or procedure between the paper's figures and ours: plain sentences. Not
            empty where there is a row of ours.
        missing: Why we have no figure in a column, and what to do, or on how few clips it is: plain sentences.
    """

    paper: str
    number: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    differs: tuple[str, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SuiteResponse:
    """How a measure answers to intensity, over the clips of one emotion and system.

    Attributes:
        emotion: The emotion asked for.
        system: The system that rendered it.
        response: Intensities and mean values.
    """

    emotion: str
    system: str
    response: Response


@dataclass(frozen=True, slots=True)
class SuiteClip:
    """One render of the suite.

    Attributes:
        source: Path of the source.
        emotion: Asked for.
        intensity: Asked for, 0-1.
        system: That rendered it.
        seed: Of the render; ``None`` where the system uses none.
        page: Path of its own page, relative to the suite's page; empty where it has none.
        error: Why it could not be rendered or measured, one sentence; empty where it could.
        evaluation: Its place in the evaluations given beside the summary; ``None`` where it has none.
    """

    source: str
    emotion: str
    intensity: float
    system: str
    seed: int | None = None
    page: str = ""
    error: str = ""
    evaluation: int | None = None


@dataclass(frozen=True, slots=True)
class SuiteFigure:
    """A figure that only many pictures or many clips have: FID, FED, LIE.

    Attributes:
        key: The metric's name, with its network: ``FID[face-api]``.
        system: That rendered.
        emotion: Asked for; empty for the mean over the emotions.
        value: ``None`` where it could not be measured.
        sentence: What it was measured on, or why it is not there and what to do.
        origin: Where it is defined.
    """

    key: str
    system: str
    emotion: str
    value: float | None
    sentence: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class SuiteSummary:
    """What a suite found.

    Attributes:
        name: Of the suite.
        path: Of the suite file.
        clips: All renders asked for, failed ones too.
        columns: Of :attr:`emotions`.
        emotions: Means for each emotion (and system).
        responses: Answers to intensity.
        tables: The papers' tables with our rows.
        figures: Of the suite as a whole, those that are not available too.
        conditions: What else a reader needs to repeat it: versions, commit, hardware, seconds taken.
    """

    name: str
    path: str
    clips: tuple[SuiteClip, ...]
    columns: tuple[Column, ...]
    emotions: tuple[Row, ...]
    responses: tuple[SuiteResponse, ...] = ()
    tables: tuple[PublishedTable, ...] = ()
    figures: tuple[SuiteFigure, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
