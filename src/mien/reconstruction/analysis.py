"""A clip analysed: its shots, faces, their parameters and light. Slow once, kept on disk, read back fast.

The tracker starts as soon as it can. The fit, the light and the model, with the libraries that they need, are loaded
beside it, while its networks run; so these are imported in functions here.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from mien.errors import ClipError, OutputError
from mien.kept import code_digest
from mien.morphable.model import MorphableModel
from mien.reconstruction.cache import Cache, content_fingerprint, default_cache
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.storage import StoredShot, read_analysis, write_analysis
from mien.reconstruction.watched_clip import WatchedClip
from mien.tracking.ahead import meanwhile
from mien.tracking.face_track import FaceTrack
from mien.tracking.landmarker import find_landmarker
from mien.tracking.track_clip import track_clip
from mien.types import DoubleArray
from mien.video.clip import Clip
from mien.video.info import MienWarning


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedFace:
    """One face through one shot: where its landmarks are, and what they mean."""

    track: FaceTrack
    parameters: FaceParameters

    @property
    def number(self) -> int:
        """1 for the largest face of the shot, then 2, ..."""
        return self.track.number

    def pose_ranges_degrees(self) -> DoubleArray:
        """``(3, 2)``: least and greatest pitch, yaw and roll (5th and 95th percentile) where the face is tracked."""
        angles = self.parameters.pitch_yaw_roll_degrees()[self.track.fade > 0.0]
        if not len(angles):
            return np.zeros((3, 2))
        return np.percentile(angles, [5.0, 95.0], axis=0).T


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedShot:
    """Frames ``start <= index < stop`` without a cut, and their faces, the largest first."""

    start: int
    stop: int
    faces: tuple[AnalysedFace, ...]


@dataclass(frozen=True, eq=False)
class Analysis:
    """What is known about a clip.

    Attributes:
        clip: The clip.
        times_s: ``(frames,)`` clip time of every frame, seconds.
        shots: In order, together all frames.
        folder: Where the landmarks lie; they are read from there while the analysis is used.
    """

    clip: Clip
    times_s: DoubleArray
    shots: tuple[AnalysedShot, ...]
    folder: Path

    @property
    def frame_count(self) -> int:
        """Frames of the clip."""
        return len(self.times_s)

    @property
    def faces(self) -> tuple[AnalysedFace, ...]:
        """All faces of all shots."""
        return tuple(face for shot in self.shots for face in shot.faces)

    def faces_at(self, frame_index: int) -> tuple[AnalysedFace, ...]:
        """The faces in a frame, the largest of the shot first."""
        return tuple(face for face in self.faces if face.track.start <= frame_index < face.track.stop)


def analyse(
    clip: Clip,
    *,
    model: MorphableModel | None = None,
    cache: bool | str | os.PathLike[str] = True,
    max_faces: int = 4,
    progress: Callable[[int], None] | None = None,
    landmarker: str | os.PathLike[str] | None = None,
) -> Analysis:
    """Track the faces of a clip, fit the model to them and estimate their light, or read back what was found before.

    Args:
        clip: The clip, read once (a second time only for the light of shots that are very short in a long clip).
        model: The morphable model; None for the built-in one.
        cache: Whether analyses are kept, in the default folder (:func:`mien.reconstruction.cache.default_cache`), or
            the folder to keep them in. False keeps the files in a temporary folder as long as the result is used; so
            does, with a warning, a folder that cannot be written.
        max_faces: At most so many faces are followed at a time.
        progress: Called after each tracked frame with the number of frames done; not called if nothing is tracked.
        landmarker: ``face_landmarker.task``, as in :func:`mien.tracking.track_clip.track_clip`.

    Returns:
        The analysis; a clip without faces has shots without faces.

    Raises:
        ClipError: If the clip cannot be read or has no frame.
        OutputError: If the disk of the cache folder is full before the analysis is complete.
        InputError: If ``max_faces`` is not positive.
        ModelError: If the landmarker file is missing or not one.
    """
    if cache is False:
        return _passing_analysis(clip, model, max_faces, progress, landmarker)
    kept = Cache(default_cache() if cache is True else Path(cache))
    key = analysis_key(clip, model, max_faces, landmarker)
    entry = kept.find(key)
    stored = read_analysis(entry) if entry is not None else None
    if entry is None or stored is None:
        kept.remove(key)
        try:
            kept.check_writable()
        except OutputError as error:
            warnings.warn(f"the analysis of {clip.path.name} is not kept: {error}", MienWarning, stacklevel=2)
            return _passing_analysis(clip, model, max_faces, progress, landmarker)
        with kept.make(key) as folder:
            _make(clip, model, folder, max_faces, progress, landmarker)
        entry = kept.folder / key
        stored = read_analysis(entry)
        if stored is None:
            raise ClipError(f"the analysis of {clip.path} was deleted from {entry} while it was made; run it again")
    return _analysis(clip, entry, *stored)


def _passing_analysis(
    clip: Clip,
    model: MorphableModel | None,
    max_faces: int,
    progress: Callable[[int], None] | None,
    landmarker: str | os.PathLike[str] | None,
) -> Analysis:
    """An analysis whose files are deleted when it is no longer used."""
    temporary = tempfile.TemporaryDirectory(prefix="mien-", ignore_cleanup_errors=True)
    folder = Path(temporary.name)
    analysis = _analysis(clip, folder, *_make(clip, model, folder, max_faces, progress, landmarker))
    weakref.finalize(analysis, temporary.cleanup)
    return analysis


def analysis_key(
    clip: Clip, model: MorphableModel | None, max_faces: int, landmarker: str | os.PathLike[str] | None = None
) -> str:
    """What names an analysis in the cache: the clip's content, the code, the model and the choices.

    The built-in model (None) is made by the code, so that it need not be loaded to be named.
    """
    digest = hashlib.sha256(content_fingerprint(clip.path).encode())
    digest.update(f"{clip.info.frame_rate} {max_faces} {_code_version()} ".encode())
    networks = find_landmarker(landmarker)
    digest.update(b"none" if networks is None else content_fingerprint(networks).encode())
    if model is not None:
        for numbers in (model.mean, model.identity, model.expression, model.landmark_vertices):
            digest.update(np.ascontiguousarray(numbers).data)
    return digest.hexdigest()[:40]


def _code_version() -> str:
    """Version of the tracker's networks, and digest of the code of the rooms that an analysis comes from."""
    digest = hashlib.sha256()
    for room in ("video", "geometry", "morphable", "tracking", "reconstruction"):
        digest.update(code_digest(room).encode())
    with suppress(PackageNotFoundError):
        digest.update(version("mediapipe").encode())
    return digest.hexdigest()


def _analysis(clip: Clip, folder: Path, times_s: DoubleArray, shots: tuple[StoredShot, ...]) -> Analysis:
    analysed = tuple(
        AnalysedShot(start, stop, tuple(AnalysedFace(*face) for face in faces)) for start, stop, faces in shots
    )
    return Analysis(clip, times_s, analysed, folder)


def _make(
    clip: Clip,
    model: MorphableModel | None,
    folder: Path,
    max_faces: int,
    progress: Callable[[int], None] | None,
    landmarker: str | os.PathLike[str] | None,
) -> tuple[DoubleArray, tuple[StoredShot, ...]]:
    """Track, fit, look at pictures; write everything into the folder."""
    watched = WatchedClip(clip)
    with meanwhile(lambda: _prepare(model)) as preparing:
        tracked = track_clip(watched, folder, max_faces=max_faces, progress=progress, landmarker=landmarker)
        times_s = watched.times_s
        if not len(times_s):
            raise ClipError(f"{clip.path} has no frame that can be decoded")
        prepared = preparing.result()
    from mien.reconstruction.fit import fit_track
    from mien.reconstruction.pictures import with_pictures  # loaded by now, as the line before

    faces = [(track, fit_track(prepared, track)) for shot in tracked for track in shot.faces]
    seen = iter(with_pictures(clip, prepared, faces, watched.kept))
    shots = tuple((shot.start, shot.stop, tuple((track, next(seen)) for track in shot.faces)) for shot in tracked)
    write_analysis(folder, times_s, shots)
    return times_s, shots


def _prepare(given: MorphableModel | None) -> MorphableModel:
    """Load what follows tracking while the tracker's networks run, which leave Python's lock free.

    Returns:
        The model given, or the built-in one.
    """
    from mien.morphable import builtin
    from mien.reconstruction import pictures
    from mien.reconstruction.fit import prepare_fit
    from mien.reconstruction.light import prepare_light

    assert pictures
    model = given or builtin.load()
    prepare_fit(model)
    prepare_light()
    return model
