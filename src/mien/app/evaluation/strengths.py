"""``mien evaluate --intensities``: the same edit rendered at several intensities, to see how the face answers to them.

What a suite does for many clips, for one: every emotion of the track is rendered at every intensity, evenly over the
clip, by the system and with the settings in the edit file; and a calm frame at a hundred, for LIE. The renders lie in a
temporary folder, one at a time.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mien.app.edit import Edit, fingerprint
from mien.app.evaluation.progress import Share
from mien.app.evaluation.suite_evenness import lie_figures
from mien.app.evaluation.suite_file import Suite, SuiteSystem
from mien.app.jobs import ProgressCallback
from mien.emotion.track import EmotionTrack
from mien.errors import InputError
from mien.metrics.action_units import LEADING_BLENDSHAPES, LEADING_DISTANCES
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.evaluate import EvaluationRequest, Tell
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Response
from mien.metrics.evaluation.evenness import FIGURES
from mien.metrics.evaluation.judge_expression import measure as leading_measure
from mien.metrics.evaluation.judge_response import FEWEST_POINTS, POINTS, linearity_kind, response_of
from mien.metrics.evaluation.judged import Kind, judged, unavailable
from mien.metrics.evaluation.measure import Measuring, measure
from mien.metrics.evaluation.measured import mean
from mien.systems.base import FaceChoice
from mien.video.clip import Clip

MOST_INTENSITIES = 20


def parse_intensities(text: str) -> tuple[float, ...]:
    """Read ``0.25,0.5,0.75,1``; the intensities come back rising.

    Raises:
        InputError: There are fewer than two or too many, or one is not above 0 and at most 1.
    """
    try:
        values = sorted({float(word) for word in text.split(",")})
    except ValueError:
        raise InputError(f"--intensities are numbers, such as 0.25,0.5,0.75,1, but came as {text!r}") from None
    if not all(0 < value <= 1 for value in values):  # false for NaN, too
        raise InputError(f"--intensities lie above 0 and at most at 1, but came as {text}")
    if not FEWEST_POINTS - 1 <= len(values) <= MOST_INTENSITIES:  # 0, where nothing is asked, is a point by itself
        raise InputError(f"--intensities are 2 to {MOST_INTENSITIES} different ones, but came as {text}")
    return tuple(values)


def emotions_of(request: EvaluationRequest) -> list[str]:
    """The emotions that are rendered.

    Raises:
        InputError: There is none.
    """
    emotions = [emotion for emotion in Asked(request.track).emotions if emotion in LEADING_DISTANCES]
    if not emotions:
        raise InputError(
            f"{request.result}: no emotion is asked for clearly whose leading actions are known, so there is nothing "
            "to render at --intensities."
        )
    return emotions


def with_strengths(
    found: Evaluation,
    request: EvaluationRequest,
    edit: Edit,
    face: FaceChoice,
    intensities: tuple[float, ...],
    progress: ProgressCallback | None = None,
) -> Evaluation:
    """An evaluation whose answer to intensity is that of renders at these intensities, with LIE.

    Args:
        found: The evaluation without them.
        request: What was evaluated.
        edit: What made the result.
        face: Whose emotion of the edit is meant.
        intensities: From :func:`parse_intensities`.
        progress: Called after every frame.

    Raises:
        InputError: No emotion is asked for clearly, or the system cannot be loaded.
        ClipError: The source cannot be read.
    """
    emotions = emotions_of(request)
    edit = dataclasses.replace(edit, source=request.source, fingerprint=fingerprint(request.source), output=None)
    share = Share(len(emotions) * len(intensities) + 1, progress)
    responses: list[Response] = []
    figures: list[Figure] = []
    told = f"Renders at {', '.join(f'{value:g}' for value in intensities)}"
    for number, emotion in enumerate(emotions):
        rises: dict[str, list[tuple[float, float]]] = {}
        for place, intensity in enumerate(intensities):
            part = share.part(number * len(intensities) + place)
            track = EmotionTrack.constant(emotion, intensity)
            with tempfile.TemporaryDirectory(prefix="mien-intensity-") as folder:
                result = Path(folder) / f"render{request.result.suffix}"
                dataclasses.replace(edit, tracks={face: track}).save(result, progress=part.step(0.0, 0.5))
                for name, rise in _rises(request, result, track, emotion, part.step(0.5, 1.0).at):
                    rises.setdefault(name, [(0.0, 0.0)]).append((intensity, rise))
        # Without blendshape scores some measures have no points; that is told where their rise is.
        for name, points in rises.items():
            if len(points) >= FEWEST_POINTS:
                response, figure = response_of(emotion, name, points, told)
                responses.append(response)
                figures.append(figure)
        if not rises:
            figures.append(unavailable(linearity_kind(emotion), "No frame has the face in both source and renders."))
    figures += _evenness(request, edit, emotions, share)
    kept = [figure for figure in found.figures if not figure.key.startswith("linearity:")]
    return dataclasses.replace(
        found,
        figures=(*kept, *figures),
        responses=tuple(responses),
        conditions={**found.conditions, POINTS: told[:1].lower() + told[1:]},
    )


def _rises(
    request: EvaluationRequest, result: Path, track: EmotionTrack, emotion: str, tell: Tell
) -> Iterator[tuple[str, float]]:
    """How far each leading measure rises in a render, mean over the frames that were edited; without those not seen."""
    clips = Clip.open(request.source), Clip.open(result)
    counts = clips[0].count_frames(), clips[1].count_frames()
    asking = Measuring(*clips, *counts, request.face, (), request.ruler)
    measured, _ = measure(asking, lambda done: tell(done / max(1, counts[1])))
    asked = Asked(track, request.start_s, request.stop_s)
    asked.sample(np.array(measured.times_s))
    for name in (*LEADING_BLENDSHAPES[emotion], *LEADING_DISTANCES[emotion]):
        rise = leading_measure(measured, name, "result") - leading_measure(measured, name, "source")
        value = mean(np.where(asked.alone, rise, np.nan))
        if np.isfinite(value):
            yield name, value


def _evenness(request: EvaluationRequest, edit: Edit, emotions: list[str], share: Share) -> Iterator[Figure]:
    """LIE, as a suite of this one source measures it."""
    part = share.part(share.count - 1)
    label = "Unevenness of a calm frame's change"
    kinds = {key: Kind(key, f"{label}, {key}", "expression", "", "CCFE 4.2") for key in FIGURES}
    if request.face != 1:
        for kind in kinds.values():
            yield unavailable(kind, "LIE is measured on the largest face, and this edit changes another one.")
        return
    system = SuiteSystem(edit.system_name, edit.system_name, edit.actor, edit.settings)
    suite = Suite(request.source.stem, request.result, (request.source,), tuple(emotions), (1.0,), (system,))
    with tempfile.TemporaryDirectory(prefix="mien-lie-") as folder:
        figures = lie_figures(suite, Path(folder) / "evenness", part)
    over = "" if len(emotions) == 1 else f", mean over {', '.join(emotions)}"
    for figure in figures:
        if figure.emotion:
            continue
        kind = kinds[figure.key]
        if figure.value is None:
            yield unavailable(kind, figure.sentence)
        else:
            sentence = f"A calm frame at {suite.lie_intensities} intensities changes this unevenly{over}; 0 is even."
            yield judged(kind, figure.value, sentence)
    part.at(1.0)
