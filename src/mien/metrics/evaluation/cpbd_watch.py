"""CPBD of the face, result and source: how sharp its edges are, as CCFE's tables have it."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from mien.errors import InputError
from mien.metrics.cpbd import cpbd
from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.judged import Kind, judged, unavailable, where
from mien.metrics.evaluation.look import Look
from mien.metrics.evaluation.measured import Measured
from mien.metrics.evaluation.pictures import face_cut
from mien.metrics.recognition import grey
from mien.types import AnyArray

EVERY = 20
"""Frames between two that are measured: one takes as long as ten frames of everything else."""

RESULT = Kind("CPBD", "Sharp edges in the face, CPBD", "picture", "", "CCFE 4.2")
SOURCE = Kind("CPBD:source", "The same of the source", "picture", "", "CCFE 4.2")


class CpbdWatcher:
    """Cuts out both faces by the outline of their landmarks and measures them at their own size."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._found: list[tuple[float, float]] = []

    def see(self, row: int, look: Look) -> None:
        """See :meth:`mien.metrics.evaluation.look.Watcher.see`."""
        if row % EVERY or look.source_face is None or look.result_face is None:
            return
        with suppress(InputError):  # a face smaller than CPBD's blocks
            pair = [
                cpbd(grey(face_cut(picture, face)))
                for picture, face in ((look.source, look.source_face), (look.result, look.result_face))
            ]
            if np.isfinite(pair).all():
                self._rows.append(row)
                self._found.append((pair[0], pair[1]))

    def figures(self, measured: Measured) -> list[Figure]:
        """See :meth:`mien.metrics.evaluation.look.Watcher.figures`."""
        if not self._rows:
            why = "No face is large enough, or none has edges to measure."
            return [unavailable(RESULT, why), unavailable(SOURCE, why)]
        found: AnyArray = np.array(self._found)
        source, result = (float(value) for value in found.mean(axis=0))
        row = self._rows[int(np.argmin(found[:, 1]))]
        at = where(measured, row)
        told = f"{result:.3f} of the edges in the face look sharp ({source:.3f} in the source), fewest {at}."
        return [
            judged(RESULT, result, told, measured, row),
            judged(SOURCE, source, f"{source:.3f} of the edges in the source's face look sharp."),
        ]
