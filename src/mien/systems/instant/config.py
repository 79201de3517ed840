"""Settings of the system `instant`."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from mien.errors import InputError


@dataclass(frozen=True, slots=True)
class InstantConfig:
    """What a user may choose.

    Attributes:
        lips: 1 keeps the relative distance of the lips (in sync), 0 lets lips and jaw act as far as the emotion wants.
        shading: Strength of light and dark from the changed shape, 0-2; 1 is what the light gives.
        wrinkles: Strength of the authored wrinkles, 0-2.
        color: Strength of flush and pallor, 0-2.
        glasses: "auto" keeps the rims of glasses as they are, where some are found; "none" treats all as skin.
        smoothing_frames: Width of the Hann window over coefficients (CCFE 3.5.1); 3 in the paper, 1 is off, odd.
    """

    lips: float = 1.0
    shading: float = 1.0
    wrinkles: float = 1.0
    color: float = 1.0
    glasses: str = "auto"
    smoothing_frames: int = 3

    def __post_init__(self) -> None:
        limits = {"lips": 1.0, "shading": 2.0, "wrinkles": 2.0, "color": 2.0}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in limits and not (math.isfinite(value) and 0.0 <= value <= limits[field.name]):
                raise InputError(f"{field.name} must lie between 0 and {limits[field.name]:g}, but came as {value}")
        if self.glasses not in ("auto", "none"):
            raise InputError(f"glasses must be auto or none, but came as {self.glasses!r}")
        if self.smoothing_frames < 1 or self.smoothing_frames % 2 == 0 or self.smoothing_frames > 31:
            raise InputError(
                f"smoothing_frames must be an odd number from 1 to 31, but came as {self.smoothing_frames}"
            )
