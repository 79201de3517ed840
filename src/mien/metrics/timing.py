"""Timing: every frame of the result at its input frame's time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class TimingChange:
    """How the frame times of two clips differ.

    Attributes:
        source_frames: Frames of the source.
        result_frames: Frames of the result.
        largest_s: Largest difference over the frames that both have, seconds; 0 where none is shared.
    """

    source_frames: int
    result_frames: int
    largest_s: float

    @property
    def equal(self) -> bool:
        """Whether both have the same frames at exactly the same times."""
        return self.source_frames == self.result_frames and self.largest_s == 0.0


def timing_change(
    source_pts: Sequence[int], source_base: Fraction, result_pts: Sequence[int], result_base: Fraction
) -> TimingChange:
    """Compare presentation times as exact fractions: ``pts`` times time base.

    Args:
        source_pts: Timestamps of the source's frames, in presentation order.
        source_base: Seconds per tick of the source's stream.
        result_pts: As ``source_pts``, of the result.
        result_base: As ``source_base``, of the result.
    """
    shared = zip(source_pts, result_pts, strict=False)
    differences = [abs(a * source_base - b * result_base) for a, b in shared]
    return TimingChange(len(source_pts), len(result_pts), float(max(differences, default=Fraction(0))))
