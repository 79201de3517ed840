"""RAVDESS' file names: ``Actor_12/01-01-06-01-02-01-12.mp4`` (S. Livingstone, F. Russo, PLoS ONE 2018; Zenodo 1188976).

Seven fields: modality (01 audio and video, 02 video, 03 audio), channel (01 speech, 02 song), emotion, intensity (01
normal, 02 strong), statement, repetition, actor (01 to 24, the odd ones men). All cameras stand in front.
"""

from __future__ import annotations

import re
from pathlib import Path

from mien.data.labelled_clip import Footage, LabelledClip, Skipped, empty_reason, video_files
from mien.emotion.vocabulary import NEUTRAL

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fear",
    "07": "disgusted",
    "08": "surprised",
}
INTENSITIES = {"01": 0.5, "02": 1.0}

_NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
_FOLDER = re.compile(r"Actor_(\d\d)", re.IGNORECASE)


def read_ravdess(folder: Path) -> Footage:
    """Read footage in RAVDESS' layout, spoken parts only.

    Where a performance is there with sound and without (modality 01 and 02, the same pictures), the one with sound is
    taken and the other passed over.

    Args:
        folder: All of RAVDESS, or one actor's folder.

    Returns:
        The clips; videos of other names, and sung ones, are among the skipped.

    Raises:
        InputError: It is not a folder.
    """
    clips: dict[str, LabelledClip] = {}
    skipped = []
    for path in video_files(folder):
        name = path.relative_to(folder).as_posix()
        found = _label(path, name)
        reason = found if isinstance(found, str) else empty_reason(path)
        if isinstance(found, LabelledClip) and reason is None:
            clips.setdefault(path.stem[3:], found)  # sorted: 01 comes before 02
        else:
            skipped.append(Skipped(name, reason or ""))
    return Footage(folder, "ravdess", tuple(sorted(clips.values(), key=lambda clip: clip.name)), tuple(skipped))


def is_ravdess(path: Path) -> bool:
    """Whether a video is named as in RAVDESS."""
    return _NAME.fullmatch(path.stem) is not None


def _label(path: Path, name: str) -> LabelledClip | str:
    """The clip, or why it cannot be used."""
    matched = _NAME.fullmatch(path.stem)
    if matched is None:
        return "its name is not seven numbers of two digits, as in 01-01-06-01-02-01-12.mp4"
    modality, channel, emotion, intensity, _, _, actor = matched.groups()
    if modality not in ("01", "02"):
        return f"modality {modality} has no pictures"
    if channel != "01":
        return "it is sung, not spoken" if channel == "02" else f"there is no channel {channel}"
    if emotion not in EMOTIONS:
        return f"there is no emotion {emotion}"
    if intensity not in INTENSITIES:
        return f"there is no intensity {intensity}"
    shown = EMOTIONS[emotion]
    if shown == NEUTRAL and intensity != "01":
        return f"neutral has intensity 01 only, and this has {intensity}"
    named = _FOLDER.fullmatch(path.resolve().parent.name)
    if named is not None and named[1] != actor:
        return f"its name says actor {actor}, its folder {named[1]}"
    return LabelledClip(path, name, f"Actor_{actor}", shown, 0.0 if shown == NEUTRAL else INTENSITIES[intensity])
