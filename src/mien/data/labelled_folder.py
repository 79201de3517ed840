"""A plain folder with a table of labels, ``labels.csv``: read and written. ``docs/footage.md`` describes the columns.

The videos lie in the folder, or elsewhere: then the table names them by a path from the folder, or an absolute one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from mien.data.labelled_clip import FRONT, Footage, LabelledClip, Skipped, empty_reason
from mien.emotion.vocabulary import NEUTRAL, canonical, quoted, suggestion
from mien.errors import EmotionError, InputError

TABLE = "labels.csv"
COLUMNS = ("file", "emotion", "intensity", "actor", "view", "start_s", "stop_s", "made_by", "made_from")
REQUIRED = ("file", "emotion")


def read_labelled_folder(folder: Path) -> Footage:
    """Read a folder that has a ``labels.csv``.

    Returns:
        The clips; files that the table names and that are missing or empty are among the skipped.

    Raises:
        InputError: There is no table, or it is not of the form described; the message says which line.
    """
    table = folder / TABLE
    try:
        text = table.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{table}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{table}: this is not text in UTF-8") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    clips: dict[str, LabelledClip] = {}
    skipped = []
    try:
        header = _header(next(rows, []))
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            clip = _clip(folder, header, row)
            if clip.name in clips:
                raise InputError(f"{clip.name} is labelled already, as {clips[clip.name].emotion}")
            reason = empty_reason(clip.path) if clip.path.exists() else "it is not there"
            if reason is None:
                clips[clip.name] = clip
            else:
                skipped.append(Skipped(clip.name, reason))
    except csv.Error as error:
        raise InputError(f"{table}: line {rows.line_num}: this is not CSV: {error}") from None
    except (InputError, EmotionError) as error:
        raise InputError(f"{table}: line {rows.line_num}: {error}") from None
    return Footage(folder, "folder", tuple(sorted(clips.values(), key=lambda clip: clip.name)), tuple(skipped))


def table_line(cells: Iterable[str | float | None]) -> str:
    """A line of the table, in the order of :data:`COLUMNS`, without its end; None leaves a cell empty."""
    line = io.StringIO()
    written = ["" if cell is None else f"{round(cell, 4):.10g}" if isinstance(cell, float) else cell for cell in cells]
    csv.writer(line, lineterminator="").writerow(written)
    return line.getvalue()


HEADER = ",".join(COLUMNS)
"""First line of the tables that mien writes."""


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    for name in header:
        if name not in COLUMNS:
            hint = suggestion(name, COLUMNS)
            raise InputError(f"the column {quoted(name)} is not known; {hint}there are {', '.join(COLUMNS)}")
        if header.count(name) > 1:
            raise InputError(f"the column {name} comes twice")
    for name in REQUIRED:
        if name not in header:
            raise InputError(f"the column {name} is missing")
    return header


def _clip(folder: Path, header: list[str], row: list[str]) -> LabelledClip:
    if len(row) != len(header):
        raise InputError(f"there are {len(row)} cells under {len(header)} columns")
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
    if "file" not in cells:
        raise InputError("file is empty")
    if "emotion" not in cells:
        raise InputError("emotion is empty")
    file = Path(cells["file"])
    emotion = canonical(cells["emotion"])
    intensity = _number(cells, "intensity", 0.0 if emotion == NEUTRAL else 1.0)
    start_s, stop_s = _number(cells, "start_s", 0.0), _number(cells, "stop_s", None)
    assert intensity is not None
    assert start_s is not None
    stretch = "" if start_s == 0.0 and stop_s is None else f"@{start_s:g}-{'' if stop_s is None else f'{stop_s:g}'}"
    return LabelledClip(
        path=folder / file,
        name=file.as_posix() + stretch,
        actor=cells.get("actor", folder.resolve().name),
        emotion=emotion,
        intensity=intensity,
        view=cells.get("view", FRONT),
        start_s=start_s,
        stop_s=stop_s,
        made_by=cells.get("made_by", ""),
        made_from=cells.get("made_from", ""),
    )


def _number(cells: dict[str, str], name: str, default: float | None) -> float | None:
    if name not in cells:
        return default
    try:
        return float(cells[name])
    except ValueError:
        raise InputError(f"{name} is {quoted(cells[name])}, not a number") from None
