"""Features of the faces of a clip, on the networks of the Fréchet distances: FID and FED are made of many clips'.

A clip gives a row of numbers for every tenth frame with the face; they are few enough to be kept as a file, so that a
suite that goes on where it stopped need not look again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from mien.errors import InputError, ModelError
from mien.metrics.evaluation.ruler import RulerKind, choose_ruler, chosen_face, picture_of
from mien.metrics.feature_network import FeatureNetwork, feature_network
from mien.metrics.frechet import FeatureStatistics, frechet_distance
from mien.types import DoubleArray, FloatArray
from mien.video.clip import Clip

FIGURES = ("FED", "FED[face-api]", "FID", "FID[ArcFace]", "FID[face-api]")
"""Fréchet distances of two sets of clips, by name."""

EVERY = 10
"""Frames between two that the networks see: neighbours are nearly the same picture."""


def networks(figures: Iterable[str] = FIGURES) -> tuple[dict[str, FeatureNetwork], dict[str, str]]:
    """Load what is on this machine.

    Returns:
        Figure to its network, and figure to why it is not available, one sentence.
    """
    found: dict[str, FeatureNetwork] = {}
    missing: dict[str, str] = {}
    for figure in figures:
        try:
            found[figure] = feature_network(figure)
        except ModelError as error:
            missing[figure] = f"Not available: {str(error).rstrip('.')}."
    return found, missing


def clip_features(
    path: Path, given: Mapping[str, FeatureNetwork], *, number: int = 1, ruler: RulerKind | None = None
) -> dict[str, FloatArray]:
    """Features of every tenth frame that has the face.

    Args:
        path: The clip.
        given: Figure to its network.
        number: Of the face: 1 for the largest.
        ruler: What finds the faces; chosen by the clip if None.

    Returns:
        Figure to ``(N, D)``, N the same for all; 0 where no frame has the face.

    Raises:
        ClipError: The clip cannot be decoded.
    """
    rows: dict[str, list[FloatArray]] = {figure: [] for figure in given}
    clip = Clip.open(path)
    last: DoubleArray | None = None
    with (ruler or choose_ruler(clip)).make() as eyes:
        for frame in clip.frames():
            # The ruler follows: it has to see the frames between, too.
            picture = picture_of(frame)
            face = chosen_face(eyes.faces(frame, picture), number, last)
            last = None if face is None else face.centre
            if face is None or frame.index % EVERY:
                continue
            with suppress(InputError):  # a face outside the picture
                seen = {figure: network.read(picture, face.landmarks) for figure, network in given.items()}
                for figure, features in seen.items():
                    rows[figure].append(features)
    return {
        figure: np.stack(rows[figure]) if rows[figure] else np.zeros((0, network.features), np.float32)
        for figure, network in given.items()
    }


def distance_of(first: Iterable[FloatArray], second: Iterable[FloatArray]) -> tuple[float, int, int]:
    """Fréchet distance of the features of some clips and of others.

    Args:
        first: ``(N, D)`` of each clip.
        second: ``(M, D)`` of each clip of the other set.

    Returns:
        The distance, NaN where a set has fewer than two features; how many the sets have.

    Raises:
        InputError: Features of different size, or not finite.
    """
    sets = [[np.asarray(features) for features in clips] for clips in (first, second)]
    counts = [sum(len(features) for features in clips) for clips in sets]
    if min(counts) < 2:
        return float("nan"), counts[0], counts[1]
    statistics = []
    for clips in sets:
        taken = FeatureStatistics(clips[0].shape[1])
        for features in clips:
            taken.add(features)
        statistics.append(taken)
    return frechet_distance(*statistics), counts[0], counts[1]
