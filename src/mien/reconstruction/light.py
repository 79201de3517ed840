"""The light on a face, from its own pixels: 27 spherical-harmonics coefficients, one set for a shot.

Skin has nearly one colour, so what differs between its places is mostly their light. Brightness is sampled around the
landmarks that face the camera, and nine harmonics per channel are fitted to it with robust weights, which leave out
beard, hair, glasses and highlights; lips, brows and eyes are left out from the start. Half a sphere seen from the front
does not tell all nine apart: a prior keeps the light mostly of first order and grey beside the skin's own colour, and
what is left is dimmed until nothing that faces the camera is dark. A shot has one light, so that nothing flickers.

The method is that of shape-from-shading face fitting with spherical harmonics (I. Kemelmacher-Shlizerman, R. Basri, "3D
Face Reconstruction from a Single Image Using a Single Reference Face Shape", PAMI 2011, section 3), made robust.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy  # its parts load when they are first used

from mien.geometry import harmonics
from mien.geometry.camera import project, rotate
from mien.geometry.normals import vertex_normals
from mien.geometry.polygon import within_hull
from mien.morphable import regions
from mien.morphable.model import MorphableModel
from mien.reconstruction.parameters import SRGB_EXPONENT, FaceParameters, Light
from mien.tracking.ahead import side_by_side
from mien.types import AnyArray, Box, DoubleArray, FloatArray

NOSTRILS = (2, 97, 98, 326, 327, 19, 94, 64, 294)
NOT_SKIN = (
    ((*regions.OUTER_LIP_UPPER, *regions.OUTER_LIP_LOWER), 1.2),
    (regions.REGIONS["right eye"], 1.5),
    (regions.REGIONS["left eye"], 1.5),
    (regions.REGIONS["right brow"], 1.3),
    (regions.REGIONS["left brow"], 1.3),
    (NOSTRILS, 1.1),
)
"""Outlines that hold no plain skin, each with the factor by which it is widened about its middle."""
SMOOTH_SKIN = (50, 101, 205, 280, 330, 425, 36, 266, 151, 108, 337, 69, 299)
"""Cheeks and forehead: where the skin's colour and texture are read."""

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709 weights of linear light.
FULL_DIRECTIONALITY = 1.154701
"""First order over constant of one distant lamp: 2.094395 · 0.488603 / (3.141593 · 0.282095)."""

_FACING = 0.35  # Least cosine to the camera: beyond 70 degrees a landmark's place in the image is uncertain.
_SAMPLE_RADIUS = 0.02  # Eye distances.
_WRINKLE_BAND = (0.006, 0.03)  # Eye distances: finer is noise and codec, coarser is the face's own shape.
_CROP_EYE_DISTANCE_PX = 160.0  # Larger faces are sampled in steps.
_LEAST_SAMPLES = 30
_LEAST_LIGHT = 0.05  # Of the mean, on everything that faces the camera.


class Picture(Protocol):
    """What is needed of a frame (``mien.video.frame.Frame``)."""

    @property
    def index(self) -> int: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def height(self) -> int: ...  # noqa: D102
    def crop(self, box: Box) -> FloatArray:
        """RGB 0-1, gamma coded, ``(box.height, box.width, 3)``."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SkinSamples:
    """What one frame shows of the skin.

    Attributes:
        normals: ``(n, 3)`` in the camera's axes.
        colours: ``(n, 3)`` linear light, 0 to 1.
        skin: ``(m, 3)`` gamma-coded colours on cheeks and forehead.
        contrast: ``(m,)`` texture there, as a fraction of brightness.
    """

    normals: DoubleArray
    colours: DoubleArray
    skin: DoubleArray
    contrast: DoubleArray


def prepare_light() -> None:
    """Load what the estimate takes of SciPy."""
    assert scipy.ndimage


def skin_landmarks(model: MorphableModel) -> AnyArray:
    """Indices of the landmarks that lie on plain skin of the model's mean face, ``(n,)``."""
    flat = model.mean[model.landmark_vertices][:, :2].astype(np.float64)
    plain = model.landmark_vertices >= 0
    for outline, wider in NOT_SKIN:
        ring = flat[list(outline)]
        middle = ring.mean(axis=0)
        plain &= ~within_hull(middle + wider * (ring - middle), flat)
    return np.flatnonzero(plain)


def sample_skin(
    model: MorphableModel, parameters: FaceParameters, picture: Picture, plain: AnyArray
) -> SkinSamples | None:
    """Read the skin of one face in one frame.

    Args:
        model: The morphable model.
        parameters: Its fit; must cover the frame.
        picture: The frame.
        plain: From :func:`skin_landmarks`.

    Returns:
        The samples, or None when the face shows too little: outside the picture, turned away or tiny.
    """
    row = parameters.row(picture.index)
    shape = model.shape(parameters.alpha, parameters.beta[row])
    at = model.landmark_vertices
    normals = rotate(vertex_normals(shape, model.triangles)[at], parameters.rotation[row][None])[0]
    places = project(shape[at], parameters.pose(picture.index))[:, :2]
    corners = shape[at[regions.EYE_CORNERS_OUTER]]
    eye_distance = float(np.linalg.norm(corners[0] - corners[1]) * parameters.scale[row])
    margin = 0.1 * eye_distance
    low, high = np.floor(places.min(0) - margin).astype(int), np.ceil(places.max(0) + margin).astype(int) + 1
    box = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])).clipped(picture.width, picture.height)
    if min(box.width, box.height) < 8 or not np.isfinite(eye_distance) or eye_distance < 12.0:
        return None
    step = max(1, int(eye_distance / _CROP_EYE_DISTANCE_PX))
    crop = picture.crop(box).astype(np.float64)[::step, ::step]
    within = (places - [box.x0, box.y0]) / step
    inside = ((within >= 0) & (within <= [crop.shape[1] - 1, crop.shape[0] - 1])).all(axis=1)
    seen = inside & (at >= 0) & (normals[:, 2] > _FACING)
    chosen, patches = plain[seen[plain]], np.array([k for k in SMOOTH_SKIN if seen[k]], int)
    if len(chosen) < _LEAST_SAMPLES or not len(patches):
        return None
    unit = eye_distance / step
    width = max(1, 2 * round(_SAMPLE_RADIUS * unit) + 1)
    colours = _read(scipy.ndimage.uniform_filter(crop**SRGB_EXPONENT, (width, width, 0)), within[chosen])
    skin = _read(scipy.ndimage.uniform_filter(crop, (width, width, 0)), within[patches])
    return SkinSamples(normals[chosen], colours, skin, _texture(crop, within[patches], unit))


def estimate_light(model: MorphableModel, parameters: FaceParameters, pictures: Iterable[Picture]) -> Light | None:
    """Estimate the light on a face from a few frames of its track.

    Args:
        model: The morphable model.
        parameters: Its fit.
        pictures: Frames of the track, ten or so, spread over it.

    Returns:
        One light for the whole track, or None when no frame shows enough skin.
    """
    plain = skin_landmarks(model)
    samples = list(side_by_side(lambda picture: sample_skin(model, parameters, picture, plain), pictures))
    return light_of([found for found in samples if found is not None])


def light_of(samples: Sequence[SkinSamples]) -> Light | None:
    """Estimate one light from the samples of several frames; None when there are none."""
    if not samples:
        return None
    normals, colours = (np.concatenate([getattr(s, name) for s in samples]) for name in ("normals", "colours"))
    coefficients = fit_light(normals, colours)
    grey = coefficients @ LUMINANCE
    directionality = float(np.linalg.norm(grey[1:4]) / grey[0] / FULL_DIRECTIONALITY)
    skin = np.median(np.concatenate([s.skin for s in samples]), axis=0)
    contrast = float(np.median(np.concatenate([s.contrast for s in samples])))
    return Light(coefficients.astype(np.float32), directionality, skin.astype(np.float32), contrast, len(normals))


def fit_light(normals: AnyArray, colours: AnyArray) -> DoubleArray:
    """Fit nine harmonics per channel to skin.

    Args:
        normals: ``(n, 3)`` unit normals in the camera's axes.
        colours: ``(n, 3)`` linear light.

    Returns:
        ``(9, 3)`` coefficients, positive for every normal that faces the camera.
    """
    bands = harmonics.basis(np.asarray(normals, np.float64))
    level = np.maximum(np.median(colours, axis=0), 1e-4)
    relative = colours / level
    grey = relative @ LUMINANCE
    # Variance of skin about the model (a tenth of its brightness, thirty independent places) over that of the light:
    # first order half of the constant, second order a sixth.
    prior = np.array([1e-6, *[1.5e-3] * 3, *[1.5e-2] * 5])
    weights = np.ones(len(bands))
    for _ in range(12):
        light = _ridge(bands, grey, weights, prior)
        error = grey - bands @ light
        spread = 1.4826 * np.median(np.abs(error)) + 1e-3
        weights = 1.0 / (1.0 + (error / (3.0 * spread)) ** 2) ** 2  # Geman-McClure.
    # The channels differ from grey by little beside their level: lamps and sky have colours, but weak ones.
    tint = np.stack([_ridge(bands, relative[:, c] - bands @ light, weights, 10.0 * prior) for c in range(3)], axis=1)
    return np.asarray(_positive(light[:, None] + tint) * level)


def _ridge(bands: DoubleArray, values: DoubleArray, weights: DoubleArray, prior: DoubleArray) -> DoubleArray:
    total = weights.sum()
    matrix = (bands * weights[:, None]).T @ bands / total + np.diag(prior)
    return np.asarray(np.linalg.solve(matrix, (bands * weights[:, None]).T @ values / total))


def _positive(light: DoubleArray) -> DoubleArray:
    """Dim all but the constant part, of each channel alike, until all that faces the camera has some light."""
    k = np.arange(200) + 0.5
    polar, turn = np.arccos(1.0 - k / 200.0), np.pi * (1.0 + 5.0**0.5) * k
    directions = np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)
    mean = np.maximum(harmonics.Y0 * light[0], 1e-6)
    deepest = (1.0 - harmonics.shade(directions, light) / mean).max()
    factor = min(1.0, (1.0 - _LEAST_LIGHT) / max(float(deepest), 1e-9))
    dimmed = light * factor
    dimmed[0] = light[0]
    return dimmed


def _read(image: DoubleArray, places: DoubleArray) -> DoubleArray:
    """Bilinear samples ``(n, C)`` of an image ``(h, w, C)`` at ``(n, 2)`` x, y."""
    channels = [
        scipy.ndimage.map_coordinates(image[..., c], places.T[::-1], order=1, mode="nearest")
        for c in range(image.shape[2])
    ]
    return np.stack(channels, axis=1)


def _texture(crop: DoubleArray, places: DoubleArray, eye_distance_px: float) -> DoubleArray:
    """Standard deviation of brightness in the band of wrinkles around places ``(m, 2)``, relative to brightness."""
    grey = crop @ LUMINANCE
    fine, coarse = (scipy.ndimage.gaussian_filter(grey, max(0.3, scale * eye_distance_px)) for scale in _WRINKLE_BAND)
    energy = scipy.ndimage.uniform_filter((fine - coarse) ** 2, max(3, round(0.12 * eye_distance_px)))
    deviation, level = (_read(image[..., None], places)[:, 0] for image in (energy, coarse))
    return np.asarray(np.sqrt(deviation) / np.maximum(level, 0.02))
