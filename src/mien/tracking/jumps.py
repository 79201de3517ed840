"""Jump cuts: where a take goes on somewhere else, which changes the picture too little to be seen as a cut.

There a face is in another place, or looks otherwise, from one frame to the next, while it moves little in the frames
before and after, and so is the picture. A head that turns fast speeds up and slows down over several frames.

The thresholds were set on the first 400 frames of each of the ten development clips: none is taken for a jump cut; of
536 jump cuts made by leaving out or going back 12 frames or more, 60 % are cuts for the picture alone, 77 % with this;
of those with a face that moves by a tenth of the eye distance or more, 83 % and 95 %.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from mien.tracking.continuity import USUAL_DROP
from mien.tracking.follow import Sighting
from mien.types import MESH_VERTEX_COUNT, FloatArray

SIGHT = 2
"""Frames after a possible jump cut that are looked at."""

_HISTORY = 8
_LEAST_MOVE = 0.04
_MOVE_RATIO = 2.5
_USUAL_MOVE = 0.004
_CHANGE_RATIO = 1.8
_USUAL_CHANGE = 0.3
"""A jump cut moves the mesh by so many eye distances, by so many times as much as in any frame of the history and of
the sight (those taken as no less than usual), and the picture alike."""

_REPEATED = 0.3
"""Share of the usual change of the picture below which a frame repeats the one before: then the recording stutters, and
the frame beside shows the movement of two."""


@dataclass(frozen=True, slots=True)
class Step:
    """A frame and the faces in it.

    Attributes:
        index: Number of the frame.
        time_s: Its time.
        starts_shot: Whether a shot starts with it.
        change: How much the picture has changed since the frame before, 0-255.
        sightings: Its faces.
        pixel_aspect: Width over height of its pixels.
    """

    index: int
    time_s: float
    starts_shot: bool
    change: float
    sightings: list[Sighting]
    pixel_aspect: float = 1.0


def with_jumps(steps: Iterable[Step]) -> Iterator[Step]:
    """The same steps, shots started at jump cuts, too. Runs :data:`SIGHT` steps ahead of what it gives."""
    past: deque[tuple[float, float]] = deque(maxlen=_HISTORY)
    waiting: deque[tuple[Step, float]] = deque()
    before: Step | None = None
    for step in steps:
        waiting.append((step, _move(before, step)))
        before = step
        if len(waiting) > SIGHT:
            yield _decided(past, waiting)
    while waiting:
        yield _decided(past, waiting)


def _decided(past: deque[tuple[float, float]], waiting: deque[tuple[Step, float]]) -> Step:
    """The next step, its mark set; keeps the history."""
    step, move = waiting.popleft()
    if step.starts_shot:
        past.clear()
        return step
    coming = []
    for later, later_move in waiting:
        if later.starts_shot:
            break
        coming.append((later_move, later.change))
    if len(past) >= SIGHT and _is_jump((move, step.change), list(past), coming):
        past.clear()
        return replace(step, starts_shot=True)
    past.append((move, step.change))
    return step


def _is_jump(here: tuple[float, float], past: list[tuple[float, float]], coming: list[tuple[float, float]]) -> bool:
    moves, changes = zip(*past, *coming, strict=True)
    beside = min(change for _, change in [past[-1], *coming[:1]])
    if beside < _REPEATED * median(changes):
        return False
    usual_move = max(_USUAL_MOVE, *(move for move in moves if np.isfinite(move)), 0.0)
    usual_change = max(_USUAL_CHANGE, *changes)
    return bool(here[0] > max(_LEAST_MOVE, _MOVE_RATIO * usual_move) and here[1] > _CHANGE_RATIO * usual_change)


def _move(before: Step | None, now: Step) -> float:
    """How far a face has moved since the frame before, in eye distances: the one that did least; NaN if there is none.

    A cut moves all of them. A hand before a face moves its landmarks, too, and changes its presence score.
    """
    if before is None or now.starts_shot:
        return np.nan
    there = {sighting.face: sighting for sighting in before.sightings}
    pairs = [(there[face.face], face) for face in now.sightings if face.face in there]
    free = [pair for pair in pairs if abs(pair[0].presence - pair[1].presence) < USUAL_DROP]
    return min((_distance(first.landmarks, second.landmarks) for first, second in free), default=np.nan)


def _distance(first: FloatArray, second: FloatArray) -> float:
    apart = np.linalg.norm(first[:MESH_VERTEX_COUNT, :2] - second[:MESH_VERTEX_COUNT, :2], axis=1).mean()
    return float(apart / max(float(np.linalg.norm(second[263] - second[33])), 1e-6))
