"""Repeated frames: the result shows the face of the frame before, or after, instead of its own.

Seen in small grey pictures of the face, cut at one place out of three neighbouring frames of source and result. A face
that is shown twice makes no step where the source makes one, and a double one beside it; so it goes to where the
source's neighbour is. An edit, even a changing one, goes along with every step of the source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.metrics.jitter import consecutive
from mien.types import LANDMARK_COUNT, AnyArray, Box, ByteArray, DoubleArray, FloatArray

CROP_SIZE = 32
"""Side of the pictures compared, px: so small that noise and encoding average out, so large that lips and lids show."""

VISIBLE = 0.5
"""Step of the source, grey values of 255 (root mean square), from which on a repeat can be seen. Below, encoding alone
may hold a frame still."""

STANDING = 0.5
"""Share of the source's step, and of what the result's steps usually are of it, up to which the result stands still.
On edits of five development clips the smallest was 0.66, and 0.43 at twice the usual compression."""

SHARE = 0.4
"""How much of the way to the neighbour's face the result must go."""


@dataclass(frozen=True, slots=True)
class FrameSteps:
    """How source and result step from the frame before and to the frame after.

    Attributes:
        frame: Index of the frame in the middle.
        source: Root mean square steps of the source, before and after, in the pictures' values.
        result: Of the result.
        share: How far the result's face lies on the way from its own to that of the frame before, and after: 0 is its
            own, 1 is the other's.
        left: What the other's face leaves unexplained of the difference from the own, 0 is nothing.
    """

    frame: int
    source: tuple[float, float]
    result: tuple[float, float]
    share: tuple[float, float]
    left: tuple[float, float]


@dataclass(frozen=True, slots=True)
class RepeatedFrame:
    """A frame of the result that shows another frame's face.

    Attributes:
        frame: Its index.
        shown: Index of the frame whose face it shows: one less or one more.
        share: How much of the way to that frame it goes, about 1.
        step: How far the source's two faces are apart, grey values (root mean square): how visible it is.
    """

    frame: int
    shown: int
    share: float
    step: float


@dataclass(frozen=True, slots=True)
class RepeatedFrames:
    """All frames of a result that show another frame's face.

    Attributes:
        found: They, in order of time.
        checked: Frames in which the source moves enough to tell.
    """

    found: tuple[RepeatedFrame, ...]
    checked: int

    @property
    def worst_frame(self) -> int | None:
        """The frame where it is most visible; ``None`` where there is none."""
        return max(self.found, key=lambda f: f.step).frame if self.found else None


def face_box(landmarks: AnyArray) -> Box:
    """The middle of a face, in which nothing but the face is seen: 0.8 of its width, from the brows to the chin.

    Args:
        landmarks: ``(478, 3)`` px.

    Raises:
        InputError: Another shape, or not finite.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (LANDMARK_COUNT, 3) or not np.isfinite(points).all():
        raise InputError(f"landmarks have shape {points.shape}; expected finite ({LANDMARK_COUNT}, 3), px")
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    (x, y), (rx, ry) = (low + high) / 2, (high - low) / 2
    return Box(*(round(float(v)) for v in (x - 0.8 * rx, y - 0.8 * ry, x + 0.8 * rx, y + 0.9 * ry)))


def face_crop(rgb: ByteArray, box: Box, size: int = CROP_SIZE) -> FloatArray:
    """A box of an image as a small grey picture, each pixel the mean of what it covers: ``(size, size)``, 0-255.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        box: Where; what lies outside the image is left out.
        size: Side, px.

    Raises:
        InputError: The box lies outside the image.
    """
    inside = box.clipped(rgb.shape[1], rgb.shape[0])
    if inside.empty:
        raise InputError("the face lies outside the image; expected landmarks in px of this image")
    part = np.ascontiguousarray(rgb[inside.y0 : inside.y1, inside.x0 : inside.x1])
    return np.asarray(shrink(part, size), np.float32)


@njit(cache=True, nogil=True)
def shrink(rgb: ByteArray, size: int) -> FloatArray:
    """Luma (BT.601) of an image, each pixel of ``(size, size)`` the mean of the area that it covers.

    Args:
        rgb: ``(h, w, 3)``.
        size: Side, px.
    """
    height, width = rgb.shape[0], rgb.shape[1]
    tall, wide = height / size, width / size
    out = np.zeros((size, size), np.float32)
    for i in range(size):
        for j in range(size):
            total, area = 0.0, 0.0
            for y in range(int(i * tall), min(height, int(np.ceil((i + 1) * tall)))):
                down = min(y + 1.0, (i + 1) * tall) - max(float(y), i * tall)
                for x in range(int(j * wide), min(width, int(np.ceil((j + 1) * wide)))):
                    part = down * (min(x + 1.0, (j + 1) * wide) - max(float(x), j * wide))
                    total += part * (0.299 * rgb[y, x, 0] + 0.587 * rgb[y, x, 1] + 0.114 * rgb[y, x, 2])
                    area += part
            out[i, j] = total / area
    return out


def shrink_plain(rgb: ByteArray, size: int) -> FloatArray:
    """:func:`shrink` as two matrix products, to hold it against."""
    tall, wide = (
        np.diff(np.clip(np.linspace(0, n, size + 1)[:, None] - np.arange(n), 0, 1), axis=0) for n in rgb.shape[:2]
    )
    grey = rgb @ np.array((0.299, 0.587, 0.114))
    means = tall @ grey @ wide.T
    return np.asarray(means / (rgb.shape[0] * rgb.shape[1] / size**2), np.float32)


def frame_steps(frame: int, source: AnyArray, result: AnyArray) -> FrameSteps:
    """Compare three neighbouring frames.

    With S and R the pictures of source and result before, at and after the frame, and
    ``e = (R - (R₋ + R₊)/2) - (S - (S₋ + S₊)/2)``: the share towards the frame before is ``<e, S₋ - S> / |S₋ - S|²``,
    since a result that is the source plus an edit has e = 0, and one that shows the frame before has ``e = S₋ - S``.

    Args:
        frame: Index of the one in the middle.
        source: ``(3, h, w)`` grey values 0-255, cut at the same place out of all three.
        result: The same of the result, cut at that place, too.

    Raises:
        InputError: Another shape, or not finite.
    """
    a, b = np.asarray(source, np.float64), np.asarray(result, np.float64)
    if a.ndim != 3 or len(a) != 3 or a.shape != b.shape or a.size == 0:
        raise InputError(f"the pictures have shapes {a.shape} and {b.shape}; expected both (3, h, w)")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError("the pictures hold values that are not finite")
    beyond = (b[1] - (b[0] + b[2]) / 2) - (a[1] - (a[0] + a[2]) / 2)
    ways = a[0] - a[1], a[2] - a[1]
    length = float((beyond**2).sum())
    left = [float(((beyond - way) ** 2).sum()) / length if length > 0 else float("inf") for way in ways]
    return FrameSteps(
        frame=frame,
        source=(_rms(a[1] - a[0]), _rms(a[2] - a[1])),
        result=(_rms(b[1] - b[0]), _rms(b[2] - b[1])),
        share=(_along(beyond, ways[0]), _along(beyond, ways[1])),
        left=(left[0], left[1]),
    )


def find_repeats(steps: list[FrameSteps]) -> RepeatedFrames:
    """The frames that show another's face.

    A frame counts where the source's step on one side is :data:`VISIBLE`, the result's is at most :data:`STANDING` of
    it (and of the clip's usual ratio, if that is below 1), and the share towards that side is :data:`SHARE` or more. Of
    two neighbours that look alike, the repeat is the one of which that leaves less unexplained.

    Args:
        steps: In order of time.
    """
    ratios = [r / s for step in steps for s, r in zip(step.source, step.result, strict=True) if s >= VISIBLE]
    limit = STANDING * min(1.0, float(np.median(ratios))) if ratios else 0.0
    pairs: dict[int, tuple[float, RepeatedFrame]] = {}  # by the earlier frame of two that look alike
    for step in steps:
        for side in (0, 1):
            moved, share = step.source[side], step.share[side]
            if moved < VISIBLE or step.result[side] > limit * moved or share < SHARE:
                continue
            earlier = step.frame - 1 + side
            if earlier not in pairs or step.left[side] < pairs[earlier][0]:
                pairs[earlier] = (step.left[side], RepeatedFrame(step.frame, step.frame + 2 * side - 1, share, moved))
    found = tuple(pairs[earlier][1] for earlier in sorted(pairs))
    return RepeatedFrames(found, sum(max(step.source) >= VISIBLE for step in steps))


def repeated_frames(source: AnyArray, result: AnyArray, frames: AnyArray | None = None) -> RepeatedFrames:
    """Find the repeats in pictures cut at one place out of a whole clip; :class:`RepeatedFrameWatch` follows the face.

    Args:
        source: ``(T, h, w)`` grey values 0-255.
        result: ``(T, h, w)``, the same frames.
        frames: ``(T,)`` increasing frame indices; frames beside a gap are left out; ``None`` for no gaps.

    Raises:
        InputError: Different shapes, or not finite.
    """
    a, b = np.asarray(source), np.asarray(result)
    if a.ndim != 3 or a.shape != b.shape:
        raise InputError(f"the pictures have shapes {a.shape} and {b.shape}; expected the same (T, h, w)")
    index = np.arange(len(a)) if frames is None else np.asarray(frames)
    starts = np.flatnonzero(consecutive(len(a), index, 3))
    return find_repeats([frame_steps(int(index[t + 1]), a[t : t + 3], b[t : t + 3]) for t in starts])


class RepeatedFrameWatch:
    """Finds repeats in a clip, frame by frame; holds three frames, and six numbers of each frame that was.

    Where the result is late as a whole (``sync_lag``), frames seem repeated that are not: look at the lag first.
    """

    def __init__(self) -> None:
        """Start with no frame."""
        self._last: list[tuple[int, ByteArray, ByteArray, AnyArray]] = []
        self._steps: list[FrameSteps] = []

    def add(self, frame: int, source: ByteArray, result: ByteArray, landmarks: AnyArray) -> None:
        """Take the next frame; leave out those without a face.

        Args:
            frame: Its index, larger than the one before; a gap starts afresh.
            source: ``(H, W, 3)`` uint8; kept without copying until two more frames have come.
            result: ``(H, W, 3)`` uint8, same size.
            landmarks: ``(478, 3)`` px, of the source's face.

        Raises:
            InputError: Images of different size, frames out of order, or a face outside the image.
        """
        if source.shape != result.shape or source.ndim != 3:
            raise InputError(f"source is {source.shape} and result {result.shape}; expected the same (H, W, 3)")
        if self._last and frame <= self._last[-1][0]:
            raise InputError(f"frame {frame} came after frame {self._last[-1][0]}; expected them in order")
        if self._last and frame != self._last[-1][0] + 1:
            self._last.clear()
        self._last = [*self._last[-2:], (frame, source, result, np.asarray(landmarks))]
        if len(self._last) == 3:
            box = face_box(self._last[1][3])
            crops = [
                (face_crop(of_source, box), face_crop(of_result, box)) for _, of_source, of_result, _ in self._last
            ]
            self._steps.append(
                frame_steps(self._last[1][0], np.stack([a for a, _ in crops]), np.stack([b for _, b in crops]))
            )

    def result(self) -> RepeatedFrames:
        """What was found so far."""
        return find_repeats(self._steps)


def _rms(difference: DoubleArray) -> float:
    return float(np.sqrt((difference**2).mean()))


def _along(beyond: DoubleArray, way: DoubleArray) -> float:
    length = float((way**2).sum())
    return float((beyond * way).sum()) / length if length > 0 else 0.0
