"""What is made of each frame of a shot together with what is made of its neighbours, for a window over three frames.

The renderer is given one frame after the other; this reads the clip itself, one frame ahead, and holds three results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from mien.video.clip import Clip
from mien.video.frame import Frame

Made = TypeVar("Made")


class Neighbours(Generic[Made]):
    """Makes something of every frame once.

    Args:
        clip: The video.
        start: First frame of the shot.
        stop: Frame after its last.
        make: What is made of a frame; depends on nothing but the frame.
    """

    def __init__(self, clip: Clip, start: int, stop: int, make: Callable[[Frame], Made]) -> None:
        self._clip, self._start, self._stop, self._make = clip, start, stop, make
        self._made: dict[int, Made] = {}
        self._frames: Iterator[Frame] | None = None
        self._next = start

    def around(self, frame: Frame) -> tuple[Made, Made, Made]:
        """What is made of the frame before, of this one, and of the one after.

        The first and last frame of the shot stand in for what lies beyond them. Frames may be asked for in any order;
        one that lies behind costs a new start.
        """
        before, after = max(frame.index - 1, self._start), min(frame.index + 1, self._stop - 1)
        for index in (before, frame.index, after):
            if index not in self._made:
                self._made[index] = self._make(frame if index == frame.index else self._read(index))
        found = self._made[before], self._made[frame.index], self._made[after]
        self._made = {index: self._made[index] for index in {frame.index, after}}
        return found

    def _read(self, index: int) -> Frame:
        if self._frames is None or index < self._next:
            self._frames = self._clip.frames(index, self._stop)
        for frame in self._frames:
            if frame.index == index:
                self._next = index + 1
                return frame
        raise AssertionError(f"frame {index} of the shot is not in the clip")
