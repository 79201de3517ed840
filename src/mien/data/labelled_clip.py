"""A clip of an actor with what it shows, and footage: all the clips of a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.emotion.vocabulary import EMOTION_INDEX, EMOTIONS, NEUTRAL
from mien.errors import InputError
from mien.types import FloatArray

FRONT = "front"
VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One clip, or a stretch of one, that shows one emotion throughout.

    Attributes:
        path: The video.
        name: Unique within its footage: the path below the footage's folder, with the stretch if it is not the whole.
        actor: Who is seen.
        emotion: One of ``EMOTIONS``, or ``NEUTRAL``.
        intensity: 0 for neutral, else above 0 up to 1.
        view: Where the camera stood; ``front``, ``left_30`` and so on, as MEAD names it.
        start_s: Start of the stretch, seconds of the clip.
        stop_s: Its end; None is the clip's.
        made_by: The program and system that put the expression on, if it was not filmed: ``mien 0.1.0, instant``.
        made_from: What names the footage that it was put on, the same for all clips made from it.

    Raises:
        InputError: The emotion is not known, or intensity or stretch are out of range.
    """

    path: Path
    name: str
    actor: str
    emotion: str
    intensity: float
    view: str = FRONT
    start_s: float = 0.0
    stop_s: float | None = None
    made_by: str = ""
    made_from: str = ""

    def __post_init__(self) -> None:
        if self.emotion != NEUTRAL and self.emotion not in EMOTION_INDEX:
            raise InputError(f"{self.name}: {self.emotion!r} is not an emotion of mien")
        if self.emotion == NEUTRAL and self.intensity != 0.0:
            raise InputError(f"{self.name}: neutral has intensity 0, not {self.intensity:g}")
        if self.emotion != NEUTRAL and not 0.0 < self.intensity <= 1.0:
            raise InputError(
                f"{self.name}: the intensity of {self.emotion} is above 0 and at most 1, not {self.intensity:g}"
            )
        if not self.start_s >= 0.0 or (self.stop_s is not None and not self.stop_s > self.start_s):
            raise InputError(f"{self.name}: a stretch needs 0 <= start < stop, not {self.start_s} to {self.stop_s}")

    @property
    def vector(self) -> FloatArray:
        """The emotion vector of CCFE 3.1 (DNT's CIEC): ``(8,)`` in the order of ``EMOTIONS``, zero for neutral."""
        return emotion_vector(self.emotion, self.intensity)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not used, and why: half a sentence such as ``it is empty``."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Footage:
    """What a folder holds.

    Attributes:
        folder: The folder.
        layout: ``mead``, ``ravdess`` or ``folder`` (a plain one with ``labels.csv``).
        clips: Sorted by name.
        skipped: Files that look like footage and cannot be used.
    """

    folder: Path
    layout: str
    clips: tuple[LabelledClip, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def actors(self) -> tuple[str, ...]:
        """Everybody who is seen, sorted."""
        return tuple(sorted({clip.actor for clip in self.clips}))

    @property
    def views(self) -> tuple[str, ...]:
        """Every view there is, sorted."""
        return tuple(sorted({clip.view for clip in self.clips}))

    @property
    def emotions(self) -> tuple[str, ...]:
        """Neutral first, then in the order of ``EMOTIONS``, those that there are."""
        shown = {clip.emotion for clip in self.clips}
        return tuple(name for name in (NEUTRAL, *EMOTIONS) if name in shown)

    def of(self, actor: str | None = None, view: str | None = FRONT) -> Footage:
        """The clips of one actor from one view.

        Args:
            actor: Who; None if there is only one.
            view: From where; None for every view.

        Raises:
            InputError: There is nobody of that name, several people and none named, or nothing from there.
        """
        if actor is None and len(self.actors) > 1:
            raise InputError(
                f"{self.folder} shows {len(self.actors)} people ({shortened(self.actors)}): name one with --actor"
            )
        if actor is not None and actor not in self.actors:
            raise InputError(f"{self.folder} has no actor {actor!r}: it shows {shortened(self.actors)}")
        clips = [clip for clip in self.clips if actor in (None, clip.actor)]
        chosen = tuple(clip for clip in clips if view in (None, clip.view))
        if not chosen:
            views = sorted({clip.view for clip in clips})
            raise InputError(f"{self.folder} has nothing from the view {view!r}: there are {shortened(views)}")
        return replace(self, clips=chosen)


def emotion_vector(emotion: str, intensity: float) -> FloatArray:
    """The emotion vector ``(8,)`` in the order of ``EMOTIONS``; zero for neutral."""
    vector = np.zeros(len(EMOTIONS), np.float32)
    if emotion != NEUTRAL:
        vector[EMOTION_INDEX[emotion]] = intensity
    return vector


def video_files(folder: Path) -> list[Path]:
    """Every video below a folder, hidden ones aside, sorted.

    Raises:
        InputError: It is not a folder, or cannot be read.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: footage is a folder, and this is {'a file' if folder.exists() else 'not there'}")
    try:
        found = [path for path in folder.rglob("*") if path.suffix.casefold() in VIDEO_SUFFIXES]
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror}") from error
    below = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return sorted(path for path in below if path.is_file())


def empty_reason(path: Path) -> str | None:
    """Why a file can hold no video, before anybody opens it; None where nothing speaks against it."""
    try:
        return "it is empty" if path.stat().st_size == 0 else None
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def shortened(names: Iterable[str], most: int = 6) -> str:
    """Names in a row, the first few of them."""
    listed = list(names)
    rest = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + rest
