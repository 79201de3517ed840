"""Stability of the mouth's inside: teeth and tongue must not flicker more than the source's do.

Ours. Systems that paint the inside of the mouth (teeth filling, teeth submodules, neural renderers) paint it frame by
frame; what flickers there is seen at once, and by no metric of the papers. What lies between the inner lips is brought
to one shape, and its change from frame to frame is held against the source's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.metrics.face_frame import checked_landmarks
from mien.metrics.lip_sync import CENTRE_PAIR, lip_opening
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.types import LANDMARK_COUNT, AnyArray, ByteArray, DoubleArray, FloatArray

ROWS, COLUMNS = 8, 18

OPEN = 0.04
"""Opening of the lips, eye distances, from which on there is an inside to look at."""

_SMALLEST_PX = 3.0
_MARGIN = (
    0.12  # of the way between the lips, left out at either side: the lips' own edges, which landmarks miss by that
)
_LUMA = np.array((0.299, 0.587, 0.114))


@dataclass(frozen=True, slots=True)
class MouthInside:
    """How the inside of the mouth changes from frame to frame.

    Attributes:
        excess: Root of the mean over frames of ``c_result² - c_source²``, where c is the root mean square change of the
            inside's grey values since the frame before; 0 where the result changes no more than the source. NaN where
            no two neighbouring frames have an open mouth.
        ratio: Root mean square change of the result over that of the source; NaN where the source does not change.
        frames: Frames compared with the one before.
        worst_frame: Index of the frame with the largest ``c_result² - c_source²``; ``None`` without frames.
    """

    excess: float
    ratio: float
    frames: int
    worst_frame: int | None


def mouth_patch(rgb: ByteArray, landmarks: AnyArray) -> FloatArray | None:
    """What lies between the inner lips, in one shape: rows from the upper to the lower lip, columns from side to side.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        landmarks: ``(478, 3)`` px of the face in it.

    Returns:
        ``(8, 18)`` grey values, 0-255 (BT.601); ``None`` where the mouth is closed (:data:`OPEN`, and 3 px) or not
        wholly inside the picture.

    Raises:
        InputError: Landmarks or picture of another shape, or not finite.
    """
    picture, points = np.asarray(rgb), np.asarray(landmarks, np.float64)
    if points.shape != (LANDMARK_COUNT, 3) or picture.ndim != 3 or picture.shape[2] != 3:
        raise InputError(
            f"picture and landmarks have shapes {picture.shape} and {points.shape}; expected (H, W, 3) and (478, 3)"
        )
    checked_landmarks(points[None])
    opening_px = float(np.linalg.norm(points[CENTRE_PAIR[0][0], :2] - points[CENTRE_PAIR[0][1], :2]))
    if opening_px < _SMALLEST_PX or lip_opening(points[None], dimensions=2)[0] < OPEN:
        return None
    upper, lower = (_even(points[lip, :2]) for lip in (INNER_LIP_UPPER, INNER_LIP_LOWER))
    down = np.linspace(_MARGIN, 1 - _MARGIN, ROWS)[:, None, None]
    x, y = np.moveaxis(upper * (1 - down) + lower * down, -1, 0)
    height, width = picture.shape[:2]
    if x.min() < 0 or y.min() < 0 or x.max() > width - 1 or y.max() > height - 1:
        return None
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, along = (x - left)[..., None], (y - top)[..., None]
    above = picture[top, left] * (1 - across) + picture[top, right] * across
    under = picture[below, left] * (1 - across) + picture[below, right] * across
    return np.asarray((above * (1 - along) + under * along) @ _LUMA, np.float32)


class MouthInsideWatch:
    """Accumulates the change of :func:`mouth_patch` over a clip; keeps two patches, and two numbers of each frame."""

    def __init__(self) -> None:
        """Start with no frame."""
        self._last: tuple[int, FloatArray, FloatArray] | None = None
        self._frames: list[int] = []
        self._changes: list[tuple[float, float]] = []

    def add(
        self, frame: int, source: ByteArray, source_landmarks: AnyArray, result: ByteArray, result_landmarks: AnyArray
    ) -> None:
        """Take the next frame. It counts where the mouth is open in both clips, here and in the frame before.

        Args:
            frame: Its index, larger than the one before; a gap starts afresh.
            source: ``(H, W, 3)`` uint8.
            source_landmarks: ``(478, 3)`` px, tracked in the source.
            result: ``(H, W, 3)`` uint8.
            result_landmarks: ``(478, 3)`` px, tracked in the result.

        Raises:
            InputError: See :func:`mouth_patch`; or a frame out of order.
        """
        if self._frames and frame <= self._frames[-1]:
            raise InputError(f"frame {frame} came after frame {self._frames[-1]}; expected them in order")
        first, second = mouth_patch(source, source_landmarks), mouth_patch(result, result_landmarks)
        if first is None or second is None:
            self._last = None
            return
        if self._last is not None and self._last[0] == frame - 1:
            self._frames.append(frame)
            self._changes.append((_mean_square(first - self._last[1]), _mean_square(second - self._last[2])))
        self._last = (frame, first, second)

    def series(self) -> tuple[list[int], DoubleArray]:
        """Frame indices, and the root mean square changes of source and result, ``(N, 2)`` grey values."""
        return list(self._frames), np.sqrt(np.array(self._changes, np.float64).reshape(-1, 2))

    def result(self) -> MouthInside:
        """What was found so far."""
        if not self._changes:
            return MouthInside(float("nan"), float("nan"), 0, None)
        changes = np.array(self._changes)
        source, result = changes.mean(axis=0)
        return MouthInside(
            excess=float(np.sqrt(max(0.0, result - source))),
            ratio=float(np.sqrt(result / source)) if source > 0 else float("nan"),
            frames=len(changes),
            worst_frame=self._frames[int(np.argmax(changes[:, 1] - changes[:, 0]))],
        )


def _even(lip: DoubleArray) -> DoubleArray:
    """Points along a lip from corner to corner, evenly over its landmarks.

    ``(11, 2)`` to ``(18, 2)``; the corners themselves, where the lips meet, are left out.
    """
    at = np.linspace(0, len(lip) - 1, COLUMNS + 4)[2:-2]
    return np.stack([np.interp(at, np.arange(len(lip)), lip[:, k]) for k in (0, 1)], axis=1)


def _mean_square(change: FloatArray) -> float:
    return float((change.astype(np.float64) ** 2).mean())
