"""One edited clip evaluated: the pass over its frames, then figures, curves and conditions."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.emotion.track import EmotionTrack
from mien.errors import ClipError
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.coefficients import judge_coefficients
from mien.metrics.evaluation.conditions import conditions_of
from mien.metrics.evaluation.cpbd_watch import CpbdWatcher
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Series
from mien.metrics.evaluation.identity_watch import IdentityWatcher
from mien.metrics.evaluation.judge_expression import expression_series, judge_expression
from mien.metrics.evaluation.judge_picture import judge_picture, picture_series
from mien.metrics.evaluation.judge_response import FROM_FRAMES, POINTS, judge_response
from mien.metrics.evaluation.judge_steadiness import judge_steadiness, steadiness_series
from mien.metrics.evaluation.judge_sync import judge_sync, sync_series
from mien.metrics.evaluation.judge_timing import Clips, judge_timing
from mien.metrics.evaluation.look import Watcher
from mien.metrics.evaluation.measure import Measuring, measure
from mien.metrics.evaluation.mouth_watch import MouthWatcher
from mien.metrics.evaluation.quality_watch import QualityWatcher
from mien.metrics.evaluation.ruler import RulerKind, choose_ruler
from mien.metrics.evaluation.seen import SeenWatcher, recognisers
from mien.metrics.evaluation.speech_figures import judge_speech
from mien.metrics.evaluation.target_watch import TargetWatcher
from mien.video.clip import Clip

Tell = Callable[[float], None]
"""Called after every frame with the share that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What shall be evaluated.

    Attributes:
        source: The source.
        result: The edited clip.
        target: Real footage of what the result should look like, or None.
        track: What was asked of the face; None where it is not known.
        system: What rendered it; empty where it is not known.
        face: Number of the face: 1 for the largest.
        start_s: Before it nothing was edited.
        stop_s: From it on nothing was edited; None is the end.
        ruler: What finds the faces; chosen by the source if None.
    """

    source: Path
    result: Path
    target: Path | None = None
    track: EmotionTrack | None = None
    system: str = ""
    face: int = 1
    start_s: float = 0.0
    stop_s: float | None = None
    ruler: RulerKind | None = field(default=None)


def evaluate(request: EvaluationRequest, tell: Tell | None = None) -> Evaluation:
    """Measure an edited clip against its source.

    Args:
        request: What.
        tell: Called after every frame.

    Raises:
        ClipError: A clip cannot be read, or source and result have no frame in common.
        ModelError: A model of the ruler or the classifier cannot be read.
    """
    started = time.perf_counter()
    clips = _open(request)
    asked = Asked(request.track, request.start_s, request.stop_s)
    seen = [SeenWatcher(recogniser, asked) for recogniser in recognisers()]
    watchers: list[Watcher] = [*seen, IdentityWatcher("ID"), IdentityWatcher("ID[face-api]")]
    watchers += [QualityWatcher(), CpbdWatcher(), MouthWatcher()]
    kind = request.ruler or choose_ruler(clips.source)
    total = max(1, min(clips.source_frames, clips.result_frames) or clips.result_frames)
    with ExitStack() as stack:
        target = None if request.target is None else Clip.open(request.target)
        if target is not None:
            watchers.append(TargetWatcher(stack.enter_context(kind.make()), request.face))
        asking = Measuring(
            clips.source, clips.result, clips.source_frames, clips.result_frames, request.face, tuple(watchers), kind,
            target, 0 if target is None else target.count_frames(),
        )  # fmt: skip
        measured, times = measure(asking, None if tell is None else lambda done: tell(min(1.0, done / total)))
    if measured.count == 0:
        raise ClipError(
            f"{request.result}: none of its frames is shown when one of {request.source} is; they are not a result and "
            "its source."
        )
    asked.sample(np.array(measured.times_s))
    responses, straightness = judge_response(measured, asked)
    figures: list[Figure] = [*judge_expression(measured, asked), *straightness]
    for watcher in watchers:
        figures += watcher.figures(measured)
    if target is not None:
        figures += judge_coefficients(measured, clips.result, target, request.face)
    figures += judge_speech(measured, clips.result)
    figures += [*judge_sync(measured), *judge_steadiness(measured), *judge_picture(measured)]
    figures += judge_timing(clips, measured, times)
    series: list[Series] = [*expression_series(measured, asked)]
    series += [each for watcher in seen for each in watcher.series(measured)]
    series += [*sync_series(measured), *steadiness_series(measured), *picture_series(measured)]
    info = clips.result.info
    return Evaluation(
        source=str(request.source),
        result=str(request.result),
        target=None if request.target is None else str(request.target),
        emotion="" if request.track is None else str(request.track),
        system=request.system,
        width=info.width,
        height=info.height,
        frames=clips.result_frames,
        duration_s=info.duration_s if info.duration_s is not None else float(measured.times_s[-1]),
        figures=tuple(figures),
        series=tuple(series),
        responses=tuple(responses),
        conditions={
            **conditions_of(measured),
            **({POINTS: FROM_FRAMES} if responses else {}),
            "seconds taken": f"{time.perf_counter() - started:.1f}",
        },
    )


def _open(request: EvaluationRequest) -> Clips:
    source, result = Clip.open(request.source), Clip.open(request.result)
    return Clips(source, result, source.count_frames(), result.count_frames())
