"""A folder of results: every clip in it that has its edit file is measured, each once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from mien.app.edit import fingerprint
from mien.app.edit_file import edit_path
from mien.app.evaluation.actor_classifier import ActorClassifier
from mien.app.evaluation.outputs import JSON_NAME, read_evaluation, write_evaluation
from mien.app.evaluation.pair import PairOptions, measured, request_of
from mien.app.evaluation.progress import Share
from mien.app.jobs import ProgressCallback
from mien.errors import InputError, MienError
from mien.metrics.evaluation.evaluate import EvaluationRequest, Tell
from mien.metrics.evaluation.evaluation import VERSION, Evaluation
from mien.metrics.evaluation.limits import LIMITS
from mien.metrics.evaluation.ruler import landmarker_file
from mien.metrics.evaluation.seen import classifier_file
from mien.nn.weights.store import find
from mien.nn.weights.table import NETWORKS
from mien.video.claim import mien_version

MEASURES = 2
"""Counts up when figures are added or defined otherwise, so that what was measured before is measured again."""

KEY = "settings"
"""Name under which an evaluation's conditions keep a hash of all that went into it."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A clip of a folder or a suite, measured or not.

    Attributes:
        result: The clip.
        folder: Where its evaluation is.
        evaluation: What was found; None where it could not be measured.
        error: Why not, one sentence.
        kept: It was measured before, and is as it was.
    """

    result: Path
    folder: Path
    evaluation: Evaluation | None = None
    error: str = ""
    kept: bool = False


def results_in(folder: Path) -> list[Path]:
    """The clips of a folder that have their edit file, by name.

    Raises:
        InputError: There is none.
    """
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and _is_result(path)]
    if not found:
        raise InputError(
            f"{folder}: no clip in it has its edit file (NAME.mien.json beside NAME.mp4), so no source is known; "
            "measure one clip with --source."
        )
    return found


def _is_result(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in (".json", ".c2pa") and edit_path(path).is_file()


def evaluate_folder(
    folder: Path,
    output: Path,
    progress: ProgressCallback | None = None,
    classifier: ActorClassifier | None = None,
) -> list[Finished]:
    """Measure every result of a folder; what was measured before, with the same clips and settings, is kept.

    Args:
        folder: Holds the results.
        output: Gets a folder for each.
        progress: Called after every frame.
        classifier: Of expression type and level, trained on the footage of the person in the clips.

    Raises:
        InputError: There is no result in it.
    """
    results = results_in(folder)
    output.mkdir(parents=True, exist_ok=True)
    share = Share(len(results), progress)
    options = PairOptions(classifier=classifier)
    return [measured_once(path, output / path.stem, options, share.part(i).at) for i, path in enumerate(results)]


def measured_once(result: Path, folder: Path, options: PairOptions, tell: Tell | None = None) -> Finished:
    """Measure a clip unless that was done before with the same clips and settings; an error is told in its place."""
    try:
        request = request_of(result, options)
        key = settings_key(request, options.classifier)
        before = kept_evaluation(folder, key)
        if before is not None:
            return Finished(result, folder, before, kept=True)
        found = measured(request, options.classifier, tell)
        found = replace(found, conditions={**found.conditions, KEY: key})
        write_evaluation(found, folder, overwrite=True)
    except MienError as error:
        return Finished(result, folder, error=str(error))
    return Finished(result, folder, found)


def kept_evaluation(folder: Path, key: str) -> Evaluation | None:
    """An evaluation in a folder, if it is complete and was made with these settings."""
    if not (folder / JSON_NAME).is_file():
        return None
    try:
        found = read_evaluation(folder / JSON_NAME)
    except InputError:  # of another version, or damaged: it is measured again
        return None
    return found if found.conditions.get(KEY) == key else None


def settings_key(request: EvaluationRequest, classifier: ActorClassifier | None = None) -> str:
    """A hash of all that the figures depend on: the clips' contents, what is asked, versions, limits and networks.

    Args:
        request: What is evaluated.
        classifier: Of the person in the clip.

    Raises:
        ClipError: A clip cannot be read.
    """
    present = [row.name for row in NETWORKS if find(row.name) is not None]
    parts = {
        "clips": [
            None if path is None else fingerprint(path) for path in (request.source, request.result, request.target)
        ],
        "places": [str(request.source), str(request.result)],
        "asked": [str(request.track), request.system, request.face, request.start_s, request.stop_s],
        "versions": [mien_version(), VERSION, MEASURES],
        "limits": {key: [limit.good, limit.fault] for key, limit in LIMITS.items()},
        "networks": [landmarker_file() is not None, classifier_file() is not None, *present],
        "classifier": None if classifier is None else [classifier.digest, classifier.network, classifier.actor],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
