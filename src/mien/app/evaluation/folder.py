"""A folder of results: every clip in it that has its edit file is measured, each once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.app.edit_file import edit_path
from mien.app.evaluation.actor_classifier import ActorClassifier
from mien.app.evaluation.kept import kept_evaluation, settings_key
from mien.app.evaluation.outputs import write_evaluation
from mien.app.evaluation.pair import PairOptions, measured, request_of
from mien.app.evaluation.progress import Share
from mien.app.jobs import ProgressCallback
from mien.errors import InputError, MienError
from mien.metrics.evaluation.evaluate import Tell
from mien.metrics.evaluation.evaluation import Evaluation


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
        write_evaluation(found, folder, overwrite=True)
    except MienError as error:
        return Finished(result, folder, error=str(error))
    return Finished(result, folder, found)
