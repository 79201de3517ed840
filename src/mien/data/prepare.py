"""Footage to prepared footage: analyse every video, find out who it is, cut, and put all under its name at once.

What is finished of an interrupted run lies in a hidden folder beside the result, ``.NAME.preparing``: the same call
goes on from there. Videos that cannot be used are listed and passed over.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.data import assembly
from mien.data.extraction import Extractor, NumberedClip, largest_faces, usable_rows
from mien.data.known_landmarks import has_known_landmarks, with_known_landmarks
from mien.data.labelled_clip import Footage, LabelledClip, Skipped, shortened
from mien.data.made_footage import made_sentences, with_claims
from mien.data.mislabelled import contradicted_clips
from mien.data.prepared import PreparedFootage, open_prepared
from mien.data.refinement import Refine, photometric
from mien.data.same_person import doubtful_clips
from mien.data.settings import PrepareSettings, sampling_step
from mien.data.sufficiency import Verdict, judge
from mien.disk import disk_errors
from mien.emotion.vocabulary import NEUTRAL
from mien.errors import InputError, MienError, OutputError
from mien.morphable import builtin
from mien.morphable.model import MorphableModel
from mien.morphable.signature import signature
from mien.reconstruction.analysis import Analysis, analyse
from mien.reconstruction.cache import content_fingerprint
from mien.reconstruction.fit import shared_alpha
from mien.video.clip import Clip

StageProgress = Callable[[str, float], None]
"""Told the stage (``analyse``, ``prepare``) and how much of it is done, 0 to 1."""

_IDENTITY_FRAMES = 48


@dataclass(frozen=True, slots=True)
class Plan:
    """What preparing footage would use.

    Attributes:
        footage: Clips of one actor from one view that can be opened; the rest is among its skipped.
        frames: Frames of each clip, as its file says.
        verdict: Whether they suffice.
    """

    footage: Footage
    frames: Mapping[LabelledClip, int]
    verdict: Verdict


def plan(footage: Footage) -> Plan:
    """Open every clip, count its frames, and judge whether the footage suffices; nothing is decoded.

    Args:
        footage: Of one actor, as :meth:`Footage.of` gives it.

    Raises:
        InputError: It shows several people, or nothing of it can be opened.
    """
    if len(footage.actors) > 1:
        raise InputError(f"footage of one actor is needed, and this shows {shortened(footage.actors)}")
    lengths: dict[Path, tuple[int, float] | str] = {}
    frames, skipped = {}, list(footage.skipped)
    for clip in footage.clips:
        if clip.path not in lengths:
            lengths[clip.path] = _length(clip.path)
        length = lengths[clip.path]
        if isinstance(length, str):
            skipped.append(Skipped(clip.name, length))
            continue
        count, rate = length
        stop = count if clip.stop_s is None else min(count, round(clip.stop_s * rate))
        frames[clip] = max(0, stop - round(clip.start_s * rate))
    if not frames:
        raise InputError(f"{footage.folder}: no clip can be opened ({skipped[-1].name}: {skipped[-1].reason})")
    usable = Footage(footage.folder, footage.layout, tuple(frames), tuple(skipped))
    return Plan(usable, frames, judge(frames))


def prepare(
    planned: Plan,
    output: Path,
    settings: PrepareSettings | None = None,
    *,
    consent: str | None = None,
    overwrite: bool = False,
    accept_lacking: bool = False,
    model: MorphableModel | None = None,
    progress: StageProgress | None = None,
) -> PreparedFootage:
    """Prepare footage.

    Args:
        planned: From :func:`plan`.
        output: The folder to make.
        settings: Sizes and sampling; None for the preset ``default``.
        consent: What the actor agreed to; kept in the card.
        overwrite: Replace prepared footage that is there already.
        accept_lacking: Go on where the verdict says that the footage does not suffice.
        model: The morphable model; None for the built-in one.
        progress: Told how far it has come.

    Raises:
        InputError: The footage does not suffice, or no frame of it can be used.
        OutputError: The result is there already, or the disk refuses; what is finished is kept for the next call.
    """
    settings, model, told = settings or PrepareSettings(), model or builtin.load(), progress or (lambda *_: None)
    if planned.verdict.lacking and not accept_lacking:
        raise InputError(f"{planned.footage.folder} does not suffice to train on: {'; '.join(planned.verdict.lacking)}")
    assembly.check_output(output, overwrite)
    analyses, footage = _analyse_all(planned.footage, model, told)
    footage, edited = with_claims(footage)
    counts = _tracked_frames(footage, analyses)
    verdict = judge({clip: count for clip, count in counts.items() if count})
    if verdict.lacking and not accept_lacking:
        raise InputError(f"{footage.folder}: with the frames in which the face is seen, {'; '.join(verdict.lacking)}")
    step = settings.every or sampling_step(sum(counts.values()))
    alpha, refine = _who(model, footage, analyses, settings)
    extractor = Extractor(model, alpha, settings, step, refine)
    work = output.with_name(f".{output.name}.preparing")
    listed = [_clip_entry(clip) for clip in footage.clips]
    request = {"clips": listed, "settings": asdict(settings), "step": step, "model": signature(model)}
    _begin(work, {**request, "alpha": alpha.tolist()})
    parts = _write_parts(work, footage, analyses, extractor, told)
    card = {
        "actor": footage.actors[0],
        "consent": consent,
        "footage": {"folder": footage.folder.resolve().name, "layout": footage.layout, "clips": listed},
        "skipped": [asdict(entry) for entry in footage.skipped],
        "model": signature(model),
        "sampling": {"every": step, "refine": settings.refine},
        "pictures": {
            "sizes": {kind: getattr(settings, f"{kind}_px") for kind in ("texture", "mouth", "face")},
            "quality": settings.quality,
        },
        "warnings": [
            *made_sentences(footage.clips),
            *verdict.thin,
            *doubtful_clips(parts, footage.clips, analyses, edited),
            *contradicted_clips(parts, footage.clips),
        ],
    }
    lights = [_light(analyses[clip.path]) for clip in footage.clips]
    person = {"alpha": alpha.astype(np.float32), "lights": np.array(lights, np.float32)}
    assembly.publish(assembly.assemble(work, parts, card, person), output)
    return open_prepared(output)


def _length(path: Path) -> tuple[int, float] | str:
    """Frames and frames per second of a video, or why it cannot be opened."""
    try:
        clip = Clip.open(path)
        count = clip.info.frame_count or clip.count_frames()
    except MienError as error:
        return _why(error, path)
    rate = clip.info.frame_rate
    return (count, float(rate) if rate else 25.0) if count else "it has no frame"


def _why(error: MienError, path: Path) -> str:
    """An error about a video, without its name, which stands beside it."""
    return str(error).replace(f"{path}: ", "").replace(str(path), "it").rstrip(".")


def _analyse_all(footage: Footage, model: MorphableModel, told: StageProgress) -> tuple[dict[Path, Analysis], Footage]:
    """Analyse every video once; those that fail, or show no face, are passed over."""
    paths = sorted({clip.path for clip in footage.clips})
    analyses: dict[Path, Analysis] = {}
    failed: dict[Path, str] = {}
    for number, path in enumerate(paths):
        told("analyse", number / len(paths))
        try:
            clip = Clip.open(path)
            total = max(1, clip.info.frame_count or clip.count_frames())

            def advance(done: int, number: int = number, total: int = total) -> None:
                told("analyse", (number + done / total) / len(paths))

            found = with_known_landmarks(analyse(clip, model=model, progress=advance))
        except OutputError:
            raise
        except MienError as error:
            failed[path] = _why(error, path)
            continue
        if any(len(usable_rows(found, face, clip)) for face in largest_faces(found) for clip in _of(footage, path)):
            analyses[path] = found
        else:
            failed[path] = "no face is seen in it"
    told("analyse", 1.0)
    kept = tuple(clip for clip in footage.clips if clip.path in analyses)
    skipped = tuple(Skipped(clip.name, failed[clip.path]) for clip in footage.clips if clip.path in failed)
    if not kept:
        raise InputError(f"{footage.folder}: no clip can be used ({skipped[0].name}: {skipped[0].reason})")
    return analyses, Footage(footage.folder, footage.layout, kept, (*footage.skipped, *skipped))


def _of(footage: Footage, path: Path) -> list[LabelledClip]:
    return [clip for clip in footage.clips if clip.path == path]


def _tracked_frames(footage: Footage, analyses: Mapping[Path, Analysis]) -> dict[LabelledClip, int]:
    """Frames of each clip in which the face is tracked."""
    counts = {}
    for clip in footage.clips:
        found = analyses[clip.path]
        counts[clip] = sum(len(usable_rows(found, face, clip)) for face in largest_faces(found))
    return counts


def _who(
    model: MorphableModel, footage: Footage, analyses: Mapping[Path, Analysis], settings: PrepareSettings
) -> tuple[np.ndarray, Refine | None]:
    """Identity, and what refines a track if that is asked for.

    From neutral footage where there is any: there the shape of the face is the person's own.
    """
    neutral = [clip.path for clip in footage.clips if clip.emotion == NEUTRAL]
    paths = sorted(set(neutral or [clip.path for clip in footage.clips]))
    faces = [(face.track, analyses[path].clip) for path in paths for face in largest_faces(analyses[path])]
    alpha = shared_alpha(model, [track for track, _ in faces], frame_count=_IDENTITY_FRAMES)
    return photometric(model, faces, alpha) if settings.refine else (alpha, None)


def _clip_entry(clip: LabelledClip) -> dict[str, Any]:
    entry = asdict(clip)
    del entry["path"], entry["actor"]
    for name in [name for name in ("made_by", "made_from") if not entry[name]]:
        del entry[name]
    entry["landmarks"] = "known" if has_known_landmarks(clip.path) else "tracked"
    return {**entry, "fingerprint": content_fingerprint(clip.path)}


def _light(analysis: Analysis) -> np.ndarray:
    lights = [face.parameters.light for face in largest_faces(analysis)]
    known = [light.coefficients for light in lights if light is not None]
    return known[0] if known else np.full((9, 3), np.nan, np.float32)


def _begin(work: Path, request: dict[str, Any]) -> None:
    """Make the hidden folder, or go on in one that was made for the very same request."""
    text = json.dumps(request, indent=1)
    with disk_errors(work):
        if work.is_dir() and not ((work / "request.json").is_file() and (work / "request.json").read_text() == text):
            shutil.rmtree(work)
        work.mkdir(exist_ok=True)
        (work / "request.json").write_text(text)


def _write_parts(
    work: Path, footage: Footage, analyses: Mapping[Path, Analysis], extractor: Extractor, told: StageProgress
) -> list[Path]:
    """Make a part for every video that has none yet; a part is whole or not there."""
    numbered = [NumberedClip(number, clip) for number, clip in enumerate(footage.clips)]
    paths = sorted({clip.path for clip in footage.clips})
    parts = []
    for place, path in enumerate(paths):
        part, making = work / f"part-{place:05}", work / f"making-{place:05}"
        parts.append(part)
        told("prepare", place / len(paths))
        if part.is_dir():
            continue
        with disk_errors(work):
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
        clips = [entry for entry in numbered if entry.clip.path == path]

        def advance(share: float, place: int = place) -> None:
            told("prepare", (place + share) / len(paths))

        try:
            extractor.write_part(making, analyses[path], clips, advance)
            with disk_errors(work):
                os.replace(making, part)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    told("prepare", 1.0)
    return parts
