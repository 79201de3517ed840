"""Memory that is used again from frame to frame.

A frame's crop, field and result are a few megabytes each. Arrays made anew go back to the system when they are dropped
and come from it page by page, each cleared, when the next frame asks: a tenth of an edit's processor time.
"""

from __future__ import annotations

import math

import numpy as np

from mien.types import FloatArray

_SPARE = 1.25
"""Memory is taken for so much more than was asked: boxes of faces breathe."""


class Scratch:
    """One float32 array after the other, all in the same memory.

    What :meth:`array` gave is overwritten by what is made of it next: one scratch for each array that is needed at a
    time, and none shared between threads.
    """

    def __init__(self) -> None:
        self._memory: FloatArray = np.empty(0, np.float32)

    def array(self, *shape: int) -> FloatArray:
        """An array of this shape, C-contiguous; it holds anything."""
        size = math.prod(shape)
        if size > len(self._memory):
            self._memory = np.empty(int(size * _SPARE), np.float32)
        return self._memory[:size].reshape(shape)
