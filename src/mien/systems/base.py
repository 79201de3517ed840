"""The contract of a system: one way to render an edit.

A system is told once about each face (:meth:`System.face_renderer`: everything that can be prepared from the analysis
and the emotion track) and then once about each frame (:meth:`FaceRenderer.render`). :func:`render` walks a clip with
it, a frame at a time; nothing here holds a whole clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from mien.emotion.track import EmotionTrack
from mien.errors import InputError, NoFaceError
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.video.frame import Frame

FaceChoice = int | Literal["largest", "all"]
"""Which face of a shot: its number (1 is the largest), the largest, or every one."""


class FaceRenderer(Protocol):
    """One face through one shot, ready to be edited."""

    def render(self, frame: Frame) -> Frame:
        """The frame with this face edited; the very same object where there is nothing to change."""
        ...


class System(Protocol):
    """One way to render an edit."""

    name: str

    def face_renderer(self, analysis: Analysis, face: AnalysedFace, track: EmotionTrack) -> FaceRenderer:
        """Prepare one face of an analysed clip.

        Args:
            analysis: The clip that the face is in; gives the time of every frame.
            face: The face, through one shot.
            track: What is asked of it, over the clip's time.
        """
        ...


@runtime_checkable
class PreparingSystem(System, Protocol):
    """A system that has something to load which does not depend on the clip."""

    def prepare(self) -> None:
        """Load it, so that rendering starts at once; called in another thread while the clip is analysed."""
        ...


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The part of a clip that may be edited, in seconds, half open; ``stop_s`` None is the end."""

    start_s: float = 0.0
    stop_s: float | None = None

    def __post_init__(self) -> None:
        if not self.start_s >= 0.0 or (self.stop_s is not None and not self.stop_s > self.start_s):
            raise InputError(f"a time range needs 0 <= start < stop, but came as {self.start_s} to {self.stop_s}")

    def holds(self, time_s: float) -> bool:
        """Whether a time lies within."""
        return self.start_s <= time_s and (self.stop_s is None or time_s < self.stop_s)


def render(
    system: System,
    analysis: Analysis,
    tracks: Mapping[FaceChoice, EmotionTrack],
    time_range: TimeRange | None = None,
) -> Iterator[Frame]:
    """Render every frame of a clip.

    Args:
        system: How.
        analysis: The clip, tracked and fitted.
        tracks: What is asked of which face; a numbered face goes before ``largest``, and that before ``all``.
        time_range: Frames outside come back untouched.

    Yields:
        Every frame of the clip in order, edited or the source's own.

    Raises:
        NoFaceError: If no shot has any of the faces asked for.
    """
    renderers: list[tuple[int, int, FaceRenderer]] = []
    for shot in analysis.shots:
        for face in shot.faces:
            track = _track_of(face.track.number, tracks)
            if track is not None:
                renderers.append((face.track.start, face.track.stop, system.face_renderer(analysis, face, track)))
    if not renderers:
        raise NoFaceError(_missing(analysis, tracks))
    span = time_range or TimeRange()
    for frame in analysis.clip.frames():
        # A face whose shot is over gives back what it worked in, or a film of many cuts would hold all of that.
        renderers = [entry for entry in renderers if frame.index < entry[1]]
        edited = frame
        if span.holds(frame.time_s):
            for start, _, renderer in renderers:
                if start <= frame.index:
                    edited = renderer.render(edited)
        yield edited


def _track_of(number: int, tracks: Mapping[FaceChoice, EmotionTrack]) -> EmotionTrack | None:
    if number in tracks:
        return tracks[number]
    if number == 1 and "largest" in tracks:
        return tracks["largest"]
    return tracks.get("all")


def _missing(analysis: Analysis, tracks: Mapping[FaceChoice, EmotionTrack]) -> str:
    found = max((len(shot.faces) for shot in analysis.shots), default=0)
    if found == 0:
        return f"no face was found in {analysis.clip.path}: mien needs a face that is visible and not in full profile"
    asked = ", ".join(str(choice) for choice in tracks)
    return f"face {asked} was asked for, but {analysis.clip.path} shows {found} at most: `mien inspect` lists them"
