"""What an encoder learns from at a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from mien.types import AnyArray


@dataclass(frozen=True, slots=True, eq=False)
class InversionBatch:
    """What an encoder is shown, and what the StyleGAN is to draw from its styles.

    Attributes:
        shown: ``(N, 3, R, R)`` float32, -1 to 1.
        wanted: ``(N, 3, R, R)``; for texture maps the same as ``shown``, for mouths those with teeth.
        share: ``(N, 1, R, R)`` float32, 0-1, how much a pixel counts; ``None`` for all alike.
    """

    shown: Tensor
    wanted: Tensor
    share: Tensor | None = None


LoadBatch = Callable[[AnyArray], InversionBatch]
"""Rows to a batch."""
