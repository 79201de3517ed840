"""Emotion tracks: keyframes, and the emotion vector and action units that they ask for at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.emotion.action_units import AU_COLUMN_INDEX, AU_COLUMNS
from mien.emotion.keyframes import Keyframe
from mien.emotion.notation import format_keyframes, parse_keyframes
from mien.emotion.vocabulary import EMOTION_INDEX, EMOTIONS, NEUTRAL
from mien.errors import EmotionError, InputError
from mien.types import DoubleArray

MAX_KEYFRAMES = 1_000_000
"""Most keyframes of a track: one per frame of a clip of nine hours."""


@dataclass(frozen=True, slots=True, eq=False)
class EmotionSamples:
    """What a track asks for at T times.

    Attributes:
        emotion: ``(T, len(EMOTIONS))`` emotion vectors as in CCFE 3.1: intensities 0 to 1, at most one of a row
            non-zero, a zero row for neutral.
        action_units: ``(T, len(AU_COLUMNS))`` intensities 0 to 1 of the action units asked for directly.

    Raises:
        InputError: An array has another shape or is out of its range.
    """

    emotion: DoubleArray
    action_units: DoubleArray

    def __post_init__(self) -> None:
        for name, columns in (("emotion", len(EMOTIONS)), ("action_units", len(AU_COLUMNS))):
            array = np.asarray(getattr(self, name), dtype=np.float64)
            if array.ndim != 2 or array.shape[1] != columns:
                raise InputError(f"{name} has the shape {array.shape}; expected (T, {columns})")
            if not bool(np.all((array >= 0) & (array <= 1))):
                raise InputError(f"{name} holds values outside 0 to 1")
            object.__setattr__(self, name, array)
        if len(self.emotion) != len(self.action_units):
            raise InputError(f"emotion has {len(self.emotion)} rows and action_units {len(self.action_units)}")
        if bool(np.any(np.count_nonzero(self.emotion, axis=1) > 1)):
            raise InputError("a row of emotion has more than one non-zero element")

    def __len__(self) -> int:
        return len(self.emotion)


@dataclass(frozen=True, slots=True)
class EmotionTrack:
    """Keyframes over time; immutable.

    The emotion and every action unit are channels of their own: a channel goes from one keyframe that sets it to the
    next that does, in the way that the first one's easing says. Before its first keyframe a channel has that one's
    value, after its last that one's; a channel that no keyframe sets is 0. From one emotion to another the way leads
    through neutral, which is reached at the fraction a/(a + b) of the way between the intensities a and b, so that
    the intensity changes evenly all the way.

    Attributes:
        keyframes: At least one, their times strictly increasing.

    Raises:
        EmotionError: There is no keyframe, there are too many, or the times do not increase.
    """

    keyframes: tuple[Keyframe, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "keyframes", tuple(self.keyframes))
        if not self.keyframes:
            raise EmotionError("an emotion track needs at least one keyframe")
        if len(self.keyframes) > MAX_KEYFRAMES:
            raise EmotionError(f"the emotion track has {len(self.keyframes)} keyframes; {MAX_KEYFRAMES} are allowed")
        for number, (before, after) in enumerate(zip(self.keyframes, self.keyframes[1:], strict=False), start=2):
            if after.time_s <= before.time_s:
                raise EmotionError(
                    f"keyframe {number} at {after.time_s:.6g} s does not come after keyframe {number - 1} at "
                    f"{before.time_s:.6g} s; put the keyframes in order of time, each time once"
                )

    @classmethod
    def parse(cls, text: str) -> EmotionTrack:
        """Read a track from the notation of ``docs/emotion-notation.md``, such as ``"0 neutral, 2 happy 0.8"``.

        Raises:
            EmotionError: The text is not understood; the message points at the piece.
        """
        return cls(parse_keyframes(text))

    @classmethod
    def constant(cls, emotion: str, intensity: float | None = None) -> EmotionTrack:
        """Return the track that asks for one emotion all the time.

        Args:
            emotion: A name or synonym.
            intensity: 0 to 1; 1 when left out.

        Raises:
            EmotionError: The emotion is not known or the intensity is out of range.
        """
        return cls((Keyframe(0.0, emotion, intensity),))

    def __str__(self) -> str:
        """Return the notation, from which :meth:`parse` gives an equal track."""
        return format_keyframes(self.keyframes)

    @property
    def end_s(self) -> float:
        """Time of the last keyframe, s."""
        return self.keyframes[-1].time_s

    @property
    def is_neutral(self) -> bool:
        """Whether the track asks for nothing at any time, so that the clip stays as it is."""
        return not any(
            keyframe.intensity or any(value for _, value in keyframe.action_units) for keyframe in self.keyframes
        )

    def sample(self, times_s: ArrayLike) -> EmotionSamples:
        """Return what the track asks for at the given times.

        Args:
            times_s: ``(T,)`` finite times, s, in any order; they may lie before or after the keyframes.

        Raises:
            InputError: ``times_s`` is not a list of finite numbers.
        """
        times = np.asarray(times_s, dtype=np.float64)
        if times.ndim != 1 or not bool(np.all(np.isfinite(times))):
            raise InputError(f"times_s has the shape {times.shape}; expected (T,) finite numbers of seconds")
        action_units = np.zeros((len(times), len(AU_COLUMNS)))
        channels: dict[str, list[tuple[Keyframe, float]]] = {}
        for keyframe in self.keyframes:
            for column, value in keyframe.action_units:
                channels.setdefault(column, []).append((keyframe, value))
        for column, channel in channels.items():
            values = np.array([value for _, value in channel])
            before, progress = _progress([keyframe for keyframe, _ in channel], times)
            after = np.minimum(before + 1, len(values) - 1)
            action_units[:, AU_COLUMN_INDEX[column]] = values[before] + progress * (values[after] - values[before])
        return EmotionSamples(self._sample_emotion(times), np.clip(action_units, 0.0, 1.0))

    def _sample_emotion(self, times: DoubleArray) -> DoubleArray:
        result = np.zeros((len(times), len(EMOTIONS)))
        channel = [keyframe for keyframe in self.keyframes if keyframe.emotion is not None]
        if not channel:
            return result
        kinds = np.array([EMOTION_INDEX.get(keyframe.emotion or NEUTRAL, 0) for keyframe in channel])
        values = np.array([keyframe.intensity for keyframe in channel], dtype=np.float64)
        before, progress = _progress(channel, times)
        after = np.minimum(before + 1, len(channel) - 1)
        # A line from +a (the first emotion) to -b (the second) crosses zero at a/(a + b); for one and the same emotion
        # it runs from +a to +b. Neutral has the intensity 0, so its kind does not matter.
        same = kinds[before] == kinds[after]
        signed = values[before] + progress * (np.where(same, values[after], -values[after]) - values[before])
        kind = np.where(signed >= 0, kinds[before], kinds[after])
        result[np.arange(len(times)), kind] = np.clip(np.abs(signed), 0.0, 1.0)
        return result


def _progress(keyframes: list[Keyframe], times: DoubleArray) -> tuple[NDArray[np.intp], DoubleArray]:
    """Return for each time the keyframe before it (the first, where none is) and the eased way to the next, 0 to 1."""
    starts = np.array([keyframe.time_s for keyframe in keyframes])
    before = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(starts) - 1)
    after = np.minimum(before + 1, len(starts) - 1)
    span = starts[after] - starts[before]
    fraction = np.zeros(len(times))
    np.divide(np.clip(times - starts[before], 0.0, span), span, out=fraction, where=span > 0)
    easing = np.array([keyframe.easing for keyframe in keyframes])[before]
    for name, ease in _EASE.items():
        chosen = easing == name
        fraction[chosen] = ease(fraction[chosen])
    return before, fraction


_EASE: dict[str, Callable[[DoubleArray], DoubleArray]] = {
    "smooth": lambda u: u * u * (3 - 2 * u),
    "hold": np.zeros_like,
}
