"""The demonstration: one clip through several emotions, a contact sheet, and figures measured on the result."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from mien.app import editing
from mien.app.contact_sheet import assemble, compare, write_png
from mien.app.jobs import ProgressCallback, Result, analyse_clip
from mien.emotion.keyframes import Keyframe
from mien.emotion.track import EmotionTrack
from mien.errors import ClipError, OutputError
from mien.metrics.lip_sync import LipSync, lip_sync
from mien.reconstruction.analysis import Analysis
from mien.types import DoubleArray, FloatArray
from mien.video.clip import Clip
from mien.video.provenance import claim_of

EMOTIONS = ("happy", "sad", "angry", "surprised", "disgusted")
"""What the demonstration goes through, each for an equal part of the clip."""

LEAST_FRAMES = 3
"""Frames with the face in both clips that a correlation needs at least."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What the demonstration made.

    Attributes:
        source: The clip.
        result: The finished edit.
        sheet: The contact sheet.
        lips: How the lips of the result follow those of the source; None if the face is not tracked in both.
    """

    source: Path
    result: Result
    sheet: Path
    lips: LipSync | None


def example_clip() -> Path:
    """The clip that comes with mien: a talking face made from a public-domain portrait (see ``NOTICE``)."""
    return Path(str(files("mien.app") / "data" / "example.mp4"))


def demonstrate(source: Path, folder: Path, progress: ProgressCallback | None = None) -> Demonstration:
    """Edit a clip through several emotions and compare; results of an earlier run are replaced.

    Args:
        source: The clip.
        folder: Where the results go; made if missing.
        progress: Called now and then.

    Raises:
        MienError: The clip cannot be edited, or the folder cannot be written.
    """
    clip = Clip.open(source)
    if not clip.info.duration_s or clip.info.is_still:
        raise ClipError(f"{source}: the demonstration needs a video, not a single image.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}.") from error
    track, middles_s = emotion_tour(clip.info.duration_s)
    result = editing.edit(source, track).save(folder / "emotions.mp4", progress=progress, overwrite=True)
    edited = Clip.open(result.output)
    before, after = analyse_clip(clip, progress), analyse_clip(edited, progress)
    rows, labels = compare(clip, edited, middles_s, before)
    sheet = folder / "emotions.png"
    image = assemble(rows, [f"{label} {name}" for label, name in zip(labels, EMOTIONS, strict=True)])
    write_png(image, sheet, claim_of(result.output))
    return Demonstration(source, result, sheet, compare_lips(before, after))


def emotion_tour(duration_s: float) -> tuple[EmotionTrack, DoubleArray]:
    """A track through :data:`EMOTIONS`, each held for the middle of its part, and the middles of the parts, s."""
    part_s = duration_s / len(EMOTIONS)
    keyframes = [
        Keyframe(round((number + share) * part_s, 3), emotion, 1.0, easing="smooth")
        for number, emotion in enumerate(EMOTIONS)
        for share in (0.3, 0.8)
    ]
    middles_s = np.array([(number + 0.55) * part_s for number in range(len(EMOTIONS))])
    return EmotionTrack((Keyframe(0.0, "neutral"), *keyframes)), middles_s


def compare_lips(before: Analysis, after: Analysis) -> LipSync | None:
    """Lip synchrony of the largest face, over the frames in which both clips show it; None if there are too few."""
    count = min(before.frame_count, after.frame_count)
    found = [_largest_face(analysis, count) for analysis in (before, after)]
    both = found[0][1] & found[1][1]
    if both.sum() < LEAST_FRAMES:
        return None
    return lip_sync(found[0][0][both], found[1][0][both])


def _largest_face(analysis: Analysis, count: int) -> tuple[FloatArray, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Landmarks ``(count, 478, 3)`` of each shot's largest face, and where it is tracked; short clips only."""
    landmarks = np.zeros((count, 478, 3), np.float32)
    tracked = np.zeros(count, np.bool_)
    for shot in analysis.shots:
        for face in shot.faces[:1]:
            start, stop = face.track.start, min(face.track.stop, count)
            if start < stop:
                landmarks[start:stop] = face.track.landmarks(start, stop)
                tracked[start:stop] = face.track.fade[: stop - start] == 1.0
    return landmarks, tracked
