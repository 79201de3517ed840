"""How the pictures of two clips differ: a mean over time, a curve, and the moments of the largest differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.errors import ClipError
from mien.metrics.evaluation.pairing import matching_of, pairs
from mien.types import AnyArray, Box, FloatArray
from mien.video.clip import Clip
from mien.video.frame import Frame

APART_S = 0.5
"""Moments of the largest differences lie at least so far apart."""

_LEAST_SIDE = 96


@dataclass(frozen=True, slots=True)
class Differences:
    """Of two clips of one size, in shades of 255: of each pixel the largest of red, green and blue.

    Attributes:
        mean: ``(h, w)`` over time.
        times_s: ``(T,)`` of the frames of the first clip that have one in the second.
        frames: ``(T,)`` their indices in the first clip.
        by_frame: ``(T,)`` mean over the picture.
        largest: The largest of any pixel and frame.
    """

    mean: FloatArray
    times_s: tuple[float, ...]
    frames: tuple[int, ...]
    by_frame: tuple[float, ...]
    largest: float

    def moments(self, count: int) -> list[int]:
        """Frames of the first clip where the pictures differ most, in order; the middle one if they never differ."""
        if self.largest == 0.0:
            return [self.frames[len(self.frames) // 2]]
        chosen: list[int] = []
        for row in np.argsort(-np.array(self.by_frame), kind="stable"):
            if all(abs(self.times_s[row] - self.times_s[other]) >= APART_S for other in chosen):
                chosen.append(int(row))
            if len(chosen) == count:
                break
        return [self.frames[row] for row in sorted(chosen)]

    def place(self) -> Box:
        """A rectangle round where most of the difference is, with room round it; the whole picture without any."""
        height, width = self.mean.shape
        strong = self.mean >= 0.25 * self.mean.max()
        if self.largest == 0.0:
            return Box(0, 0, width, height)
        rows, columns = (np.flatnonzero(strong.any(axis=axis)) for axis in (1, 0))
        room = round(0.15 * max(np.ptp(rows), np.ptp(columns))) + 8
        box = [int(columns[0]) - room, int(rows[0]) - room, int(columns[-1]) + 1 + room, int(rows[-1]) + 1 + room]
        for low, side in ((0, width), (1, height)):
            missing = max(0, min(_LEAST_SIDE, side) - (box[low + 2] - box[low]))
            box[low], box[low + 2] = box[low] - missing // 2, box[low + 2] + (missing + 1) // 2
        return Box(*box).clipped(width, height)


def find_differences(first: Clip, second: Clip, tell: Callable[[float], None] | None = None) -> Differences | None:
    """Compare two clips frame by frame; memory is constant in their length.

    Args:
        first: A clip.
        second: Another; frames belong together by number, or where the numbers of frames differ by time.
        tell: Called after every frame with the share that is done, 0 to 1.

    Returns:
        The differences; ``None`` where the pictures have different sizes.

    Raises:
        ClipError: A clip cannot be read, or no frames are shown at the same time.
    """
    sizes = [(clip.info.width, clip.info.height) for clip in (first, second)]
    if sizes[0] != sizes[1]:
        return None
    counts = first.count_frames(), second.count_frames()
    total: AnyArray = np.zeros((sizes[0][1], sizes[0][0]), np.float64)
    times_s, frames, by_frame, largest = [], [], [], 0.0
    for pair in pairs(second, first, matching_of(*counts)):
        change = difference(pair.result, pair.source)
        total += change
        times_s.append(pair.result.time_s)
        frames.append(pair.result.index)
        by_frame.append(float(change.mean()))
        largest = max(largest, float(change.max()))
        if tell is not None:
            tell(min(1.0, len(frames) / max(1, counts[0])))
    if not frames:
        raise ClipError(f"{first.path}: none of its frames is shown when one of {second.path} is.")
    mean = (total / len(frames)).astype(np.float32)
    return Differences(mean, tuple(times_s), tuple(frames), tuple(by_frame), largest)


def difference(first: Frame, second: Frame) -> FloatArray:
    """Of each pixel the largest difference of red, green and blue, ``(h, w)``, in shades of 255."""
    pictures = [frame.rgb().astype(np.float32) * np.float32(255 / frame.peak) for frame in (first, second)]
    return np.asarray(np.abs(pictures[0] - pictures[1]).max(axis=2), np.float32)
