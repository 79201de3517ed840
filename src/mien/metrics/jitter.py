"""Jitter: how much more the landmarks of the result tremble than those of the source."""

from __future__ import annotations

import numpy as np

from mien.errors import InputError
from mien.metrics.face_frame import STABLE, checked_landmarks, checked_pair, eye_distance, rigid_rotation
from mien.types import AnyArray, DoubleArray


def aligned(landmarks: AnyArray) -> DoubleArray:
    """Landmarks with the head's motion taken out, in eye distances.

    Every frame is turned rigidly (rotation, translation) so that its stable landmarks (forehead, temples, nose bridge,
    eye corners) lie best on those of the first frame, and scaled to eye distance 1.

    Args:
        landmarks: ``(T, 478, 3)`` px.

    Returns:
        ``(T, 478, 3)``, centred on the stable landmarks.
    """
    points = checked_landmarks(landmarks)
    if len(points) == 0:
        return points
    points = points / eye_distance(points)[:, None, None]
    points -= points[:, STABLE].mean(axis=1, keepdims=True)
    rotation = rigid_rotation(points[:, STABLE], points[0, STABLE])
    return np.asarray(np.einsum("tij,tpj->tpi", rotation, points))


def consecutive(count: int, frames: AnyArray | None, span: int) -> AnyArray:
    """Which of ``count`` rows start a run of ``span`` neighbouring frames: boolean ``(max(0, count - span + 1),)``.

    Args:
        count: Rows of landmarks.
        frames: ``(count,)`` their frame indices, increasing; ``None`` for no gaps.
        span: 2 or more.

    Raises:
        InputError: Not one index for each row.
    """
    starts = max(0, count - span + 1)
    if frames is None:
        return np.ones(starts, bool)
    index = np.asarray(frames)
    if index.shape != (count,):
        raise InputError(f"frames have shape {index.shape}; expected ({count},), one index for each row of landmarks")
    return np.asarray(index[span - 1 :] - index[:starts] == span - 1)


def jitter_series(landmarks: AnyArray, frames: AnyArray | None = None, align: bool = True) -> DoubleArray:
    """Magnitude of the second temporal difference of the landmarks in the image plane, frame by frame.

    ``mean over i of |x(t-1, i) - 2 x(t, i) + x(t+1, i)|``: zero for steady motion, large for trembling.

    Args:
        landmarks: ``(T, 478, 3)`` px.
        frames: ``(T,)`` frame indices; differences across gaps (lost faces, cuts) are left out.
        align: Take the head's motion out first (see :func:`aligned`); else only divide by the eye distance.

    Returns:
        ``(T,)``, eye distances per frame²; NaN where a neighbour is missing, so at both ends.

    Raises:
        InputError: A wrong shape or not finite.
    """
    points = checked_landmarks(landmarks)
    whole = consecutive(len(points), frames, 3)
    series = np.full(len(points), np.nan)
    if whole.any():
        placed = aligned(points) if align else points / eye_distance(points)[:, None, None]
        second = placed[:-2, :, :2] - 2 * placed[1:-1, :, :2] + placed[2:, :, :2]
        series[1:-1][whole] = np.linalg.norm(second[whole], axis=2).mean(axis=1)
    return series


def jitter(landmarks: AnyArray, frames: AnyArray | None = None, align: bool = True) -> float:
    """Mean of :func:`jitter_series`: eye distances per frame²; NaN without three neighbouring frames.

    Args:
        landmarks: ``(T, 478, 3)`` px.
        frames: See :func:`jitter_series`.
        align: See :func:`jitter_series`.

    Raises:
        InputError: A wrong shape or not finite.
    """
    series = jitter_series(landmarks, frames, align)
    measured = np.isfinite(series)
    return float(series[measured].mean()) if measured.any() else float("nan")


def added_jitter(
    source: AnyArray, result: AnyArray, frames: AnyArray | None = None, align: bool = True
) -> tuple[DoubleArray, int | None]:
    """Jitter of the result beyond the source's, frame by frame.

    Args:
        source: ``(T, 478, 3)`` px.
        result: ``(T, 478, 3)`` px, the same frames.
        frames: See :func:`jitter_series`.
        align: See :func:`jitter_series`.

    Returns:
        ``(T,)``, eye distances per frame², negative where the result is steadier, NaN where a neighbour is missing; and
        the index of the frame where it is largest (of ``frames`` if given), ``None`` where there is none to measure.

    Raises:
        InputError: A wrong shape, not finite, or not as many frames.
    """
    first, second = checked_pair(source, result)
    added = jitter_series(second, frames, align) - jitter_series(first, frames, align)
    if not np.isfinite(added).any():
        return added, None
    row = int(np.nanargmax(added))
    return added, row if frames is None else int(np.asarray(frames)[row])


def jitter_ratio(source: AnyArray, result: AnyArray, frames: AnyArray | None = None, align: bool = True) -> float:
    """Jitter of the result over jitter of the source: 1 is as steady as the source; NaN where the source has none.

    Args:
        source: ``(T, 478, 3)`` px.
        result: ``(T, 478, 3)`` px, the same frames.
        frames: See :func:`jitter_series`.
        align: See :func:`jitter_series`.

    Raises:
        InputError: A wrong shape, not finite, or not as many frames.
    """
    first, second = checked_pair(source, result)
    own = jitter(first, frames, align)
    return jitter(second, frames, align) / own if own > 0 else float("nan")
