"""Weights and limits of photometric refinement."""

from __future__ import annotations

from dataclasses import dataclass, field

from mien.reconstruction.solver import FitSettings


@dataclass(frozen=True, slots=True)
class PhotometricSettings:
    """Weights and limits; costs are in the units of the landmark fit, squared eye distances.

    Attributes:
        photometric_weight: Of the mean squared colour difference (RGB, 0-1). About 300 independent places with an error
            of 0.04, beside 60 landmarks with one of 0.008 eye distances, give 0.1. On two real clips twice that took
            another tenth off the colour difference and added a fifth to a third to the landmarks' residual.
        robust: Colour difference, as a length in RGB, at which a point counts half.
        albedo_smoothness: Of squared steps of log albedo along the mesh's edges, added up, over a thousand, times the
            photometric weight.
        albedo_edge: Step of log albedo a mm from which it is an edge of lips, brows or beard and may be larger.
        albedo_level: Pulls log albedo to 0, times the photometric weight: what is as well light is light.
        albedo_ridge: Prior of the model's own albedo coefficients, N(0, 1).
        smoothness: Of corrections from frame to frame; 0 leaves every frame on its own. On two real clips 1e-6 made β
            jitter more by up to 38 %, 1e-5 and 1e-4 by 5 to 14 %.
        iterations: Steps at each of two sizes of the picture, a third and the whole.
        person_frames: Frames that identity and albedo are estimated from, at most.
        least_brightness: Median of what the face shows, 0-1; darker frames are left as they are.
        least_seen: Share of the facing points that the frame shows; with less the frame is left as it is.
        most_outliers: Share of points that may be off by more than ``robust``; with more the frame is left as it is.
        most_landmark_rise: Eye distances that the median landmark residual may grow by.
        landmarks: Of the landmarks' term and the priors of shape.
    """

    photometric_weight: float = 0.1
    robust: float = 0.3
    albedo_smoothness: float = 0.003
    albedo_edge: float = 0.05
    albedo_level: float = 0.002
    albedo_ridge: float = 2e-6
    smoothness: float = 3e-5
    iterations: int = 60
    person_frames: int = 8
    least_brightness: float = 0.06
    least_seen: float = 0.4
    most_outliers: float = 0.4
    most_landmark_rise: float = 0.01
    landmarks: FitSettings = field(default_factory=FitSettings)
