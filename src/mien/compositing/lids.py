"""The skin between brow and upper lid: what was a narrow fold, drawn out as the brow rises, becomes even skin again.

A fold is in shadow as long as it is shut, and a few rows of its pixels hold a few hairs, the rim of a lens, some paint.
Drawn out over three times their height they are a dark or bright blotch with upright streaks. So the more the skin has
opened, the more it takes the colour of its own open part, and the less it keeps of streaks that are narrower than the
window of the mean. The skin that the source shows as wide as the result stays as it is.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mien.compositing.openings import smooth_step
from mien.geometry.polygon import polygon_mask
from mien.geometry.window_mean import window_mean
from mien.morphable.regions import (
    EYE_CORNERS_OUTER,
    LEFT_BROW_LOWER,
    LEFT_BROW_UPPER,
    LEFT_EYE_UPPER,
    LEFT_LID_SKIN,
    RIGHT_BROW_LOWER,
    RIGHT_BROW_UPPER,
    RIGHT_EYE_UPPER,
    RIGHT_LID_SKIN,
)
from mien.types import MESH_VERTEX_COUNT, DoubleArray, FloatArray

FOLDS = (
    (RIGHT_BROW_LOWER, RIGHT_EYE_UPPER, np.concatenate([RIGHT_BROW_LOWER, [193], RIGHT_EYE_UPPER[::-1]])),
    (LEFT_BROW_LOWER, LEFT_EYE_UPPER, np.concatenate([LEFT_BROW_LOWER, LEFT_EYE_UPPER[::-1], [417]])),
)
"""Brow, lid and the outline of the skin between them, up to a point at the root of the nose; right eye, left eye."""

RADIUS = 0.04
"""Of the window of the mean, eye distances; it is passed over twice."""

PASSES = 2

OPEN_SKIN = (0.5, 0.85)
"""Which part of the fold's pixels, from the darkest to the brightest, shows what its skin looks like without shadow."""

DEEPEST_SHADOW = 0.9
"""Natural logarithm of gamma-coded brightness: of what is darker than that no more is taken away."""

LUMINANCE = np.array([0.3, 0.59, 0.11], np.float32)

LIT = 0.75
"""Share of a shadow that is taken away where half of the skin is new, or more."""

EVENED_FROM, EVENED_TO, EVENED = 0.2, 0.6, 0.6
"""Streaks stay up to the first share of new skin, and lose this share of themselves from the second one on."""

BROW_TO_LID = (
    np.concatenate([RIGHT_LID_SKIN, RIGHT_BROW_LOWER, RIGHT_BROW_UPPER]),
    np.concatenate([LEFT_LID_SKIN, LEFT_BROW_LOWER, LEFT_BROW_UPPER]),
)
"""The tracker's points; right eye, left eye."""

RAISED = 0.25
"""Share of new skin from which on brow and evened lid are what is seen, and no texture need say it.

Measured with an actor of two_level whose footage knew its landmarks: a texture's difference on top lights lids twice
and blurs the brow (surprise is 0.8 dB farther from the truth, fear 0.5); where brows come down it is needed (anger is
0.8 dB farther away without)."""

_DARKEST = np.float32(0.03)
_FEWEST_PIXELS = 9


def paint_lids(result: FloatArray, source: DoubleArray, target: DoubleArray) -> None:
    """Even out the skin between brows and lids where the edit draws it out, in place.

    Args:
        result: ``(H, W, 3)`` the edited crop, 0-1, gamma coded.
        source: ``(478, 2)`` landmarks of the frame, px of the crop.
        target: ``(478, 2)`` the same after the edit.
    """
    radius = max(1, round(RADIUS * float(np.linalg.norm(np.subtract(*source[EYE_CORNERS_OUTER])))))
    for (_, _, outline), opened in zip(FOLDS, _opened(source, target), strict=True):
        if opened > 0.0:
            _even_out(result, target[outline], radius, opened)


def raised_share(source: DoubleArray, target: DoubleArray) -> DoubleArray:
    """How far each of the tracker's points ``(468,)`` is that of a brow that rises, or of the lid below it: 0-1.

    Args:
        source: ``(478, 2)`` landmarks of the frame, px.
        target: The same after the edit.
    """
    share = np.zeros(MESH_VERTEX_COUNT)
    for points, opened in zip(BROW_TO_LID, _opened(source, target), strict=True):
        share[points] = min(1.0, max(0.0, opened / RAISED))
    return share


def _opened(source: DoubleArray, target: DoubleArray) -> list[float]:
    """Which share of each fold's height is new; negative where the brow comes down."""
    return [1.0 - _height(source, brow, lid) / max(_height(target, brow, lid), 1e-6) for brow, lid, _ in FOLDS]


def _height(points: DoubleArray, brow: np.ndarray, lid: np.ndarray) -> float:
    """From the lid's middle to the brow, px."""
    return float(np.linalg.norm(points[brow].mean(axis=0) - points[lid[2:-2]].mean(axis=0)))


def _even_out(result: FloatArray, outline: DoubleArray, radius: int, opened: float) -> None:
    """Even out the skin within an outline, of which the share ``opened`` is new."""
    margin = PASSES * radius + 1
    left, top = np.clip(np.floor(outline.min(axis=0)).astype(int) - margin, 0, None)
    right, bottom = np.ceil(outline.max(axis=0)).astype(int) + margin + 1
    part = result[top : max(bottom, top), left : max(right, left)]
    inside = polygon_mask(outline - [left, top], *part.shape[:2])
    count = np.count_nonzero(inside)
    if count < _FEWEST_PIXELS:
        return
    planes, colours = np.zeros((4, *inside.shape), np.float32), np.empty((4, count), np.float32)
    _logarithms(part, inside, planes, colours)
    first, last = (int(share * count) for share in OPEN_SKIN)
    bounds = np.partition(colours[3], (first, last))[[first, last]]
    skin = colours[:3, (colours[3] >= bounds[0]) & (colours[3] <= bounds[1])].mean(axis=1)
    for _ in range(PASSES):
        window_mean(planes, radius)
    evened = EVENED * min(max((opened - EVENED_FROM) / (EVENED_TO - EVENED_FROM), 0.0), 1.0)
    _mix(part, planes, skin, np.float32(min(LIT, 2.0 * LIT * opened)), np.float32(evened))


@njit(cache=True, nogil=True)
def _logarithms(part, inside, planes, colours):  # type: ignore[no-untyped-def]
    """Logarithms of the colours inside, 0 outside, and the mask; the same in a list, with their brightness."""
    n = 0
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            if inside[y, x]:
                colours[3, n] = 0.0
                for k in range(3):
                    planes[k, y, x] = colours[k, n] = np.log(max(part[y, x, k], _DARKEST))
                    colours[3, n] += LUMINANCE[k] * colours[k, n]
                planes[3, y, x] = 1.0
                n += 1


@njit(cache=True, nogil=True)
def _mix(part, planes, skin, lit, evened):  # type: ignore[no-untyped-def]
    """Bring each pixel's mean colour nearer to the skin's by ``lit``, the pixel nearer to the mean by ``evened``."""
    height, width = planes.shape[1:]
    half, one, least = np.float32(0.5), np.float32(1.0), np.float32(1e-4)
    for y in range(height):
        for x in range(width):
            within = planes[3, y, x]
            if within <= half:  # half of the window lies outside at the outline itself
                continue
            share = np.float32(smooth_step((within - half) / half))
            lighter = np.float32(0.0)
            for k in range(3):
                lighter += LUMINANCE[k] * (skin[k] - planes[k, y, x] / within)
            taken = lit * min(one, np.float32(DEEPEST_SHADOW) / max(lighter, least))
            for k in range(3):
                mean = planes[k, y, x] / within
                own = np.log(max(part[y, x, k], _DARKEST))
                change = share * (taken * (skin[k] - mean) + evened * (mean - own))
                part[y, x, k] = min(part[y, x, k] * np.exp(change), one)
