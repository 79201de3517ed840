"""Figures on the expression: do the actions that lead the emotion asked for rise, and as evenly as asked."""

from __future__ import annotations

import numpy as np

from mien.metrics.action_units import ACTED_RISE, LEADING_BLENDSHAPES, LEADING_DISTANCES
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.evaluation import Figure, Series
from mien.metrics.evaluation.judge_sync import series
from mien.metrics.evaluation.judged import Kind, judged, unavailable
from mien.metrics.evaluation.measured import Measured, mean
from mien.types import DoubleArray

RISE = Kind("action_rise", "Leading actions of the emotion asked for", "expression")

WORDS = {
    "lip_corner_height": "lip corners up",
    "-lip_corner_height": "lip corners down",
    "brow_inner_height": "inner brows up",
    "-brow_inner_height": "inner brows down",
    "-brow_gap": "brows together",
    "brow_outer_height": "outer brows up",
    "lid_opening": "eyes wide",
    "nose_wing_height": "nose wings up",
    "upper_lip_height": "upper lip up",
    "lip_corner_asymmetry": "lip corners uneven",
    "mouthSmile": "smile",
    "browInnerUp": "inner brows up",
    "browOuterUp": "outer brows up",
    "mouthFrown": "lip corners down",
    "browDown": "brows down",
    "eyeWide": "eyes wide",
    "noseSneer": "nose wrinkled",
    "mouthUpperUp": "upper lip up",
    "mouthSmileAsymmetry": "one-sided smile",
}
"""Measures in words."""


def judge_expression(measured: Measured, asked: Asked) -> list[Figure]:
    """Rises of the actions that lead each emotion asked for."""
    if not asked.emotions:
        why = (
            "The emotion asked for is not known: no edit file lies beside the result. Name it with --emotion."
            if asked.track is None
            else "No emotion is asked for clearly enough to be looked for."
        )
        return [unavailable(RISE, why)]
    figures: list[Figure] = []
    for emotion in asked.emotions:
        if emotion not in LEADING_DISTANCES:
            figures.append(unavailable(Kind(f"action_rise:{emotion}", f"Leading actions of {emotion}", "expression"),
                                       f"No action is known that leads {emotion}."))  # fmt: skip
            continue
        for name in (*LEADING_BLENDSHAPES[emotion], *LEADING_DISTANCES[emotion]):
            before, after = (measure(measured, name, which) for which in ("source", "result"))
            figures.append(_rise(measured, asked, emotion, name, after - before))
    return figures


def expression_series(measured: Measured, asked: Asked) -> list[Series]:
    """Emotion asked for, and the measures that lead it, over time."""
    found: list[Series] = []
    if asked.emotions:
        lines = {emotion: asked.intensity(emotion) for emotion in asked.emotions}
        found.append(series(measured, "emotion", "Emotion asked for", "expression", "", lines))
    names = dict.fromkeys(
        (name, "" if name in LEADING_BLENDSHAPES[emotion] else "eye distances")
        for emotion in asked.emotions
        if emotion in LEADING_DISTANCES
        for name in (*LEADING_BLENDSHAPES[emotion], *LEADING_DISTANCES[emotion])
    )
    for name, unit in names:
        lines = {which: measure(measured, name, which) for which in ("source", "result")}
        if any(np.isfinite(line).any() for line in lines.values()):
            kind = "score" if unit == "" else "distance"
            label = f"{WORDS[name].capitalize()} ({kind} {name.lstrip('-')})"
            found.append(series(measured, f"action:{name}", label, "expression", unit, lines))
    return found


def measure(measured: Measured, name: str, which: str) -> DoubleArray:
    """A leading measure over time, signed so that the emotion makes it larger; NaN where the ruler lacks it.

    Args:
        measured: The numbers.
        name: A blendshape of :data:`LEADING_BLENDSHAPES` or a distance of :data:`LEADING_DISTANCES`.
        which: ``source`` or ``result``.
    """
    columns = measured.table.names()
    if f"{name}_{which}" in columns:
        return measured.column(f"{name}_{which}")
    if name.startswith("-"):
        return -measured.column(f"{name[1:]}_{which}")
    plain = name.removesuffix("Asymmetry")
    left, right = (measured.column(f"{plain}{side}_{which}") for side in ("Left", "Right"))
    return np.abs(left - right) if plain != name else (left + right) / 2.0


def _rise(measured: Measured, asked: Asked, emotion: str, name: str, rise: DoubleArray) -> Figure:
    is_score = name in LEADING_BLENDSHAPES[emotion]
    kind = Kind(
        f"action_rise:{emotion}:{name}", f"{emotion.capitalize()}: {WORDS[name]}", "expression",
        "" if is_score else "eye distances",
    )  # fmt: skip
    shown = np.where(asked.shown(emotion), rise, np.nan)
    value = mean(shown)
    if np.isnan(value):
        why = "The ruler has no blendshape scores: run `mien weights get face-landmarker`."
        if not is_score or name in "".join(measured.table.names()):
            why = f"No frame with a face asks for {emotion} clearly enough."
        return unavailable(kind, why)
    row = int(np.nanargmin(shown))
    intensity = float(asked.intensity(emotion)[asked.shown(emotion)].mean())
    acted = ACTED_RISE.get(emotion, {}).get(name)
    direction = "rises" if value >= 0 else "falls"
    compared = "" if acted is None else f"; actors who talk raise it by {acted * intensity:.2f} at this intensity"
    moved = f"the measure {direction} by {abs(value):.3f} where {emotion} is asked for"
    sentence = f"{WORDS[name].capitalize()}: {moved}{compared}."
    return judged(kind, value, sentence, measured, row)
