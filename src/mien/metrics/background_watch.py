"""Background over time: a clip's pixels away from its faces, block by block, told apart from what encoding does.

Encoding changes single pixels everywhere, up and down; the mean of a block hardly moves. A changed background moves it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from mien.errors import InputError
from mien.metrics.background import MARGIN, distance_to_hull
from mien.metrics.face_frame import checked_landmarks, eye_distance
from mien.types import AnyArray, DoubleArray

BLOCK = 16
"""Side of the blocks, px; as the macroblocks of H.264."""


@dataclass(frozen=True, slots=True)
class BlockChange:
    """How the background of one frame differs.

    Attributes:
        largest: Largest absolute change of a block's mean colour (of one channel), in values of the image; NaN where no
            block lies away from the faces.
        mean: Mean absolute change of the pixels of those blocks and channels; NaN likewise.
        blocks: How many blocks lie away from every face.
        row: Row of the middle of the block that changed most, px; ``None`` without blocks.
        column: Its column.
    """

    largest: float
    mean: float
    blocks: int
    row: int | None
    column: int | None


@dataclass(frozen=True, slots=True)
class BackgroundOverTime:
    """How the background of a clip differs.

    Attributes:
        frames: Frames measured.
        largest: Largest change of a block's mean colour in any frame, in values of the image; NaN without frames.
        worst_frame: Index of that frame; ``None`` without frames.
        row: Where in it, px.
        column: Where in it, px.
        mean: Mean absolute change of the pixels, over all frames.
        changed_frames: Frames in which a block's mean colour changed by more than ``threshold``.
        threshold: As given to the watch.
    """

    frames: int
    largest: float
    worst_frame: int | None
    row: int | None
    column: int | None
    mean: float
    changed_frames: int
    threshold: float


def block_change(
    source: AnyArray, result: AnyArray, faces: AnyArray, margin: float = MARGIN, block: int = BLOCK
) -> BlockChange:
    """Compare the blocks that lie wholly farther than ``margin`` eye distances from the convex hull of every face.

    Args:
        source: ``(H, W, 3)``.
        result: ``(H, W, 3)``, same type.
        faces: ``(F, 478, 3)`` px, the landmarks of the faces that may be edited in this frame.
        margin: Eye distances.
        block: Side of a block, px; what is left over at the right and at the bottom is not compared.

    Raises:
        InputError: Images of different shape or type, smaller than a block, or landmarks of a wrong shape.
    """
    first, second = np.asarray(source), np.asarray(result)
    if first.shape != second.shape or first.ndim != 3 or first.dtype != second.dtype:
        raise InputError(
            f"source is {first.dtype} {first.shape} and result {second.dtype} {second.shape}; "
            "expected the same type and shape (H, W, 3)"
        )
    rows, columns = first.shape[0] // block, first.shape[1] // block
    if rows == 0 or columns == 0:
        raise InputError(f"the images are {first.shape[:2]}; expected at least one block of {block} px")
    points = checked_landmarks(faces, "faces")
    away = np.ones((rows, columns), bool)
    reach = np.sqrt(0.5) * (block - 1)  # from a block's middle to its farthest pixel's centre
    for face, size in zip(points, eye_distance(points), strict=True):
        places = (face[:, :2] - (block - 1) / 2) / block  # in blocks, their middles at whole numbers
        away &= distance_to_hull(places, rows, columns) * block > margin * size + reach
    if not away.any():
        return BlockChange(float("nan"), float("nan"), 0, None, None)
    signed, absolute = block_sums(np.ascontiguousarray(first), np.ascontiguousarray(second), block)
    count = block * block
    means = np.abs(signed).max(axis=2) / count
    pixels = absolute.mean(axis=2) / count
    means[~away] = -1.0
    row, column = np.unravel_index(int(means.argmax()), means.shape)
    return BlockChange(
        largest=float(means[row, column]),
        mean=float(pixels[away].mean()),
        blocks=int(away.sum()),
        row=int(row) * block + block // 2,
        column=int(column) * block + block // 2,
    )


@njit(cache=True, nogil=True)
def block_sums(first: AnyArray, second: AnyArray, block: int) -> tuple[DoubleArray, DoubleArray]:
    """Sums of ``second - first`` and of its absolute value in each whole block: two of ``(rows, columns, C)``.

    Args:
        first: ``(H, W, C)`` of any integer or float type.
        second: The same.
        block: Side of a block, px.
    """
    rows, columns, channels = first.shape[0] // block, first.shape[1] // block, first.shape[2]
    signed = np.zeros((rows, columns, channels))
    absolute = np.zeros((rows, columns, channels))
    for row in range(rows):
        for column in range(columns):
            for c in range(channels):
                total, distance = 0.0, 0.0
                for y in range(row * block, (row + 1) * block):
                    for x in range(column * block, (column + 1) * block):
                        difference = float(second[y, x, c]) - float(first[y, x, c])
                        total += difference
                        distance += abs(difference)
                signed[row, column, c] = total
                absolute[row, column, c] = distance
    return signed, absolute


def block_sums_plain(first: AnyArray, second: AnyArray, block: int) -> tuple[DoubleArray, DoubleArray]:
    """:func:`block_sums` in plain NumPy, to hold it against."""
    rows, columns, channels = first.shape[0] // block, first.shape[1] // block, first.shape[2]
    area = (slice(rows * block), slice(columns * block))
    difference = second[area].astype(np.float64) - first[area]
    blocks = difference.reshape(rows, block, columns, block, channels)
    return blocks.sum(axis=(1, 3)), np.abs(blocks).sum(axis=(1, 3))


class BackgroundWatch:
    """Accumulates :func:`block_change` over a clip; keeps one number a frame."""

    def __init__(self, threshold: float = 6.0, margin: float = MARGIN, block: int = BLOCK) -> None:
        """Start with no frame.

        Args:
            threshold: Change of a block's mean colour from which on a frame counts as changed, in values of the image.
                Encoding alone reached 4.0 on edits of five development clips at the usual quality.
            margin: See :func:`block_change`.
            block: See :func:`block_change`.
        """
        self._threshold, self._margin, self._block = threshold, margin, block
        self._worst: tuple[int, BlockChange] | None = None
        self._means = 0.0
        self._changed = 0
        self._frames: list[int] = []
        self._largest: list[float] = []

    def add(self, frame: int, source: AnyArray, result: AnyArray, faces: AnyArray) -> BlockChange:
        """Measure one frame.

        Args:
            frame: Its index.
            source: See :func:`block_change`.
            result: See :func:`block_change`.
            faces: See :func:`block_change`.

        Raises:
            InputError: See :func:`block_change`.
        """
        found = block_change(source, result, faces, self._margin, self._block)
        if found.blocks == 0:
            return found
        self._frames.append(frame)
        self._largest.append(found.largest)
        self._means += found.mean
        self._changed += found.largest > self._threshold
        if self._worst is None or found.largest > self._worst[1].largest:
            self._worst = (frame, found)
        return found

    def series(self) -> tuple[list[int], DoubleArray]:
        """Frame indices, and ``largest`` of each."""
        return list(self._frames), np.array(self._largest, np.float64)

    def result(self) -> BackgroundOverTime:
        """What was found so far."""
        if self._worst is None:
            nan = float("nan")
            return BackgroundOverTime(0, nan, None, None, None, nan, 0, self._threshold)
        frame, worst = self._worst
        mean = self._means / len(self._frames)
        return BackgroundOverTime(
            len(self._frames), worst.largest, frame, worst.row, worst.column, mean, self._changed, self._threshold
        )
