"""Unlabelled footage labelled by its tracked action units: what a face shows in every frame, and for how long.

What the tracker sees of an expression is not what FACS writes down: cheeks, lips pressed together and tightened lids
hardly move a landmark, brows count about half, and action units that speech needs say nothing about emotion. So every
emotion has a *signature* of what is seen of its recipe at intensity 1 (:mod:`mien.data.seen_expressions`). A frame is
compared with all of them, after the person's own neutral has been taken off. What fits none of them well, or two of
them alike, is left out: a missing label costs a frame, a wrong one spoils an actor.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.spatial.distance import cdist

from mien.data.seen_expressions import COST, MOUTH, SEEN, in_pairs, pair_weights, signatures
from mien.emotion.action_units import AU_COLUMNS
from mien.emotion.vocabulary import NEUTRAL
from mien.errors import InputError
from mien.types import AnyArray, DoubleArray

LEVELS = (1 / 3, 2 / 3, 1.0)
"""Intensities that labels have: those of MEAD's levels."""

LEFT_OUT = -1
SMOOTH_S = 0.4
"""Length of the window over which the units are smoothed (Hann); a syllable lasts about half as long."""

SHORTEST_S = 0.2
"""A stretch lasts at least so long."""

_LEAST_INTENSITY = 1 / 6
_MOST_INTENSITY = 1.2
_LEAST_EXPLAINED = 0.5
_LEAST_LEAD = 0.01
_LEAST_EVIDENCE = 3.0
_LEAST_LEADING = 0.5
_NEUTRAL_NOISE = 1.4
_MOUTH_AT_REST = 0.5
"""Speech, smoothed, stays below; a mouth held open or pressed together is not neutral."""

_BRIDGED_S = 0.12
_NEUTRAL_SHARE, _NEUTRAL_LEAST = 0.05, 12
_NEUTRAL_FRAMES = 2000
"""Of longer footage so many frames are compared, evenly spread: each with each."""

_REST_PREFERENCE = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What every frame shows.

    Attributes:
        names: What the numbers in ``label`` stand for; 0 is neutral.
        label: ``(T,)`` index in ``names``; ``LEFT_OUT`` where it is not sure.
        intensity: ``(T,)`` 0 to 1 of the emotion that fits best; 0 where the label is neutral.
        explained: ``(T,)`` 0 to 1: how much of what the face does is that emotion.
    """

    names: tuple[str, ...]
    label: AnyArray
    intensity: DoubleArray
    explained: DoubleArray


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one expression at one level: rows ``start <= row < stop``.

    Attributes:
        start: First row.
        stop: Row after the last.
        emotion: One of ``EMOTIONS``, or ``NEUTRAL``.
        level: One of :data:`LEVELS`; 0 for neutral.
        intensity: As measured, mean over the stretch, 0 to 1.
        peak: The row that shows it best.
    """

    start: int
    stop: int
    emotion: str
    level: float
    intensity: float
    peak: int


def find_neutral(beta: AnyArray) -> DoubleArray:
    """The person's own neutral: the expression near rest to which the face comes back most often.

    Of the quieter half of the frames, that round which the nearest twentieth of all frames lies closest, with a
    preference for rest; then the median of those. An actor who smiles more often than not is quiet more often still.

    Args:
        beta: ``(T, E)`` smoothed expressions of all footage, fitted with one identity.

    Returns:
        ``(E,)``.

    Raises:
        InputError: There is no frame.
    """
    beta = np.asarray(beta, np.float64)
    if beta.ndim != 2 or not len(beta):
        raise InputError(f"neutral is found in expressions (frames, units), not {beta.shape}")
    seen = beta[:: -(-len(beta) // _NEUTRAL_FRAMES)]
    count = min(len(seen), max(_NEUTRAL_LEAST, round(_NEUTRAL_SHARE * len(seen))))
    activity = np.linalg.norm(seen, axis=1)
    quiet = seen[activity <= np.median(activity)]
    distance = cdist(quiet, seen)
    radius = np.partition(distance, count - 1, axis=1)[:, count - 1]
    centre = np.argmin(radius + _REST_PREFERENCE * np.linalg.norm(quiet, axis=1))
    return np.asarray(np.median(seen[np.argsort(distance[centre], kind="stable")[:count]], axis=0))


def smoothed(values: AnyArray, times_s: AnyArray, window_s: float = SMOOTH_S) -> DoubleArray:
    """Values over time, smoothed with a Hann window; ends are continued.

    Args:
        values: ``(T, N)``.
        times_s: ``(T,)`` increasing, evenly spaced but for single dropped frames.
        window_s: The whole window.
    """
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return values.copy()
    half = round(0.5 * window_s / float(np.median(np.diff(times_s))))
    weights = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(values, ((half, half), (0, 0)), "edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, len(weights), axis=0)
    return np.asarray(views @ (weights / weights.sum()))


def read_expressions(beta: AnyArray, neutral: AnyArray) -> Reading:
    """Compare every frame with the signatures.

    For each emotion the intensity is found that explains the frame best (least squares, units by their noise). Sure is
    a frame of which the best emotion explains at least half, and so much more than the next one that noise cannot be
    the reason.

    Args:
        beta: ``(T, len(AU_COLUMNS))`` smoothed expressions.
        neutral: ``(len(AU_COLUMNS),)`` from :func:`find_neutral`.

    Raises:
        InputError: The columns are not those of ``AU_COLUMNS``.
    """
    beta, neutral = np.asarray(beta, np.float64), np.asarray(neutral, np.float64)
    if beta.ndim != 2 or beta.shape[1] != len(AU_COLUMNS) or neutral.shape != (len(AU_COLUMNS),):
        raise InputError(f"labels need expressions of the {len(AU_COLUMNS)} action units, not {beta.shape}")
    names = (NEUTRAL, *SEEN)
    kinds, changes = signatures(neutral)
    change = in_pairs(beta - neutral)
    templates = in_pairs(changes)
    weight = pair_weights(beta - neutral)
    power = np.sum(weight * change**2, axis=1)
    amount = np.clip((weight * change) @ templates.T / (weight @ (templates**2).T), 0.0, _MOST_INTENSITY)
    left = np.sum(weight[:, None] * (change[:, None] - amount[..., None] * templates) ** 2, axis=2)
    left += np.array([COST.get(kind, 0.0) for kind in kinds])
    explained = 1.0 - left / np.maximum(power, 1e-12)[:, None]
    # What is missing of the neutral (a smile) makes no emotion (sadness) alone: what leads it has to be seen.
    leads = in_pairs(np.maximum(changes, 0.0))
    explained[(weight * change) @ leads.T < _LEAST_LEADING * amount * (weight @ (leads**2).T)] = 0.0
    of = np.array([names.index(kind) for kind in kinds])
    table = np.full((len(beta), len(names)), -np.inf)
    for column, name in enumerate(of):  # the two sides of contempt are one emotion
        table[:, name] = np.maximum(table[:, name], explained[:, column])
    best = np.argmax(table, axis=1)
    ordered = np.sort(table, axis=1)
    rows = np.arange(len(beta))
    intensity = np.where(of == best[:, None], np.where(explained == table[rows, best][:, None], amount, 0.0), 0.0).max(
        1
    )
    lead = ordered[:, -1] - ordered[:, -2]
    sure = (ordered[:, -1] >= _LEAST_EXPLAINED) & (lead >= _LEAST_LEAD) & (lead * power >= _LEAST_EVIDENCE)
    still = np.abs((beta - neutral)[:, list(MOUTH)]).max(axis=1) <= _MOUTH_AT_REST
    neutral_seen = still & (np.sqrt(power / change.shape[1]) <= _NEUTRAL_NOISE)
    shown = sure & (intensity >= _LEAST_INTENSITY)
    label = np.where(shown, best, np.where(neutral_seen & (intensity < _LEAST_INTENSITY), 0, LEFT_OUT))
    return Reading(
        names, label, np.where(label == 0, 0.0, np.minimum(intensity, 1.0)), np.clip(table[rows, best], 0.0, 1.0)
    )


def find_stretches(reading: Reading, times_s: AnyArray) -> list[Stretch]:
    """Frames merged into stretches of one expression at one level.

    Interruptions as short as a blink are bridged where the same expression goes on; levels
    are those of the intensity's mean over a third of a second, and a stretch shorter than :data:`SHORTEST_S` is left
    out.

    Args:
        reading: Of consecutive frames.
        times_s: ``(T,)`` increasing.
    """
    times_s = np.asarray(times_s, np.float64)
    if len(times_s) < 2:
        return []
    step = float(np.median(np.diff(times_s)))
    label = _bridged(reading.label, max(1, round(_BRIDGED_S / step)))
    level = np.zeros(len(label))
    for start, stop in runs(label):
        if label[start] > 0:
            even = smoothed(reading.intensity[start:stop, None], times_s[start:stop])[:, 0]
            level[start:stop] = _steady_levels(even, max(1, round(SHORTEST_S / step)))
    found = []
    for start, stop in runs(np.stack([label, level], axis=1)):
        if label[start] == LEFT_OUT or (stop - start) * step < SHORTEST_S - 1e-6:
            continue
        emotion = reading.names[label[start]]
        within = reading.intensity[start:stop]
        best = np.argmin(within) if emotion == NEUTRAL else np.argmax(reading.explained[start:stop])
        found.append(Stretch(start, stop, emotion, float(level[start]), float(within.mean()), int(start + best)))
    return found


def runs(values: AnyArray) -> list[tuple[int, int]]:
    """Stretches ``(start, stop)`` in which the rows of an array stay the same."""
    rows = np.asarray(values).reshape(len(values), -1)
    if not len(rows):
        return []
    edges = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1
    bounds = [0, *edges.tolist(), len(rows)]
    return list(pairwise(bounds))


def _bridged(label: AnyArray, most: int) -> AnyArray:
    """Labels with short interruptions of one expression filled."""
    filled = np.array(label)
    pieces = runs(label)
    for before, gap, after in zip(pieces, pieces[1:], pieces[2:], strict=False):
        same = label[before[0]] == label[after[0]] != LEFT_OUT
        if same and gap[1] - gap[0] <= most:
            filled[gap[0] : gap[1]] = label[before[0]]
    return filled


def _steady_levels(intensity: DoubleArray, least: int) -> DoubleArray:
    """The nearest level of every frame; pieces shorter than a stretch join the neighbour whose level is nearer."""
    levels = np.array(LEVELS)
    found = np.argmin(np.abs(intensity[:, None] - levels), axis=1)
    while True:
        pieces = runs(found)
        short = [piece for piece in pieces if piece[1] - piece[0] < least]
        if not short or len(pieces) == 1:
            return np.asarray(levels[found])
        start, stop = min(short, key=lambda piece: piece[1] - piece[0])
        beside = [found[place] for place in (start - 1, stop) if 0 <= place < len(found)]
        mean = intensity[start:stop].mean()
        found[start:stop] = min(beside, key=lambda other: abs(levels[other] - mean))
