"""Clips whose label says one thing and whose face shows another.

It is a hint, told as a warning: what tracking sees of an expression is part of it only (:mod:`mien.data.labelling`), so
a clip is named only where another emotion, and none that is often taken for the labelled one, is seen in most frames.
A clip that looks neutral is not named: acted sadness or anger that hardly moves a landmark looks so.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mien.data.assembly import frame_columns
from mien.data.labelled_clip import LabelledClip
from mien.data.labelling import Reading, find_neutral, read_expressions, smoothed
from mien.emotion.action_units import AU_COLUMNS
from mien.emotion.vocabulary import NEUTRAL

LEAST_SHARE = 0.5
"""Of a clip's frames that show the other emotion."""

LEAST_NEUTRAL_INTENSITY = 0.5
"""A neutral clip may smile a little: from here on it is not neutral."""

_ALIKE = (
    {"angry", "disgusted"}, {"fear", "surprised"}, {"happy", "contempt"}, {"happy", "calm"}, {"sad", "fear"},
)  # fmt: skip
"""Emotions that tracking mixes up (docs/footage.md)."""


def contradicted_clips(parts: Sequence[Path], clips: Sequence[LabelledClip]) -> list[str]:
    """Sentences on clips whose face contradicts their label.

    Args:
        parts: Of the prepared footage.
        clips: In the order of their numbers.

    Returns:
        None where the morphable model's expressions are no action units: those are not read.
    """
    clip_of, times_s, beta = frame_columns(parts, "clip", "time_s", "beta")
    if beta.shape[1] != len(AU_COLUMNS):
        return []
    rows_of = {number: np.flatnonzero(clip_of == number) for number in range(len(clips))}
    still = [rows for number, rows in rows_of.items() if clips[number].emotion == NEUTRAL and len(rows)]
    if not still:
        return []
    moved = {number: smoothed(beta[rows], times_s[rows]) for number, rows in rows_of.items() if len(rows)}
    neutral = find_neutral(beta[np.concatenate(still)])
    sentences = []
    for number, expressions in moved.items():
        seen = _contradiction(read_expressions(expressions, neutral), clips[number].emotion)
        if seen is not None:
            emotion, count = seen
            sentences.append(
                f"{clips[number].name} is labelled {clips[number].emotion}, but {count} of its {len(expressions)} "
                f"frames look {emotion}"
            )
    return sentences


def _contradiction(reading: Reading, labelled: str) -> tuple[str, int] | None:
    """The emotion that most frames show in spite of the label, and how many do."""
    least = LEAST_NEUTRAL_INTENSITY if labelled == NEUTRAL else 0.0
    for number, name in enumerate(reading.names):
        if name in (NEUTRAL, labelled) or {name, labelled} in _ALIKE:
            continue
        count = int(((reading.label == number) & (reading.intensity >= least)).sum())
        if count > LEAST_SHARE * len(reading.label):
            return name, count
    return None
