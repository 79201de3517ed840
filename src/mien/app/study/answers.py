"""The files that participants saved: read, checked against the study, and refused where they cannot be its answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.app.study.clips import read_text
from mien.app.study.key import KeyItem, StudyKey
from mien.app.study.order import participant_code, shuffled
from mien.app.study.questions import SCALE, Question
from mien.errors import InputError

FORMAT = "mien study answers"
VERSION = 1

Value = int | str | tuple[str, ...]
"""A rating, a word, or names of clips in order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one participant answered on one page.

    Attributes:
        item: Name of the page.
        values: Question key to answer; empty where the clip could not be played.
        time_s: Spent on the page.
    """

    item: str
    values: Mapping[str, Value]
    time_s: float


@dataclass(frozen=True, slots=True)
class Answers:
    """One participant's answers.

    Attributes:
        participant: The code.
        path: The file.
        answers: In the order in which the pages were shown.
        complete: Every question of the study is answered.
    """

    participant: str
    path: Path
    answers: tuple[Answer, ...]
    complete: bool


def read_answers(paths: Iterable[Path], key: StudyKey) -> list[Answers]:
    """Read files of answers, or all ``.json`` files of folders, sorted by participant.

    Raises:
        InputError: A file is damaged, belongs to another study, has answers that the page cannot give, or is of a
            participant who is there already.
    """
    files = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    if not files:
        raise InputError("there are no answers: no file of answers was named, and the folders have no .json files.")
    found: dict[str, Answers] = {}
    for path in files:
        answers = _read(path, key)
        before = found.setdefault(answers.participant, answers)
        if before is not answers:
            raise InputError(
                f"{path}: participant {answers.participant} has answered in {before.path} already; keep one of the two."
            )
    return [found[code] for code in sorted(found)]


def _read(path: Path, key: StudyKey) -> Answers:
    text = read_text(path, "the file of answers")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{path}: the file of answers is damaged: it is not JSON.") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"{path}: this is not a file of answers that the page of a study saved.")
    if data.get("version") != VERSION:
        raise InputError(f"{path}: the answers have version {data.get('version')}, and this mien reads {VERSION}.")
    if data.get("study") != key.study:
        raise InputError(f"{path}: these are answers to another study ({data.get('study')}, the key is {key.study}'s).")
    try:
        return _checked(data, key, path)
    except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = str(error).rstrip(".") if isinstance(error, InputError) else f"{type(error).__name__} {error}"
        raise InputError(f"{path}: the file of answers is damaged: {reason}.") from None


def _checked(data: Mapping[str, Any], key: StudyKey, path: Path) -> Answers:
    code = participant_code(data["participant"])
    order = shuffled([item.name for item in key.items], key.seed, code, "items")
    if data["order"] != order:
        raise InputError(f"its order is not the one that participant {code} is shown")
    items = {item.name: item for item in key.items}
    questions = key.questions
    answers: dict[str, Answer] = {}
    for entry in data["answers"]:
        item = items.get(entry["item"])
        if item is None or item.name in answers:
            raise InputError(f"the page {entry['item']!r} is not in the study, or is there twice")
        answers[item.name] = _answer(entry, item, questions, key, code)
    complete = all(name in answers and len(answers[name].values) == len(questions) for name in order)
    return Answers(code, path, tuple(answers[name] for name in order if name in answers), complete)


def _answer(entry: Mapping[str, Any], item: KeyItem, questions: Sequence[Question], key: StudyKey, code: str) -> Answer:
    values = {question.key: _value(entry["values"].get(question.key), question, item) for question in questions}
    given = {name: value for name, value in values.items() if value is not None}
    if set(entry["values"]) - set(values):
        raise InputError(f"page {item.name} answers a question that is not asked")
    if len(given) < len(questions) and not entry["unplayable"]:
        raise InputError(f"page {item.name} lacks an answer")
    if entry["shown"] != list(item.clips if len(item.clips) == 1 else shuffled(item.clips, key.seed, code, item.name)):
        raise InputError(f"page {item.name} shows other clips than the study")
    time_s = entry["time_s"]
    if isinstance(time_s, bool) or not isinstance(time_s, int | float) or not 0 <= time_s < 1e7:
        raise InputError(f"page {item.name} has no time that can be")
    return Answer(item.name, given, float(time_s))


def _value(value: Any, question: Question, item: KeyItem) -> Value | None:
    if value is None:
        return None
    if question.kind == "scale" and type(value) is int and value in SCALE:
        return value
    if question.kind == "choice" and value in question.options:
        return str(value)
    if question.kind == "order" and isinstance(value, list) and sorted(value) == sorted(item.clips):
        return tuple(value)
    raise InputError(f"page {item.name} has an answer to {question.key!r} that cannot be: {str(value)[:60]!r}")
