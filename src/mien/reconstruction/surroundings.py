"""How far a person reaches beyond the oval of the face before the background begins.

Hair, ears, neck and collar may follow the face as it moves; a shelf or the edge of a door behind it may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mien.morphable.outline import outward
from mien.morphable.regions import EYE_CORNERS_OUTER, FACE_OVAL
from mien.reconstruction.light import Picture
from mien.reconstruction.parameters import Surroundings
from mien.tracking.face_track import FaceTrack
from mien.tracking.person_segmenter import PersonSegmenter
from mien.types import Box, DoubleArray, FloatArray, pixel_stretch

FARTHEST = 0.6
"""As far as is looked, eye distances beyond the oval: what is edited ends before."""

STEP = 0.02
"""Eye distances from one look to the next."""

_PERSON = 0.5
_LEAST_SEEN = 0.8
"""Of the places just within the oval, so many must be taken for a person, or the picture is not believed."""

_WITHIN = 0.1
_NETWORK_SIDE = 256
_MARGIN = 2.6
"""The network is shown the face with so much around its middle, eye distances."""


def find_surroundings(track: FaceTrack, pictures: Sequence[Picture], segmenter: PersonSegmenter) -> Surroundings | None:
    """Find out how far a person reaches around the face.

    Args:
        track: The face.
        pictures: Frames of the track, spread over it.
        segmenter: What sees a person.

    Returns:
        The reach in each picture in which the network sees a person where the face is; None if there is none.
    """
    seen = list(_seen(track, pictures, segmenter))
    if not seen:
        return None
    return Surroundings(np.array([index for index, _ in seen], np.int32), np.stack([reach for _, reach in seen]))


def _seen(
    track: FaceTrack, pictures: Sequence[Picture], segmenter: PersonSegmenter
) -> Iterator[tuple[int, FloatArray]]:
    """Frame index and reach ``(36,)`` of each picture that can be believed."""
    stretch = pixel_stretch(track.pixel_aspect)
    for picture in pictures:
        points = track.landmarks(picture.index, picture.index + 1)[0, :, :2].astype(np.float64)
        eye_distance = float(np.linalg.norm(np.subtract(*points[EYE_CORNERS_OUTER]) * stretch))
        middle, half = points.mean(axis=0), _MARGIN * eye_distance / np.array(stretch)
        (x0, y0), (x1, y1) = np.floor(middle - half).astype(int), np.ceil(middle + half).astype(int)
        box = Box(int(x0), int(y0), int(x1), int(y1)).clipped(picture.width, picture.height)
        if box.empty or eye_distance < 1.0:
            continue
        coarse = max(1, max(box.width, box.height) // _NETWORK_SIDE)
        crop = picture.crop(box)[coarse // 2 :: coarse, coarse // 2 :: coarse]
        mask = segmenter.segment((crop * 255.0 + 0.5).astype(np.uint8))
        places = (points - (box.x0, box.y0) - coarse // 2) / coarse
        reach = measure_reach(mask >= _PERSON, places, stretch)
        if reach is not None:
            yield picture.index, reach


def measure_reach(
    person: np.ndarray, points: DoubleArray, stretch: tuple[float, float] = (1.0, 1.0)
) -> FloatArray | None:
    """How far from the oval outward a mask goes on.

    Args:
        person: ``(H, W)`` bool.
        points: ``(468 or more, 2)`` landmarks, px of the mask.
        stretch: What makes px square, across and down.

    Returns:
        ``(36,)`` eye distances, 0 to :data:`FARTHEST`; beyond the picture a person is taken to go on. None where the
        mask leaves the face itself out.
    """
    square = points[:468] * stretch
    eye_distance = float(np.linalg.norm(np.subtract(*square[EYE_CORNERS_OUTER])))
    away = np.concatenate([[-_WITHIN], np.arange(0.0, FARTHEST + 0.5 * STEP, STEP)]) * eye_distance
    places = (square[FACE_OVAL][:, None] + outward(square)[:, None] * away[:, None]) / stretch
    columns, rows = np.rint(places).astype(int).transpose(2, 0, 1)
    height, width = person.shape
    outside = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
    there = person[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)] | outside
    if there[:, 0].mean() < _LEAST_SEEN:
        return None
    ends = ~there[:, 1:]
    first = np.where(ends.any(axis=1), ends.argmax(axis=1), ends.shape[1] - 1)
    return _without_spikes(first * STEP)


def _without_spikes(reach: DoubleArray) -> FloatArray:
    """Reach without what a single ray met, a strand of hair or an arm of glasses; gentle along the oval.

    Medians of five, then the least of three, since between jaw and shoulder the background is a narrow wedge, then
    means of three.
    """
    middle = np.median([np.roll(reach, k) for k in range(-2, 3)], axis=0)
    least = np.min([np.roll(middle, k) for k in range(-1, 2)], axis=0)
    return np.asarray(np.mean([np.roll(least, k) for k in range(-1, 2)], axis=0), np.float32)
