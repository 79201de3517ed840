"""What photometric refinement leaves of a track."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mien.geometry import harmonics
from mien.reconstruction.light import FULL_DIRECTIONALITY, LUMINANCE
from mien.reconstruction.parameters import SRGB_EXPONENT, FaceParameters, Light
from mien.types import AnyArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """What became of a track.

    Attributes:
        parameters: The refined fit; its light is the mean of the frames'.
        lights: ``(T, 9, 3)`` the light in every frame, as ``Light.coefficients``; NaN where it was not refined.
        refined: ``(T,)`` whether the frame was refined. Others keep the landmark fit: the face is dark, mostly out of
            the frame, covered, or not tracked, or what was found explains the frame or its landmarks worse.
        error_before: ``(T,)`` mean absolute colour difference, 0-1 gamma coded, of the landmark fit under its best
            light, with the person's albedo; NaN where the frame was not looked at.
        error: ``(T,)`` the same after refinement.
    """

    parameters: FaceParameters
    lights: FloatArray
    refined: np.ndarray
    error_before: FloatArray
    error: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TrackRows:
    """The arrays of a track, filled chunk by chunk; rows that are not filled keep the landmark fit."""

    beta: AnyArray
    rotation: AnyArray
    scale: AnyArray
    translation: AnyArray
    residual: AnyArray
    lights: AnyArray
    refined: AnyArray
    errors: AnyArray

    @staticmethod
    def around(fit: FaceParameters) -> TrackRows:
        """Begin with the landmark fit."""
        count = len(fit)
        return TrackRows(
            fit.beta.copy(),
            fit.rotation.copy(),
            fit.scale.copy(),
            fit.translation.copy(),
            fit.residual.copy(),
            np.full((count, 9, 3), np.nan, np.float32),
            np.zeros(count, bool),
            np.full((2, count), np.nan),
        )

    def finished(self, fit: FaceParameters, light: Light | None) -> Refinement:
        """What became of the track.

        Args:
            fit: Its landmark fit.
            light: The light estimated with it, whose colour and texture of the skin are kept.
        """
        fitted = (self.beta, self.rotation, self.scale, self.translation, self.residual)
        parameters = FaceParameters(fit.start, fit.alpha, *fitted, light, fit.pixel_aspect)
        if self.refined.any():
            parameters = replace(parameters, light=_mean_light(self.lights[self.refined], light))
        before, after = self.errors.astype(np.float32)
        return Refinement(parameters, self.lights, self.refined, before, after)

    def take(
        self, rows: AnyArray, good: AnyArray, found: Mapping[str, AnyArray], before: AnyArray, after: AnyArray
    ) -> None:
        """Fill rows.

        Args:
            rows: ``(n,)`` which.
            good: ``(n,)`` whether what was found there is kept.
            found: By name, ``(n, ...)``.
            before: ``(n,)`` colour differences of the landmark fit.
            after: ``(n,)`` and after refinement.
        """
        self.errors[:, rows] = before, after
        for name, values in found.items():
            getattr(self, name)[rows[good]] = values[good]
        self.refined[rows[good]] = True


def _mean_light(lights: AnyArray, before: Light | None) -> Light:
    """One light for the track; colour and texture of the skin as they were read, if they were."""
    mean = lights.mean(axis=0).astype(np.float32)
    grey = mean @ LUMINANCE
    directionality = float(np.linalg.norm(grey[1:4]) / max(grey[0], 1e-6) / FULL_DIRECTIONALITY)
    if before is not None:
        return replace(before, coefficients=mean, directionality=directionality)
    frontal = np.clip(harmonics.shade(np.array([[0.0, 0.0, 1.0]]), mean)[0], 0.0, 1.0) ** (1.0 / SRGB_EXPONENT)
    return Light(mean, directionality, frontal.astype(np.float32), 0.0, 0)
