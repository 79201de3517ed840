"""Where one shot ends and the next begins, found on the fly.

A cut is a frame that none of the last three resembles, nor do the next three resemble those: so a flash, which ends,
is none. Two frames resemble each other if the blocks of one are found near their place in the other: so fast movement,
of a head or of the camera, is none either. A camera that swings so fast that blocks get lost shows in the whole
picture's shift, the same way for more than one frame. What counts as much depends on how lively the shot has been so
far: a jump between two takes of one person in one room changes little, but much more than the frames before it. Jumps
that change still less are looked for in the faces (:mod:`mien.tracking.jumps`).

The thresholds were set on the development clips: neighbouring frames reach a block difference of 0.20 (a lamp goes on)
and else 0.14, frames of different clips 0.28 to 1, frames of one clip that are two seconds apart 0.03 to 0.5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.types import ByteArray, FloatArray

Item = TypeVar("Item")

SIGHT = 3
"""Frames looked at before and after a possible cut."""

_SIDE = 32
_PER_CELL = 3
_BLOCK = 8
_REACH = 3
_HISTORY = 24
_CLEAR = 0.24
_SUBTLE = 0.08
_LEAST_CHANGE = 2.5
_CONTRAST_FLOOR = 4.0

_FARTHEST = (7, 16)
_SAME_PICTURE = 0.28
_GOES_ON = 0.25
"""Cells down and to the side that a swing of the camera may go from one frame to the next; least difference of pictures
that are none of each other; share of the shift that the frame before or after must show, too. Windows of real and
made-up pictures, moved by a tenth to four tenths of their width, differ by 0.17 at most once the shift is found; frames
of different clips by 0.39 at least."""


def with_cuts(items: Iterable[Item], thumbnail: Callable[[Item], ByteArray]) -> Iterator[tuple[Item, bool, float]]:
    """Mark the items that start a shot. Runs :data:`SIGHT` items ahead of what it gives.

    Args:
        items: Frames, or what carries them, in order.
        thumbnail: Gives an item's picture, ``(h, w, 3)`` uint8 RGB.

    Yields:
        Each item, whether a shot starts with it (with the first one always), and how much the picture has changed since
        the item before, 0-255.
    """
    detector = CutDetector()
    waiting: deque[tuple[Item, FloatArray]] = deque()
    source = iter(items)
    exhausted = False
    while True:
        while not exhausted and len(waiting) <= SIGHT:
            try:
                item = next(source)
            except StopIteration:
                exhausted = True
            else:
                waiting.append((item, digest(thumbnail(item))))
        if not waiting:
            return
        item, now = waiting.popleft()
        starts = detector.step(now, [later for _, later in waiting])
        yield item, starts, detector.change


class CutDetector:
    """Decides for one frame after the other whether a shot starts there.

    Attributes:
        change: Mean difference of the last frame from the one before it, 0-255.
    """

    def __init__(self) -> None:
        self.change = 0.0
        self._past: deque[FloatArray] = deque(maxlen=SIGHT)
        self._changes: deque[float] = deque(maxlen=_HISTORY)

    def step(self, now: FloatArray, coming: list[FloatArray]) -> bool:
        """Look at the next frame.

        Args:
            now: Its :func:`digest`.
            coming: The digests of up to :data:`SIGHT` frames after it.
        """
        if not self._past:
            self._past.append(now)
            return True
        self.change = change = float(np.abs(now - self._past[-1]).mean())
        is_cut = self._is_cut(change, now, coming)
        if is_cut:
            self._past.clear()
            self._changes.clear()
        else:
            self._changes.append(change)
        self._past.append(now)
        return is_cut

    def _is_cut(self, change: float, now: FloatArray, coming: list[FloatArray]) -> bool:
        usual = median(self._changes) if self._changes else 0.0
        if change < max(_LEAST_CHANGE, 2 * usual):
            return False
        enough_seen = len(self._changes) >= SIGHT
        is_outburst = enough_seen and change > max(6 * usual, 2.5 * max(self._changes))
        threshold = _SUBTLE if is_outburst else _CLEAR
        differs = all(
            block_difference(before, after) > threshold for after in [now, *coming] for before in reversed(self._past)
        )
        return differs and not self._is_swing(now, coming)

    def _is_swing(self, now: FloatArray, coming: list[FloatArray]) -> bool:
        """Whether the whole picture has moved, and moves the same way before or after."""
        error, shift = whole_shift(self._past[-1], now)
        if error > _SAME_PICTURE:
            return False
        beside = list(zip([now], coming[:1], strict=False)) + list(pairwise(list(self._past)[-2:]))
        for first, second in beside:
            error, other = whole_shift(first, second)
            if error <= _SAME_PICTURE and other @ shift > _GOES_ON * (shift @ shift):
                return True
        return False


def digest(picture: ByteArray) -> FloatArray:
    """A picture reduced to ``(32, 32, 3)`` float32, 0-255: each the mean of 9 samples of its cell."""
    samples = picture.reshape(-1, 3).take(_sample_places(*picture.shape[:2]), axis=0)
    total = np.zeros((_SIDE, _SIDE, 3), np.uint16)
    for down in range(_PER_CELL):  # Sums of whole slices: reductions over short axes take several times as long.
        for right in range(_PER_CELL):
            total += samples[down::_PER_CELL, right::_PER_CELL]
    return np.asarray(total / np.float32(_PER_CELL**2), np.float32)


def block_difference(first: FloatArray, second: FloatArray) -> float:
    """How little two digests resemble each other.

    Returns:
        The mean difference of blocks after the best shift of each, over the pictures' contrast. 0 is the same picture;
        different scenes give 0.3 to 1.
    """
    padded = np.pad(second, ((_REACH, _REACH), (_REACH, _REACH), (0, 0)), mode="edge")
    blocks = _SIDE // _BLOCK
    best = np.full((blocks, blocks), np.inf, np.float32)
    shifted = np.lib.stride_tricks.sliding_window_view(padded, _SIDE, axis=1)  # (rows, shift, 3, columns)
    across = np.ascontiguousarray(np.moveaxis(shifted, (1, 2), (0, 1)).swapaxes(1, 2))  # (shift, rows, 3, columns)
    for down in range(2 * _REACH + 1):
        away = np.abs(across[:, down : down + _SIDE] - first.swapaxes(1, 2))
        error = (away[:, :, 0] + away[:, :, 1] + away[:, :, 2]) / np.float32(3)
        means = error.reshape(-1, blocks, _BLOCK, blocks, _BLOCK).mean(axis=(2, 4))
        np.minimum(best, means.min(axis=0), out=best)
    contrast = min(_contrast(first), _contrast(second))
    return float(best.mean()) / (contrast + _CONTRAST_FLOOR)


def whole_shift(first: FloatArray, second: FloatArray) -> tuple[float, NDArray[np.int_]]:
    """By how much the camera has swung from one digest to the other.

    Returns:
        The mean difference of what both show, over its contrast, at the best shift; and that shift, cells ``(down,
        right)``, of the place where the first one's content lies in the second.
    """
    best, shift = np.inf, np.zeros(2, int)
    for down in range(-_FARTHEST[0], _FARTHEST[0] + 1):
        for right in range(-_FARTHEST[1], _FARTHEST[1] + 1):
            seen = first[max(0, -down) : _SIDE - max(0, down), max(0, -right) : _SIDE - max(0, right)]
            again = second[max(0, down) : _SIDE + min(0, down), max(0, right) : _SIDE + min(0, right)]
            contrast = min(_contrast(seen), _contrast(again))
            error = float(np.abs(seen - again).mean()) / (contrast + _CONTRAST_FLOOR)
            if error < best:
                best, shift = error, np.array([down, right])
    return best, shift


@lru_cache(maxsize=8)
def _sample_places(height: int, width: int) -> NDArray[np.int_]:
    """Numbers of the pixels that a digest looks at ``(96, 96)``: evenly spaced, a few for each of its cells."""
    count = _SIDE * _PER_CELL
    rows, columns = (((np.arange(count) + 0.5) * length / count).astype(int) for length in (height, width))
    return np.asarray(rows[:, None] * width + columns)


def _contrast(image: FloatArray) -> float:
    return float(np.abs(image - image.mean(axis=(0, 1))).mean())
