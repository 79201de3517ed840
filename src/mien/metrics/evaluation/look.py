"""A pair of frames as the rulers see it, and who else may look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.measured import Measured
from mien.metrics.evaluation.pairing import Pair
from mien.metrics.evaluation.ruler import Face
from mien.types import ByteArray


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A pair of frames as seen.

    Attributes:
        pair: The frames.
        source: The source's picture.
        result: The result's.
        source_face: The face measured, in the source.
        result_face: The same in the result.
        faces: All faces of both.
    """

    pair: Pair
    source: ByteArray
    result: ByteArray
    source_face: Face | None
    result_face: Face | None
    faces: list[Face]


class Watcher(Protocol):
    """A further measure, told of every pair of frames in order; it keeps no more than numbers of each."""

    def see(self, row: int, look: Look) -> None:
        """Look at a pair of frames.

        Args:
            row: Of the table.
            look: The pair; a face may be missing.
        """
        ...

    def figures(self, measured: Measured) -> list[Figure]:
        """What was found, once all frames are seen."""
        ...
