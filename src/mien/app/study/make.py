"""Making a study: the public folder, and the key that stays with the researcher."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

from mien.app.browser_video import write_browser_video
from mien.app.edit import fingerprint
from mien.app.jobs import staging_folder
from mien.app.study.clips import StudyClip
from mien.app.study.key import KeyClip, KeyItem, StudyKey, key_to_json
from mien.app.study.questions import ORIGINAL_TEXTS, Kind, Question
from mien.errors import InputError, OutputError
from mien.video.claim import StudyClaim, mien_version
from mien.video.output import output_errors
from mien.video.provenance import check_signing, sign

MOST_SEED = 2**31 - 1
PAGE_FILES = ("index.html", "study.css", "order.js", "answers.js", "ranking.js", "study.js")
"""What of ``data/`` goes into every study folder."""

_LETTERS = "bcdfghjkmnpqrstvwxz23456789"  # no vowels, so no words; nothing that is mistaken for something else


def key_path(folder: Path) -> Path:
    """Where the key of a study folder is kept unless said otherwise: beside it."""
    return folder.with_name(folder.name + ".key.json")


def plan_study(clips: Sequence[StudyClip], kind: Kind, seed: int, title: str) -> StudyKey:
    """Give the clips their anonymous names and put them on pages.

    Args:
        clips: With their labels.
        kind: Of study.
        seed: Orders are drawn from it, 0 to 2^31 - 1.
        title: Shown to participants.

    Raises:
        InputError: The seed is out of range, a clip is there twice, or clips cannot be ordered against each other.
    """
    if not 0 <= seed <= MOST_SEED:
        raise InputError(f"the seed of a study is 0 to {MOST_SEED}, not {seed}")
    if not clips:
        raise InputError("a study needs clips")
    hashes = {path: fingerprint(path) for path in {p for c in clips for p in (c.path, c.source_path) if p is not None}}
    labels = [(hashes[c.path], c.system, c.emotion, c.intensity, c.source, c.seed) for c in clips]
    if len(set(labels)) < len(labels):
        twice = next(clip for clip, label in zip(clips, labels, strict=True) if labels.count(label) > 1)
        raise InputError(f"{twice.path} is in the study twice with the same labels")
    identity = hashlib.sha256(json.dumps([kind, seed, title, labels]).encode()).hexdigest()
    # The seed is public, so names are drawn from the contents as well: who knows the page alone cannot undo them.
    draw = random.Random(identity)
    references = {c.source_path: c for c in clips if c.source_path is not None} if kind == "ccfe" else {}
    names = _names(draw, len(clips) + len(references))
    shown = [
        KeyClip(name, str(c.path), hashes[c.path], c.system, c.emotion, c.intensity, c.source, c.seed)
        for name, c in zip(names, clips, strict=False)
    ]
    originals = {
        path: KeyClip(name, str(path), hashes[path], "original", "", 0.0, clip.source)
        for name, (path, clip) in zip(names[len(clips) :], references.items(), strict=True)
    }
    if kind == "dnt":
        items = [KeyItem(name, group) for name, group in zip(_names(draw, len(shown)), _groups(shown), strict=False)]
    else:
        beside = {name: clip.source_path for name, clip in zip(names, clips, strict=False)}
        reference = {name: originals[path].name if path in originals else "" for name, path in beside.items()}
        items = [KeyItem(clip.name, (clip.name,), reference[clip.name]) for clip in shown]
    everything = sorted([*shown, *originals.values()], key=lambda clip: clip.name)
    pages = tuple(sorted(items, key=lambda item: item.name))
    return StudyKey(identity[:12], kind, title, seed, tuple(everything), pages, mien_version())


def _names(draw: random.Random, count: int) -> list[str]:
    """Different names, in an order that tells nothing."""
    names: dict[str, None] = {}
    while len(names) < count:
        names["c" + "".join(draw.choices(_LETTERS, k=5))] = None
    return list(names)


def _groups(clips: Sequence[KeyClip]) -> list[tuple[str, ...]]:
    """Names of clips that differ in intensity alone, by name, so that their order tells nothing."""

    def group(clip: KeyClip) -> tuple[str, str, str, int]:
        return clip.source, clip.emotion, clip.system, -1 if clip.seed is None else clip.seed

    groups = []
    for (source, emotion, system, _), found in groupby(sorted(clips, key=group), key=group):
        members = sorted(found, key=lambda clip: clip.name)
        what = f"{emotion} of {source or 'the source without a name'} by {system}"
        if len(members) < 2:
            raise InputError(f"{what} is there with one intensity only; two or more are needed to be put in order")
        if len({clip.intensity for clip in members}) < len(members):
            raise InputError(f"{what} is there twice with the same intensity, so there is no right order")
        groups.append(tuple(clip.name for clip in members))
    return groups


def public_data(key: StudyKey, sizes: Mapping[str, tuple[int, int]], contact: str = "") -> dict[str, Any]:
    """What the page knows: no system, source or intensity, and the emotion only where the question names it.

    Args:
        key: Of the study.
        sizes: Clip name to width and height, px.
        contact: Whom participants may ask.
    """
    named = any("{emotion}" in question.text for question in key.questions)
    items = [
        {
            "id": item.name,
            "clips": list(item.clips),
            **({"emotion": key.clip(item.clips[0]).emotion} if named else {}),
            **({"reference": item.reference} if item.reference else {}),
        }
        for item in key.items
    ]
    return {
        "id": key.study, "kind": key.kind, "title": key.title, "seed": key.seed, "contact": contact,
        "questions": [_question(question) for question in key.questions], "items": items,
        "sizes": {name: list(size) for name, size in sorted(sizes.items())},
    }  # fmt: skip


def _question(question: Question) -> dict[str, Any]:
    original = ORIGINAL_TEXTS.get(question.key, "")
    return {
        "key": question.key, "kind": question.kind, "text": question.text, "low": question.low, "high": question.high,
        "options": list(question.options), "originalText": original,
    }  # fmt: skip


def make_study(
    key: StudyKey,
    folder: Path,
    key_file: Path,
    *,
    contact: str = "",
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the public folder and the key; both appear when they are complete.

    Args:
        key: From :func:`plan_study`.
        folder: The public folder.
        key_file: The key, outside of it.
        contact: Whom participants may ask; shown on the first page.
        overwrite: Replace what is there.
        progress: Called with clips done and to do.

    Raises:
        OutputError: Something is there already, the key would lie in the public folder, or it cannot be written.
        ClipError: A clip cannot be read.
    """
    _check_places(folder, key_file, overwrite)
    identity = check_signing()
    with staging_folder(folder) as staging, output_errors(folder):
        public = staging / "public"
        (public / "clips").mkdir(parents=True)
        sizes: dict[str, tuple[int, int]] = {}
        for done, clip in enumerate(key.clips):
            if progress is not None:
                progress(done, len(key.clips))
            target = public / "clips" / f"{clip.name}.mp4"
            claim = StudyClaim(target)
            sizes[clip.name] = write_browser_video(Path(clip.file), target, claim.sentence)
            sign(target, claim, identity)
        _write_page(public, public_data(key, sizes, contact))
        _hide_times(public.rglob("*"))
        kept = staging / key_file.name
        kept.write_text(key_to_json(key), encoding="utf-8")
        if folder.exists():
            os.replace(folder, staging / "old")
        os.replace(public, folder)
        os.replace(kept, key_file)
    if progress is not None:
        progress(len(key.clips), len(key.clips))


def _check_places(folder: Path, key_file: Path, overwrite: bool) -> None:
    if not folder.parent.is_dir() or not key_file.parent.is_dir():
        missing = folder if not folder.parent.is_dir() else key_file
        raise OutputError(f"{missing}: cannot be written: the folder {missing.parent} does not exist.")
    if key_file.resolve().is_relative_to(folder.resolve()):
        raise OutputError(f"{key_file}: the key must not lie in the public folder {folder}.")
    if folder.exists() and not (folder.is_dir() and (not any(folder.iterdir()) or (folder / "data.js").is_file())):
        raise OutputError(f"{folder}: is there already and is not a study; choose another name.")
    for path in (folder, key_file):
        if path.exists() and not overwrite and not (path.is_dir() and not any(path.iterdir())):
            raise OutputError(f"{path}: is there already; choose another name, or allow replacing it (--overwrite).")


def _write_page(public: Path, data: dict[str, Any]) -> None:
    for name in PAGE_FILES:
        (public / name).write_text((files("mien.app.study") / "data" / name).read_text("utf-8"), encoding="utf-8")
    text = json.dumps(data, indent=1, ensure_ascii=True).replace("<", "\\u003c")
    (public / "data.js").write_text(f'"use strict";\nconst STUDY = {text};\n', encoding="utf-8")


def _hide_times(paths: Iterable[Path]) -> None:
    """One and the same time for all files: the order in which clips were made tells nothing."""
    for path in paths:
        os.utime(path, (1_000_000_000, 1_000_000_000))
