"""What tracking sees of each emotion: signatures to compare a face with, and how far a face wanders without any."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from mien.emotion.action_units import AU_COLUMN_INDEX, AU_COLUMNS, columns_of
from mien.emotion.recipes import recipe
from mien.types import AnyArray, DoubleArray

SEEN: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "happy": {"AU12": 1.05, "AU10": 0.15},
        "sad": {"AU15": 0.42, "AU1": 0.12},
        "angry": {"AU4": 0.40, "AU9": 0.14, "AU10": 0.08},
        "fear": {"AU1": 0.45, "AU2": 0.52, "AU5": 0.30, "AU15": 0.20, "AU20": 0.16},
        "disgusted": {"AU9": 0.28, "AU10": 0.30, "AU4": 0.14},
        "surprised": {"AU1": 0.54, "AU2": 0.62, "AU5": 0.30},
        "contempt": {"AU12": 0.50},
    }
)
"""Emotion to what the fit finds of it at intensity 1, on both sides; of contempt on one.

Leading units of the recipes as measured by ``benchmarks/seen_action_units.py`` (neutral clips of three people, edited
by ``instant`` at intensity 1, tracked and fitted again); supporting units at half of what is measured, since people
show fewer of them than a recipe that has to be recognised. ``calm`` is not among them: what is seen of it (AU12 0.1)
is neither told apart from neutral nor from a weak smile."""

NOISE: Mapping[str, float] = MappingProxyType(
    {
        "AU1": 0.06, "AU2": 0.06, "AU4": 0.05, "AU5": 0.10, "AU9": 0.05, "AU10": 0.10, "AU12": 0.10, "AU15": 0.09,
        "AU20": 0.12, "AU30": 0.10, "AU43": 0.20,
    }
)  # fmt: skip
"""How far the units wander about neutral while somebody just talks, once smoothed; the units that are compared.

The jaw to one side (AU30) and eyes that stay closed (AU43) belong to no emotion here: a face that does so grimaces,
and is not neutral either."""

COST: Mapping[str, float] = MappingProxyType({"fear": 3.0})
"""Fear is surprise and more: what tells them apart has to be seen."""

_TALK_NOISE = 0.7
_ODD = 2.0
_LOWER_UNITS = ("AU10", "AU12", "AU15", "AU20", "AU30")
_TALKING = [AU_COLUMN_INDEX[f"AU{number}"] for number in (18, 22, 24, 25, 26, 27, 28)]
MOUTH = (*_TALKING, AU_COLUMN_INDEX["AU17"], AU_COLUMN_INDEX["AU23"])
"""Columns of units that speech needs, and that say nothing about emotion."""

_LEFT, _RIGHT = ([AU_COLUMN_INDEX[unit + side] for unit in NOISE] for side in "LR")
_LOWER = np.repeat([unit in _LOWER_UNITS for unit in NOISE], 2)
_SIGMA = np.array(
    [sigma * odd for unit, sigma in NOISE.items() for odd in (1.0, 1.0 if unit in _LOWER_UNITS else _ODD)]
)


def signatures(neutral: AnyArray) -> tuple[tuple[str, ...], DoubleArray]:
    """What each emotion changes of this person's neutral at intensity 1, in the columns of ``AU_COLUMNS``.

    What a recipe takes away (a frown's raised brows) changes only what the neutral has of it.

    Args:
        neutral: ``(len(AU_COLUMNS),)``.

    Returns:
        Names, contempt among them twice, and ``(len(names), len(AU_COLUMNS))``.
    """
    names, rows = [], []
    for emotion, seen in SEEN.items():
        for side in ("R", "L") if emotion == "contempt" else ("RL",):
            change = np.zeros(len(AU_COLUMNS))
            for row in recipe(emotion):
                if row.role == "takes away" and row.sides == "both":
                    places = [AU_COLUMN_INDEX[column] for column in columns_of(row.action_unit)]
                    change[places] = -row.kept * neutral[places]
            for unit, amount in seen.items():
                for column in columns_of(unit):
                    if column[-1] in side:
                        change[AU_COLUMN_INDEX[column]] = amount
            names.append(emotion)
            rows.append(change)
    return tuple(names), np.array(rows)


def in_pairs(change: AnyArray) -> DoubleArray:
    """Columns to sums and differences of the two sides, over √2, of the units that are compared.

    A frown on one side is half a frown; told apart like this, being one-sided can count less than being there.

    Args:
        change: ``(..., len(AU_COLUMNS))``.

    Returns:
        ``(..., 2 * len(NOISE))``: sum and difference of each unit of :data:`NOISE`.
    """
    left, right = np.asarray(change)[..., _LEFT], np.asarray(change)[..., _RIGHT]
    return np.asarray(np.stack([left + right, left - right], axis=-1).reshape(*left.shape[:-1], -1) * np.sqrt(0.5))


def pair_weights(change: DoubleArray) -> DoubleArray:
    """What each pair of :func:`in_pairs` counts: inverse variances; what the lips do counts less the more they speak.

    Args:
        change: ``(T, len(AU_COLUMNS))`` from neutral.

    Returns:
        ``(T, 2 * len(NOISE))``.
    """
    talk = np.clip(np.abs(change[:, _TALKING]).sum(axis=1), 0.0, 1.0)
    spread = np.where(_LOWER, 1.0 + _TALK_NOISE * talk[:, None], 1.0)
    return np.asarray(1.0 / (_SIGMA * spread) ** 2)
