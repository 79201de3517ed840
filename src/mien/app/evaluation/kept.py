"""Evaluations made before: found again where the same was measured in the same way, so that nothing is done twice."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from mien.app.edit import fingerprint
from mien.app.evaluation.actor_classifier import ActorClassifier
from mien.app.evaluation.outputs import JSON_NAME, read_evaluation
from mien.errors import InputError
from mien.metrics.evaluation.evaluate import EvaluationRequest
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
