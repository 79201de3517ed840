"""Reading an image between its pixels, inside a kernel."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def sample_cubic(image, x, y):  # type: ignore[no-untyped-def]
    """Red, green and blue of an image ``(H, W, 3)`` at one position, Catmull-Rom; for use inside other kernels."""
    height, width = image.shape[0], image.shape[1]
    half, one, two = np.float32(0.5), np.float32(1.0), np.float32(2.0)
    x0, y0 = int(np.floor(x)), int(np.floor(y))
    f, h = np.float32(x - x0), np.float32(y - y0)
    u0 = ((one - half * f) * f - half) * f
    u1 = (np.float32(1.5) * f - np.float32(2.5)) * f * f + one
    u2 = ((two - np.float32(1.5) * f) * f + half) * f
    u3 = (half * f - half) * f * f
    v0 = ((one - half * h) * h - half) * h
    v1 = (np.float32(1.5) * h - np.float32(2.5)) * h * h + one
    v2 = ((two - np.float32(1.5) * h) * h + half) * h
    v3 = (half * h - half) * h * h
    xa, xb = min(max(x0 - 1, 0), width - 1), min(max(x0, 0), width - 1)
    xc, xd = min(max(x0 + 1, 0), width - 1), min(max(x0 + 2, 0), width - 1)
    r = g = b = np.float32(0.0)
    for k in range(4):
        row = image[min(max(y0 + k - 1, 0), height - 1)]
        v = v0 if k == 0 else (v1 if k == 1 else (v2 if k == 2 else v3))
        r += v * (u0 * row[xa, 0] + u1 * row[xb, 0] + u2 * row[xc, 0] + u3 * row[xd, 0])
        g += v * (u0 * row[xa, 1] + u1 * row[xb, 1] + u2 * row[xc, 1] + u3 * row[xd, 1])
        b += v * (u0 * row[xa, 2] + u1 * row[xb, 2] + u2 * row[xc, 2] + u3 * row[xd, 2])
    return r, g, b
