"""Level 1: what the recipe adds to the face's own action units.

An action unit that the face already shows is not added twice: it saturates. Antagonists are relaxed.
"""

from __future__ import annotations

import numpy as np

from mien.types import DoubleArray


def added_activity(activity: DoubleArray, target: DoubleArray, relax: DoubleArray) -> DoubleArray:
    """How much each action unit column changes.

    Args:
        activity: ``(..., E)`` what the face shows, 0 and up.
        target: ``(..., E)`` what is asked, in [0, 1].
        relax: ``(..., E)`` share of the shown activity to take away, in [0, 1].

    Returns:
        ``(..., E)``: relaxed activity is taken off; the target is added as far as the remaining activity leaves room,
        ``target * (1 - remaining)``, so that a full smile does not become a double one. Linear in target and relax.
    """
    remaining = np.clip(activity, 0.0, 1.0) * (1.0 - relax)
    return np.asarray(target * (1.0 - remaining) - activity * relax)
