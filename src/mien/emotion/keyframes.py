"""One keyframe of an emotion track: what is asked for at one time, checked and in canonical form."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mien.emotion.action_units import AU_COLUMN_INDEX, columns_of
from mien.emotion.vocabulary import NEUTRAL, canonical, quoted, suggestion
from mien.errors import EmotionError

EASINGS: tuple[str, ...] = ("linear", "smooth", "hold")
"""The way from a keyframe to the next: even, with soft ends (3u² - 2u³), or none until the next is reached."""

_EASING_WORDS = {"linear": "linear", "smooth": "smooth", "hold": "hold", "step": "hold"}

MAX_TIME_S = 1e6
"""Latest time of a keyframe, s (eleven days): a later one is a mistake of units."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """What is asked for at one time.

    The constructor checks its arguments and puts them into canonical form, so that equal meaning is equal value.

    Attributes:
        time_s: Time since the clip's start, s, from 0 to ``MAX_TIME_S``.
        emotion: One of ``EMOTIONS``, ``"neutral"``, or ``None`` where the keyframe says nothing about the emotion.
            Any known synonym may be passed.
        intensity: Of the emotion, 0 to 1. Neutral and ``None`` have none: it is then 0, whatever was passed or left
            out, save that a number above 0 for neutral is refused.
        action_units: Column (``"AU12L"``) and intensity (0 to 1) of each action unit that is set directly, in the
            order of ``AU_COLUMNS``. Both sides may be passed at once as ``"AU12"``.
        easing: One of ``EASINGS``: the way from this keyframe to the next, on every channel that this one sets.

    Raises:
        EmotionError: A value is out of its range or not known, an action unit is set twice, or nothing is set.
    """

    time_s: float
    emotion: str | None = None
    intensity: float | None = None
    action_units: tuple[tuple[str, float], ...] = ()
    easing: str = "linear"

    def __post_init__(self) -> None:
        object.__setattr__(self, "time_s", checked_time(self.time_s))
        emotion = None if self.emotion is None else canonical(self.emotion)
        object.__setattr__(self, "intensity", _emotion_intensity(emotion, self.intensity))
        object.__setattr__(self, "emotion", emotion)
        object.__setattr__(self, "action_units", _action_unit_columns(self.action_units))
        object.__setattr__(self, "easing", canonical_easing(self.easing))
        if self.emotion is None and not self.action_units:
            raise EmotionError("sets nothing; name an emotion or an action unit, such as happy 0.8 or AU12 0.5")


def checked_time(time_s: float) -> float:
    """Return a keyframe's time as a float, or raise EmotionError if it is not from 0 to ``MAX_TIME_S`` seconds."""
    value = _number(time_s, "time")
    if not math.isfinite(value):
        raise EmotionError(f"time {value} is not a finite number of seconds")
    if value < 0:
        raise EmotionError(f"time {value:g} s is negative; times count from the clip's start")
    if value > MAX_TIME_S:
        raise EmotionError(f"time {value:g} s is later than {MAX_TIME_S:g} s; times are in seconds")
    return value + 0.0  # -0.0 becomes 0.0


def checked_intensity(intensity: float, of: str) -> float:
    """Return an intensity as a float, or raise EmotionError, naming ``of``, if it is not from 0 to 1."""
    value = _number(intensity, f"the intensity of {of}")
    if not 0 <= value <= 1:  # false for NaN too
        raise EmotionError(f"the intensity of {of} is {value:g}; it must be from 0 to 1")
    return value + 0.0


def canonical_easing(easing: str) -> str:
    """Return the easing of that name (``step`` is ``hold``), or raise EmotionError."""
    found = _EASING_WORDS.get(easing.strip().casefold()) if isinstance(easing, str) else None
    if found is None:
        hint = suggestion(str(easing), _EASING_WORDS)
        raise EmotionError(f"{quoted(str(easing))} is not an easing; {hint}there are {', '.join(EASINGS)}")
    return found


def _number(value: float, what: str) -> float:
    if isinstance(value, bool | str | bytes):
        raise EmotionError(f"{what} is {quoted(str(value))}, not a number")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise EmotionError(f"{what} is {quoted(str(type(value).__name__))}, not a number that fits") from None


def _emotion_intensity(emotion: str | None, intensity: float | None) -> float:
    if emotion is None or emotion == NEUTRAL:
        if intensity is not None and checked_intensity(intensity, str(emotion)) > 0:
            raise EmotionError(
                "neutral has no intensity; leave the number out"
                if emotion == NEUTRAL
                else f"the intensity {intensity:g} belongs to no emotion; name the emotion"
            )
        return 0.0
    return checked_intensity(1.0 if intensity is None else intensity, emotion)


def _action_unit_columns(pairs: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    values: dict[str, float] = {}
    for name, intensity in pairs:
        for column in columns_of(name):
            if column in values:
                raise EmotionError(f"{column} is set twice")
            values[column] = checked_intensity(intensity, name)
    return tuple(sorted(values.items(), key=lambda item: AU_COLUMN_INDEX[item[0]]))
