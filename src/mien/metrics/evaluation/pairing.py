"""Which frames of source, result and target belong together, streamed side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from mien.tracking.ahead import ahead
from mien.video.clip import Clip
from mien.video.frame import Frame

Matching = Literal["index", "time"]
"""``index``: both have as many frames, the n-th belongs to the n-th. ``time``: each frame of the result belongs to the
frame of the other clip that is shown nearest to its time."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Frames that belong together.

    Attributes:
        source: Of the source.
        result: Of the result.
        target: Of the real target footage, where there is one that lasts as long.
    """

    source: Frame
    result: Frame
    target: Frame | None = None


def matching_of(first_frames: int, second_frames: int) -> Matching:
    """How two clips are matched, by their numbers of frames."""
    return "index" if first_frames == second_frames else "time"


def pairs(
    source: Clip, result: Clip, matching: Matching, target: Clip | None = None, target_matching: Matching = "index"
) -> Iterator[Pair]:
    """Decode the clips side by side, each in a thread of its own; memory stays constant.

    Args:
        source: The source.
        result: The edited clip.
        matching: Of source and result, see :func:`matching_of`.
        target: The real target footage, if there is any.
        target_matching: Of target and result.

    Yields:
        The frames of the result that have one of the source, in order.

    Raises:
        ClipError: A clip cannot be decoded.
    """
    with (
        closing(ahead(source.frames())) as sources,
        closing(ahead(result.frames())) as results,
        closing(ahead(target.frames() if target is not None else ())) as targets,
    ):
        of_source, of_target = _Follower(sources, matching), _Follower(targets, target_matching)
        for frame in results:
            first = of_source.match(frame)
            third = of_target.match(frame) if target is not None else None
            if first is not None:
                yield Pair(first, frame, third)


class _Follower:
    """Walks through a clip to the frames that belong to those of another one."""

    def __init__(self, frames: Iterator[Frame], matching: Matching) -> None:
        self._frames = frames
        self._matching = matching
        self._now: Frame | None = None
        self._next: Frame | None = next(frames, None) if matching == "time" else None
        self._step_s = 0.04

    def match(self, frame: Frame) -> Frame | None:
        """The frame that belongs to ``frame``; asked for frames in order. None where there is none."""
        if self._matching == "index":
            return next(self._frames, None)
        while self._next is not None and (
            self._now is None or abs(self._next.time_s - frame.time_s) <= abs(self._now.time_s - frame.time_s)
        ):
            if self._now is not None:
                self._step_s = max(1e-3, self._next.time_s - self._now.time_s)
            self._now, self._next = self._next, next(self._frames, None)
        # A frame is shown until the next one comes: farther away than that, nothing of this clip is on the screen.
        if self._now is None or abs(self._now.time_s - frame.time_s) >= 0.999 * self._step_s:
            return None
        return self._now
