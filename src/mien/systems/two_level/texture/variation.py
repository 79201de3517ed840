"""More texture maps than an actor's footage has, for the encoder to learn on: blends, shifts, other brightness.

A minute of footage shows few poses and lights. Between and a little beyond any two of its maps lies what others will
look like (a linear model of the maps, which knows just that, draws unseen frames of a real face at 32 dB where an
encoder trained on the maps alone stops at 29); tracking errs by a texel; light changes when a head turns.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mien.systems.two_level.texture.batch import InversionBatch

BEYOND = 0.3
"""How far a blend may go beyond its two pictures, in their distance."""

SHIFT_SHARE = 1 / 100
"""Largest shift, in sides of the picture; whole pixels, so that nothing is blurred."""

BRIGHTER = 0.1
"""Standard deviation of the logarithm (base 2) of a factor on the light."""


def varied(batch: InversionBatch) -> InversionBatch:
    """Each picture blended with the next, shifted, and made brighter or darker, in what is shown and wanted alike.

    Random numbers come from torch's generator of the CPU.

    Args:
        batch: Two pictures or more; of one there is nothing to blend.
    """
    count, side = len(batch.shown), batch.shown.shape[-1]
    weight = (torch.rand(count, 1, 1, 1) * (1 + 2 * BEYOND) - BEYOND).to(batch.shown)
    light = torch.exp2(torch.randn(count, 1, 1, 1) * BRIGHTER).to(batch.shown)
    most = round(side * SHIFT_SHARE)
    shifts = torch.randint(-most, most + 1, (count, 2)).tolist()

    def changed(pictures: Tensor) -> Tensor:
        blended = pictures + weight * (pictures.roll(1, 0) - pictures)
        return _shifted((blended.clamp(-1, 1) + 1) * light - 1, shifts).clamp(-1, 1)

    share = None if batch.share is None else _shifted(torch.minimum(batch.share, batch.share.roll(1, 0)), shifts)
    return InversionBatch(changed(batch.shown), changed(batch.wanted), share)


def _shifted(pictures: Tensor, shifts: list[list[int]]) -> Tensor:
    """Each picture moved by whole pixels; what leaves on one side comes back on the other, where the map is empty."""
    return torch.stack([picture.roll(shift, (1, 2)) for picture, shift in zip(pictures, shifts, strict=True)])
