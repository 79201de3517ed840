"""An evaluation as files: JSON, CSV and one page; and as the few lines that a command prints."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from mien.app.evaluation.page import write_page
from mien.app.evaluation.suite_summary import SuiteFigure
from mien.app.jobs import staging_folder
from mien.errors import InputError, OutputError
from mien.metrics.evaluation.evaluation import Evaluation, Figure, from_json, to_json

JSON_NAME = "evaluation.json"
CSV_NAME = "evaluation.csv"
PAGE_NAME = "index.html"

_COLUMNS = ("result", "source", "target", "emotion", "system", "group", "key", "label", "value", "unit", "verdict",
            "asked", "worst_frame", "worst_time_s", "origin", "sentence")  # fmt: skip


def write_evaluation(evaluation: Evaluation, folder: Path, *, overwrite: bool = False) -> None:
    """Write a folder with ``evaluation.json``, ``evaluation.csv`` and ``index.html``; it appears when it is complete.

    Args:
        evaluation: What was found.
        folder: Where; made.
        overwrite: Whether an evaluation that is there may be replaced. Other files in the folder stay.

    Raises:
        OutputError: It cannot be written, or is there already.
        ClipError: A clip that the page shows cannot be read.
    """
    check_folder(folder, overwrite)
    with staging_folder(folder) as staging:
        made = staging / folder.name
        made.mkdir()
        (made / CSV_NAME).write_text(csv_of([evaluation]), encoding="utf-8")
        write_page(evaluation, made / PAGE_NAME)
        # JSON comes last, here and when files move: where it is, the evaluation is complete.
        (made / JSON_NAME).write_text(json_of(evaluation), encoding="utf-8")
        publish(made, folder, JSON_NAME)


def publish(made: Path, folder: Path, last: str) -> None:
    """Move what was made into a folder, replacing what is there under the same names, one file last."""
    if not folder.exists():
        os.replace(made, folder)
        return
    for path in sorted(made.iterdir(), key=lambda path: path.name == last):
        target = folder / path.name
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(path, target)


def check_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a place for an evaluation before any work is done.

    Raises:
        OutputError: It is a file, the folder above it is missing, or an evaluation is there already.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; name a folder for the evaluation with -o.")
    if not folder.parent.is_dir():
        raise OutputError(f"{folder}: there is no folder {folder.parent} to put it in.")
    if (folder / JSON_NAME).exists() and not overwrite:
        raise OutputError(
            f"{folder}: has an evaluation already; name another folder, or allow replacing (--overwrite)."
        )


def json_of(evaluation: Evaluation) -> str:
    """As JSON text."""
    return json.dumps(to_json(evaluation), ensure_ascii=False) + "\n"


def read_evaluation(path: Path) -> Evaluation:
    """Read ``evaluation.json``.

    Raises:
        InputError: It cannot be read or is none.
    """
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as an evaluation: {error}.") from error


def csv_of(evaluations: Iterable[Evaluation], of_all: Iterable[SuiteFigure] = ()) -> str:
    """One row a figure.

    Args:
        evaluations: Of the single clips.
        of_all: Of a suite as a whole: their rows name no clip; without an emotion they are means over the emotions.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for e in evaluations:
        for f in e.figures:
            rows.writerow(
                (e.result, e.source, e.target or "", e.emotion, e.system, f.group, f.key, f.label,
                 "" if f.value is None else f"{f.value:.6g}", f.unit, f.verdict, f.asked,
                 "" if f.worst_frame is None else f.worst_frame,
                 "" if f.worst_time_s is None else f"{f.worst_time_s:.3f}", f.origin, f.sentence)
            )  # fmt: skip
    for figure in of_all:
        value, verdict = ("", "unavailable") if figure.value is None else (f"{figure.value:.6g}", "measured")
        group = "picture" if figure.key.startswith("FID") else "expression"
        rows.writerow(("", "", "", figure.emotion, figure.system, group, figure.key, figure.key, value, "", verdict,
                       "", "", "", figure.origin, figure.sentence))  # fmt: skip
    return text.getvalue()


def summary_of(evaluation: Evaluation) -> str:
    """A few lines for people: what is wrong, what to look at, and how much is good."""
    faults, looks = evaluation.with_verdict("fault"), evaluation.with_verdict("attention")
    good = evaluation.with_verdict("good")
    name = Path(evaluation.result).name
    lines = [f"{name}: {headline(faults, looks)}"]
    lines += [f"  fault: {figure.sentence}" for figure in faults]
    lines += [f"  look at: {figure.sentence}" for figure in looks]
    if good:
        lines.append(f"  good: {_count(len(good), 'figure')}")
    whys: dict[str, list[str]] = {}
    for figure in evaluation.with_verdict("unavailable"):
        whys.setdefault(figure.sentence, []).append(figure.label)
    lines += [f"  not measured: {'; '.join(labels)}. {why}" for why, labels in whys.items()]
    return "\n".join(lines)


def headline(faults: Iterable[Figure], looks: Iterable[Figure]) -> str:
    """The verdict in a few words."""
    wrong, unsure = len(list(faults)), len(list(looks))
    if wrong:
        return (
            f"{_count(wrong, 'fault')}, and {_count(unsure, 'figure')} worth a look"
            if unsure
            else _count(wrong, "fault")
        )
    return f"no faults; {_count(unsure, 'figure')} worth a look" if unsure else "no faults"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
