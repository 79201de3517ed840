"""Figures on lips and speech: does the mouth do what the source's does, and when it does."""

from __future__ import annotations

import numpy as np

from mien.metrics.evaluation.evaluation import Figure, Group, Series
from mien.metrics.evaluation.judged import Kind, counted, judged, unavailable, where
from mien.metrics.evaluation.measured import LagFound, Measured, mean, worst
from mien.metrics.lip_sync import MOVING_RANGE, correlation
from mien.types import DoubleArray

CORRELATION = Kind("lip_correlation", "Lips follow the source", "sync", "", "ours, after CCFE eq. 4")
DIFFERENCE = Kind("lip_difference", "Lip opening, difference to the source", "sync", "eye distances")
LIPS_LAG = Kind("lip_lag", "Lips late or early", "sync", "frames")
PICTURE_LAG = Kind("picture_lag", "Face late or early", "sync", "frames")
FROZEN = Kind("frozen_mouth", "Mouth stands still in speech", "sync", "s")

_AROUND = 5
"""Frames averaged to find where lips are worst: a single frame is the ruler's noise."""


def judge_sync(measured: Measured) -> list[Figure]:
    """All figures on lips and speech."""
    source, result = measured.column("lips_source"), measured.column("lips_result")
    apart = np.abs(source - result)
    if not np.isfinite(apart).any():
        why = "No frame has the face in both clips, so lips cannot be compared."
        return [unavailable(kind, why) for kind in (CORRELATION, DIFFERENCE, LIPS_LAG, PICTURE_LAG, FROZEN)]
    row = worst(_smooth(apart))
    lips = _lag(measured, LIPS_LAG, measured.lips_lag, "The lips move")
    picture = _lag(measured, PICTURE_LAG, measured.motion_lag, "The face moves")
    return [_correlation(measured, row), _difference(measured, apart, row), lips, picture, _frozen(measured, apart)]


def sync_series(measured: Measured) -> list[Series]:
    """Lip openings over time."""
    return [
        series(measured, "lip_opening", "Lip opening", "sync", "eye distances",
               {"source": measured.column("lips_source"), "result": measured.column("lips_result")})
    ]  # fmt: skip


def _correlation(measured: Measured, row: int | None) -> Figure:
    source, result = measured.column("lips_source"), measured.column("lips_result")
    seen = np.isfinite(source) & np.isfinite(result)
    if np.ptp(source[seen]) < MOVING_RANGE:
        return unavailable(CORRELATION, "The source's lips hardly move, so a correlation would compare noise.")
    value = correlation(source[seen], result[seen])
    if value >= 0.98:
        sentence = f"The lips open and close with the source's (correlation {value:.3f})."
    else:
        sentence = f"The lips do not quite follow the source's (correlation {value:.3f}), least {where(measured, row)}."
    return judged(CORRELATION, value, sentence, measured, row)


def _difference(measured: Measured, apart: DoubleArray, row: int | None) -> Figure:
    value = mean(apart)
    sentence = (
        f"The lips are {value:.3f} eye distances more or less open than the source's on average, "
        f"most {where(measured, row)}."
    )
    return judged(DIFFERENCE, value, sentence, measured, row)


def _lag(measured: Measured, kind: Kind, lags: list[LagFound], what: str) -> Figure:
    sure = [lag for lag in lags if lag.sure]
    if not sure:
        return unavailable(kind, f"{what} too little or too differently to tell a lag.")
    found = max(sure, key=lambda lag: abs(lag.frames))
    if found.frames == 0:
        return judged(
            kind,
            0.0,
            f"{what} when the source's do.".replace(
                "face moves when the source's do", "face moves when the source's does"
            ),
        )
    times_s = np.array(measured.times_s)
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    side = "later" if found.frames > 0 else "earlier"
    sentence = (
        f"{what} {counted(abs(found.frames), 'frame')} ({abs(found.frames) * step_s * 1000:.0f} ms) {side} than the "
        f"source's, clearest {where(measured, found.worst_row)}."
    )
    return judged(kind, float(abs(found.frames)), sentence, measured, found.worst_row)


def _frozen(measured: Measured, apart: DoubleArray) -> Figure:
    if measured.speaking == 0:
        return unavailable(FROZEN, "The source's lips hardly move, so a mouth that stands still cannot be told.")
    if not measured.frozen:
        return judged(FROZEN, 0.0, "The mouth moves wherever the source speaks.")
    rows = sorted(measured.frozen)
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    times_s = np.array(measured.times_s)
    longest = max(runs, key=len)
    length_s = float(times_s[longest[-1]] - times_s[longest[0]])
    row = int(longest[0] + np.nanargmax(np.where(np.isfinite(apart[longest]), apart[longest], -1.0)))
    more = "" if len(runs) == 1 else f", and {counted(len(runs) - 1, 'other time')}"
    sentence = (
        f"The mouth stands still from {times_s[longest[0]]:.2f} to {times_s[longest[-1]]:.2f} s while the source "
        f"speaks{more}; farthest off {where(measured, row)}."
    )
    return judged(FROZEN, length_s, sentence, measured, row)


def _smooth(values: DoubleArray) -> DoubleArray:
    """Mean over the frames around, those without a value left out."""
    known = np.isfinite(values)
    kernel = np.ones(min(_AROUND, len(values)))
    total = np.convolve(np.where(known, values, 0.0), kernel, "same")
    count = np.convolve(known.astype(float), kernel, "same")
    return np.where(known, total / np.maximum(count, 1.0), np.nan)


def series(measured: Measured, key: str, label: str, group: Group, unit: str, lines: dict[str, DoubleArray]) -> Series:
    """A curve over the clip's time; NaN becomes a gap."""
    values = {
        name: tuple(None if not np.isfinite(v) else round(float(v), 6) for v in line) for name, line in lines.items()
    }
    return Series(key, label, group, unit, tuple(round(t, 6) for t in measured.times_s), values)
