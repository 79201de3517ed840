"""Jump cuts, by made-up faces and by clips of which a part is left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mien.tracking import track_clip
from mien.tracking.follow import Sighting
from mien.tracking.jumps import Step, with_jumps
from mien.tracking.shots import with_cuts
from mien.video.clip import Clip
from mien.video.frame import Frame

MESH = np.random.default_rng(0).normal(scale=50, size=(478, 3)).astype(np.float32)
MESH[33], MESH[263] = (-50, 0, 0), (50, 0, 0)


def face(x: float, number: int = 0) -> Sighting:
    return Sighting(number, MESH + np.array([x, 0, 0], np.float32), 20.0, np.zeros((1, 3), np.float32), None)


def starts(places: list[float | None], changes: list[float], cuts: tuple[int, ...] = (0,)) -> list[int]:
    """Where shots start, of a face at these places (None: not seen), 100 px from eye to eye."""
    steps = [
        Step(k, k / 25, k in cuts, change, [] if x is None else [face(x)])
        for k, (x, change) in enumerate(zip(places, changes, strict=True))
    ]
    out = list(with_jumps(steps))
    assert [step.index for step in out] == list(range(len(steps)))
    assert all(a.sightings == b.sightings for a, b in zip(out, steps, strict=True))
    return [step.index for step in out if step.starts_shot]


STILL = [float(x) for x in np.random.default_rng(1).normal(scale=0.3, size=40)]
CALM = [0.4] * 40


def test_a_face_that_is_elsewhere_at_once_with_its_picture_starts_a_shot() -> None:
    jumping = [x + 12 * (k >= 20) for k, x in enumerate(STILL)]
    changed = [4.0 if k == 20 else 0.4 for k in range(40)]
    assert starts(jumping, changed) == [0, 20]
    assert starts(jumping, CALM) == [0]  # landmarks that slip while the picture stays
    assert starts(STILL, changed) == [0]  # a flash
    assert starts(jumping[19:], changed[19:]) == [0]  # nothing is known of the shot yet


def test_a_fast_turn_of_the_head_starts_none() -> None:
    """A third of the eye distance in four frames, the picture with it."""
    ramp = np.clip((np.arange(40) - 19) / 4, 0, 1)
    places = [x + 30 * share for x, share in zip(STILL, ramp * ramp * (3 - 2 * ramp), strict=True)]
    assert starts(places, [4.0 if 19 < k < 24 else 0.4 for k in range(40)]) == [0]


def test_neither_a_cut_nor_a_face_that_was_away_counts_twice() -> None:
    jumping = [x + 12 * (k >= 20) for k, x in enumerate(STILL)]
    changed = [4.0 if k == 20 else 0.4 for k in range(40)]
    assert starts(jumping, changed, (0, 20)) == [0, 20]
    assert starts([None if 15 <= k < 20 else x for k, x in enumerate(jumping)], changed) == [0]


def test_two_faces_one_of_which_jumps_are_no_cut() -> None:
    steps = [
        Step(k, k / 25, k == 0, 4.0 if k == 20 else 0.4, [face(STILL[k]), face(300 + 30 * (k >= 20), 1)])
        for k in range(40)
    ]
    assert [step.index for step in with_jumps(steps) if step.starts_shot] == [0]


class _Shortened(Clip):
    """A clip without some of its frames, the rest numbered and timed as if they followed each other."""

    def __init__(self, path: Path, kept: list[int]) -> None:
        super().__init__(path)
        self._kept = kept

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        whole = list(super().frames(0, self._kept[-1] + 1))
        for place in range(start, len(self._kept) if stop is None else stop):
            frame = whole[self._kept[place]]
            yield Frame(place, whole[place].pts, frame.picture, frame.format)


@pytest.mark.parametrize(("name", "gap"), [("driving_d3", (40, 60)), ("driving_d9", (68, 148))])
def test_a_jump_cut_in_a_real_clip(shared: Path, tmp_path: Path, name: str, gap: tuple[int, int]) -> None:
    """One that the picture alone does not tell."""
    kept = [index for index in range(gap[1] + 30) if not gap[0] <= index < gap[1]]
    clip = _Shortened(shared / "clips" / f"{name}.mp4", kept)
    assert [starts for _, starts, _ in with_cuts(clip.frames(), lambda frame: frame.thumbnail(1400))].count(True) == 1
    shots = track_clip(clip, tmp_path)
    assert [shot.start for shot in shots] == [0, gap[0]]
    assert all(len(shot.faces) == 1 for shot in shots)
