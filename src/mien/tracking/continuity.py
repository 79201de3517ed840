"""What a face's frames are worth once its shot is over: confidence, bridged gaps, and the fade of an edit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mien.tracking.face_track import Rows
from mien.types import AnyArray, FloatArray

BRIDGED_S = 0.25
"""Longest gap that is bridged."""

FADE_S = 0.2
"""Time in which an edit fades out and in."""

BRIDGE_CONFIDENCE = 0.5
"""What remains of the confidence of its ends in a bridged gap."""

_UNSURE, _SURE = 6.0, 14.0


def confidence_of(presence: AnyArray) -> FloatArray:
    """Confidence ``(T,)`` from presence scores; NaN, where there was no face, gives 0."""
    share = np.clip((np.nan_to_num(presence, nan=-1e9) - _UNSURE) / (_SURE - _UNSURE), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def gaps(usable: AnyArray) -> list[tuple[int, int]]:
    """Stretches ``(start, stop)`` of False between two True."""
    inside = np.flatnonzero(usable)
    return [(int(a) + 1, int(b)) for a, b in pairwise(inside) if b > a + 1]


def bridge(confidence: FloatArray, times_s: AnyArray) -> tuple[FloatArray, AnyArray]:
    """Raise the confidence in short gaps, and tell which frames an edit may use.

    Args:
        confidence: ``(T,)``.
        times_s: ``(T,)`` of the frames.

    Returns:
        The confidence, and ``(T,)`` bool: tracked, or in a gap short enough.
    """
    usable = confidence >= 0.5
    raised = confidence.copy()
    for start, stop in gaps(usable):
        if times_s[stop] - times_s[start - 1] <= BRIDGED_S + 1e-6:
            ends = min(confidence[start - 1], confidence[stop])
            raised[start:stop] = np.maximum(raised[start:stop], BRIDGE_CONFIDENCE * ends)
            usable[start:stop] = True
    return raised, usable


def fade_of(usable: AnyArray, times_s: AnyArray, *, eased_start: bool, eased_stop: bool) -> FloatArray:
    """The weight of an edit, ``(T,)``: 0 where unusable, rising to 1 over :data:`FADE_S` beside such frames.

    Args:
        usable: ``(T,)`` bool.
        times_s: ``(T,)``.
        eased_start: Whether the face is missing in the frame before the first: it fades in there.
        eased_stop: The same for the frame after the last.
    """
    count = len(usable)
    step = float(np.median(np.diff(times_s))) if count > 1 else FADE_S
    around = np.concatenate([[times_s[0] - step], times_s, [times_s[-1] + step]])
    closed = np.concatenate([[eased_start], ~usable.astype(bool), [eased_stop]])
    closed_s = around[closed]
    if len(closed_s) == 0:
        return np.ones(count, np.float32)
    after = np.searchsorted(closed_s, times_s)
    before_s = times_s - closed_s[np.maximum(after - 1, 0)]
    after_s = closed_s[np.minimum(after, len(closed_s) - 1)] - times_s
    distance = np.minimum(np.where(after > 0, before_s, np.inf), np.where(after < len(closed_s), after_s, np.inf))
    share = np.clip(distance / FADE_S, 0, 1)
    return np.asarray(np.where(usable, share * share * (3 - 2 * share), 0), np.float32)


def read_filled(rows: Rows, present: AnyArray, times_s: AnyArray, start: int, stop: int) -> FloatArray:
    """Rows ``start`` to ``stop``, those without a face interpolated between the last before and the next after.

    Args:
        rows: One row a frame.
        present: ``(T,)`` bool, True at both ends.
        times_s: ``(T,)``.
        start: First row.
        stop: Row after the last.
    """
    block = rows.read(start, stop)
    wanted = np.flatnonzero(~present[start:stop]) + start
    inside = np.flatnonzero(present)
    after = np.searchsorted(inside, wanted)
    for first, last in {(int(a), int(b)) for a, b in zip(inside[after - 1], inside[after], strict=True)}:
        ends = rows.read(first, first + 1)[0], rows.read(last, last + 1)[0]
        here = np.arange(max(first + 1, start), min(last, stop))
        share = (times_s[here] - times_s[first]) / (times_s[last] - times_s[first])
        share = share.astype(np.float32).reshape(-1, *[1] * len(rows.shape))
        block[here - start] = (1 - share) * ends[0] + share * ends[1]
    return block
