"""What pictures tell of every face of a clip: its light, its glasses, what lies around it.

The pictures are those met while it was tracked (:mod:`mien.reconstruction.watched_clip`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from mien.morphable.model import MorphableModel
from mien.reconstruction.fit import well_spread
from mien.reconstruction.glasses import find_glasses
from mien.reconstruction.light import estimate_light
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.surroundings import find_surroundings
from mien.tracking.ahead import meanwhile
from mien.tracking.face_track import FaceTrack
from mien.tracking.person_segmenter import PersonSegmenter
from mien.video.clip import Clip
from mien.video.frame import Frame

LIGHT_PICTURES = 10
"""Pictures that the light of a face and its glasses are estimated from, at most."""

SURROUNDING_PICTURES = 16
"""Pictures that what lies around a face is looked for in, at most: it changes as the head turns."""

_LOOKED_AGAIN = 3

Fitted = tuple[FaceTrack, FaceParameters]


def with_pictures(
    clip: Clip, model: MorphableModel, faces: Sequence[Fitted], pictures: Sequence[Frame]
) -> list[FaceParameters]:
    """Estimate the light of every face, find its glasses and how far the person reaches around it.

    Args:
        clip: The clip; decoded again only as far as a face has none of the pictures.
        model: The morphable model.
        faces: Tracks and their fits.
        pictures: What is there of the clip already.

    Returns:
        The fits with what was found, in order; light is None for faces that show too little skin.
    """
    with closing(PersonSegmenter()) as segmenter:
        return _found(clip, model, faces, pictures, segmenter)


def _found(
    clip: Clip, model: MorphableModel, faces: Sequence[Fitted], pictures: Sequence[Frame], segmenter: PersonSegmenter
) -> list[FaceParameters]:
    """The fits with what their pictures show; faces met in none are looked for in the clip once more, together."""
    found = [parameters for _, parameters in faces]
    wanted: dict[int, list[Frame]] = {}
    for number, (track, _) in enumerate(faces):
        good = set(_lit_frames(track))
        own = [picture for picture in pictures if picture.index in good]
        if own:
            found[number] = _seen_in(model, faces[number], own, segmenter)
        elif good:
            wanted[number] = []
    asked = {number: well_spread(_lit_frames(faces[number][0]), _LOOKED_AGAIN) for number in wanted}
    last = max((indices[-1] for indices in asked.values()), default=-1)
    for frame in clip.frames(0, last + 1) if asked else ():
        for number, indices in asked.items():
            if frame.index in indices:
                wanted[number].append(frame)
                if frame.index == indices[-1]:
                    found[number] = _seen_in(model, faces[number], wanted.pop(number), segmenter)
    return found


def _seen_in(
    model: MorphableModel, face: Fitted, pictures: Sequence[Frame], segmenter: PersonSegmenter
) -> FaceParameters:
    """A fit with the light on the face, the glasses on it and what is around it, looked for at the same time."""
    track, parameters = face
    few, more = (well_spread(pictures, count) for count in (LIGHT_PICTURES, SURROUNDING_PICTURES))
    with (
        meanwhile(lambda: find_glasses(model, parameters, few)) as glasses,
        meanwhile(lambda: find_surroundings(track, more, segmenter)) as surroundings,
    ):
        light = estimate_light(model, parameters, few)
        return replace(parameters, light=light, glasses=glasses.result(), surroundings=surroundings.result())


def _lit_frames(track: FaceTrack) -> list[int]:
    """Frames of the clip in which the face is surely there."""
    return [track.start + int(row) for row in np.flatnonzero((track.confidence > 0.5) & (track.fade >= 1.0))]
