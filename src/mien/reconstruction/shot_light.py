"""Light for every face of a clip, from pictures met while it was tracked (:mod:`mien.reconstruction.watched_clip`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mien.morphable.model import MorphableModel
from mien.reconstruction.fit import well_spread
from mien.reconstruction.glasses import find_glasses
from mien.reconstruction.light import estimate_light
from mien.reconstruction.parameters import FaceParameters, Glasses, Light
from mien.tracking.ahead import meanwhile
from mien.tracking.face_track import FaceTrack
from mien.video.clip import Clip
from mien.video.frame import Frame

LIGHT_PICTURES = 10
"""Pictures that the light of a face is estimated from, at most."""

_LOOKED_AGAIN = 3

Fitted = tuple[FaceTrack, FaceParameters]


def with_light(
    clip: Clip, model: MorphableModel, faces: Sequence[Fitted], pictures: Sequence[Frame]
) -> list[FaceParameters]:
    """Estimate the light of every face.

    Args:
        clip: The clip; decoded again only as far as a face has none of the pictures.
        model: The morphable model.
        faces: Tracks and their fits.
        pictures: What is there of the clip already.

    Returns:
        The fits with their light, in order; light is None for faces that show too little skin.
    """
    lights: list[Light | None] = [None] * len(faces)
    worn: list[Glasses | None] = [None] * len(faces)
    wanted: dict[int, list[Frame]] = {}
    for number, (track, parameters) in enumerate(faces):
        good = set(_lit_frames(track))
        own = [picture for picture in pictures if picture.index in good]
        if own:
            chosen = well_spread(own, LIGHT_PICTURES)
            lights[number], worn[number] = _seen_in(model, parameters, chosen)
        elif good:
            wanted[number] = []
    asked = {number: well_spread(_lit_frames(faces[number][0]), _LOOKED_AGAIN) for number in wanted}
    last = max((indices[-1] for indices in asked.values()), default=-1)
    for frame in clip.frames(0, last + 1) if asked else ():
        for number, indices in asked.items():
            if frame.index in indices:
                wanted[number].append(frame)
                if frame.index == indices[-1]:
                    chosen = wanted.pop(number)
                    lights[number], worn[number] = _seen_in(model, faces[number][1], chosen)
    return [
        replace(parameters, light=light, glasses=glasses)
        for (_, parameters), light, glasses in zip(faces, lights, worn, strict=True)
    ]


def _seen_in(
    model: MorphableModel, parameters: FaceParameters, pictures: Sequence[Frame]
) -> tuple[Light | None, Glasses | None]:
    """The light on a face and the glasses on it, looked for at the same time."""
    with meanwhile(lambda: find_glasses(model, parameters, pictures)) as glasses:
        light = estimate_light(model, parameters, pictures)
        return light, glasses.result()


def _lit_frames(track: FaceTrack) -> list[int]:
    """Frames of the clip in which the face is surely there."""
    return [track.start + int(row) for row in np.flatnonzero((track.confidence > 0.5) & (track.fade >= 1.0))]
