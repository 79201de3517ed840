"""Tracking a clip: one streaming pass over its frames, memory constant in its length."""

from __future__ import annotations

import os
import queue
import threading
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from mien.errors import InputError, OutputError
from mien.tracking.appearance import POINTS, differences
from mien.tracking.continuity import bridge, confidence_of, fade_of, read_filled
from mien.tracking.face_track import FaceTrack, Rows, RowWriter, Shot, eye_distances
from mien.tracking.follow import Networks, ShotFollower, Sighting
from mien.tracking.landmarker import BLENDSHAPE_NAMES, find_landmarker
from mien.tracking.shots import with_cuts
from mien.tracking.smoothing import REACH, smooth
from mien.tracking.view import View
from mien.types import LANDMARK_COUNT, AnyArray, FloatArray
from mien.video.clip import Clip

Item = TypeVar("Item")

Progress = Callable[[int], None]

_AHEAD = 4
_WINDOW = 256
_REFERENCE_FRAMES = 64
_LEAST_SEEN_S = 0.2


def track_clip(
    clip: Clip,
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
    views: Iterator[tuple[View, bool]], networks: Networks, folder: Path, max_faces: int, progress: Progress | None
) -> Iterator[Shot]:
    recorder: _ShotRecorder | None = None
    number = 0
    try:
        for done, (view, starts_shot) in enumerate(views, 1):
            if starts_shot:
                if recorder is not None:
                    yield recorder.finish()
                number += 1
                recorder = _ShotRecorder(folder / f"shot_{number:04d}", view.frame.index)
                follower = ShotFollower(networks, max_faces)
            assert recorder is not None
            time_s = view.frame.time_s
            recorder.add(time_s, follower.step(view, time_s))
            if progress is not None:
                progress(done)
        if recorder is not None:
            yield recorder.finish()
    finally:
        if recorder is not None:
            recorder.close()


def _clear(folder: Path) -> None:
    """Delete the files of an earlier run, or of this one when it fails."""
    for file in folder.glob("shot_*_face_*"):
        file.unlink(missing_ok=True)


class _FaceRecorder:
    """The raw readings of one face, on disk, and their scores."""

    def __init__(self, stem: Path, start: int, has_blendshapes: bool) -> None:
        self.start = start
        self.presence = array("f")
        self._yaw_deg = array("f")
        self.size_sum = 0.0
        self._stem = stem
        self._landmarks = RowWriter(stem.with_suffix(".raw"))
        self._colours = RowWriter(stem.with_suffix(".colours"))
        self._blendshapes = RowWriter(stem.with_suffix(".scores")) if has_blendshapes else None

    def add(self, row: int, sighting: Sighting) -> None:
        """Take the face's reading in row ``row`` of its shot; rows passed over stay empty."""
        missed = row - self.start - len(self.presence)
        self.presence.extend([np.nan] * missed)
        self._yaw_deg.extend([np.nan] * missed)
        self.presence.append(sighting.presence)
        self._yaw_deg.append(_yaw_deg(sighting.landmarks))
        self._landmarks.append(_padded(sighting.landmarks, missed))
        self._colours.append(_padded(sighting.colours, missed))
        self.size_sum += float(eye_distances(sighting.landmarks[None])[0])
        if self._blendshapes is not None and sighting.blendshapes is not None:
            self._blendshapes.append(_padded(sighting.blendshapes, missed))

    def discard(self) -> None:
        """Delete what was written."""
        for writer in self._writers():
            writer.discard()

    def close(self) -> None:
        """Close the files, as they are."""
        for writer in self._writers():
            writer.close()

    def _writers(self) -> list[RowWriter]:
        return [writer for writer in (self._landmarks, self._colours, self._blendshapes) if writer is not None]

    def finish(self, number: int, shot_start: int, times_s: AnyArray) -> FaceTrack:
        """Smooth and bridge what was read.

        Args:
            number: The face's number.
            shot_start: First frame of the shot.
            times_s: Times of all frames of the shot.
        """
        count = len(self.presence)
        presence = np.array(self.presence, np.float32)
        present = np.isfinite(presence)
        here_s = times_s[self.start : self.start + count]
        yaw_deg = np.array(self._yaw_deg)
        confidence, usable = bridge(confidence_of(presence, *self._differences(present), yaw_deg), here_s)
        ends_with_shot = self.start + count == len(times_s)
        fade = fade_of(usable, here_s, eased_start=self.start > 0, eased_stop=not ends_with_shot)
        rows, sizes = self._finish_landmarks(present, here_s)
        scores = self._finish_blendshapes(present, here_s)
        start = shot_start + self.start
        return FaceTrack(number, start, start + count, confidence, fade, sizes, rows, scores)

    def _differences(self, present: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Differences of the face's colours from their median, ``(T,)`` over the whole face and around the mouth."""
        self._colours.close()
        rows = Rows((len(POINTS), 3), self._colours.path)
        inside = np.flatnonzero(present)
        chosen = inside[np.linspace(0, len(inside) - 1, min(len(inside), _REFERENCE_FRAMES)).astype(int)]
        reference = np.median([rows.read(row, row + 1)[0] for row in chosen], axis=0)
        count = len(present)
        parts = [
            differences(rows.read(start, min(start + _WINDOW, count)), reference) for start in range(0, count, _WINDOW)
        ]
        self._colours.discard()
        whole, mouth = zip(*parts, strict=True)
        return np.concatenate(whole), np.concatenate(mouth)

    def _finish_landmarks(self, present: AnyArray, times_s: AnyArray) -> tuple[Rows, AnyArray]:
        self._landmarks.close()
        raw = Rows((LANDMARK_COUNT, 3), self._landmarks.path)
        done = RowWriter(self._stem.with_suffix(".landmarks"))
        reference = raw.read(0, 1)[0]
        sizes = []
        for start in range(0, len(present), _WINDOW):
            stop = min(start + _WINDOW, len(present))
            first, last = max(0, start - REACH), min(len(present), stop + REACH)
            block = smooth(read_filled(raw, present, times_s, first, last), reference)[start - first : stop - first]
            done.append(block)
            sizes.append(eye_distances(block))
        done.close()
        self._landmarks.discard()
        return Rows((LANDMARK_COUNT, 3), done.path), np.concatenate(sizes)

    def _finish_blendshapes(self, present: AnyArray, times_s: AnyArray) -> Rows | None:
        if self._blendshapes is None:
            return None
        self._blendshapes.close()
        raw = Rows((len(BLENDSHAPE_NAMES),), self._blendshapes.path)
        done = RowWriter(self._stem.with_suffix(".blendshapes"))
        for start in range(0, len(present), _WINDOW):
            done.append(read_filled(raw, present, times_s, start, min(start + _WINDOW, len(present))))
        done.close()
        self._blendshapes.discard()
        return Rows((len(BLENDSHAPE_NAMES),), done.path)


def _yaw_deg(landmarks: FloatArray) -> float:
    """How far the line through the outer eye corners points away from the image plane."""
    right, up, away = landmarks[263].astype(float) - landmarks[33]
    return float(np.degrees(np.arctan2(away, np.hypot(right, up))))


def _padded(row: FloatArray, missed: int) -> FloatArray:
    """A row after rows of NaN."""
    return np.concatenate([np.full((missed, *row.shape), np.nan, np.float32), row[None]])


class _ShotRecorder:
    """What was seen in a shot so far."""

    def __init__(self, stem: Path, start: int) -> None:
        self._stem = stem
        self._start = start
        self._times_s = array("d")
        self._faces: dict[int, _FaceRecorder] = {}

    def add(self, time_s: float, sightings: list[Sighting]) -> None:
        """Take the faces of the next frame."""
        row = len(self._times_s)
        self._times_s.append(time_s)
        for sighting in sightings:
            if sighting.face not in self._faces:
                stem = self._stem.with_name(f"{self._stem.name}_face_{sighting.face + 1:03d}")
                self._faces[sighting.face] = _FaceRecorder(stem, row, sighting.blendshapes is not None)
            self._faces[sighting.face].add(row, sighting)

    def finish(self) -> Shot:
        """The shot with its faces, the largest first; what was seen for a moment only was no face."""
        times_s = np.array(self._times_s)
        count = len(times_s)
        step = float(np.median(np.diff(times_s))) if count > 1 else 1.0
        least = min(_LEAST_SEEN_S / max(step, 1e-6), count / 2)
        ranked = sorted(self._faces.values(), key=lambda face: -face.size_sum)
        kept: list[FaceTrack] = []
        for face in ranked:
            if np.isfinite(np.array(face.presence)).sum() >= least:
                kept.append(face.finish(len(kept) + 1, self._start, times_s))
            else:
                face.discard()
        return Shot(self._start, self._start + count, tuple(kept))

    def close(self) -> None:
        """Close the files of a shot that was not finished."""
        for face in self._faces.values():
            face.close()


def ahead(items: Iterable[Item], count: int = _AHEAD) -> Generator[Item, None, None]:
    """Give items that a thread takes from their source in advance: decoding goes on while networks run.

    Closing the generator ends the thread; an error of the source is raised here.
    """
    fetched: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(count)
    stopped = threading.Event()

    def put(entry: tuple[Item | None, BaseException | None]) -> None:
        while not stopped.is_set():
            try:
                fetched.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return

    def fetch() -> None:
        try:
            for item in items:
                put((item, None))
                if stopped.is_set():
                    return
            put((None, StopIteration()))
        except BaseException as error:
            put((None, error))

    thread = threading.Thread(target=fetch, name="mien-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = fetched.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc] # None is not an item here
    finally:
        stopped.set()
        thread.join()
