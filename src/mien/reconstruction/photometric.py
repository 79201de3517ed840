"""Photometric refinement: a morphable model that explains the frame's pixels, not its landmarks alone.

The landmark fit (:mod:`mien.reconstruction.fit`) is where it starts. First, from a few frames, who it is: identity and
albedo, together with those frames' own expression, pose and light. Then every frame, with the person known. Points on
the skin are projected, the frame is read there, and compared with the albedo under nine spherical harmonics a channel
(27 numbers) at the normals of the deformed mesh; everything is differentiable, and PyTorch does the rest. No
differentiable rasteriser is needed: which points are visible is settled by an ordinary one and held during descent.

The light's unit is that of :class:`mien.reconstruction.parameters.Light`: linear light with the skin's colour in it.
Albedo is relative to that colour (its geometric mean over the skin is 1 in each channel), because colour of skin and
colour of light cannot be told apart. Models that bring albedo (BFM's ``texBase``) keep to its basis; for others each
vertex has its own, held even by a prior.

After Y. Deng et al., CVPRW 2019 (CCFE's [27]) as to what is compared; the terms are written out in
:mod:`mien.reconstruction.photometric_cost`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from scipy.spatial import KDTree

from mien.errors import InputError
from mien.geometry.rotation import vector_from_matrix
from mien.morphable.model import MorphableModel
from mien.reconstruction import shading
from mien.reconstruction.face_canvas import FaceCanvases
from mien.reconstruction.fit import fit_track, well_spread
from mien.reconstruction.light import LUMINANCE, Picture
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.photometric_cost import FaceCost, Unknowns
from mien.reconstruction.photometric_descent import descend, first_albedo, measures, one_thread, start, visibility
from mien.reconstruction.photometric_result import Refinement, TrackRows
from mien.reconstruction.photometric_settings import PhotometricSettings
from mien.reconstruction.surface_points import surface_points
from mien.tracking.face_track import FaceTrack
from mien.types import AnyArray, FloatArray, pixel_stretch

CHUNK_FRAMES = 16


class Pictures(Protocol):
    """What is needed of a clip (``mien.video.clip.Clip``)."""

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Picture]:
        """Frames ``start <= index < stop``, in order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Who somebody is.

    Attributes:
        alpha: ``(A,)`` identity.
        albedo: ``(N, 3)`` reflectance at the vertices for linear light, relative to the skin's: its geometric mean is 1
            in each channel. Vertices that are not skin have that of the nearest that is.
        coefficients: ``(K,)`` of the model's own albedo; None where it has none.
    """

    alpha: FloatArray
    albedo: FloatArray
    coefficients: FloatArray | None = None


@one_thread()
def estimate_person(
    model: MorphableModel,
    faces: Sequence[tuple[FaceTrack, FaceParameters, Pictures]],
    settings: PhotometricSettings | None = None,
) -> Person:
    """Estimate identity and albedo from a few frames of one person.

    Args:
        model: The morphable model.
        faces: Tracks of that person, each with its landmark fit (all of the same alpha) and the clip that it is in.
        settings: Weights; None for the defaults.

    Raises:
        InputError: No frame shows enough of the face in enough light.
    """
    settings = settings or PhotometricSettings()
    chosen = well_spread(list(faces), settings.person_frames)
    each = max(1, settings.person_frames // max(1, len(chosen)))
    canvases = []
    for track, parameters, clip in chosen:
        wanted = set(well_spread(_candidates(track), each))
        pictures = [p for p in clip.frames(0, max(wanted, default=-1) + 1) if p.index in wanted] if wanted else []
        if pictures:
            canvases.append(FaceCanvases.of(model, track, parameters, pictures))
    if not canvases:
        raise InputError("identity and albedo need frames in which the face is tracked, and there is none")
    alpha = np.asarray(chosen[0][1].alpha, np.float64)
    together = FaceCanvases.joined(canvases)
    cost = FaceCost(model, together, settings)
    first = _first_person(cost)
    unknowns = start(cost, together, model, cost.tensor(alpha), first)
    good = np.flatnonzero(_usable(cost, together, model, unknowns))
    if not len(good):
        raise InputError(
            "identity and albedo cannot be seen: in the frames looked at the face is too dark or mostly outside"
        )
    kept = together.rows(good)
    cost = FaceCost(model, kept, settings)
    unknowns = unknowns.rows(good.tolist())
    if cost.own_albedo is None:
        unknowns.albedo = first_albedo(cost, kept, model, unknowns)
    found = descend(cost, kept, model, unknowns, shared=True)
    return _person(model, cost, found)


@one_thread()
def refine_track(
    model: MorphableModel,
    track: FaceTrack,
    parameters: FaceParameters,
    clip: Pictures,
    *,
    person: Person | None = None,
    settings: PhotometricSettings | None = None,
    progress: Callable[[int], None] | None = None,
) -> Refinement:
    """Refine the fit of a track.

    Args:
        model: The morphable model.
        track: The face.
        parameters: Its landmark fit.
        clip: The clip that it is in; decoded once, and once more for the person if that is not given.
        person: Who it is, from :func:`estimate_person`; None to estimate it from this track.
        settings: Weights and limits; None for the defaults.
        progress: Called with the number of frames done since the last call.

    Raises:
        InputError: The parameters are not this track's, or the person cannot be seen.
    """
    settings = settings or PhotometricSettings()
    if (parameters.start, parameters.stop) != (track.start, track.stop):
        raise InputError(
            f"the parameters are of frames {parameters.start} to {parameters.stop - 1}, but the track has frames "
            f"{track.start} to {track.stop - 1}"
        )
    if person is None:
        person = estimate_person(model, [(track, parameters, clip)], settings)
    fit = fit_track(model, track, alpha=person.alpha, settings=settings.landmarks)
    result = TrackRows.around(fit)
    candidates = set(_candidates(track))
    waiting: list[Picture] = []
    before: torch.Tensor | None = None
    for picture in clip.frames(track.start, track.stop):
        if picture.index in candidates:
            waiting.append(picture)
        if len(waiting) == CHUNK_FRAMES:
            before = _refine_chunk(model, track, fit, person, waiting, settings, before, result)
            waiting = []
        if progress is not None:
            progress(1)
    if waiting:
        _refine_chunk(model, track, fit, person, waiting, settings, before, result)
    return result.finished(fit, parameters.light)


def _candidates(track: FaceTrack) -> list[int]:
    """Frames of the clip in which the face is surely there."""
    return [track.start + int(row) for row in np.flatnonzero((track.confidence > 0.5) & (track.fade >= 1.0))]


def _first_person(cost: FaceCost) -> torch.Tensor:
    """Albedo to begin with: even, or the model's mean."""
    if cost.own_albedo is not None:
        return cost.start_beta.new_zeros(cost.own_albedo[1].shape[-1])
    return cost.start_beta.new_zeros(cost.skin_count, 3)


def _person(model: MorphableModel, cost: FaceCost, found: Unknowns) -> Person:
    skin = cost.albedo(found).double().numpy()
    relative = skin / _level(skin)
    nearest = KDTree(model.mean[surface_points(model).skin]).query(model.mean)[1]
    own = found.albedo.numpy().astype(np.float32) if cost.own_albedo is not None else None
    return Person(found.alpha.numpy().astype(np.float32), relative[nearest].astype(np.float32), own)


def _level(albedo: AnyArray) -> AnyArray:
    """Geometric mean ``(3,)``."""
    return np.asarray(np.exp(np.log(np.maximum(albedo, 1e-6)).mean(axis=0)))


def _usable(cost: FaceCost, canvases: FaceCanvases, model: MorphableModel, unknowns: Unknowns) -> AnyArray:
    """Which frames show enough of the face in enough light."""
    settings = cost.settings
    with torch.no_grad():
        surface = cost.surface(unknowns)
        visible = visibility(cost, canvases, model, unknowns, surface).numpy() > 0
        grey = shading.sampled(cost.pictures, surface.places).numpy() @ LUMINANCE
    good = visible.mean(axis=1) >= settings.least_seen
    for k in np.flatnonzero(good):
        good[k] = np.median(grey[k][visible[k]]) >= settings.least_brightness
    return np.asarray(good)


def _refine_chunk(
    model: MorphableModel,
    track: FaceTrack,
    fit: FaceParameters,
    person: Person,
    pictures: Sequence[Picture],
    settings: PhotometricSettings,
    before: torch.Tensor | None,
    result: TrackRows,
) -> torch.Tensor | None:
    """Refine some frames into the result; returns the last one's corrections."""
    canvases = FaceCanvases.of(model, track, fit, pictures)
    cost = FaceCost(model, canvases, settings)
    relative = person.albedo[surface_points(model).skin]
    albedo = cost.tensor(np.log(relative)) if person.coefficients is None else cost.tensor(person.coefficients)
    first = start(cost, canvases, model, cost.tensor(person.alpha), albedo)
    usable = np.flatnonzero(_usable(cost, canvases, model, first))
    if not len(usable):
        return None
    canvases, first = canvases.rows(usable), first.rows(usable.tolist())
    cost = FaceCost(model, canvases, settings)
    found = descend(cost, canvases, model, first, shared=False, before=before)
    with torch.no_grad():
        seen = visibility(cost, canvases, model, found, cost.surface(found))
        rotation, scale, shift = (part.double().numpy() for part in cost.pose(found))
        colour = _level(cost.albedo(found).double().numpy())
    error_before, _, residual_before = measures(cost, first, seen)
    error, off, residual = measures(cost, found, seen)
    good = (off <= settings.most_outliers) & (error <= error_before)
    good &= residual <= residual_before + settings.most_landmark_rise
    pose = {
        "beta": found.beta.numpy(),
        "rotation": vector_from_matrix(rotation),
        "scale": scale * canvases.unit,
        "translation": (shift * canvases.unit[:, None] + canvases.centre) / np.array(pixel_stretch(fit.pixel_aspect)),
        "residual": residual,
        "lights": found.light.numpy() * colour,
    }
    result.take(canvases.frames - fit.start, good, pose, error_before, error)
    return cost.corrections(found)[-1:].detach() if good[-1] else None
