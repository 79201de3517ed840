"""Landmarks of a face track to the parameters of a morphable model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from mien.errors import InputError
from mien.geometry.rotation import vector_from_matrix
from mien.morphable.model import MorphableModel
from mien.morphable.regions import EYE_CORNERS_OUTER
from mien.reconstruction.identity import FRAME_COUNT, estimate_alpha
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.solver import ExpressionBasis, FitSettings, LandmarkBasis, fit_frames
from mien.tracking.ahead import side_by_side
from mien.tracking.face_track import FaceTrack
from mien.types import AnyArray, DoubleArray, FloatArray, pixel_stretch

CHUNK_FRAMES = 64

Item = TypeVar("Item")


def prepare_fit(model: MorphableModel) -> None:
    """Take what the fit needs of a model, and load the compiled code by fitting its mean face once."""
    basis = LandmarkBasis.of(model)
    eyes = basis.mean[EYE_CORNERS_OUTER[0]] - basis.mean[EYE_CORNERS_OUTER[1]]
    estimate_alpha(basis, basis.mean[None] / np.linalg.norm(eyes), FitSettings(iterations=1))


def fit_track(
    model: MorphableModel,
    track: FaceTrack,
    *,
    alpha: AnyArray | None = None,
    settings: FitSettings | None = None,
    chunk_frames: int = CHUNK_FRAMES,
    progress: Callable[[int], None] | None = None,
) -> FaceParameters:
    """Fit a morphable model to a face track.

    Identity comes first, from at most 24 well-spread frames; then every frame is fitted on its own, two chunks at a
    time. So the result does not depend on ``chunk_frames``, and memory does not grow with the track beyond the result
    (about 250 bytes a frame).

    Args:
        model: The morphable model; its ``landmark_vertices`` are in the tracker's order.
        track: The landmarks.
        alpha: ``(A,)`` who it is, if that is known, as from :func:`shared_alpha`; None to estimate it from the track.
        settings: Weights and limits; None for the defaults.
        chunk_frames: Frames read at once.
        progress: Called with the number of frames fitted since the last call.

    Returns:
        Parameters for every frame of the track, without light.

    Raises:
        InputError: If a face's eye corners fall together, or alpha is not the model's.
    """
    settings = settings or FitSettings()
    basis = LandmarkBasis.of(model)
    alpha = shared_alpha(model, [track], settings=settings) if alpha is None else np.asarray(alpha, np.float64)
    if alpha.shape != (model.identity_count,):
        raise InputError(f"alpha must be ({model.identity_count},), but came as {alpha.shape}")
    part = basis.expression_part(alpha)

    def fitted_from(start: int) -> tuple[FloatArray, ...]:
        stop = min(start + chunk_frames, track.stop)
        return _fit_chunk(*_camera_points(track, start, stop, len(basis.mean)), part, settings)

    rows = []
    for chunk in side_by_side(fitted_from, range(track.start, track.stop, chunk_frames)):
        rows.append(chunk)
        if progress is not None:
            progress(len(chunk[0]))
    beta, rotation, scale, translation, residual = (np.concatenate(column) for column in zip(*rows, strict=True))
    translation /= np.array(pixel_stretch(track.pixel_aspect), np.float32)
    fitted = (alpha.astype(np.float32), beta, rotation, scale, translation, residual)
    return FaceParameters(track.start, *fitted, pixel_aspect=track.pixel_aspect)


def shared_alpha(
    model: MorphableModel,
    tracks: Sequence[FaceTrack],
    *,
    settings: FitSettings | None = None,
    frame_count: int = FRAME_COUNT,
) -> DoubleArray:
    """Estimate who somebody is from several tracks of the same face, so that alpha holds no clip's expression.

    Args:
        model: The morphable model.
        tracks: One or more; each gives about equally many frames.
        settings: Weights and limits; None for the defaults.
        frame_count: At most so many frames in all; but one a track, for the first so many tracks.

    Returns:
        ``(A,)`` identity coefficients.

    Raises:
        InputError: If there is no track, or a face's eye corners fall together.
    """
    basis = LandmarkBasis.of(model)
    samples = []
    chosen = well_spread(tracks, frame_count) if tracks else []
    for track in chosen:
        rows = identity_frames(np.asarray(track.confidence), max(1, frame_count // len(chosen)))
        frames = [track.start + row for row in rows]
        samples += [_camera_points(track, frame, frame + 1, len(basis.mean))[0] for frame in frames]
    if not samples:
        raise InputError("identity needs a face track, but none came")
    return estimate_alpha(basis, np.concatenate(samples), settings or FitSettings())


def identity_frames(confidence: AnyArray, count: int = FRAME_COUNT) -> list[int]:
    """Choose the rows that identity is estimated from: evenly spread over those of good confidence.

    Args:
        confidence: ``(T,)`` 0 to 1.
        count: How many at most.

    Returns:
        At least one row, in order. Good is at least 0.9 of the track's upper quartile of confidence.
    """
    confidence = np.asarray(confidence, np.float64)
    good = np.flatnonzero(confidence >= 0.9 * np.quantile(confidence, 0.75))
    return well_spread([int(row) for row in good], count)


def well_spread(items: Sequence[Item], count: int) -> list[Item]:
    """At most ``count`` of some items, evenly spaced, the first and the last among them."""
    places = np.unique(np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int))
    return [items[place] for place in places]


def _camera_points(track: FaceTrack, start: int, stop: int, count: int) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Landmarks in the camera's axes, in eye distances about their centre; centres and eye distances in square px."""
    across, down = pixel_stretch(track.pixel_aspect)
    landmarks = np.asarray(track.landmarks(start, stop), np.float64) * np.array([across, down, across])
    eye_distance = np.linalg.norm(landmarks[:, EYE_CORNERS_OUTER[0]] - landmarks[:, EYE_CORNERS_OUTER[1]], axis=1)
    if not (eye_distance > 0.0).all():
        raise InputError(
            f"the eye corners of a face fall together between frames {start} and {stop - 1}; track it again"
        )
    landmarks = landmarks[:, :count]
    centre = landmarks.mean(axis=1)
    points = (landmarks - centre[:, None]) / eye_distance[:, None, None] * np.array([1.0, -1.0, -1.0])
    return np.ascontiguousarray(points), centre[:, :2], eye_distance


def _fit_chunk(
    points: DoubleArray,
    centre: DoubleArray,
    eye_distance: DoubleArray,
    basis: ExpressionBasis,
    settings: FitSettings,
) -> tuple[FloatArray, ...]:
    """Beta, rotation vector, scale and translation (square px), and residual of the frames of a chunk."""
    fits = fit_frames(points, basis, settings)
    distance = np.linalg.norm((fits.placed(basis) - points)[:, basis.weights > 0.0, :2], axis=2)
    translation = centre + fits.shift[:, :2] * eye_distance[:, None] * np.array([1.0, -1.0])
    columns = (fits.beta, vector_from_matrix(fits.rotation), fits.scale * eye_distance, translation)
    return tuple(column.astype(np.float32) for column in (*columns, np.median(distance, axis=1)))
