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

APPROACH_S = 0.08
"""Time beside a gap in which an edit is gone already: a hand is noticed when it covers much, a turning head when it is
nearly in profile, and landmarks go astray a little before."""

BRIDGE_CONFIDENCE = 0.5
"""What remains of the confidence of its ends in a bridged gap."""

PRESENT = (6.0, 14.0)
"""Presence scores between which a face goes from doubtful to sure."""

LEAST_USUAL = 0.1
"""Difference of colours that is usual even in a face that keeps quite still."""

PROFILE_DEG = (45.0, 60.0)
"""Yaw of the mesh between which it goes from believable to doubtful. Measured on four faces of the development clips,
turned by re-rendering their meshes: visible landmarks are off by 3 % of the eye distance up to 30° of true yaw, 5 % at
40°, 6 to 16 % at 50°, 9 to 50 % at 60°; the mesh then shows 42 to 53° and less beyond, where presence falls, too."""

USUAL_DROP = 4.0
"""By so much grimaces and turns of the head lower the presence score."""

COVERED = (3.6, 4.6)
"""Signs between which a face goes from free to covered. On the development clips, free faces show up to 3.9 (two frames
in a thousand above 3.6); with a hand painted over the mouth, half the face or the eyes covered, 3.1 to 6, mostly above
4.2."""


ABSENT_FRAMES, RETURNED_FRAMES = 12, 25
"""A face that was not seen for so many frames may come back in another light, with another mien: what is usual is then
asked of the stretch itself, if it is so long."""


def confidence_of(presence: AnyArray, whole: AnyArray, mouth: AnyArray, yaw_deg: AnyArray) -> FloatArray:
    """How surely landmarks lie on a face that nothing covers.

    The network's presence score alone tells a face from none. A part covered lowers it by little, and so do grimaces;
    covered skin changes its colours, but so does another light. Both together are taken for something in the way.

    Args:
        presence: ``(T,)`` scores; NaN where the face was not seen.
        whole: ``(T,)`` differences of the face's colours from their median over the track.
        mouth: The same around the mouth.
        yaw_deg: ``(T,)``, how far the head seems turned to a side.

    Returns:
        ``(T,)`` float32 in [0, 1]; 0 where the face was not seen.
    """
    seen = np.isfinite(presence)
    score = np.where(seen, presence, -np.inf)
    drop = (np.percentile(presence[seen], 60) - score) / USUAL_DROP
    strange = np.maximum(_against_usual(whole, seen), _against_usual(mouth, seen)) - 1
    # Each by itself, however large, stays below what counts as covered.
    signs = np.clip(drop, 0, 3) + np.clip(np.where(seen, strange, 0), 0, 3)
    signs[seen] = _averaged(signs[seen])
    turned = _rise(np.where(seen, np.abs(yaw_deg), 0), *PROFILE_DEG)
    return np.asarray(_rise(score, *PRESENT) * (1 - _rise(signs, *COVERED)) * (1 - turned), np.float32)


def _averaged(values: AnyArray) -> AnyArray:
    """Mean of each value and three neighbours on both sides: what covers a face stays for some frames."""
    window = np.ones(7)
    return np.convolve(values, window)[3:-3] / np.convolve(np.ones(len(values)), window)[3:-3]


def _against_usual(difference: AnyArray, seen: AnyArray) -> AnyArray:
    """Differences over what is usual in this track.

    The quarter of the frames that differ least sets it, so that a hand may be in the way for half of the time. After an
    absence it may be more than before, so that a face that has changed does not count as covered for good.
    """
    usual = np.full(len(difference), max(float(np.percentile(difference[seen], 25)), LEAST_USUAL))
    for start, stop in _stretches(seen):
        here = difference[start:stop][seen[start:stop]]
        if len(here) >= RETURNED_FRAMES:
            usual[start:stop] = np.maximum(usual[start:stop], np.percentile(here, 25))
    return np.asarray(difference / usual)


def _stretches(seen: AnyArray) -> list[tuple[int, int]]:
    """Stretches ``(start, stop)`` after the first absence, from one to the next."""
    returns = [stop for start, stop in gaps(seen) if stop - start >= ABSENT_FRAMES]
    return list(pairwise([*returns, len(seen)]))


def _rise(values: AnyArray, low: float, high: float) -> AnyArray:
    """A smooth step from 0 at ``low`` to 1 at ``high``."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


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
    """The weight of an edit, ``(T,)``: 0 in unusable frames and :data:`APPROACH_S` beside them, then rising to 1.

    It rises over :data:`FADE_S`.

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
    return np.asarray(np.where(usable, _rise(distance, APPROACH_S, APPROACH_S + FADE_S), 0), np.float32)


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
