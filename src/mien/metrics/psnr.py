"""PSNR: peak signal-to-noise ratio of a picture against another (DNT 5.3, FG-EmoTalk)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.metrics.picture_pair import checked_pictures
from mien.types import AnyArray


@dataclass(frozen=True, slots=True)
class PsnrOfFrames:
    """PSNR over the frames of one or many clips.

    Attributes:
        mean: Mean of the frames' PSNR, dB, as papers report it; infinite where any frame is identical, NaN without
            frames.
        pooled: PSNR of the mean squared error over all frames, dB; infinite only where all are identical.
        frames: Frames measured.
        worst_frame: Index of the frame with the lowest PSNR; ``None`` without frames.
    """

    mean: float
    pooled: float
    frames: int
    worst_frame: int | None


def mean_squared_error(first: AnyArray, second: AnyArray, mask: AnyArray | None = None) -> float:
    """Mean of the squared differences over pixels and channels; NaN where the mask is empty.

    Args:
        first: ``(H, W)`` or ``(H, W, C)``.
        second: The same.
        mask: ``(H, W)`` boolean: the pixels that count; all by default.

    Raises:
        InputError: See :func:`~mien.metrics.picture_pair.checked_pictures`.
    """
    a, b = checked_pictures(first, second, mask)
    if mask is not None:
        a, b = a[mask], b[mask]
    if a.size == 0:
        return float("nan")
    difference = np.subtract(a, b, dtype=np.float64).ravel()
    return float(difference @ difference) / difference.size


def psnr(first: AnyArray, second: AnyArray, mask: AnyArray | None = None, peak: float = 255.0) -> float:
    """Peak signal-to-noise ratio: ``10·log10(peak² / MSE)``.

    Args:
        first: ``(H, W)`` or ``(H, W, C)``.
        second: The same.
        mask: ``(H, W)`` boolean: the pixels that count, such as the face; all by default.
        peak: Largest possible value: 255 for 8-bit pictures, 1 for floats from 0 to 1.

    Returns:
        dB, higher is closer; infinite for identical pictures, NaN where the mask is empty.

    Raises:
        InputError: Pictures that do not fit, or a peak that is not positive.
    """
    return decibels(mean_squared_error(first, second, mask), peak)


def decibels(error: float, peak: float = 255.0) -> float:
    """PSNR of a mean squared error, dB.

    Raises:
        InputError: A peak that is not positive.
    """
    if not peak > 0:
        raise InputError(f"the peak is {peak}; expected the largest possible value of a pixel")
    if error == 0:
        return float("inf")
    return float(10 * np.log10(peak**2 / error))


class Psnr:
    """Accumulates :func:`psnr` over frames; keeps no frame."""

    def __init__(self, peak: float = 255.0) -> None:
        """Start with no frame; ``peak`` as in :func:`psnr`."""
        self._peak = peak
        self._sum_db, self._sum_error, self._count = 0.0, 0.0, 0
        self._worst: tuple[float, int] | None = None

    def add(self, frame: int, first: AnyArray, second: AnyArray, mask: AnyArray | None = None) -> float:
        """Measure a frame; one whose mask is empty is left out.

        Returns:
            Its PSNR, dB.

        Raises:
            InputError: See :func:`psnr`.
        """
        error = mean_squared_error(first, second, mask)
        value = decibels(error, self._peak)
        if np.isnan(value):
            return value
        self._sum_db += value
        self._sum_error += error
        self._count += 1
        if self._worst is None or value < self._worst[0]:
            self._worst = (value, frame)
        return value

    def result(self) -> PsnrOfFrames:
        """What was found so far."""
        if self._worst is None:
            return PsnrOfFrames(float("nan"), float("nan"), 0, None)
        pooled = decibels(self._sum_error / self._count, self._peak)
        return PsnrOfFrames(self._sum_db / self._count, pooled, self._count, self._worst[1])
