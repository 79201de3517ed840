"""Continuity: no jump between neighbouring frames that the source does not make itself."""

from __future__ import annotations

import numpy as np

from mien.metrics.face_frame import checked_landmarks, checked_pair, eye_distance
from mien.metrics.jitter import aligned, consecutive
from mien.types import AnyArray, DoubleArray


def jumps(landmarks: AnyArray, frames: AnyArray | None = None) -> DoubleArray:
    """How far the face moves from each frame to the next, the head's own motion taken out.

    Root of the mean square displacement over all landmarks, in the image plane of the first frame's head pose.

    Args:
        landmarks: ``(T, 478, 3)`` px.
        frames: ``(T,)`` frame indices; steps across gaps are left out.

    Returns:
        ``(S,)``, eye distances, one for each step between neighbouring frames.

    Raises:
        InputError: A wrong shape or not finite.
    """
    points = checked_landmarks(landmarks)
    whole = consecutive(len(points), frames, 2)
    steps = np.diff(aligned(points)[..., :2], axis=0)[whole]
    return np.asarray(np.sqrt((steps**2).sum(axis=2).mean(axis=1)))


def added_jumps(source: AnyArray, result: AnyArray, frames: AnyArray | None = None) -> DoubleArray:
    """How far what the edit adds moves from each frame to the next: as :func:`jumps`, of result minus source.

    The source's own motion drops out, so a sudden start of an emotion shows even beside a blink.

    Args:
        source: ``(T, 478, 3)`` px.
        result: ``(T, 478, 3)`` px, the same frames.
        frames: See :func:`jumps`.

    Returns:
        ``(S,)``, eye distances of the source.

    Raises:
        InputError: A wrong shape, not finite, or not as many frames.
    """
    first, second = checked_pair(source, result)
    whole = consecutive(len(first), frames, 2)
    added = (second - first)[..., :2] / eye_distance(first)[:, None, None]
    steps = np.diff(added, axis=0)[whole]
    return np.asarray(np.sqrt((steps**2).sum(axis=2).mean(axis=1)))


def largest_jump_ratio(source: AnyArray, result: AnyArray, frames: AnyArray | None = None) -> float:
    """Largest jump of the result over the largest jump of the source: at most 1 where the edit adds none.

    Args:
        source: ``(T, 478, 3)`` px.
        result: ``(T, 478, 3)`` px, the same frames.
        frames: See :func:`jumps`.

    Returns:
        The ratio; NaN where there is no step or the source does not move.

    Raises:
        InputError: A wrong shape, not finite, or not as many frames.
    """
    first, second = checked_pair(source, result)
    own = float(jumps(first, frames).max(initial=0.0))
    return float(jumps(second, frames).max(initial=0.0)) / own if own > 0 else float("nan")
