"""How a single clip answers to intensity: where its track asks for rising strengths, its own frames tell.

Frames are put together by the intensity that they are asked for, in steps of a tenth, so that what is left of the
speech in a single frame evens out; the line goes through the means of the steps.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mien.metrics.action_units import LEADING_BLENDSHAPES, LEADING_DISTANCES
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.evaluation import Figure, Response
from mien.metrics.evaluation.judge_expression import WORDS, measure
from mien.metrics.evaluation.judged import Kind, judged, unavailable
from mien.metrics.evaluation.measured import Measured
from mien.metrics.linearity import linearity
from mien.types import AnyArray, DoubleArray

STEPS = 10
"""Steps of intensity from 0 to 1."""

FEWEST_FRAMES = 3
"""Frames that make the mean of a step."""

POINTS = "answer to intensity"
"""Name under which an evaluation's conditions tell what the points of its responses are."""

FROM_FRAMES = "means of the clip's own frames, by the intensity that they are asked for"

FEWEST_POINTS = 3
LEAST_RANGE = 0.3
"""Fewer steps, or intensities nearer to each other, are no answer to intensity: noise would decide on the line."""


def linearity_kind(emotion: str, name: str = "") -> Kind:
    """The figure of an emotion's response, or of one of its leading measures."""
    about = f": {WORDS[name]}" if name else ""
    key = f"linearity:{emotion}:{name}" if name else f"linearity:{emotion}"
    return Kind(key, f"{emotion.capitalize()}{about}, even answer to intensity (R²)", "expression")


def judge_response(measured: Measured, asked: Asked) -> tuple[list[Response], list[Figure]]:
    """Responses of the measures that lead each emotion asked for, and R² of each; or why there are none."""
    responses: list[Response] = []
    figures: list[Figure] = []
    for emotion in asked.emotions:
        if emotion not in LEADING_DISTANCES:
            continue
        intensity = asked.intensity(emotion)
        # While another emotion is asked for, this one is at 0, but the face is not.
        rows = asked.alone & (intensity == asked.vectors.max(axis=1))
        before = len(figures)
        for name in (*LEADING_BLENDSHAPES[emotion], *LEADING_DISTANCES[emotion]):
            rise = measure(measured, name, "result") - measure(measured, name, "source")
            known = rows & np.isfinite(rise)
            points = list(_points(intensity[known], rise[known]))
            if _tells([at for at, _, _ in points]):
                told = (
                    f"Means of {sum(count for _, _, count in points)} frames by the intensity that they are asked for"
                )
                response, figure = response_of(emotion, name, [point[:2] for point in points], told)
                responses.append(response)
                figures.append(figure)
        if len(figures) == before:
            figures.append(unavailable(linearity_kind(emotion), _why_not(emotion, intensity[rows])))
    return responses, figures


def response_of(
    emotion: str, name: str, points: list[tuple[float, float]], told: str
) -> tuple[Response, Figure]:  # fmt: skip
    """A response and the figure of its straightness.

    Args:
        emotion: Asked for.
        name: Of the leading measure.
        points: Intensity asked for, and how far the measure rose; at least three.
        told: What the points are, the beginning of a sentence.
    """
    intensities, values = zip(*points, strict=True)
    line = linearity(np.array(intensities), np.array(values))
    unit = "" if name in LEADING_BLENDSHAPES[emotion] else "eye distances"
    response = Response(
        f"action_rise:{emotion}:{name}", WORDS[name].capitalize(), unit, intensities, values, line.r_squared
    )
    rise = f"{line.slope:.3g} {unit}".strip()
    sentence = f"{told}: along the straight line through them, full intensity raises the measure by {rise}."
    return response, judged(linearity_kind(emotion, name), line.r_squared, sentence)


def _points(intensity: DoubleArray, rise: AnyArray) -> Iterator[tuple[float, float, int]]:
    """Mean intensity, mean rise and number of frames of every step that has enough of them."""
    step = np.round(intensity * STEPS).astype(int)
    for number in range(STEPS + 1):
        inside = step == number
        if np.count_nonzero(inside) >= FEWEST_FRAMES:
            yield float(intensity[inside].mean()), float(rise[inside].mean()), int(np.count_nonzero(inside))


def _tells(intensities: list[float]) -> bool:
    return len(intensities) >= FEWEST_POINTS and max(intensities) - min(intensities) >= LEAST_RANGE


def _why_not(emotion: str, intensity: DoubleArray) -> str:
    points = [at for at, _, _ in _points(intensity, np.zeros(len(intensity)))]
    if _tells(points):
        return "Too few frames have a face in both clips."
    if len(intensity) and np.ptp(intensity) == 0:
        asked = f"The track asks for {emotion} at {intensity[0]:g} throughout"
    else:
        asked = f"The track asks for {emotion} at too few different intensities, or too briefly"
    return (
        f"{asked}, so this clip cannot show how the face answers to intensity. Edit with a ramp, such as "
        f"'0 {emotion} 0, 3 {emotion} 1', or add `--intensities 0.25,0.5,0.75,1`, which renders the edit at these."
    )
