"""The clips of a study out of a suite that ``mien evaluate`` has rendered."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mien.app.study.clips import StudyClip, read_text
from mien.errors import InputError
from mien.video.info import MienWarning

SUMMARY = "suite.json"
"""What tells a suite's folder, and lists its clips."""

_FORMAT = "mien suite"
_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm")


def read_suite_clips(folder: Path) -> list[StudyClip]:
    """The clips of a suite's folder that could be rendered and measured; the others are warned of.

    Raises:
        InputError: The folder is not a suite's, its summary is damaged, or it has no clips.
    """
    path = folder / SUMMARY
    if not path.is_file():
        raise InputError(
            f"{folder}: has no {SUMMARY}, so it is not the folder of a suite; name one, or a list of clips."
        )
    try:
        data = json.loads(read_text(path, "the suite"))
        if data["format"] != _FORMAT or data["version"] != 1:
            raise InputError(f"{path}: this is not the summary of a suite that this version of mien has written.")
        clips = [_clip(entry, folder) for entry in data["clips"]]
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: the suite's summary is damaged: {type(error).__name__} {error}.") from None
    found = [clip for clip in clips if clip is not None]
    if not found:
        raise InputError(f"{folder}: none of the suite's clips could be rendered and measured.")
    if len(found) < len(clips):
        text = f"{folder}: {len(clips) - len(found)} of the suite's {len(clips)} clips are missing, and left out."
        warnings.warn(text, MienWarning, stacklevel=2)
    return found


def _clip(entry: Mapping[str, Any], folder: Path) -> StudyClip | None:
    """A clip lies beside the folder of its own page, with that folder's name."""
    if entry["error"] or not entry["page"]:
        return None
    place = folder / Path(entry["page"]).parent
    path = next((p for p in (place.with_name(place.name + suffix) for suffix in _SUFFIXES) if p.is_file()), None)
    if path is None:
        return None
    source = Path(entry["source"])
    return StudyClip(
        path=path,
        system=str(entry["system"]),
        emotion=str(entry["emotion"]),
        intensity=float(entry["intensity"]),
        source=source.stem,
        source_path=source if source.is_file() else None,
        seed=None if entry["seed"] is None else int(entry["seed"]),
    )
