"""The one-line notation of emotion tracks. Its grammar is in ``docs/emotion-notation.md``."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from mien.emotion.action_units import is_action_unit_spelling
from mien.emotion.keyframes import EASINGS, Keyframe, canonical_easing
from mien.emotion.valence_arousal import emotion_from_valence_arousal
from mien.emotion.vocabulary import EMOTIONS, NEUTRAL, SYNONYMS, canonical, quoted, suggestion
from mien.errors import EmotionError

MAX_NOTATION_LENGTH = 64 * 2**20
"""Longest text that is parsed, characters."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,6}):(\d{1,2}(?:\.\d*)?)", re.ASCII)
_EASING_WORDS = (*EASINGS, "step")
_WORDS = (*SYNONYMS, *_EASING_WORDS, "va")


def parse_keyframes(text: str) -> tuple[Keyframe, ...]:
    """Read keyframes from the notation.

    Args:
        text: Such as ``"happy 0.8"`` or ``"0 neutral AU4 0, 2 angry 0.7 AU4 1 smooth, 1:05 neutral"``.

    Returns:
        The keyframes as they stand in the text; their order is not checked.

    Raises:
        EmotionError: The text does not follow the grammar; the message says which keyframe and which word.
    """
    if len(text) > MAX_NOTATION_LENGTH:
        raise EmotionError(f"the emotion text has {len(text)} characters; at most {MAX_NOTATION_LENGTH} are read")
    if not text.strip():
        raise EmotionError("the emotion text is empty; write for example 'happy 0.8' or '0 neutral, 2 happy 0.8'")
    clauses = text.split(",")
    keyframes = []
    for number, clause in enumerate(clauses, start=1):
        try:
            keyframes.append(_parse_clause(clause.split(), alone=len(clauses) == 1))
        except EmotionError as error:
            raise EmotionError(f"keyframe {number} ({quoted(clause.strip())}): {error}") from None
    return tuple(keyframes)


def format_keyframes(keyframes: Iterable[Keyframe]) -> str:
    """Write keyframes in the notation; :func:`parse_keyframes` reads the same ones back."""
    keyframes = tuple(keyframes)
    if len(keyframes) == 1 and keyframes[0].time_s == 0:
        return _format_content(keyframes[0])
    return ", ".join(f"{_format_number(keyframe.time_s)} {_format_content(keyframe)}" for keyframe in keyframes)


def parse_time(word: str) -> float:
    """Read a time: ``2.5`` or ``2.5s``, ``500ms``, ``1:02.5`` (minutes), ``1:00:02.5`` (hours).

    Returns:
        Seconds; not checked for sign or size.

    Raises:
        EmotionError: The word is no time.
    """
    clock = _CLOCK.fullmatch(word)
    if clock is not None:
        hours, minutes, seconds = float(clock[1] or 0), float(clock[2]), float(clock[3])
        if seconds >= 60 or (clock[1] is not None and minutes >= 60):
            raise EmotionError(f"{quoted(word)} is not a time: after a colon stands a number below 60")
        return hours * 3600 + minutes * 60 + seconds
    lower = word.casefold()
    for unit, per_second in (("ms", 1000.0), ("s", 1.0), ("", 1.0)):
        if lower.endswith(unit) and _NUMBER.fullmatch(word[: len(word) - len(unit)]):
            return float(word[: len(word) - len(unit)]) / per_second
    raise EmotionError(f"{quoted(word)} is not a time; write seconds (2.5), milliseconds (500ms) or minutes (1:02.5)")


def _parse_clause(words: list[str], alone: bool) -> Keyframe:
    if not words:
        raise EmotionError("nothing stands here; take out the comma, or name an emotion")
    if _starts_like_time(words[0]):
        time_s, words = parse_time(words[0]), words[1:]
    elif alone:
        time_s = 0.0
    else:
        raise EmotionError("a time is missing; of several keyframes each begins with its time, as in 2 happy")
    if not words:
        raise EmotionError("nothing follows the time; name an emotion (a decimal has a point, not a comma: happy 0.8)")
    easing = "linear"
    if words and words[-1].casefold() in _EASING_WORDS:
        easing, words = canonical_easing(words[-1]), words[:-1]
    emotion: str | None = None
    intensity: float | None = None
    action_units: list[tuple[str, float]] = []
    rest = words
    while rest:
        word = rest[0]
        if is_action_unit_spelling(word):
            value, rest = _take_number(rest[1:])
            action_units.append((word, 1.0 if value is None else value))
            continue
        if emotion is not None and (word.casefold() == "va" or word.casefold() in SYNONYMS):
            raise EmotionError(f"{quoted(word)} is a second emotion; a keyframe has one at most")
        if word.casefold() == "va":
            valence, rest = _take_number(rest[1:])
            arousal, rest = _take_number(rest)
            if valence is None or arousal is None:
                raise EmotionError("va needs two numbers, valence and arousal, as in va -0.6 0.4")
            emotion, intensity = emotion_from_valence_arousal(valence, arousal)
        else:
            emotion = _emotion(word)
            intensity, rest = _take_number(rest[1:])
    return Keyframe(time_s, emotion, intensity, tuple(action_units), easing)


def _take_number(words: list[str]) -> tuple[float | None, list[str]]:
    if words and _NUMBER.fullmatch(words[0]):
        return float(words[0]), words[1:]
    return None, words


def _starts_like_time(word: str) -> bool:
    return word[0] in "+-.0123456789" or _NUMBER.fullmatch(word) is not None


def _emotion(word: str) -> str:
    lower = word.casefold()
    if lower in SYNONYMS:
        return canonical(word)
    if _starts_like_time(word):
        raise EmotionError(f"{quoted(word)} belongs to nothing; a time comes first, an intensity after what it is of")
    if lower in _EASING_WORDS:
        raise EmotionError(f"the easing {lower} must come last in its keyframe")
    emotions = ", ".join((NEUTRAL, *EMOTIONS))
    raise EmotionError(f"{quoted(word)} is not an emotion; {suggestion(word, _WORDS)}there are {emotions}")


def _format_content(keyframe: Keyframe) -> str:
    parts = []
    if keyframe.emotion == NEUTRAL:
        parts.append(NEUTRAL)
    elif keyframe.emotion is not None and keyframe.intensity is not None:
        parts.append(f"{keyframe.emotion} {_format_number(keyframe.intensity)}")
    parts += [f"{name} {_format_number(value)}" for name, value in paired(keyframe.action_units)]
    if keyframe.easing != "linear":
        parts.append(keyframe.easing)
    return " ".join(parts)


def paired(action_units: tuple[tuple[str, float], ...]) -> list[tuple[str, float]]:
    """Write the two sides of an action unit as one (``AU12``) where they are equal; the order stays."""
    values = dict(action_units)
    result = []
    for column, value in action_units:
        stem, other = column[:-1], column[:-1] + "L"
        both = f"{stem}L" in values and f"{stem}R" in values and values[f"{stem}L"] == values[f"{stem}R"]
        if column[-1] not in "LR" or not both or stem == "AU30":
            result.append((column, value))
        elif column == other:
            result.append((stem, value))
    return result


def _format_number(value: float) -> str:
    # The shortest decimal that reads back as the same double; no exponent, which is hard to read.
    return np.format_float_positional(value, trim="-")
