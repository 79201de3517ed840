"""Comparing two renders: evaluate both, find where they differ, and write the page with its videos."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from mien.app.browser_video import write_browser_video
from mien.app.compare.comparison import Comparison, comparison_to_json, rows_of
from mien.app.compare.difference import Differences, find_differences
from mien.app.compare.page import Film, comparison_page
from mien.app.compare.pictures import MOMENTS, find_moments, overall_map
from mien.app.edit import Edit
from mien.app.edit_file import edit_path, read_edit
from mien.app.evaluation.actor_classifier import ActorClassifier
from mien.app.evaluation.kept import kept_evaluation, settings_key
from mien.app.evaluation.pair import PairOptions, evaluation_folder, measured, request_of
from mien.app.jobs import staging_folder
from mien.errors import InputError, OutputError
from mien.metrics.evaluation.evaluation import Evaluation
from mien.video.claim import generator
from mien.video.clip import Clip
from mien.video.output import output_errors
from mien.video.provenance import claim_of, sign

PAGE = "index.html"
DATA = "comparison.json"
FILMS = ("source.mp4", "a.mp4", "b.mp4")

Tell = Callable[[float], None]
"""Called with the share of the whole work that is done, 0 to 1."""


def compare_renders(
    first: Path, second: Path, folder: Path, *, source: Path | None = None, emotion: str | None = None,
    classifier: ActorClassifier | None = None, overwrite: bool = False, tell: Tell | None = None,
) -> Comparison:  # fmt: skip
    """Compare two renders of one source, and write ``index.html``, ``comparison.json`` and copies of the videos.

    Args:
        first: A.
        second: B.
        folder: For the results.
        source: What both were made from; taken from the edit files beside them where it is left out.
        emotion: What was asked of both, in the notation; taken from the edit files where it is left out.
        classifier: Of expression type and level, trained on the footage of the person in them.
        overwrite: Replace results that are there already.
        tell: Called now and then.

    Returns:
        What was found.

    Raises:
        InputError: The two were made from different sources, or are one file.
        EmotionError: The emotion is not understood.
        ClipError: A clip cannot be read, or is no render of the source.
        OutputError: The results cannot be written.
    """
    share = _Shares(tell)
    _check(first, second, folder, overwrite)
    clips = Clip.open(first), Clip.open(second)
    edits = _edit_of(first), _edit_of(second)
    known = source or _source_of(edits)
    before = None if known is None else Clip.open(known)
    options = PairOptions(source=known, emotion=emotion, classifier=classifier)
    differences = find_differences(*clips, share.part(0.0, 0.15))
    with staging_folder(folder) as staging, output_errors(folder):
        named = (("source", known), ("a", first), ("b", second))
        films = [_film(name, path, staging) for name, path in named if path is not None]
        share.part(0.15, 0.3)(1.0)
        evaluations = (
            (None, None)
            if known is None
            else (
                _evaluated(first, options, share.part(0.3, 0.6)),
                _evaluated(second, options, share.part(0.6, 0.9)),
            )
        )
        comparison = _comparison(first, second, known, evaluations, differences)
        frames = comparison.largest_frames or (max(0, clips[0].count_frames() // 2),)
        moments = find_moments(*clips, before, frames, None if differences is None else differences.place())
        overall = None if differences is None else overall_map(differences)
        page = comparison_page(comparison, overall, moments, films, (claim_of(first), claim_of(second)))
        (staging / PAGE).write_text(page, encoding="utf-8")
        text = json.dumps(comparison_to_json(comparison), indent=1) + "\n"
        (staging / DATA).write_text(text, encoding="utf-8")
        folder.mkdir(exist_ok=True)
        for made in sorted(staging.iterdir(), key=lambda path: path.name == PAGE):  # the page last: then all is there
            os.replace(made, folder / made.name)
    share.part(0.9, 1.0)(1.0)
    return comparison


def _check(first: Path, second: Path, folder: Path, overwrite: bool) -> None:
    if first.exists() and second.exists() and os.path.samefile(first, second):
        raise InputError(f"{first} and {second} are one and the same; name two renders.")
    if not folder.parent.is_dir():
        raise OutputError(f"{folder}: cannot be written: the folder {folder.parent} does not exist.")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; name a folder.")
    inputs = {path.resolve() for path in (first, second)}
    for name in (PAGE, DATA, *FILMS):
        target = folder / name
        if target.resolve() in inputs:
            raise OutputError(f"{target}: would be overwritten; choose another folder.")
        if target.exists() and not overwrite:
            raise OutputError(f"{target}: is there already; choose another folder, or allow replacing (--overwrite).")


def _evaluated(path: Path, options: PairOptions, tell: Tell) -> Evaluation:
    """The evaluation beside a render, if it is of the same clips and settings; else a new one."""
    request = request_of(path, options)
    kept = kept_evaluation(evaluation_folder(path), settings_key(request, options.classifier))
    if kept is not None:
        tell(1.0)
        return kept
    return measured(request, options.classifier, tell)


def _edit_of(path: Path) -> Edit | None:
    """The edit beside a render, if there is one."""
    kept = edit_path(path)
    return read_edit(kept) if kept.is_file() else None


def _source_of(edits: tuple[Edit | None, Edit | None]) -> Path | None:
    """What the edits name as their source, if it is still there."""
    named = [edit for edit in edits if edit is not None]
    if len({edit.fingerprint for edit in named}) > 1:
        raise InputError(
            f"the two were made from different sources, {named[0].source} and {named[1].source}; to measure both "
            "against one all the same, name it with --source."
        )
    return next((edit.source for edit in named if edit.source.exists()), None)


def _film(name: str, path: Path, staging: Path) -> Film:
    """A copy for browsers that says what its original says about its making."""
    target = staging / f"{name}.mp4"
    claim = claim_of(path)
    width, height = write_browser_video(path, target, f"A copy made by {generator()} for a comparison."
                                        if claim is None else claim.sentence)  # fmt: skip
    if claim is not None:
        sign(target, claim)
    return Film(name.capitalize() if name == "source" else name.upper(), target.name, width, height)


def _comparison(
    first: Path, second: Path, source: Path | None, evaluations: tuple[Evaluation | None, Evaluation | None],
    differences: Differences | None,
) -> Comparison:  # fmt: skip
    a, b = evaluations
    return Comparison(
        a=a,
        b=b,
        first=str(first),
        second=str(second),
        source="" if source is None else str(source),
        rows=() if a is None or b is None else rows_of(a, b),
        mean_difference=None if differences is None else sum(differences.by_frame) / len(differences.by_frame),
        largest_difference=None if differences is None else differences.largest,
        largest_frames=() if differences is None else tuple(differences.moments(MOMENTS)),
    )


class _Shares:
    """Progress of parts of the work as progress of the whole."""

    def __init__(self, tell: Tell | None) -> None:
        self._tell = tell

    def part(self, start: float, stop: float) -> Tell:
        """A teller for a part of the work."""

        def tell(done: float) -> None:
            if self._tell is not None:
                self._tell(start + (stop - start) * done)

        return tell
