"""The emotion asked for, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.emotion.track import EmotionTrack
from mien.emotion.vocabulary import EMOTIONS
from mien.types import AnyArray, DoubleArray

CLEAR = 0.25
"""Intensity from which on an emotion is asked for clearly enough to be looked for."""


@dataclass(slots=True)
class Asked:
    """What an edit asks of the face measured.

    Attributes:
        track: Its emotion track; None where it is not known.
        start_s: Before it nothing is asked.
        stop_s: From it on nothing is asked; None is the end.
    """

    track: EmotionTrack | None
    start_s: float = 0.0
    stop_s: float | None = None
    _samples: DoubleArray | None = None
    _alone: AnyArray | None = None

    @property
    def emotions(self) -> tuple[str, ...]:
        """The emotions that keyframes set, in order of appearance; neutral is none."""
        if self.track is None:
            return ()
        named = (k.emotion for k in self.track.keyframes if k.emotion in EMOTIONS and (k.intensity or 0) >= CLEAR)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    def sample(self, times_s: AnyArray) -> None:
        """Take the times of the source's frames, before anything else is asked."""
        if self.track is not None:
            inside = (times_s >= self.start_s) & (times_s < (np.inf if self.stop_s is None else self.stop_s))
            found = self.track.sample(times_s)
            self._samples = found.emotion * inside[:, None]
            self._alone = inside & ~found.action_units.any(axis=1)

    @property
    def vectors(self) -> DoubleArray:
        """``(T, 8)`` emotion vectors asked for (CCFE 3.1); rows of zeros for neutral, and outside the time range."""
        assert self._samples is not None
        return self._samples

    @property
    def alone(self) -> AnyArray:
        """``(T,)``: where an emotion or neutral is asked for and nothing else: in the time range, no action units."""
        assert self._alone is not None
        return self._alone

    def intensity(self, emotion: str) -> DoubleArray:
        """``(T,)`` intensity asked for, 0-1."""
        assert self._samples is not None
        return np.asarray(self._samples[:, EMOTIONS.index(emotion)])

    def shown(self, emotion: str) -> AnyArray:
        """``(T,)``: where the emotion is asked for with at least half its greatest intensity."""
        intensity = self.intensity(emotion)
        return np.asarray(intensity >= max(CLEAR, 0.5 * float(intensity.max(initial=0.0))))
