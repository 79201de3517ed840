"""Light for every face of a clip, from pictures that are met while it is tracked, so that it is not decoded again."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mien.morphable.model import MorphableModel
from mien.reconstruction.fit import well_spread
from mien.reconstruction.light import estimate_light
from mien.reconstruction.parameters import FaceParameters, Light
from mien.tracking.face_track import FaceTrack
from mien.types import DoubleArray
from mien.video.clip import Clip
from mien.video.frame import Frame

LIGHT_PICTURES = 10
"""Pictures that the light of a face is estimated from, at most."""

_KEPT_PICTURES = 32
_KEPT_BYTES = 128 * 2**20
_LOOKED_AGAIN = 3

Fitted = tuple[FaceTrack, FaceParameters]


class WatchedClip(Clip):
    """A clip that remembers, of what is read from it, all frame times and a few pictures spread over its length.

    Every ``stride``-th picture is kept; when there are too many, every second one goes and the stride doubles.

    Attributes:
        kept: The pictures.
    """

    def __init__(self, clip: Clip) -> None:
        self.__dict__.update(clip.__dict__)
        self.kept: list[Frame] = []
        self._times_s = array("d")
        samples = clip.info.width * clip.info.height * (6 if clip.info.bit_depth > 8 else 3)
        self._most = max(4, min(_KEPT_PICTURES, _KEPT_BYTES // samples))
        self._stride = 1

    @property
    def times_s(self) -> DoubleArray:
        """``(frames,)`` clip times of the frames read, seconds."""
        return np.array(self._times_s)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Decode frames as :meth:`Clip.frames` does, and watch them."""
        for frame in super().frames(start, stop):
            self._times_s.append(frame.time_s)
            if frame.index % self._stride == 0:
                self.kept.append(frame)
                if len(self.kept) > self._most:
                    self._stride *= 2
                    self.kept = [kept for kept in self.kept if kept.index % self._stride == 0]
            yield frame


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
    wanted: dict[int, list[Frame]] = {}
    for number, (track, parameters) in enumerate(faces):
        good = set(_lit_frames(track))
        own = [picture for picture in pictures if picture.index in good]
        if own:
            lights[number] = estimate_light(model, parameters, well_spread(own, LIGHT_PICTURES))
        elif good:
            wanted[number] = []
    asked = {number: well_spread(_lit_frames(faces[number][0]), _LOOKED_AGAIN) for number in wanted}
    last = max((indices[-1] for indices in asked.values()), default=-1)
    for frame in clip.frames(0, last + 1) if asked else ():
        for number, indices in asked.items():
            if frame.index in indices:
                wanted[number].append(frame)
                if frame.index == indices[-1]:
                    lights[number] = estimate_light(model, faces[number][1], wanted.pop(number))
    return [replace(parameters, light=light) for (_, parameters), light in zip(faces, lights, strict=True)]


def _lit_frames(track: FaceTrack) -> list[int]:
    """Frames of the clip in which the face is surely there."""
    return [track.start + int(row) for row in np.flatnonzero((track.confidence > 0.5) & (track.fade >= 1.0))]
