"""Whether footage suffices to train an actor, told before any time is spent on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mien.data.labelled_clip import LabelledClip
from mien.emotion.vocabulary import EMOTIONS, NEUTRAL

LEAST_NEUTRAL_FRAMES = 60
LEAST_EMOTION_FRAMES = 30
"""Fewer show a moment, not an expression: 30 is a second."""
PLENTY_FRAMES = 7000
"""CCFE 4.1.1 trained with about 7,000 (RAVDESS) to 15,000 frames (MEAD) an actor; DNT 4.2 with 30 to 40 minutes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What footage has, and what it lacks.

    Attributes:
        frames: Emotion to frames of footage; those without any are not in it.
        lacking: Sentences on what makes training pointless; empty if it suffices.
        thin: Sentences on what will make the result weaker.
    """

    frames: Mapping[str, int]
    lacking: tuple[str, ...]
    thin: tuple[str, ...]


def judge(counts: Mapping[LabelledClip, int]) -> Verdict:
    """Judge footage by how many frames its clips have.

    Args:
        counts: Frames of each clip that can be used.
    """
    frames: dict[str, int] = {}
    for name in (NEUTRAL, *EMOTIONS):
        total = sum(count for clip, count in counts.items() if clip.emotion == name)
        if total:
            frames[name] = total
    lacking, thin = [], []
    if NEUTRAL not in frames:
        lacking.append("there is no neutral footage, which every expression is told apart from")
    elif frames[NEUTRAL] < LEAST_NEUTRAL_FRAMES:
        lacking.append(f"neutral has {frames[NEUTRAL]} frames and needs {LEAST_NEUTRAL_FRAMES}")
    shown = [name for name in frames if name != NEUTRAL]
    if not shown:
        lacking.append("there is no footage of any emotion")
    for name in shown:
        if frames[name] < LEAST_EMOTION_FRAMES:
            lacking.append(f"{name} has {frames[name]} frames and needs {LEAST_EMOTION_FRAMES}")
        elif max(clip.intensity for clip in counts if clip.emotion == name) < 1.0:
            thin.append(f"{name} is not shown at full intensity")
    total = sum(frames.values())
    if total < PLENTY_FRAMES:
        thin.append(f"there are {total} frames in all, where the papers trained with {PLENTY_FRAMES} or more")
    return Verdict(frames, tuple(lacking), tuple(thin))
