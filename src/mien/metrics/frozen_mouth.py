"""Frozen mouth: stretches in which the source speaks and the result's lips stand still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.metrics.face_frame import checked_pair
from mien.metrics.lip_sync import INNER_PAIRS, lip_opening
from mien.types import AnyArray, DoubleArray

WINDOW = 15
"""Frames looked at together: half a second of 30 fps video, in which speech opens and closes the lips about twice
(syllables come 4 to 5 a second; Chandrasekaran et al. 2009 find 2 to 7 Hz in lip openings)."""

SPEAKING = 0.008
"""Standard deviation of the lip opening within a window, eye distances, from which on the source speaks. The tracker's
tremble on still lips stays under 0.003 on the development clips."""

FROZEN = 0.3
"""Share of the source's deviation up to which the result's lips stand still."""

SLACK = 3
"""Frames at either end of a window in which the source's motion does not count, so that lips that come so much later or
earlier (another fault: ``sync_lag``) are not taken for frozen ones."""

_MOVING = 0.1  # share of a stretch's fastest lip motion; slower frames at its ends are cut off


@dataclass(frozen=True, slots=True)
class FrozenStretch:
    """Frames in which the result's lips do not follow the source's speech.

    Attributes:
        first: Its first frame index.
        last: Its last frame index, itself included.
        share: Deviation of the result's lip opening over the source's, within the stretch; 0 stands still.
    """

    first: int
    last: int
    share: float


@dataclass(frozen=True, slots=True)
class FrozenMouth:
    """Where the mouth of a result is frozen.

    Attributes:
        stretches: In order of time.
        speaking_frames: Frames that lie in a window in which the source speaks.
        frozen_frames: Frames of the stretches.
        worst_frame: Index where the result's lip opening is farthest from the source's within the stretches; ``None``
            without any.
        smallest_share: Smallest deviation of the result over that of the source in any window in which the source
            speaks; NaN where it never does.
    """

    stretches: tuple[FrozenStretch, ...]
    speaking_frames: int
    frozen_frames: int
    worst_frame: int | None
    smallest_share: float


def frozen_mouth(
    source: AnyArray, result: AnyArray, frames: AnyArray | None = None, window: int = WINDOW
) -> FrozenMouth:
    """Find the stretches in which the source's lips move and the result's do not.

    In each window of neighbouring frames the standard deviations of both lip openings (:func:`lip_opening`, all inner
    pairs, in the image plane, a straight line taken out, so that an emotion that opens or closes the mouth slowly does
    not count as speech) are compared, the source's without the window's :data:`SLACK`. Frames of frozen windows make
    the stretches, from the first clear motion of the source that the result does not share to the last.

    Args:
        source: ``(T, 478, 3)`` px.
        result: ``(T, 478, 3)`` px, the same frames.
        frames: ``(T,)`` increasing frame indices; windows do not reach across gaps; ``None`` for no gaps.
        window: Frames, 10 or more.

    Returns:
        Clips shorter than the window have no stretch.

    Raises:
        InputError: A wrong shape, not finite, not as many frames, or too small a window.
    """
    first, second = checked_pair(source, result)
    if window < 4 + 2 * SLACK:
        raise InputError(f"the window is {window} frames; expected {4 + 2 * SLACK} or more")
    index = np.arange(len(first)) if frames is None else np.asarray(frames)
    if index.shape != (len(first),):
        raise InputError(f"frames have shape {index.shape}; expected ({len(first)},), one index for each row")
    a, b = (lip_opening(points, INNER_PAIRS, dimensions=2) for points in (first, second))
    count = max(0, len(a) - window + 1)
    whole = index[window - 1 :] - index[:count] == window - 1
    if not whole.any():
        return FrozenMouth((), 0, 0, None, float("nan"))
    moves_a, moves_b = _deviation(a[SLACK : len(a) - SLACK], window - 2 * SLACK), _deviation(b, window)
    speaking = whole & (moves_a >= SPEAKING)
    frozen = speaking & (moves_b <= FROZEN * moves_a)
    shares = moves_b[speaking] / moves_a[speaking]
    heard = _covered(speaking, window, len(a))
    runs = _runs(_covered(frozen, window, len(a)), index)
    parts = [part for part in (_trimmed(run, a, b) for run in runs) if len(part) > 2]  # a line goes through any two
    stretches = tuple(_stretch(a, b, index, part) for part in parts)
    covered = np.zeros(len(a), bool)
    covered[[row for part in parts for row in part]] = True
    apart = np.where(covered, np.abs(a - b), -1.0)
    return FrozenMouth(
        stretches=stretches,
        speaking_frames=int(heard.sum()),
        frozen_frames=int(covered.sum()),
        worst_frame=int(index[np.argmax(apart)]) if covered.any() else None,
        smallest_share=float(shares.min()) if len(shares) else float("nan"),
    )


def _deviation(x: DoubleArray, window: int) -> DoubleArray:
    """Standard deviation about the straight line through each window: ``(T - window + 1,)``."""
    views = np.lib.stride_tricks.sliding_window_view(x, window)
    return np.asarray(_about_line(views))


def _about_line(values: DoubleArray) -> DoubleArray:
    """Standard deviation of the last axis about its least-squares line."""
    time = np.arange(values.shape[-1]) - (values.shape[-1] - 1) / 2
    centred = values - values.mean(axis=-1, keepdims=True)
    slope = centred @ time / (time @ time)
    return np.asarray((centred - slope[..., None] * time).std(axis=-1))


def _covered(windows: AnyArray, window: int, count: int) -> AnyArray:
    """The frames of the windows that are marked."""
    marks = np.zeros(count + 1, int)
    starts = np.flatnonzero(windows)
    np.add.at(marks, starts, 1)
    np.add.at(marks, starts + window, -1)
    return np.asarray(np.cumsum(marks)[:count] > 0)


def _runs(flags: AnyArray, index: AnyArray) -> list[AnyArray]:
    """Rows of each unbroken run of marked frames."""
    rows = np.flatnonzero(flags)
    if len(rows) == 0:
        return []
    return list(np.split(rows, np.flatnonzero(np.diff(index[rows]) != 1) + 1))


def _trimmed(rows: AnyArray, a: DoubleArray, b: DoubleArray) -> AnyArray:
    """The rows from the first in which the source's lips clearly move, and the result's do not, to the last."""
    speed, other = (np.abs(np.gradient(opening[rows])) for opening in (a, b))
    still = np.flatnonzero((speed >= _MOVING * speed.max()) & (other <= 0.5 * speed))
    return rows[still[0] : still[-1] + 1] if len(still) else rows[:0]


def _stretch(a: DoubleArray, b: DoubleArray, index: AnyArray, rows: AnyArray) -> FrozenStretch:
    return FrozenStretch(int(index[rows[0]]), int(index[rows[-1]]), float(_about_line(b[rows]) / _about_line(a[rows])))
