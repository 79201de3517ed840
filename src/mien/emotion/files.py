"""Emotion tracks as JSON and CSV files. Both forms are described in ``docs/emotion-notation.md``.

Reading raises only EmotionError. Fields that are not known are refused, never skipped: a misspelt one would otherwise
change the result silently.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from mien.emotion.action_units import AU_COLUMN_INDEX, columns_of
from mien.emotion.keyframes import Keyframe
from mien.emotion.notation import paired
from mien.emotion.track import EmotionTrack
from mien.emotion.valence_arousal import emotion_from_valence_arousal
from mien.emotion.vocabulary import NEUTRAL, quoted, suggestion
from mien.errors import EmotionError, OutputError

JSON_VERSION = 1
"""Version of the JSON form that is written and read."""

MAX_FILE_BYTES = 64 * 2**20
"""Largest file that is read."""

_Result = TypeVar("_Result")

_FIELDS = ("time_s", "emotion", "intensity", "valence", "arousal", "easing")


def read_track(path: str | os.PathLike[str]) -> EmotionTrack:
    """Read a track from a ``.json`` or ``.csv`` file.

    Raises:
        EmotionError: The file cannot be read or is not understood; the message says where.
    """
    path = Path(path)
    reader = _by_suffix(path, {".json": track_from_json, ".csv": track_from_csv})
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise EmotionError(f"the emotion file {quoted(str(path), 200)} cannot be read: {reason}") from None
    try:
        return reader(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise EmotionError(f"{path.name}: this is not text in UTF-8") from None
    except EmotionError as error:
        raise EmotionError(f"{path.name}: {error}") from None


def write_track(track: EmotionTrack, path: str | os.PathLike[str]) -> None:
    """Write a track to a ``.json`` or ``.csv`` file; it appears under its name only when complete.

    Raises:
        EmotionError: The name ends in neither.
        OutputError: The file cannot be written.
    """
    path = Path(path)
    text = _by_suffix(path, {".json": track_to_json, ".csv": track_to_csv})(track)
    partial = path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}.partial")
    try:
        partial.write_bytes(text.encode())
        os.replace(partial, path)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputError(f"the emotion file {quoted(str(path), 200)} cannot be written: {reason}") from None
    finally:
        with contextlib.suppress(OSError, ValueError):
            partial.unlink()


def track_to_json(track: EmotionTrack) -> str:
    """Return the track as JSON text."""
    return json.dumps({"version": JSON_VERSION, "keyframes": [_record(k) for k in track.keyframes]}, indent=1) + "\n"


def track_from_json(text: str) -> EmotionTrack:
    """Read a track from JSON text.

    Raises:
        EmotionError: The text is not of that form; the message says which keyframe and field.
    """
    _check_size(text)
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except EmotionError:
        raise
    except (ValueError, RecursionError) as error:  # JSONDecodeError, and integers of thousands of digits
        reason = f"{error.msg} in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "it is malformed"
        raise EmotionError(f"this is not JSON: {reason}") from None
    if not isinstance(data, dict) or not isinstance(data.get("keyframes"), list):
        raise EmotionError('an emotion track in JSON is an object {"version": 1, "keyframes": [...]}')
    _refuse_unknown(data, ("version", "keyframes"))
    if type(data.get("version")) is not int or data["version"] != JSON_VERSION:
        raise EmotionError(f"version is {quoted(str(data.get('version')))}; this program reads {JSON_VERSION}")
    keyframes = []
    for number, record in enumerate(data["keyframes"], start=1):
        try:
            keyframes.append(_keyframe_from_json(record))
        except EmotionError as error:
            raise EmotionError(f"keyframe {number}: {error}") from None
    return EmotionTrack(tuple(keyframes))


def track_to_csv(track: EmotionTrack) -> str:
    """Return the track as CSV text: a header, then a line per keyframe; action units have a column each."""
    columns = sorted(
        {c for keyframe in track.keyframes for c, _ in keyframe.action_units}, key=AU_COLUMN_INDEX.__getitem__
    )
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(["time_s", "emotion", "intensity", "easing", *columns])
    for keyframe in track.keyframes:
        values = dict(keyframe.action_units)
        has_intensity = keyframe.emotion not in (None, NEUTRAL)
        start = [repr(keyframe.time_s), keyframe.emotion or "", repr(keyframe.intensity) if has_intensity else ""]
        writer.writerow([*start, keyframe.easing, *(repr(values[c]) if c in values else "" for c in columns)])
    return output.getvalue()


def track_from_csv(text: str) -> EmotionTrack:
    """Read a track from CSV text with a header line.

    Raises:
        EmotionError: The text is not of that form; the message says which line and column.
    """
    _check_size(text)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = _csv_header(next(rows, []))
        keyframes = tuple(_keyframe_from_csv(header, row) for row in rows if any(cell.strip() for cell in row))
    except csv.Error as error:
        raise EmotionError(f"line {rows.line_num}: this is not CSV: {error}") from None
    except EmotionError as error:
        raise EmotionError(f"line {rows.line_num}: {error}") from None
    return EmotionTrack(keyframes)


def _record(keyframe: Keyframe) -> dict[str, object]:
    record: dict[str, object] = {"time_s": keyframe.time_s}
    if keyframe.emotion is not None:
        record["emotion"] = keyframe.emotion
        if keyframe.emotion != NEUTRAL:
            record["intensity"] = keyframe.intensity
    if keyframe.action_units:
        record["action_units"] = dict(paired(keyframe.action_units))
    return record | {"easing": keyframe.easing}


def _keyframe_from_json(record: object) -> Keyframe:
    if not isinstance(record, dict):
        raise EmotionError('it is not an object such as {"time_s": 2, "emotion": "happy", "intensity": 0.8}')
    _refuse_unknown(record, (*_FIELDS, "action_units"))
    values = record.get("action_units", {})
    if not isinstance(values, dict):
        raise EmotionError('action_units is not an object such as {"AU4": 0.5}')
    return _keyframe(record, [(name, _number(values, name)) for name in values])


def _keyframe_from_csv(header: list[str], row: list[str]) -> Keyframe:
    if len(row) != len(header):
        raise EmotionError(f"there are {len(row)} cells under {len(header)} columns")
    record: dict[str, object] = {}
    for name, cell in zip(header, (cell.strip() for cell in row), strict=True):
        if not cell:
            continue
        if name in ("emotion", "easing"):
            record[name] = cell
            continue
        try:
            record[name] = float(cell)
        except ValueError:
            raise EmotionError(f"{name} is {quoted(cell)}, not a number") from None
    return _keyframe(record, [(name, _number(record, name)) for name in record if name not in _FIELDS])


def _keyframe(record: dict[str, object], action_units: list[tuple[str, float]]) -> Keyframe:
    """Build a keyframe from named values, of which the action units have been read already; null is as if left out."""
    record = {name: value for name, value in record.items() if value is not None}
    if "time_s" not in record:
        raise EmotionError("time_s is missing")
    emotion, easing = record.get("emotion"), record.get("easing", "linear")
    for name, word in (("emotion", emotion), ("easing", easing)):
        if word is not None and not isinstance(word, str):
            raise EmotionError(f"{name} is {quoted(str(word))}, not a word")
    intensity = _number(record, "intensity") if "intensity" in record else None
    if "valence" in record or "arousal" in record:
        if emotion is not None or intensity is not None:
            raise EmotionError("valence and arousal stand in place of an emotion and its intensity, not beside them")
        emotion, intensity = emotion_from_valence_arousal(_number(record, "valence"), _number(record, "arousal"))
    easing_word = easing if isinstance(easing, str) else "linear"
    emotion_word = emotion if isinstance(emotion, str) else None
    return Keyframe(_number(record, "time_s"), emotion_word, intensity, tuple(action_units), easing_word)


def _number(record: dict[str, object], name: str) -> float:
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EmotionError(
            f"{name} is missing" if name not in record else f"{name} is {quoted(str(value))}, not a number"
        )
    try:
        return float(value)
    except OverflowError:
        raise EmotionError(f"{name} is too large a number") from None


def _csv_header(cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    if "time_s" not in header:
        hint = "; the separator must be a comma" if len(header) == 1 and ("\t" in header[0] or ";" in header[0]) else ""
        raise EmotionError(f"the header has no column time_s; it begins with time_s,emotion,intensity{hint}")
    for name in header:
        if name not in _FIELDS and not name.upper().startswith("AU"):
            _refuse_unknown([name], _FIELDS)
        if name not in _FIELDS:
            columns_of(name)
        if header.count(name) > 1:
            raise EmotionError(f"the column {name} comes twice")
    return header


def _refuse_unknown(names: Iterable[str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            hint = suggestion(name, known)
            raise EmotionError(f"the field {quoted(name)} is not known; {hint}there are {', '.join(known)}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise EmotionError(f"the field {quoted(twice)} comes twice")
    return result


def _refuse_constant(name: str) -> float:
    raise EmotionError(f"{name} is not a number that can be used here")


def _check_size(text: str) -> None:
    if len(text) > MAX_FILE_BYTES:
        raise EmotionError(f"it is larger than {MAX_FILE_BYTES // 2**20} MiB")


def _by_suffix(path: Path, table: dict[str, Callable[..., _Result]]) -> Callable[..., _Result]:
    found = table.get(path.suffix.casefold())
    if found is None:
        raise EmotionError(f"the name of the emotion file {quoted(str(path), 200)} must end in .json or .csv")
    return found
