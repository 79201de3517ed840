"""MEAD's folders: ``M003/video/front/happy/level_3/017.mp4`` (K. Wang et al., "MEAD", ECCV 2020).

Names of views and emotions as radekd91/inferno and yuangan/EAT_code read them. Some copies carry further folders
(``1``, ``2``) between these; what is read are the nearest folders of a known name, from the file upwards.
"""

from __future__ import annotations

import re
from pathlib import Path

from mien.data.labelled_clip import Footage, LabelledClip, Skipped, empty_reason, video_files
from mien.emotion.vocabulary import NEUTRAL

VIEWS = ("front", "top", "down", "left_30", "left_60", "right_30", "right_60")
EMOTIONS = ("angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised")
LEVELS = {"level_1": 1 / 3, "level_2": 2 / 3, "level_3": 1.0}
"""Levels as intensities: DNT 3.3 gives 0.33, 0.67 and 1."""

_ACTOR = re.compile(r"[MW]\d{3}")


def read_mead(folder: Path) -> Footage:
    """Read footage in MEAD's layout.

    Args:
        folder: All of MEAD, one actor's folder, or one below it.

    Returns:
        The clips; videos whose folders do not say what they show are among the skipped.

    Raises:
        InputError: It is not a folder.
    """
    clips, skipped = [], []
    for path in video_files(folder):
        name = path.relative_to(folder).as_posix()
        found = _label(path, name)
        reason = found if isinstance(found, str) else empty_reason(path)
        if isinstance(found, LabelledClip) and reason is None:
            clips.append(found)
        else:
            skipped.append(Skipped(name, reason or ""))
    return Footage(folder, "mead", tuple(clips), tuple(skipped))


def is_mead(path: Path) -> bool:
    """Whether a video's folders are MEAD's."""
    parts = path.resolve().parts[:-1]
    return any(part in LEVELS for part in parts) and any(_ACTOR.fullmatch(part) for part in parts)


def _label(path: Path, name: str) -> LabelledClip | str:
    """The clip, or why it cannot be used."""
    parents = path.resolve().parts[-2::-1]
    actor = next((part for part in parents if _ACTOR.fullmatch(part)), None)
    if actor is None:
        return "none of its folders is an actor (M003, W011)"
    within = parents[: parents.index(actor)]
    view, emotion, level = (
        next((part for part in within if part in known), None) for known in (VIEWS, EMOTIONS, tuple(LEVELS))
    )
    for kind, found in (
        ("a view (front, left_30)", view),
        ("an emotion", emotion),
        ("level_1, level_2 or level_3", level),
    ):
        if found is None:
            return f"none of its folders is {kind}"
    assert view is not None
    assert emotion is not None
    assert level is not None
    if emotion == NEUTRAL and level != "level_1":
        return f"neutral has level_1 only, and this is in {level}"
    return LabelledClip(path, name, actor, emotion, 0.0 if emotion == NEUTRAL else LEVELS[level], view)
