"""The pictures of a comparison: source, A and B at the moments of their largest differences, and heat maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.app.compare.color_map import color_table, colored
from mien.app.compare.difference import Differences, difference
from mien.app.evaluation.page.stills import Still, cut, encode_jpeg, signed
from mien.errors import ClipError
from mien.types import Box, ByteArray, FloatArray
from mien.video.clip import Clip
from mien.video.frame import Frame
from mien.video.provenance import claim_of

MOMENTS = 3
"""Of the largest differences that are shown."""

LONGEST_SIDE_PX = 1080
_SAME_TIME_S = 1e-3


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A heat map with its scale.

    Attributes:
        picture: The map.
        top: Shades of 255 that its last colour stands for.
    """

    picture: Still
    top: float


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of the comparison.

    Attributes:
        frame: Index in the first clip.
        time_s: Of that frame.
        source: The unedited picture, if a source is known.
        a: The first render.
        b: The second.
        heat: How the two differ; ``None`` where their sizes do.
    """

    frame: int
    time_s: float
    source: Still | None
    a: Still
    b: Still
    heat: HeatMap | None


def overall_map(differences: Differences) -> HeatMap:
    """The mean over time of a whole picture's differences."""
    top = round_top(differences.mean)
    return HeatMap(_still(colored(differences.mean, top)), top)


def round_top(values: FloatArray) -> float:
    """The end of a scale: 1, 2 or 5 times a power of ten, above 99.9 % of the values; at least one shade."""
    high = max(1.0, float(np.quantile(values, 0.999)))
    power = 10.0 ** np.floor(np.log10(high))
    return next(float(step * power) for step in (1, 2, 5, 10) if step * power >= high * (1 - 1e-6))


def scale_bar() -> Still:
    """The colours from 0 to the end of a scale."""
    return _still(np.repeat(color_table()[None], 12, axis=0))


def find_moments(
    first: Clip, second: Clip, source: Clip | None, frames: Sequence[int], box: Box | None
) -> list[Moment]:
    """Decode moments, each clip once and a frame at a time.

    Args:
        first: Clip A.
        second: Clip B.
        source: The unedited clip, if it is known.
        frames: Indices in A, increasing.
        box: The part that is shown, in a clip of A's size; ``None`` for all.

    Raises:
        ClipError: A clip cannot be read.
    """
    wanted = list(_frames(first, frames))
    times_s = [frame.time_s for frame in wanted]
    seconds = list(_shown_at(second, times_s))
    sources: list[Frame | None] = [None] * len(wanted) if source is None else list(_shown_at(source, times_s))
    maps = [_change(a, b, box) for a, b in zip(wanted, seconds, strict=True)]
    top = round_top(np.concatenate([found.ravel() for found in maps if found is not None] or [np.zeros(1, np.float32)]))
    moments = [
        Moment(
            a.index, a.time_s, None if before is None else _part(before, box), _part(a, box), _part(b, box),
            None if change is None else HeatMap(_still(colored(change, top)), top),
        )
        for a, b, before, change in zip(wanted, seconds, sources, maps, strict=True)
    ]  # fmt: skip
    return _signed(moments, first.path, second.path)


def _frames(clip: Clip, indices: Sequence[int]) -> Iterator[Frame]:
    left = set(indices)
    for frame in clip.frames(0, max(indices) + 1):
        if frame.index in left:
            yield frame


def _shown_at(clip: Clip, times_s: Sequence[float]) -> Iterator[Frame]:
    """The frames on the screen at increasing times."""
    ahead = clip.frames()
    shown, following = next(ahead, None), next(ahead, None)
    if shown is None:
        raise ClipError(f"{clip.path}: has no frame.")
    for time_s in times_s:
        while following is not None and following.time_s <= time_s + _SAME_TIME_S:
            shown, following = following, next(ahead, None)
        yield shown


def _change(a: Frame, b: Frame, box: Box | None) -> FloatArray | None:
    if (a.width, a.height) != (b.width, b.height):
        return None
    whole = difference(a, b)
    return whole if box is None else whole[box.y0 : box.y1, box.x0 : box.x1]


def _part(frame: Frame, box: Box | None) -> Still:
    place = Box(0, 0, frame.width, frame.height) if box is None else box.clipped(frame.width, frame.height)
    return cut(frame, place, LONGEST_SIDE_PX)


def _still(rgb: ByteArray) -> Still:
    return Still(encode_jpeg(np.ascontiguousarray(rgb)), rgb.shape[1], rgb.shape[0], 1.0)


def _signed(moments: Sequence[Moment], first: Path, second: Path) -> list[Moment]:
    """Every picture of an edited clip says so by itself."""
    a, b = (
        signed([moment.a for moment in moments], claim_of(first)),
        signed([moment.b for moment in moments], claim_of(second)),
    )
    return [replace(moment, a=x, b=y) for moment, x, y in zip(moments, a, b, strict=True)]
