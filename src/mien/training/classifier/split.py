"""Which frames are trained on, and which are held out.

DNT trains on the first four fifths of every clip and tests on the last fifth (5.3), and does the experiment of its
section 3.2 by random tenfold cross-validation; of what, clips or frames, it does not say. Neighbouring frames are
nearly the same, so frames drawn at random would test what was learnt by heart: here a fold is whole clips where every
label has enough of them, else a stretch of each clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.data.prepared import PreparedFootage
from mien.errors import InputError
from mien.types import AnyArray

LATE_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows of the pictures.

    Attributes:
        train: ``(n,)``.
        test: ``(m,)``.
        how: What was held out, in words.
    """

    train: AnyArray
    test: AnyArray
    how: str


def late_split(prepared: PreparedFootage) -> Split:
    """The last fifth of every clip is held out (DNT 5.3).

    Raises:
        InputError: A part would be empty.
    """
    place = _place_in_clip(prepared)
    return _split(place >= 1.0 - LATE_SHARE, "the last fifth of every clip")


def fold_split(prepared: PreparedFootage, folds: int, fold: int, seed: int = 0) -> Split:
    """One fold of a cross-validation.

    Args:
        prepared: The footage.
        folds: How many, 2 or more.
        fold: Which is held out, from 0.
        seed: Of the clips' order.

    Raises:
        InputError: There is no such fold, or a part would be empty.
    """
    if not 0 <= fold < folds or folds < 2:
        raise InputError(f"a cross-validation has 2 or more folds, counted from 0; fold {fold} of {folds} is none")
    labels = [(clip["emotion"], clip["intensity"]) for clip in prepared.card["footage"]["clips"]]
    if min(labels.count(label) for label in labels) < folds:
        place = _place_in_clip(prepared)
        return _split(np.minimum((place * folds).astype(int), folds - 1) == fold, f"stretches, one of {folds} a clip")
    fold_of = np.empty(len(labels), int)
    for label in set(labels):
        members = np.array([number for number, other in enumerate(labels) if other == label])
        order = np.random.default_rng(seed).permutation(len(members))
        fold_of[members[order]] = np.arange(len(members)) % folds
    return _split(fold_of[prepared.clip] == fold, f"clips, one of {folds} of each label")


def _place_in_clip(prepared: PreparedFootage) -> AnyArray:
    """Where in its clip each picture lies: 0 the first, below 1 the last."""
    clips = prepared.clip
    place = np.empty(len(clips))
    for number in np.unique(clips):
        rows = np.flatnonzero(clips == number)
        place[rows] = np.arange(len(rows)) / len(rows)
    return place


def _split(held_out: AnyArray, how: str) -> Split:
    split = Split(np.flatnonzero(~held_out), np.flatnonzero(held_out), how)
    if not len(split.train) or not len(split.test):
        raise InputError(f"there are too few pictures ({len(held_out)}) to hold some out")
    return split
