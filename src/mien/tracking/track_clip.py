"""Tracking a clip: one streaming pass over its frames, memory constant in its length."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from mien.errors import InputError, OutputError
from mien.tracking.ahead import ahead
from mien.tracking.face_track import Shot
from mien.tracking.follow import Networks, ShotFollower
from mien.tracking.jumps import Step, with_jumps
from mien.tracking.landmarker import find_landmarker
from mien.tracking.record import ShotRecorder
from mien.tracking.shots import with_cuts
from mien.tracking.view import View
from mien.video.frame import Frame

Progress = Callable[[int], None]


class FrameSource(Protocol):
    """What is tracked: a :class:`mien.video.Clip`, or what reads one."""

    def frames(self) -> Iterator[Frame]:
        """All frames in presentation order, each once."""
        ...


def track_clip(
    clip: FrameSource,
    folder: str | os.PathLike[str],
    *,
    max_faces: int = 4,
    progress: Progress | None = None,
    landmarker: str | os.PathLike[str] | None = None,
) -> tuple[Shot, ...]:
    """Find the shots of a clip and follow the faces through each.

    Args:
        clip: The clip, read once from beginning to end.
        folder: Where to keep the landmarks, one raw file a face; the tracks read them there as long as they are used.
            Made if missing; files of an earlier run are replaced.
        max_faces: At most so many faces are followed at a time.
        progress: Called after each frame with the number of frames done.
        landmarker: ``face_landmarker.task`` for blendshape scores; without one the environment variable
            ``MIEN_FACE_LANDMARKER`` may name it; without either there are none.

    Returns:
        The shots in order, together all frames of the clip. A shot without a face has no tracks.

    Raises:
        InputError: If ``max_faces`` is not positive.
        ModelError: If the landmarker file is missing or not one.
        OutputError: If the folder cannot be written.
        ClipError: If the clip cannot be decoded.
    """
    if max_faces < 1:
        raise InputError(f"max_faces is {max_faces}, expected 1 or more.")
    model = find_landmarker(landmarker)
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {target} cannot be made: {error.strerror}.") from error
    _clear(target)
    networks = Networks(model)
    views = ahead(with_cuts((View.of(frame) for frame in clip.frames()), lambda view: view.picture))
    try:
        return tuple(_track(views, networks, target, max_faces, progress))
    except BaseException:
        _clear(target)
        raise
    finally:
        views.close()
        networks.close()


def _track(
    views: Iterator[tuple[View, bool, float]],
    networks: Networks,
    folder: Path,
    max_faces: int,
    progress: Progress | None,
) -> Iterator[Shot]:
    recorder: ShotRecorder | None = None
    number = 0
    for done, step in enumerate(with_jumps(_followed(views, networks, max_faces)), 1):
        if step.starts_shot:
            if recorder is not None:
                yield recorder.finish()
            number += 1
            recorder = ShotRecorder(folder / f"shot_{number:04d}", step.index, step.pixel_aspect)
        assert recorder is not None
        recorder.add(step.time_s, step.sightings)
        if progress is not None:
            progress(done)
    if recorder is not None:
        yield recorder.finish()


def _followed(views: Iterator[tuple[View, bool, float]], networks: Networks, max_faces: int) -> Iterator[Step]:
    """The faces of each frame, followed from cut to cut."""
    follower = ShotFollower(networks, max_faces)
    for view, starts_shot, change in views:
        if starts_shot:
            follower = ShotFollower(networks, max_faces)
        frame, sightings = view.frame, follower.step(view, view.frame.time_s)
        yield Step(frame.index, frame.time_s, starts_shot, change, sightings, float(frame.pixel_aspect))


def _clear(folder: Path) -> None:
    """Delete the files of an earlier run, or of this one when it fails."""
    for file in folder.glob("shot_*_face_*"):
        file.unlink(missing_ok=True)
