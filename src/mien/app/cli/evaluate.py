"""``mien evaluate``: an edited clip, a folder of them or a suite, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from mien.app.cli.report import Report, ReportOptions
from mien.errors import InputError

if TYPE_CHECKING:
    from mien.app.evaluation.actor_classifier import ActorClassifier
    from mien.app.evaluation.folder import Finished
    from mien.metrics.evaluation.evaluation import Evaluation, Figure


def evaluate(
    result: Path,
    /,
    *,
    source: Path | None = None,
    target: Path | None = None,
    emotion: str | None = None,
    classifier: Path | None = None,
    intensities: str | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Measure an edited clip against its source: figures with verdicts, as a page, JSON and CSV.

    The source and the emotion come from the edit file beside the result, if mien made it. A folder measures every
    result in it; a suite file (TOML or JSON) renders sources x emotions x intensities x systems and measures them.
    Folders and suites go on where they stopped.

    Args:
        result: The edited clip; or a folder of them; or a suite file.
        source: The clip it was made from.
        target: Real footage of what the result should look like.
        emotion: What was asked for, such as "happy 0.8".
        classifier: Folder made by `mien train classifier` of this person's footage, for DNT's cross entropies.
        intensities: Such as 0.25,0.5,0.75,1: render the edit at these too, for its answer to intensity and LIE.
        output: Folder for the page and the files; beside the result if left out.
        overwrite: Replace an evaluation that is there already.
        report: How much is told.
    """
    with Report(report) as told:
        if result.is_dir():
            _refuse("a folder", source=source, target=target, emotion=emotion, intensities=intensities)
            _folder(told, result, output, classifier)
        elif result.suffix.lower() in (".toml", ".json"):
            _refuse("a suite", source=source, target=target, emotion=emotion, intensities=intensities)
            _suite(told, result, output, classifier)
        else:
            given = {"source": source, "target": target, "emotion": emotion}
            _pair(told, result, output, overwrite, classifier, intensities, **given)


def _refuse(kind: str, **options: object) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise InputError(f"--{given[0]} belongs to one clip, and this is {kind}; leave it out.")


def _pair(
    told: Report,
    result: Path,
    output: Path | None,
    overwrite: bool,
    classifier: Path | None,
    intensities: str | None,
    **options: Any,
) -> None:
    from mien.app.evaluation.outputs import PAGE_NAME, check_folder, summary_of, write_evaluation
    from mien.app.evaluation.pair import PairOptions, evaluate_pair, evaluation_folder
    from mien.app.evaluation.strengths import parse_intensities

    folder = output or evaluation_folder(result)
    check_folder(folder, overwrite)
    strengths = () if intensities is None else parse_intensities(intensities)
    asked = PairOptions(**options, classifier=_classifier(classifier), intensities=strengths)
    found = evaluate_pair(result, asked, told.progress)
    write_evaluation(found, folder, overwrite=overwrite)
    told.result(f"{summary_of(found)}\n{folder / PAGE_NAME}", {"folder": str(folder), **_verdicts(found)})


def _classifier(folder: Path | None) -> ActorClassifier | None:
    from mien.app.evaluation.actor_classifier import open_classifier

    return None if folder is None else open_classifier(folder)


def _folder(told: Report, folder: Path, output: Path | None, classifier: Path | None) -> None:
    from mien.app.evaluation.folder import evaluate_folder

    place = output or folder / "evaluation"
    finished = evaluate_folder(folder, place, told.progress, _classifier(classifier))
    _tell(told, place, finished)


def _suite(told: Report, path: Path, output: Path | None, classifier: Path | None) -> None:
    if classifier is not None:
        raise InputError(f'--classifier is for clips and folders; in a suite write: classifier = "{classifier}"')
    from mien.app.evaluation.suite import run_suite
    from mien.app.evaluation.suite_file import read_suite

    place = output or path.with_name(f"{path.stem}.evaluation")
    finished = run_suite(read_suite(path), place, told.progress)
    _tell(told, place, finished)


def _tell(told: Report, place: Path, finished: list[Finished]) -> None:
    from mien.app.evaluation.outputs import headline

    lines: list[str] = []
    clips: list[dict[str, Any]] = []
    for clip in finished:
        found = clip.evaluation
        if found is None:
            lines.append(f"{clip.result.name}: not measured: {clip.error}")
            clips.append({"result": str(clip.result), "error": clip.error})
            continue
        faults = found.with_verdict("fault")
        lines.append(f"{clip.result.name}: {headline(faults, found.with_verdict('attention'))}")
        lines += [f"  fault: {figure.sentence}" for figure in faults]
        clips.append({"result": str(clip.result), "folder": str(clip.folder), "kept": clip.kept, **_verdicts(found)})
    if all(clip.evaluation is None for clip in finished):
        raise InputError(f"no clip could be measured; the first: {finished[0].error}")
    told.result("\n".join([*lines, str(place)]), {"folder": str(place), "clips": clips})


def _verdicts(evaluation: Evaluation) -> dict[str, Any]:
    def told(figure: Figure) -> dict[str, Any]:
        return {
            "key": figure.key,
            "value": figure.value,
            "worst_frame": figure.worst_frame,
            "worst_time_s": figure.worst_time_s,
            "sentence": figure.sentence,
        }

    return {
        "faults": [told(figure) for figure in evaluation.with_verdict("fault")],
        "attention": [told(figure) for figure in evaluation.with_verdict("attention")],
        "good": [figure.key for figure in evaluation.with_verdict("good")],
        "unavailable": [figure.key for figure in evaluation.with_verdict("unavailable")],
    }
