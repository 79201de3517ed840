"""A clip that keeps, while it is read once, what is wanted of it later, so that it is not decoded again."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from mien.types import DoubleArray
from mien.video.clip import Clip
from mien.video.frame import Frame

_KEPT_PICTURES = 32
_KEPT_BYTES = 128 * 2**20


class WatchedClip:
    """A clip that remembers, of what is read from it, all frame times and a few pictures spread over its length.

    Every ``stride``-th picture is kept; when there are too many, every second one goes and the stride doubles.

    Args:
        clip: The clip.

    Attributes:
        kept: The pictures.
    """

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self.kept: list[Frame] = []
        self._times_s = array("d")
        samples = clip.info.width * clip.info.height * (6 if clip.info.bit_depth > 8 else 3)
        self._most = max(4, min(_KEPT_PICTURES, _KEPT_BYTES // samples))
        self._stride = 1

    @property
    def times_s(self) -> DoubleArray:
        """``(frames,)`` clip times of the frames read, seconds."""
        return np.array(self._times_s)

    def frames(self) -> Iterator[Frame]:
        """Decode frames as :meth:`Clip.frames` does, and watch them."""
        for frame in self._clip.frames():
            self._times_s.append(frame.time_s)
            if frame.index % self._stride == 0:
                self.kept.append(frame)
                if len(self.kept) > self._most:
                    self._stride *= 2
                    self.kept = [kept for kept in self.kept if kept.index % self._stride == 0]
            yield frame
