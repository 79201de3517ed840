"""Picture quality against the source, where the edit changes nothing: PSNR and SSIM of the background."""

from __future__ import annotations

import numpy as np

from mien.metrics.background import MARGIN, distance_to_hull
from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.judged import Kind, judged, unavailable, where
from mien.metrics.evaluation.look import Look
from mien.metrics.evaluation.measured import Measured
from mien.metrics.psnr import decibels, mean_squared_error
from mien.metrics.ssim import RADIUS, ssim
from mien.types import AnyArray

EVERY = 10
"""Frames between two that are compared."""

CELL = 8
"""Side of the cells that are told apart, px."""

PSNR = Kind("background_psnr", "Background, PSNR", "picture", "dB", "DNT 5.3, outside the edit")
SSIM = Kind("background_ssim", "Background, SSIM", "picture", "", "DNT 5.3, outside the edit")


class QualityWatcher:
    """Compares the pixels that lie farther from every face than an edit reaches."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._errors: list[float] = []
        self._alike: list[float] = []

    def see(self, row: int, look: Look) -> None:
        """See :meth:`mien.metrics.evaluation.look.Watcher.see`."""
        if row % EVERY or look.source.shape != look.result.shape or look.source_face is None:
            return
        away = _away(look)
        if away[RADIUS:-RADIUS, RADIUS:-RADIUS].any():
            self._rows.append(row)
            self._errors.append(mean_squared_error(look.source, look.result, away))
            self._alike.append(ssim(look.source, look.result, away))

    def figures(self, measured: Measured) -> list[Figure]:
        """See :meth:`mien.metrics.evaluation.look.Watcher.figures`."""
        if not self._rows:
            why = (
                "The face fills the picture: nothing lies far enough from it to be called background."
                if measured.same_size
                else "Source and result differ in size, so their pixels cannot be compared."
            )
            return [unavailable(PSNR, why), unavailable(SSIM, why)]
        error = float(np.mean(self._errors))
        row = self._rows[int(np.argmax(self._errors))]
        if error == 0.0:
            psnr = unavailable(PSNR, "Background and source are the same, bit for bit: there is no noise to state.")
        else:
            value = decibels(error)
            psnr = judged(
                PSNR,
                value,
                f"Encoding leaves {value:.1f} dB in the background, least {where(measured, row)}.",
                measured,
                row,
            )
        alike = float(np.mean(self._alike))
        least = self._rows[int(np.argmin(self._alike))]
        sentence = f"The background's structure is {alike:.3f} alike (1 is the same), least {where(measured, least)}."
        return [psnr, judged(SSIM, alike, sentence, measured, least)]


def _away(look: Look) -> AnyArray:
    """Pixels of cells that lie wholly away from every face: by cells, since distances of all pixels take long."""
    height, width = look.source.shape[0], look.source.shape[1]
    rows, columns = -(-height // CELL), -(-width // CELL)
    away = np.ones((rows, columns), bool)
    for face in look.faces:
        places = (face.landmarks[:, :2] - (CELL - 1) / 2) / CELL  # in cells, their middles at whole numbers
        away &= distance_to_hull(places, rows, columns) * CELL > MARGIN * face.size + CELL
    return away.repeat(CELL, axis=0).repeat(CELL, axis=1)[:height, :width]
