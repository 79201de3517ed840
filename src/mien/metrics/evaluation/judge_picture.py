"""Figures on the picture: the background, and how sharp the face is."""

from __future__ import annotations

import numpy as np

from mien.metrics.evaluation.evaluation import Figure, Series
from mien.metrics.evaluation.judge_sync import series
from mien.metrics.evaluation.judged import Kind, judged, unavailable, where
from mien.metrics.evaluation.limits import LIMITS
from mien.metrics.evaluation.measured import Measured, mean, worst

BACKGROUND = Kind("background_change", "Background changed", "picture", "shades of 255")
ERROR = Kind("background_error", "Background, mean difference of its pixels", "picture", "shades of 255")
SHARPNESS = Kind("face_sharpness", "Sharpness of the face, over the source's", "picture", "×")

USUAL_ERROR = 1.5
"""Mean absolute difference of the pixels that encoding at usual qualities stays under, shades of 255. A coarser encoder
moves the means of blocks farther, too: the limits grow with its error, up to :data:`MOST_ERROR` times."""

MOST_ERROR = 5.0


def judge_picture(measured: Measured) -> list[Figure]:
    """All figures on the picture."""
    return [*_background(measured), _sharpness(measured)]


def picture_series(measured: Measured) -> list[Series]:
    """The background's change over time."""
    if not measured.same_size:
        return []
    values = {"result": measured.column("background_shift")}
    return [series(measured, "background_change", "Background changed", "picture", "shades of 255", values)]


def _background(measured: Measured) -> list[Figure]:
    shift, error = measured.column("background_shift"), measured.column("background_error")
    if not measured.same_size:
        why = "Source and result differ in size, so their pixels cannot be compared."
        return [unavailable(kind, why) for kind in (BACKGROUND, ERROR)]
    row = worst(shift)
    if row is None:
        why = "The face fills the picture: nothing lies far enough from it to be called background."
        return [unavailable(kind, why) for kind in (BACKGROUND, ERROR)]
    # The median over the clip: a change in some frames must not excuse itself.
    scale = float(np.clip(np.nanmedian(error) / USUAL_ERROR, 1.0, MOST_ERROR))
    value = float(shift[row])
    column, line = measured.place[row]
    change = judged(BACKGROUND, value, "", measured, row, scale)
    if change.verdict == "good":
        sentence = (
            f"The background is the source's; encoding moved no part of it by more than {value:.1f} shades of 255."
        )
    else:
        sentence = (
            f"The background differs by {value:.0f} shades of 255 {where(measured, row)}, around column {column}, row "
            f"{line}; encoding explains {LIMITS[BACKGROUND.key].good * scale:.1f}."
        )
    noise = f"Away from the face, pixels differ from the source's by {mean(error):.2f} shades of 255 on average."
    noisiest = worst(error)
    return [
        judged(BACKGROUND, value, sentence, measured, row, scale),
        judged(ERROR, mean(error), noise, measured, noisiest),
    ]


def _sharpness(measured: Measured) -> Figure:
    source, result = measured.column("sharpness_source"), measured.column("sharpness_result")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(source > 0, result / source, np.nan)
    known = ratio[np.isfinite(ratio)]
    if not len(known):
        return unavailable(SHARPNESS, "No face is large enough for its sharpness to be measured.")
    value, row = float(np.median(known)), worst(-ratio)
    if value >= 0.9:
        sentence = f"The face is as sharp as the source's ({value:.2f} times its fine detail)."
    else:
        sentence = f"The face has {value:.2f} times the fine detail of the source's, least {where(measured, row)}."
    return judged(SHARPNESS, value, sentence, measured, row)
