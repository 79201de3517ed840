"""Brows rise whole: the skin that their hair may reach into goes along, and what stretches is the lid beneath.

The tracker's lower row of brow points lies within thick or low brows, not below them. Were the skin under that row left
behind as the brow rises, the hair in it would be drawn out to a smear. What stretches instead is the fold of the lid,
which is dark as long as it is shut: as it opens, light gets in.
"""

from __future__ import annotations

import numpy as np

from mien.compositing.field import VERTEX_COUNT
from mien.morphable.regions import EYE_CORNERS_OUTER
from mien.reconstruction.light import LUMINANCE
from mien.types import AnyArray, DoubleArray, FloatArray

# Right side: brow point that leads, skin that follows, the lid's edge below, share of the way, share of the shadow.
_RIGHT = (
    *((46, 225, 246, 1.0, 0.5), (53, 224, 161, 1.0, 0.5), (52, 223, 159, 1.0, 0.5)),  # next below the brow
    *((65, 222, 158, 1.0, 0.5), (55, 221, 157, 1.0, 0.5)),
    *((46, 30, 246, 0.0, 1.0), (53, 29, 161, 0.0, 1.0), (52, 27, 159, 0.0, 1.0)),  # the fold of the lid
    *((65, 28, 158, 0.0, 1.0), (55, 56, 157, 0.0, 1.0)),
    *((55, 193, 173, 0.6, 1.0), (55, 189, 173, 0.3, 1.0)),  # towards the root of the nose
)
_LEFT = (
    *((276, 445, 466, 1.0, 0.5), (283, 444, 388, 1.0, 0.5), (282, 443, 386, 1.0, 0.5)),
    *((295, 442, 385, 1.0, 0.5), (285, 441, 384, 1.0, 0.5)),
    *((276, 260, 466, 0.0, 1.0), (283, 259, 388, 0.0, 1.0), (282, 257, 386, 0.0, 1.0)),
    *((295, 258, 385, 0.0, 1.0), (285, 286, 384, 0.0, 1.0)),
    *((285, 417, 398, 0.6, 1.0), (285, 413, 398, 0.3, 1.0)),
)
_LEADERS, _FOLLOWERS, _LIDS = (np.array([row[k] for row in (*_RIGHT, *_LEFT)], int) for k in range(3))
_SHARES, _SHADOWS = (np.array([row[k] for row in (*_RIGHT, *_LEFT)], float) for k in (3, 4))
_ABOVE = ((69, 104), (299, 333))
"""Points of the forehead above the right and the left brow, as bright as open skin."""

HALF_OPEN_MM = 8.0
"""Rise of the brow over the lid at which half of a fold's shadow is gone: it doubles the skin between them."""

DARKEST = 0.45
"""Natural logarithm. Of what is darker the less is taken for a shadow; at twice as much it is hair, paint or a lens."""

_SAMPLE_RADIUS = 0.02  # Eye distances.


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
    share = _SHARES * upwards
    raised = move.copy()
    raised[_FOLLOWERS] += share[:, None] * ahead
    return raised


def fold_light(crop: FloatArray, source: DoubleArray, move: DoubleArray) -> DoubleArray:
    """How much lighter the folds between brows and lids become as they open.

    Args:
        crop: ``(h, w, 3)`` pixels of the face, 0-1, gamma coded.
        source: ``(478, 2)`` landmarks, px of the crop.
        move: ``(468, 3)`` mm, how they move.

    Returns:
        ``(468,)`` logarithm of the brightness change, gamma coded.
    """
    gain = np.zeros(VERTEX_COUNT)
    rise = np.maximum(move[_LEADERS, 1] - move[_LIDS, 1], 0.0)
    if rise.max() < 1e-3:
        return gain
    radius = max(1, round(_SAMPLE_RADIUS * float(np.linalg.norm(np.subtract(*source[EYE_CORNERS_OUTER])))))
    skin = np.repeat([_brightness(crop, source[list(above)], radius).mean() for above in _ABOVE], len(_RIGHT))
    darker = skin - _brightness(crop, source[_FOLLOWERS], radius)
    shadow = np.maximum(np.minimum(darker, 2.0 * DARKEST - darker), 0.0)
    gain[_FOLLOWERS] = _SHADOWS * shadow * rise / (rise + HALF_OPEN_MM)
    return gain


def _brightness(crop: FloatArray, points: AnyArray, radius: int) -> DoubleArray:
    """Logarithm of the mean brightness around points ``(n,)``, gamma coded; points outside are moved to the rim."""
    height, width = crop.shape[:2]
    columns, rows = np.clip(np.rint(points), 0, [width - 1, height - 1]).astype(int).T
    means = [
        crop[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1].mean(axis=(0, 1))
        for x, y in zip(columns, rows, strict=True)
    ]
    return np.asarray(np.log(np.maximum(np.array(means) @ LUMINANCE, 0.02)))
