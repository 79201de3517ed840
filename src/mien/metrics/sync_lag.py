"""Lag: by how many frames the result's face moves later than the source's.

Two motions are compared, since either may slip alone: the opening of the lips (dubbing, audio-driven systems) and all
landmarks together, head and face (a shifted picture). Cross-correlation of velocities: slow changes, such as an
emotion that comes and goes, drop out of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.metrics.face_frame import checked_pair, eye_distance
from mien.metrics.jitter import consecutive
from mien.metrics.lip_sync import INNER_PAIRS, lip_opening
from mien.types import LANDMARK_COUNT, AnyArray, DoubleArray

LARGEST_LAG = 15
"""Lags tried to either side, frames; SyncNet tries as many (Chung & Zisserman 2016)."""

SURE = 2.0
"""From this many standard errors on the best lag stands out from the others."""

ALIKE = 0.5
"""Correlation from which on two motions are taken for the same."""

_FEWEST = 8  # frame pairs that a correlation is made of at least


@dataclass(frozen=True, slots=True)
class Lag:
    """By how much one motion of the result comes later than the source's.

    Attributes:
        frames: The lag with the highest correlation; positive where the result is late; 0 where nothing moves.
        correlation: Of the two velocities at that lag, -1 to 1; NaN where nothing moves.
        correlation_at_zero: The same without shifting.
        standard_errors: How far ``correlation`` stands above that of every other lag, in standard errors of a
            difference of correlations (Fisher's z).
        worst_frame: Index where source and result differ most for the lag; ``None`` without a lag.
    """

    frames: int
    correlation: float
    correlation_at_zero: float
    standard_errors: float
    worst_frame: int | None

    @property
    def sure(self) -> bool:
        """Whether the lag can be told: the motions are alike, and no other lag does nearly as well."""
        return self.correlation >= ALIKE and self.standard_errors >= SURE


@dataclass(frozen=True, slots=True)
class SyncLag:
    """The lag of a result, by lips and by the whole face.

    Attributes:
        lips: Of the lip opening.
        motion: Of all landmarks in the image, head motion included.
    """

    lips: Lag
    motion: Lag

    @property
    def shifted(self) -> bool:
        """Whether either is late or early for sure."""
        return any(lag.sure and lag.frames != 0 for lag in (self.lips, self.motion))


def sync_lag(source: AnyArray, result: AnyArray, frames: AnyArray | None = None, largest: int = LARGEST_LAG) -> SyncLag:
    """Find the lag of a result.

    Args:
        source: ``(T, 478, 3)`` px, tracked in the source.
        result: ``(T, 478, 3)`` px, tracked in the result; rows are the same frame numbers.
        frames: ``(T,)`` increasing frame indices; ``None`` for no gaps.
        largest: Lags tried to either side; fewer in clips that are not long enough.

    Returns:
        Lags in frames. Clips of fewer than 9 frames have none that is sure.

    Raises:
        InputError: A wrong shape, not finite, not as many frames, or a negative ``largest``.
    """
    first, second = checked_pair(source, result)
    # One size for the clip: each frame's own would carry the source's tremble into both motions.
    size = float(np.median(eye_distance(first))) if len(first) else 1.0
    lips = [lip_opening(points, INNER_PAIRS, dimensions=2)[:, None] for points in (first, second)]
    motion = [points[..., :2].reshape(len(points), 2 * LANDMARK_COUNT) / size for points in (first, second)]
    return SyncLag(
        lips=motion_lag(lips[0], lips[1], frames, largest), motion=motion_lag(motion[0], motion[1], frames, largest)
    )


def motion_lag(source: AnyArray, result: AnyArray, frames: AnyArray | None = None, largest: int = LARGEST_LAG) -> Lag:
    """The lag between two motions of any kind, by cross-correlation of their velocities.

    ``r(k) = Σ ṡ(t)·ṙ(t+k) / √(Σ|ṡ(t)|² Σ|ṙ(t+k)|²)`` over the frames that both have, means of the velocities taken out.

    Args:
        source: ``(T, D)``, in the same unit as ``result``.
        result: ``(T, D)``.
        frames: See :func:`sync_lag`.
        largest: See :func:`sync_lag`.

    Raises:
        InputError: Different shapes, not finite, or a negative ``largest``.
    """
    a, b = np.asarray(source, np.float64), np.asarray(result, np.float64)
    if a.ndim != 2 or a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError(f"the motions have shapes {a.shape} and {b.shape}; expected the same (T, D), all finite")
    if largest < 0:
        raise InputError(f"the largest lag is {largest}; expected 0 or more frames")
    index = np.arange(len(a)) if frames is None else np.asarray(frames)
    steps = consecutive(len(a), index, 2)
    grid = int(index[-1] - index[0]) if len(a) else 0
    velocity_a, velocity_b = (_velocities(x, index, steps, grid) for x in (a, b))
    lags = np.arange(-min(largest, max(0, grid - _FEWEST)), min(largest, max(0, grid - _FEWEST)) + 1)
    found = np.array([_correlation(velocity_a, velocity_b, int(k)) for k in lags])
    r, counts = found[:, 0], found[:, 1]
    at_zero = float(r[lags == 0][0])
    if np.isnan(r).all():
        return Lag(0, float("nan"), float("nan"), 0.0, None)
    best = int(np.nanargmax(r))
    lag = int(lags[best])
    others = np.delete(r, best)
    runner = float(np.nanmax(others)) if np.isfinite(others).any() else float("nan")
    errors = _standard_errors(float(r[best]), runner, int(counts[best])) if np.isfinite(runner) else 0.0
    return Lag(lag, float(r[best]), at_zero, errors, _worst(velocity_a, velocity_b, lag, index))


def _velocities(x: DoubleArray, index: AnyArray, steps: AnyArray, grid: int) -> DoubleArray:
    """``(grid, D)``: the step after each frame index from the first on; NaN across gaps, mean taken out."""
    out = np.full((grid, x.shape[1]), np.nan)
    if steps.any():
        step = np.diff(x, axis=0)[steps]
        out[(index[:-1] - index[0])[steps]] = step - step.mean(axis=0)
    return out


def _overlap(a: DoubleArray, b: DoubleArray, lag: int) -> tuple[DoubleArray, DoubleArray]:
    """Source at t and result at t + lag, for every t that both have."""
    n = len(a)
    return (a[: n - lag], b[lag:]) if lag >= 0 else (a[-lag:], b[: n + lag])


def _correlation(a: DoubleArray, b: DoubleArray, lag: int) -> tuple[float, int]:
    x, y = _overlap(a, b, lag)
    whole = np.isfinite(x[:, 0]) & np.isfinite(y[:, 0]) if x.shape[1] else np.zeros(len(x), bool)
    if whole.sum() < _FEWEST:
        return float("nan"), int(whole.sum())
    x, y = x[whole], y[whole]
    spread = float(np.sqrt((x * x).sum() * (y * y).sum()))
    # 1e-18 of a squared unit is rounding: a face that does not move has no velocity to compare.
    return (float((x * y).sum()) / spread if spread > 1e-18 else float("nan")), int(whole.sum())


def _standard_errors(best: float, runner: float, count: int) -> float:
    clip = 1 - 1e-9  # identical clips correlate exactly, and Fisher's z has no end there
    z = float(np.arctanh(min(best, clip)) - np.arctanh(np.clip(runner, -clip, clip)))
    return z * float(np.sqrt(max(0, count - 3) / 2))


def _worst(a: DoubleArray, b: DoubleArray, lag: int, index: AnyArray) -> int | None:
    """The frame whose motion the lag explains best and no lag worst."""
    if lag == 0:
        return None
    n = len(a)
    t = np.arange(max(0, lag), n + min(0, lag))  # result frames whose source at t - lag is there
    gain = ((b[t] - a[t]) ** 2).sum(axis=1) - ((b[t] - a[t - lag]) ** 2).sum(axis=1)
    return int(t[np.nanargmax(gain)] + index[0]) if np.isfinite(gain).any() else None
