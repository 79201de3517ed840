"""Brows rise whole: the skin that their hair may reach into goes along, and what stretches is the lid beneath.

The tracker's lower row of brow points lies within thick or low brows, not below them. Were the skin under that row left
behind as the brow rises, the hair in it would be drawn out to a smear.
"""

from __future__ import annotations

import numpy as np

from mien.types import DoubleArray

# The brow point that leads, the vertex next below it that follows, and its share of the way; the right side, the left.
_FOLLOWING = (
    *((46, 225, 1.0), (53, 224, 1.0), (52, 223, 1.0), (65, 222, 1.0), (55, 221, 1.0)),
    *((276, 445, 1.0), (283, 444, 1.0), (282, 443, 1.0), (295, 442, 1.0), (285, 441, 1.0)),
    *((55, 193, 0.6), (55, 189, 0.3), (285, 417, 0.6), (285, 413, 0.3)),  # towards the root of the nose
)
_LEADERS, _FOLLOWERS = (np.array([row[k] for row in _FOLLOWING], int) for k in (0, 1))
_SHARES = np.array([share for _, _, share in _FOLLOWING])


def raise_whole(move: DoubleArray) -> DoubleArray:
    """Let the skin below the brows follow where they rise over it; skin that is pressed together stays as it is.

    Args:
        move: ``(468, 3)`` mm, how the tracker's vertices move.

    Returns:
        The same with other rows for the skin between brows and lids.
    """
    ahead = move[_LEADERS] - move[_FOLLOWERS]
    # The more the way leads upwards the more of it is followed: without a jump where rising turns into pressing
    # together, and in proportion to the intensity.
    upwards = np.maximum(ahead[:, 1], 0.0) / np.maximum(np.linalg.norm(ahead, axis=1), 1e-9)
    raised = move.copy()
    raised[_FOLLOWERS] += (_SHARES * upwards)[:, None] * ahead
    return raised
