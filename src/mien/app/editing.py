"""The Python API: open and analyse a clip, load a system, render frames, make an edit."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import mien.systems
from mien.app.edit import Edit, Setting, checked_face, fingerprint
from mien.app.jobs import ProgressCallback, analyse_clip
from mien.app.version import __version__
from mien.emotion.track import EmotionTrack
from mien.errors import InputError
from mien.reconstruction.analysis import Analysis
from mien.systems.base import FaceChoice, System, TimeRange, render
from mien.video.clip import Clip
from mien.video.encoder import EncoderSettings
from mien.video.frame import Frame
from mien.video.info import ClipInfo

EmotionInput = str | EmotionTrack | Mapping[FaceChoice, str | EmotionTrack]
"""A track, its notation, or one of these for each face."""


class OpenClip:
    """An opened clip, ready to be analysed.

    Attributes:
        clip: The clip itself, for exact access to its frames.
    """

    def __init__(self, clip: Clip) -> None:
        self.clip = clip

    def __repr__(self) -> str:
        return f"OpenClip({str(self.clip.path)!r})"

    @property
    def info(self) -> ClipInfo:
        """Size, rate, codec and so on."""
        return self.clip.info

    def frames(self) -> Iterator[Frame]:
        """Decode the clip's frames in order."""
        return self.clip.frames()

    def analyse(
        self, *, progress: ProgressCallback | None = None, cache: bool | str | os.PathLike[str] = True
    ) -> Analysis:
        """Find the shots, follow the faces and fit the morphable model to them; kept on disk for the next time.

        Args:
            progress: Called after every frame with a :class:`mien.app.jobs.Progress`.
            cache: Whether analyses are kept, or the folder to keep them in.

        Raises:
            ClipError: The clip cannot be decoded.
            OutputError: The disk of the cache folder is full.
        """
        return analyse_clip(self.clip, progress, cache)


class Editor:
    """A system, ready to render.

    Attributes:
        system: The system.
    """

    def __init__(self, system: System) -> None:
        self.system = system

    def render(
        self,
        analysis: Analysis,
        emotion: EmotionInput,
        *,
        face: FaceChoice = "largest",
        time_range: TimeRange | None = None,
    ) -> Iterator[Frame]:
        """Render every frame of an analysed clip, one at a time.

        Args:
            analysis: From :meth:`OpenClip.analyse`.
            emotion: A track, its notation, or one of these for each face.
            face: Which face, if ``emotion`` does not say.
            time_range: Frames outside come back untouched.

        Raises:
            EmotionError: The notation is not understood.
            NoFaceError: The clip does not have the face.
        """
        return render(self.system, analysis, face_tracks(emotion, face), time_range)


def open_clip(path: str | os.PathLike[str]) -> OpenClip:
    """Open a video file, an image, or a folder of numbered images.

    Raises:
        ClipError: It is missing, empty, damaged or not a video.
    """
    return OpenClip(Clip.open(path))


def load(system: str | System, actor: str | os.PathLike[str] | None = None, **settings: Setting) -> Editor:
    """Load a system.

    Args:
        system: Its name, such as ``"instant"``, or an object with the contract of :class:`mien.systems.base.System`.
        actor: Folder of the actor, for systems that have one.
        settings: Settings of the system.

    Raises:
        InputError: There is no such system or setting, or a setting is out of range.
        ModelError: The actor cannot be read.
    """
    return Editor(load_system(system, None if actor is None else Path(actor), settings))


def edit(
    source: str | os.PathLike[str],
    emotion: EmotionInput,
    *,
    face: FaceChoice = "largest",
    system: str | System = "instant",
    actor: str | os.PathLike[str] | None = None,
    start_s: float = 0.0,
    stop_s: float | None = None,
    encoder: EncoderSettings | None = None,
    **settings: Setting,
) -> Edit:
    """Describe an edit; :meth:`Edit.save` renders it.

    Args:
        source: The clip.
        emotion: A track, its notation (``"0 neutral, 2 happy 0.8"``), or one of these for each face.
        face: Which face, if ``emotion`` does not say: its number (1 is the largest), ``"largest"`` or ``"all"``.
        system: Name of the system, or an object with its contract.
        actor: Folder of the actor, for systems that have one.
        start_s: Frames before this time stay untouched.
        stop_s: Frames from this time on stay untouched; None is the end.
        encoder: How the result is encoded.
        settings: Settings of the system, such as ``lips=0.5``.

    Raises:
        ClipError: The source cannot be read.
        EmotionError: The emotion is not understood.
        InputError: A face, a time, the system or one of its settings is not as it should be.
    """
    path, actor_path = Path(source), None if actor is None else Path(actor)
    tracks = face_tracks(emotion, face)
    span = TimeRange(start_s, stop_s)
    complete: Mapping[str, Setting] = {}
    loaded = load_system(system, actor_path, settings)
    if isinstance(system, str):
        complete = {k: v for k, v in dataclasses.asdict(cast("Any", loaded).config).items() if k != "actor"}
    return Edit(
        source=path,
        fingerprint=fingerprint(path),
        tracks=tracks,
        system=system,
        settings=complete,
        actor=actor_path,
        time_range=span,
        encoder=encoder or EncoderSettings(),
        mien_version=__version__,
    )


def load_system(system: str | System, actor: Path | None, settings: Mapping[str, Setting]) -> System:
    """The system of that name with these settings; an object comes back as it is.

    Raises:
        InputError: There is no such system or setting, a setting is out of range, or an object came with settings.
    """
    given: dict[str, Any] = dict(settings) if actor is None else {"actor": actor, **settings}
    if not isinstance(system, str):
        if given:
            raise InputError(f"a system object carries its own settings; {', '.join(given)} cannot be set beside it")
        return system
    try:
        return cast("System", mien.systems.load(system, **given))
    except TypeError as error:
        raise InputError(f"a setting of {system} is of the wrong type: {error}") from error


def face_tracks(emotion: EmotionInput, face: FaceChoice = "largest") -> dict[FaceChoice, EmotionTrack]:
    """A track for each face asked for.

    Raises:
        EmotionError: The notation is not understood.
        InputError: A face is not ``"largest"``, ``"all"`` or a number from 1, or none is given.
    """
    given = emotion if isinstance(emotion, Mapping) else {face: emotion}
    if not given:
        raise InputError("no face is given an emotion")
    return {checked_face(key): _track(value) for key, value in given.items()}


def _track(emotion: str | EmotionTrack) -> EmotionTrack:
    if isinstance(emotion, EmotionTrack):
        return emotion
    if isinstance(emotion, str):
        return EmotionTrack.parse(emotion)
    raise InputError(f"an emotion is a track or its notation, but came as {type(emotion).__name__}")
