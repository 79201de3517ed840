"""The clips of a study with what they show: read from a list (CSV or JSON)."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.emotion.vocabulary import NEUTRAL, canonical
from mien.errors import EmotionError, InputError

MAX_FILE_BYTES = 64 * 2**20
"""Largest list, key or file of answers that is read."""

_REQUIRED = ("clip", "system", "emotion")
_FIELDS = (*_REQUIRED, "intensity", "source", "seed")


@dataclass(frozen=True, slots=True)
class StudyClip:
    """A clip and its labels.

    Attributes:
        path: The video.
        system: What made it; a free word, such as ``instant``, ``real`` for footage that nobody edited.
        emotion: Asked for: one of the project's emotions or ``neutral``.
        intensity: Asked for, 0-1.
        source: Name of what was edited; clips of one source and emotion are ordered against each other.
        source_path: The unedited video, to be shown beside its edits where identity is judged; ``None`` without.
        seed: Of the render; ``None`` where there is none.
    """

    path: Path
    system: str
    emotion: str
    intensity: float = 1.0
    source: str = ""
    source_path: Path | None = None
    seed: int | None = None


def read_clip_list(path: Path) -> list[StudyClip]:
    """Read a list of clips.

    A CSV file has a header, a JSON file is a list of objects; the columns are ``clip`` (path, relative to the list),
    ``system`` and ``emotion``, and if wanted ``intensity`` (1 without), ``source`` (a name, or the path of the unedited
    video) and ``seed``.

    Raises:
        InputError: The file or an entry is not as it should be; the message says which.
    """
    text = read_text(path, "the list of clips")
    try:
        entries = _json_entries(text) if path.suffix.lower() == ".json" else _csv_entries(text)
        clips = [_clip(entry, path.parent, number) for number, entry in enumerate(entries, start=1)]
    except (InputError, EmotionError) as error:
        raise InputError(f"{path}: {str(error).rstrip('.')}.") from None
    if not clips:
        raise InputError(f"{path}: the list names no clips.")
    return clips


def read_text(path: Path, what: str) -> str:
    """The text of a small file.

    Raises:
        InputError: It cannot be read, is too large or not UTF-8; one sentence.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{path}: {what} cannot be read: {reason}.") from None
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"{path}: {what} is larger than the {MAX_FILE_BYTES // 2**20} MB that are read.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: {what} is not text in UTF-8.") from None


def _json_entries(text: str) -> list[Mapping[str, Any]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("this is not JSON") from None
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise InputError("expected a list of objects, one a clip")
    return data


def _csv_entries(text: str) -> list[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    entries: list[Mapping[str, Any]] = []
    for row in reader:
        if None in row or None in row.values():
            raise InputError(f"line {reader.line_num} has not as many values as the header")
        entries.append({name.strip(): value.strip() for name, value in row.items() if value.strip()})
    return entries


def _clip(entry: Mapping[str, Any], folder: Path, number: int) -> StudyClip:
    where = f"clip {number}"
    unknown = sorted(set(entry) - set(_FIELDS))
    missing = [name for name in _REQUIRED if not isinstance(entry.get(name), str) or not entry[name]]
    if unknown:
        raise InputError(f"{where}: {unknown[0]!r} is not a column; there are {', '.join(_FIELDS)}")
    if missing:
        raise InputError(f"{where} lacks its {missing[0]}")
    path = folder / entry["clip"]
    if not path.exists():
        raise InputError(f"{where}: there is no file {path}")
    emotion = canonical(entry["emotion"])
    intensity = _number(entry.get("intensity", 0.0 if emotion == NEUTRAL else 1.0), f"{where}: intensity")
    if not 0.0 <= intensity <= 1.0:
        raise InputError(f"{where}: the intensity is 0 to 1, not {intensity:g}")
    source = str(entry.get("source", ""))
    source_path = folder / source if source and (folder / source).is_file() else None
    seed = _number(entry["seed"], f"{where}: seed") if "seed" in entry else None
    return StudyClip(
        path, entry["system"], emotion, intensity, Path(source).stem if source_path else source, source_path,
        None if seed is None else int(seed),
    )  # fmt: skip


def _number(value: Any, what: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{what} is not a number: {value!r}")
    return number
