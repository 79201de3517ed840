"""What a study found, as tables: printed, and written as JSON and CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.app.jobs import staging_folder
from mien.app.study.answers import Answers
from mien.app.study.key import StudyKey
from mien.errors import OutputError
from mien.metrics.confidence import Interval
from mien.video.output import output_errors

FILES = ("study.json", "study.csv", "answers.csv")


@dataclass(frozen=True, slots=True)
class Table:
    """Figures in rows and columns.

    Attributes:
        key: Stable name.
        title: For people; names the paper's table where there is one.
        corner: What the rows are.
        columns: Column titles.
        rows: Row title to its cells, one a column; ``None`` where there are no answers.
        unit: Of all cells: ``%`` or empty.
        digits: After the point.
        note: How intervals were made, and what else must be known.
    """

    key: str
    title: str
    corner: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[Interval | None, ...]]
    unit: str = ""
    digits: int = 2
    note: str = ""


@dataclass(frozen=True, slots=True)
class StudyResults:
    """All that was found.

    Attributes:
        study: Identity of the study.
        kind: Of study.
        title: As shown.
        participants: How many handed in answers.
        pages: Pages of questions in the study.
        partial: Code of each participant who answered only a part, with the pages answered.
        tables: The figures.
    """

    study: str
    kind: str
    title: str
    participants: int
    pages: int
    partial: Mapping[str, int]
    tables: tuple[Table, ...]


def results_as_text(results: StudyResults) -> str:
    """The tables for people."""
    lines = [
        f"{results.title} (study {results.study}, {results.kind})",
        f"{results.participants} participants, {results.pages} pages of questions",
    ]
    if results.partial:
        who = ", ".join(f"{code} ({pages})" for code, pages in results.partial.items())
        lines.append(f"{len(results.partial)} of them answered only a part, which counts: {who}")
    for table in results.tables:
        lines += ["", table.title, *_grid(table), *([table.note] if table.note else [])]
    return "\n".join(lines)


def _grid(table: Table) -> list[str]:
    cells = [[table.corner, *table.columns]]
    cells += [[name, *(_cell(cell, table) for cell in row)] for name, row in table.rows.items()]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _cell(cell: Interval | None, table: Table) -> str:
    if cell is None:
        return "-"
    numbers = [f"{number:.{table.digits}f}" for number in (cell.value, cell.low, cell.high) if number is not None]
    return numbers[0] + table.unit + (f" [{numbers[1]}, {numbers[2]}]" if len(numbers) == 3 else "")


def results_as_data(results: StudyResults) -> dict[str, Any]:
    """The tables for machines."""
    data = dataclasses.asdict(results)
    return {"format": "mien study results", "version": 1, **data}


def results_as_csv(results: StudyResults) -> str:
    """All figures, one a line."""
    rows: list[Sequence[object]] = [("table", "row", "column", "unit", "value", "low", "high", "count")]
    for table in results.tables:
        for name, cells in table.rows.items():
            rows += [
                (table.key, name, column, table.unit, cell.value, cell.low, cell.high, cell.count)
                for column, cell in zip(table.columns, cells, strict=True)
                if cell is not None
            ]
    return _csv(rows)


def answers_as_csv(answers: Sequence[Answers], key: StudyKey) -> str:
    """Every answer with its clip's labels, one a line; an order is one line for each clip with its rank, from 1."""
    head = ("participant", "question", "value", "clip", "system", "emotion", "intensity", "source", "seed", "time_s")
    rows: list[Sequence[object]] = [head]
    items = {item.name: item for item in key.items}
    for one in answers:
        for answer in one.answers:
            for question, value in answer.values.items():
                ranked = value if isinstance(value, tuple) else items[answer.item].clips
                for rank, name in enumerate(ranked, start=1):
                    clip = key.clip(name)
                    labels = (clip.name, clip.system, clip.emotion, clip.intensity, clip.source, clip.seed)
                    shown = rank if isinstance(value, tuple) else value
                    rows.append((one.participant, question, shown, *labels, answer.time_s))
    return _csv(rows)


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def check_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder for results before any work is done.

    Raises:
        OutputError: It cannot be made, is a file, or has results already.
    """
    if not folder.parent.is_dir():
        raise OutputError(f"{folder}: cannot be written: the folder {folder.parent} does not exist.")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; name a folder.")
    there = [name for name in FILES if (folder / name).exists()]
    if there and not overwrite:
        raise OutputError(
            f"{folder / there[0]}: is there already; choose another name, or allow replacing it (--overwrite)."
        )


def write_results(results: StudyResults, answers: Sequence[Answers], key: StudyKey, folder: Path) -> None:
    """Write ``study.json``, ``study.csv`` and ``answers.csv``; they appear when all of them are complete.

    Raises:
        OutputError: They cannot be written.
    """
    texts = (
        json.dumps(results_as_data(results), indent=1) + "\n",
        results_as_csv(results),
        answers_as_csv(answers, key),
    )
    with staging_folder(folder) as staging, output_errors(folder):
        for name, text in zip(FILES, texts, strict=True):
            (staging / name).write_text(text, encoding="utf-8")
        folder.mkdir(exist_ok=True)
        for name in FILES:
            os.replace(staging / name, folder / name)
