"""The small JSON file that keeps an edit.

The form of the file is described in ``docs/command-line.md``. Reading is strict: a field that is not known, missing or
of another type is refused, since skipping it would change the result silently.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from mien.app.edit import Edit, Setting, checked_face
from mien.emotion.track import EmotionTrack
from mien.errors import EmotionError, InputError
from mien.systems.base import FaceChoice, TimeRange
from mien.video.encoder import EncoderSettings

SCHEMA = 1
"""Version of the form that is written and read."""

MAX_FILE_BYTES = 64 * 2**20
"""Largest edit file that is read: a track may have a keyframe for every frame of a long clip."""

_FORMAT = "mien edit"
_Value = TypeVar("_Value")


def edit_path(output: Path) -> Path:
    """Where the edit of an output is kept: ``happy.mp4`` has ``happy.mien.json``."""
    return output.with_name(output.stem + ".mien.json")


def edit_to_json(edit: Edit, folder: Path) -> str:
    """Return an edit as JSON text.

    Args:
        edit: The edit.
        folder: Where the text will be kept; paths are written relative to it where that is possible.

    Raises:
        InputError: The system is an object, which cannot be written down.
    """
    if not isinstance(edit.system, str):
        raise InputError("an edit by a system object of your own cannot be kept in a file; name a system instead")
    data = {
        "format": _FORMAT,
        "schema": SCHEMA,
        "mien": edit.mien_version,
        "source": {"path": _relative(edit.source, folder), "fingerprint": edit.fingerprint},
        "faces": [{"face": face, "emotion": str(track)} for face, track in edit.tracks.items()],
        "system": {
            "name": edit.system,
            "actor": None if edit.actor is None else _relative(edit.actor, folder),
            "settings": dict(edit.settings),
        },
        "time_range": {"start_s": edit.time_range.start_s, "stop_s": edit.time_range.stop_s},
        "encoder": dataclasses.asdict(edit.encoder),
        "output": None if edit.output is None else _relative(edit.output, folder),
    }
    return json.dumps(data, indent=1) + "\n"


def edit_from_json(text: str, folder: Path) -> Edit:
    """Read an edit from JSON text.

    Args:
        text: The JSON text.
        folder: Where it was kept; relative paths start there.

    Raises:
        InputError: The text is not an edit; the message says which field.
        EmotionError: An emotion in it is not understood.
    """
    data = _Record(_parsed(text), "the file")
    if data.text("format") != _FORMAT:
        raise InputError(f"its format is not {_FORMAT!r}")
    if data.whole("schema") != SCHEMA:
        raise InputError(f"its schema is {data.whole('schema')}, and this version of mien reads {SCHEMA}")
    source, system, span = data.record("source"), data.record("system"), data.record("time_range")
    encoder = data.record("encoder")
    actor, output = system.optional_text("actor"), data.optional_text("output")
    edit = Edit(
        source=folder / source.text("path"),
        fingerprint=source.text("fingerprint"),
        tracks=_tracks(data.take("faces")),
        system=system.text("name"),
        settings=_settings(system.record("settings")),
        actor=None if actor is None else folder / actor,
        time_range=TimeRange(span.number("start_s"), span.optional(span.number, "stop_s")),
        encoder=EncoderSettings(
            codec=cast("Any", encoder.text("codec")),  # EncoderSettings knows which there are
            quality=encoder.optional(encoder.whole, "quality"),
            preset=encoder.optional_text("preset"),
            threads=encoder.whole("threads"),
        ),
        mien_version=data.text("mien"),
        output=None if output is None else folder / output,
    )
    for record in (data, source, system, span, encoder):
        record.refuse_rest()
    return edit


def read_edit(path: str | os.PathLike[str]) -> Edit:
    """Read an edit file. The source is not looked at; :meth:`Edit.check_source` does that.

    Raises:
        InputError: The file cannot be read or is not an edit; the message says which field.
        EmotionError: An emotion in it is not understood.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"the edit file {path} cannot be read: {reason}.") from None
    try:
        if len(data) > MAX_FILE_BYTES:
            raise InputError(f"it is larger than the {MAX_FILE_BYTES // 2**20} MB that are read")
        return edit_from_json(data.decode("utf-8-sig"), Path(os.path.abspath(path)).parent)
    except UnicodeDecodeError:
        raise InputError(f"{path} is not an edit file of mien: it is not text.") from None
    except (InputError, EmotionError) as error:
        raise type(error)(f"{path} is not an edit that can be used: {str(error).rstrip('.')}.") from None


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return Path(os.path.abspath(path)).as_posix()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # JSONDecodeError, and integers of thousands of digits
        where = f" ({error.msg} in line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"it is not JSON{where}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        names = [name for name, _ in pairs]
        raise InputError(f"it has {next(n for n in names if names.count(n) > 1)!r} twice")
    return dict(pairs)


def _refuse_constant(word: str) -> Any:
    raise InputError(f"{word} is not a number that can be used")


def _tracks(faces: Any) -> dict[FaceChoice, EmotionTrack]:
    if not isinstance(faces, list):
        raise InputError("faces must be a list")
    tracks: dict[FaceChoice, EmotionTrack] = {}
    for number, value in enumerate(faces, start=1):
        record = _Record(value, f"faces, entry {number}")
        face = checked_face(record.take("face"))
        if face in tracks:
            raise InputError(f"face {face} has two emotions")
        tracks[face] = EmotionTrack.parse(record.text("emotion"))
        record.refuse_rest()
    return tracks


def _settings(record: _Record) -> dict[str, Setting]:
    settings = record.rest()
    for name, value in settings.items():
        if not isinstance(value, float | int | bool | str | None):
            raise InputError(f"the setting {name} must be a number, a text, true, false or null")
    return settings


class _Record:
    """A JSON object whose fields are taken one by one, each checked; what is left at the end is unknown."""

    def __init__(self, data: Any, name: str) -> None:
        if not isinstance(data, dict):
            raise InputError(f"{name} must be a JSON object")
        self._data: dict[str, Any] = data
        self._taken: set[str] = set()
        self._name = name

    def take(self, field_name: str) -> Any:
        if field_name not in self._data:
            raise InputError(f"{self._name} lacks the field {field_name!r}")
        self._taken.add(field_name)
        return self._data[field_name]

    def _typed(self, field_name: str, kinds: tuple[type, ...], expected: str) -> Any:
        value = self.take(field_name)
        if type(value) not in kinds:
            raise InputError(f"{field_name} in {self._name} must be {expected}, but is {_shortened(value)}")
        return value

    def text(self, field_name: str) -> str:
        return cast("str", self._typed(field_name, (str,), "a text"))

    def whole(self, field_name: str) -> int:
        return cast("int", self._typed(field_name, (int,), "a whole number"))

    def number(self, field_name: str) -> float:
        try:
            value = float(self._typed(field_name, (int, float), "a number"))
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise InputError(f"{field_name} in {self._name} is too large")
        return value

    def optional(self, read: Callable[[str], _Value], field_name: str) -> _Value | None:
        return None if self.take(field_name) is None else read(field_name)

    def optional_text(self, field_name: str) -> str | None:
        return self.optional(self.text, field_name)

    def record(self, field_name: str) -> _Record:
        return _Record(self.take(field_name), field_name)

    def rest(self) -> dict[str, Any]:
        taken, self._taken = self._taken, set(self._data)
        return {name: value for name, value in self._data.items() if name not in taken}

    def refuse_rest(self) -> None:
        unknown = sorted(set(self._data) - self._taken)
        if unknown:
            raise InputError(f"{self._name} has the unknown field {_shortened(unknown[0])}")


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
