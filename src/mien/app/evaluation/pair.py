"""One edited clip: which clip it was made from and what was asked is found out, then it is measured."""

from __future__ import annotations

import os
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from mien.app.edit import Edit, fingerprint
from mien.app.edit_file import edit_path, read_edit
from mien.app.evaluation.actor_classifier import ActorClassifier
from mien.app.evaluation.cross_entropy import with_cross_entropies
from mien.app.evaluation.kept import KEY, settings_key
from mien.app.evaluation.progress import Part, Share
from mien.app.evaluation.strengths import emotions_of, with_strengths
from mien.app.jobs import ProgressCallback, StageClock
from mien.emotion.track import EmotionTrack
from mien.errors import ClipError, InputError
from mien.metrics.evaluation.evaluate import EvaluationRequest, Tell, evaluate
from mien.metrics.evaluation.evaluation import Evaluation
from mien.systems.base import FaceChoice
from mien.video.info import MienWarning

_JOBS = 4
"""Share of measuring in the whole, if renders follow: one in so many, for the progress."""


@dataclass(frozen=True, slots=True)
class PairOptions:
    """What is known about an edited clip beside the clip itself.

    Attributes:
        source: The clip it was made from; None to take it from the edit file beside the result.
        target: Real footage of what it should look like, as long as the result.
        emotion: What was asked for, in the notation; None to take it from the edit file.
        classifier: Of expression type and level, trained on the person's footage.
        intensities: The edit is rendered again at these, for its answer to intensity and LIE; empty for not at all.
    """

    source: Path | None = None
    target: Path | None = None
    emotion: str | None = None
    classifier: ActorClassifier | None = None
    intensities: tuple[float, ...] = ()


def evaluate_pair(
    result: Path, options: PairOptions | None = None, progress: ProgressCallback | None = None
) -> Evaluation:
    """Measure an edited clip against its source.

    Args:
        result: The edited clip.
        options: What is known beside it.
        progress: Called after every frame.

    Raises:
        InputError: The source is not known, or is the result itself; or intensities are asked for without an edit.
        ClipError: A clip cannot be read.
        EmotionError: The emotion is not understood.
        ModelError: A network or the edit's actor is damaged.
    """
    started = time.perf_counter()
    options = options or PairOptions()
    request = request_of(result, options)
    edit = _edit_of(result)
    if not options.intensities:
        return measured(request, options.classifier, _telling(progress))
    if edit is None:
        raise InputError(
            f"{result}: no edit file ({edit_path(result).name}) lies beside it, so what to render at --intensities is "
            "not known; leave them out."
        )
    # What cannot be done is told before any work is: an actor that is gone, nothing to render.
    edit.load_system()
    emotions_of(request)
    share = Share(_JOBS, progress)
    found = measured(request, options.classifier, share.part(0).at)
    face, _ = _asked(edit, options.emotion)
    rest = Part(share, 0, 1.0, float(_JOBS))
    return _with(with_strengths(found, request, edit, face, options.intensities, rest), _taken(started))


def evaluation_folder(result: Path) -> Path:
    """Where the evaluation of a clip lies if nothing else is said."""
    return result.with_name(f"{result.stem}.evaluation")


def measured(
    request: EvaluationRequest, classifier: ActorClassifier | None = None, tell: Tell | None = None
) -> Evaluation:
    """All figures of a clip: those of the pass over its frames, and those of the person's own classifier.

    Args:
        request: What.
        classifier: Of expression type and level; None without.
        tell: Called after every frame.

    Raises:
        ClipError: A clip cannot be read.
        ModelError: A network is damaged.
    """
    started = time.perf_counter()
    found = with_cross_entropies(evaluate(request, tell), request, classifier)
    return _with(found, {KEY: settings_key(request, classifier), **_taken(started)})


def _taken(started: float) -> dict[str, str]:
    return {"seconds taken": f"{time.perf_counter() - started:.1f}"}


def _with(found: Evaluation, conditions: dict[str, str]) -> Evaluation:
    return replace(found, conditions={**found.conditions, **conditions})


def request_of(result: Path, options: PairOptions) -> EvaluationRequest:
    """What to measure: from the options, and from the edit file beside the result where there is one.

    Raises:
        InputError: See :func:`evaluate_pair`.
        ClipError: A clip is missing.
        EmotionError: The emotion is not understood.
    """
    edit = _edit_of(result)
    source = options.source or (None if edit is None else edit.source)
    if not result.exists():
        raise ClipError(f"{result}: no such file.")
    if source is None:
        raise InputError(
            f"{result}: no edit file ({edit_path(result).name}) lies beside it; name the clip it was made from with "
            "--source."
        )
    if source.exists() and os.path.samefile(source, result):
        raise InputError(
            f"{result}: is the source itself; name an edited clip and, with --source, what it was made from."
        )
    if edit is not None and options.source is None:
        _check_source(edit, result)
    choice, track = _asked(edit, options.emotion)
    return EvaluationRequest(
        source=Path(os.path.abspath(source)),
        result=Path(os.path.abspath(result)),
        target=None if options.target is None else Path(os.path.abspath(options.target)),
        track=track,
        system="" if edit is None else edit.system_name,
        face=choice if isinstance(choice, int) else 1,
        start_s=0.0 if edit is None else edit.time_range.start_s,
        stop_s=None if edit is None else edit.time_range.stop_s,
    )


def _edit_of(result: Path) -> Edit | None:
    path = edit_path(result)
    return read_edit(path) if path.is_file() else None


def _check_source(edit: Edit, result: Path) -> None:
    if not edit.source.exists():
        raise ClipError(f"{edit.source}: the source of {result.name} is not there; name it with --source.")
    if fingerprint(edit.source) != edit.fingerprint:
        text = f"{edit.source} is no longer the clip that {result.name} was made from: its content differs."
        warnings.warn(text, MienWarning, stacklevel=3)


def _asked(edit: Edit | None, emotion: str | None) -> tuple[FaceChoice, EmotionTrack | None]:
    """Which face to measure and what it was asked for: the largest of those that were edited."""
    tracks = {} if edit is None else dict(edit.tracks)
    # A numbered face goes before "largest", and that before "all": face 1 has its own track where it has one.
    order: list[FaceChoice] = [1, "largest", "all", *sorted(face for face in tracks if isinstance(face, int))]
    chosen: FaceChoice = next((face for face in order if face in tracks), "largest")
    if emotion is not None:
        return chosen, EmotionTrack.parse(emotion)
    return chosen, tracks.get(chosen)


def _telling(progress: ProgressCallback | None) -> Tell | None:
    return None if progress is None else StageClock("measure", progress).at
