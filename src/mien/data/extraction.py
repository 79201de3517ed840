"""One video of footage to a part of prepared footage: parameters of all its frames, pictures of some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.data.labelled_clip import LabelledClip
from mien.data.pictures import encode_picture, write_pictures
from mien.data.prepared import PICTURE_KINDS
from mien.data.refinement import Refine
from mien.data.settings import PrepareSettings
from mien.disk import disk_errors
from mien.geometry.homography import resample
from mien.geometry.texture import fill_hidden
from mien.morphable.model import MorphableModel
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.reconstruction.fit import fit_track
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.texture_maps import TextureMaps
from mien.reconstruction.views import crop_around, face_views, mouth_view, moved_view, view_corners
from mien.types import AnyArray, DoubleArray, FloatArray
from mien.video.frame import Frame


@dataclass(frozen=True, slots=True)
class NumberedClip:
    """A labelled clip and its number in the card."""

    number: int
    clip: LabelledClip


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    """One face through a shot: its parameters, and its texture maps."""

    fit: FaceParameters
    maps: TextureMaps


def usable_rows(analysis: Analysis, face: AnalysedFace, clip: LabelledClip) -> AnyArray:
    """Frames of the video in which this face is tracked and the labelled stretch runs, in order."""
    frames = np.arange(face.track.start, face.track.stop)
    times_s = analysis.times_s[frames]
    within = (times_s >= clip.start_s) & (times_s < (np.inf if clip.stop_s is None else clip.stop_s))
    return np.asarray(frames[within & (np.asarray(face.track.fade) == 1.0)])


def largest_faces(analysis: Analysis) -> list[AnalysedFace]:
    """The largest face of each shot that has one."""
    return [shot.faces[0] for shot in analysis.shots if shot.faces]


class Extractor:
    """Makes parts. Pictures are taken of one in ``step`` frames of each labelled stretch.

    Args:
        model: The morphable model.
        alpha: ``(A,)`` who is seen.
        settings: Sizes and compression.
        step: One frame in how many.
        refine: Refines the fit of a track; None to leave it.
    """

    def __init__(
        self, model: MorphableModel, alpha: AnyArray, settings: PrepareSettings, step: int, refine: Refine | None = None
    ) -> None:
        self._model, self._alpha, self._settings, self._step = model, np.asarray(alpha, np.float64), settings, step
        self._refine = refine

    def write_part(
        self, folder: Path, analysis: Analysis, clips: Sequence[NumberedClip], progress: Callable[[float], None]
    ) -> None:
        """Write ``part.npz`` and the pictures of one video.

        Args:
            folder: An empty folder.
            analysis: The video.
            clips: What is labelled in it.
            progress: Told the share of the video that is done.

        Raises:
            ClipError: The video cannot be decoded to its end.
            OutputError: The disk refuses.
        """
        table: dict[str, list[AnyArray]] = {}
        pictured: list[int] = []
        views: list[tuple[DoubleArray, DoubleArray]] = []
        encoded: dict[str, list[bytes]] = {kind: [] for kind in PICTURE_KINDS}
        wanted: dict[int, tuple[_Fitted, DoubleArray, int]] = {}
        count = 0
        for face in largest_faces(analysis):
            fit = fit_track(self._model, face.track, alpha=self._alpha)
            if self._refine is not None:
                fit = self._refine(face.track, fit, analysis.clip)
            head = face_views(self._model, fit, self._settings.face_px)
            fitted = _Fitted(fit, TextureMaps(self._model, fit, face.track, face.parameters))
            for numbered in clips:
                frames = usable_rows(analysis, face, numbered.clip)
                _add_rows(table, analysis, fit, numbered, frames)
                for place, frame in enumerate(frames):
                    if place % self._step == 0:
                        wanted[int(frame)] = (fitted, head[fit.row(int(frame))], count + place)
                count += len(frames)
        for frame in analysis.clip.frames(0, max(wanted, default=-1) + 1):
            progress(frame.index / max(1, analysis.frame_count))
            if frame.index in wanted:
                fitted, head_view, row = wanted[frame.index]
                views.append((head_view, self._take(frame, fitted, head_view, encoded)))
                pictured.append(row)
        arrays = {name: np.concatenate(parts) for name, parts in table.items()}
        places = [np.array([pair[k] for pair in views]).reshape(-1, 3, 3) for k in range(2)]
        pictures = {"row": np.array(pictured, np.int32), "face_view": places[0], "mouth_view": places[1]}
        with disk_errors(folder):
            np.savez(folder / "frames.npz", **arrays)  # type: ignore[arg-type]
            np.savez(folder / "pictures.npz", **pictures)  # type: ignore[arg-type]
        for kind, contents in encoded.items():
            write_pictures(folder / f"{kind}.pictures", contents)

    def _take(
        self, frame: Frame, fitted: _Fitted, head_view: DoubleArray, encoded: dict[str, list[bytes]]
    ) -> DoubleArray:
        """Cut and encode the pictures of one frame; returns the view of the mouth."""
        settings, maps, index = self._settings, fitted.maps, frame.index
        shape = maps.shape(index)
        points = maps.points(index, shape)
        mouth = mouth_view(self._model, shape, fitted.fit.pose(index), settings.mouth_px)
        corners = (view_corners(head_view, settings.face_px), view_corners(mouth, settings.mouth_px))
        crop, corner = crop_around(frame, np.concatenate([points[:, :2], *corners]))
        texture = maps.read(points, crop, corner, index, settings.texture_px)
        pictures = {
            "texture": _bytes(fill_hidden(texture)),
            "visible": texture.visible >= 0.5,
            "mouth": _bytes(resample(crop, moved_view(mouth, corner), settings.mouth_px, settings.mouth_px)),
            "face": _bytes(resample(crop, moved_view(head_view, corner), settings.face_px, settings.face_px)),
        }
        for kind, picture in pictures.items():
            encoded[kind].append(encode_picture(picture, settings.quality))
        return mouth


def _add_rows(
    table: dict[str, list[AnyArray]],
    analysis: Analysis,
    fit: FaceParameters,
    numbered: NumberedClip,
    frames: AnyArray,
) -> None:
    """Append the rows of :class:`mien.data.prepared.FrameTable` of one stretch of one face."""
    rows = frames - fit.start
    columns: dict[str, AnyArray] = {
        "clip": np.full(len(frames), numbered.number, np.int32),
        "index": frames.astype(np.int32),
        "time_s": analysis.times_s[frames],
        "emotion": np.tile(numbered.clip.vector, (len(frames), 1)),
        "pixel_aspect": np.full(len(frames), fit.pixel_aspect, np.float32),
        **{name: getattr(fit, name)[rows] for name in ("beta", "rotation", "scale", "translation", "residual")},
    }
    for name, values in columns.items():
        table.setdefault(name, []).append(values)


def _bytes(colours: FloatArray) -> AnyArray:
    return np.asarray(colours * np.float32(255.0) + np.float32(0.5), np.uint8)
