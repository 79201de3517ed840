"""The inside of the mouth: do teeth and tongue flicker where the source's do not."""

from __future__ import annotations

import math
from contextlib import suppress

from mien.errors import InputError
from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.judged import Kind, judged, unavailable, where
from mien.metrics.evaluation.look import Look
from mien.metrics.evaluation.measured import Measured
from mien.metrics.mouth_inside import MouthInsideWatch

INSIDE = Kind("mouth_inside", "Flicker inside the mouth, over the source's", "steadiness", "×")

FEWEST = 5
"""Frames with an open mouth, each beside another, from which on the figure means something."""


class MouthWatcher:
    """Follows the inside of both mouths."""

    def __init__(self) -> None:
        self._watch = MouthInsideWatch()

    def see(self, row: int, look: Look) -> None:
        """See :meth:`mien.metrics.evaluation.look.Watcher.see`."""
        if look.source_face is None or look.result_face is None:
            return
        with suppress(InputError):  # a face outside the picture
            self._watch.add(
                row, look.source, look.source_face.landmarks, look.result, look.result_face.landmarks
            )  # fmt: skip

    def figures(self, measured: Measured) -> list[Figure]:
        """See :meth:`mien.metrics.evaluation.look.Watcher.figures`."""
        found = self._watch.result()
        if found.frames < FEWEST or math.isnan(found.ratio):
            why = "The mouth is hardly ever open in both clips, so its inside cannot be compared."
            return [unavailable(INSIDE, why)]
        sentence = (
            f"The inside of the mouth changes {found.ratio:.2f} times as much from frame to frame as the source's, "
            f"most {where(measured, found.worst_frame)}."
        )
        return [judged(INSIDE, found.ratio, sentence, measured, found.worst_frame)]
