"""LIE in a suite: a calm frame of every source, rendered by every system at many intensities of every emotion."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import mien
from mien.app.contact_sheet import write_png
from mien.app.edit import fingerprint
from mien.app.editing import Editor
from mien.app.evaluation.progress import Part
from mien.app.evaluation.suite_file import Suite, SuiteSystem
from mien.app.evaluation.suite_summary import SuiteFigure
from mien.app.jobs import staging_folder
from mien.errors import MienError, OutputError
from mien.metrics.evaluation.evenness import FIGURES, CalmFrame, calm_frame, distances_for, evenness
from mien.metrics.evaluation.ruler import picture_of
from mien.metrics.intensity_linearity import INTENSITIES
from mien.types import ByteArray
from mien.video.claim import mien_version

ORIGIN = "CCFE 4.2"


@dataclass(frozen=True, slots=True)
class _Measured:
    """LIE of one source, emotion and system: values, and figure to why one is not there."""

    values: dict[str, float]
    missing: dict[str, str]


def lie_figures(suite: Suite, place: Path, part: Part) -> list[SuiteFigure]:
    """LIE of every system and emotion, mean over the sources, and of every system as the mean over its emotions.

    Args:
        suite: What is asked; its ``lie_intensities`` says at how many intensities.
        place: Folder in which what was measured is kept, a file for each source, emotion and system; made.
        part: Told what is done.
    """
    if suite.lie_intensities == 0:
        why = "Not measured: the suite file sets lie_intensities to 0."
        return [SuiteFigure(key, system.label, "", None, why, ORIGIN) for system in suite.systems for key in FIGURES]
    place.mkdir(parents=True, exist_ok=True)
    jobs = [(source, s, e) for source in suite.sources for s in suite.systems for e in suite.emotions]
    found: dict[tuple[str, str], list[_Measured]] = {}
    calm: dict[Path, CalmFrame | None] = {}  # of one source at a time: it holds a picture
    for number, (source, system, emotion) in enumerate(jobs):
        measured = _measured(suite, source, system, emotion, place, calm)
        found.setdefault((system.label, emotion), []).append(measured)
        part.at((number + 1) / len(jobs))
    return [figure for system in suite.systems for figure in _of_system(suite, system.label, found)]


def _of_system(suite: Suite, label: str, found: dict[tuple[str, str], list[_Measured]]) -> Iterator[SuiteFigure]:
    published = "as published" if suite.lie_intensities == INTENSITIES else f"the paper takes {INTENSITIES}"
    taken = f"{suite.lie_intensities} intensities, {published}."
    for key in FIGURES:
        means = []
        whys: list[str] = []
        for emotion in suite.emotions:
            each = found[label, emotion]
            values = [one.values[key] for one in each if key in one.values]
            whys += [one.missing[key] for one in each if key in one.missing]
            if values:
                means.append(float(np.mean(values)))
                told = f"A calm frame of {_counted(len(values), 'source')} at {taken}"
                yield SuiteFigure(key, label, emotion, means[-1], told, ORIGIN)
        if means:
            told = f"Mean over {_counted(len(means), 'emotion')}; {taken}"
            yield SuiteFigure(key, label, "", float(np.mean(means)), told, ORIGIN)
        else:
            yield SuiteFigure(key, label, "", None, whys[0], ORIGIN)


def _measured(
    suite: Suite, source: Path, system: SuiteSystem, emotion: str, place: Path, calm: dict[Path, CalmFrame | None]
) -> _Measured:
    try:
        if source not in calm:
            calm.clear()
            calm[source] = calm_frame(source)
        frame = calm[source]
        if frame is None:
            return _Measured({}, dict.fromkeys(FIGURES, f"No frame of {source.name} has a face."))
        distances, missing = distances_for(frame)
        if not distances:
            return _Measured({}, missing)
        names = [each.name for each in distances]
        kept = place / f"{source.stem}_{emotion}_{system.label}.json".replace(" ", "-")
        key = _key(suite, source, system, emotion, names)
        values = _kept(kept, key)
        if values is None:
            editor = mien.load(system.name, system.actor, **system.settings)
            values = evenness(rendered(editor, frame, emotion, suite.lie_intensities), frame, distances)
            with staging_folder(kept) as staging:
                (staging / kept.name).write_text(json.dumps({"key": key, "values": values}))
                (staging / kept.name).replace(kept)
    except OutputError:
        raise
    except MienError as error:
        return _Measured({}, dict.fromkeys(FIGURES, f"{source.name} cannot be rendered as a picture: {error}"))
    for name, value in values.items():
        if value != value:  # NaN
            missing[name] = f"No intensity of {emotion} changes the picture."
    return _Measured({name: value for name, value in values.items() if value == value}, missing)


def rendered(editor: Editor, frame: CalmFrame, emotion: str, count: int) -> Iterator[ByteArray]:
    """The calm frame at rising intensities, through the public API; the picture is analysed once."""
    with tempfile.TemporaryDirectory(prefix="mien-lie-") as folder:
        still = Path(folder) / "calm.png"
        write_png(frame.picture, still)
        analysis = mien.open(still).analyse(cache=False)
        for intensity in np.linspace(0.0, 1.0, count):
            yield picture_of(next(editor.render(analysis, f"{emotion} {intensity:.6f}")))


def _key(suite: Suite, source: Path, system: SuiteSystem, emotion: str, distances: list[str]) -> str:
    """A hash of all that the figure depends on."""
    parts: list[Any] = [
        fingerprint(source), system.name, str(system.actor), dict(system.settings), emotion, suite.lie_intensities,
        distances, mien_version(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _kept(path: Path, key: str) -> dict[str, float] | None:
    """What was measured before with the same settings."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # never measured, or damaged: it is measured again
        return None
    if not isinstance(data, dict) or data.get("key") != key or not isinstance(data.get("values"), dict):
        return None
    return {str(name): float(value) for name, value in data["values"].items()}


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
