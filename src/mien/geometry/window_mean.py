"""The mean over a window around each sample, as fast for a wide window as for a narrow one.

Twice one after the other weighs a neighbour the less the further away it is.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath=True)
def window_mean(planes, radius):  # type: ignore[no-untyped-def]
    """Replace each sample by the mean over a square window around it; at the rim the window is smaller.

    Args:
        planes: ``(planes, h, w)`` float32, changed in place, each plane by itself.
        radius: The window is ``2 radius + 1`` samples wide.
    """
    count, height, width = planes.shape
    passed = np.empty((height, width), np.float32)
    total = np.empty(width, np.float32)
    for k in range(count):
        for y in range(height):
            total_row, number = np.float32(0.0), np.float32(0.0)
            for x in range(-radius, width):
                if x + radius < width:
                    total_row += planes[k, y, x + radius]
                    number += np.float32(1.0)
                if x > radius:
                    total_row -= planes[k, y, x - radius - 1]
                    number -= np.float32(1.0)
                if x >= 0:
                    passed[y, x] = total_row / number
        total[:] = 0.0
        number = np.float32(0.0)
        for y in range(-radius, height):
            if y + radius < height:
                number += np.float32(1.0)
                for x in range(width):
                    total[x] += passed[y + radius, x]
            if y > radius:
                number -= np.float32(1.0)
                for x in range(width):
                    total[x] -= passed[y - radius - 1, x]
            if y >= 0:
                inverse = np.float32(1.0) / number
                for x in range(width):
                    planes[k, y, x] = total[x] * inverse
