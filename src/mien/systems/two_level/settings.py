"""Settings of an edit with the system `two_level`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.errors import InputError

Teeth = Literal["frame", "drawn"]
Space = Literal["latent", "image"]


@dataclass(frozen=True, slots=True)
class TwoLevelConfig:
    """What a user may choose.

    Attributes:
        actor: The folder of the actor, made by ``mien train two_level``.
        lips: 1 keeps the relative distance of the lips on top of what level 1 has learnt, 0 takes it as it is (the
            paper).
        shape: Strength of level 1, 0-1; 0 leaves it out (CCFE Table 1, "w/o lvl-1").
        texture: Strength of level 2, 0-1; 0 leaves it out ("w/o lvl-2").
        detail: Keep the source's own fine detail: the edit is added as the difference of two drawn textures. Else the
            drawn texture takes the face's place (the paper).
        teeth: What is seen between the lips: ``frame``, the frame's own pixels, stretched or cut where the opening
            changes; or ``drawn``, what the actor's mouth networks draw (the paper).
        glasses: "auto" keeps the rims of glasses as they are, where some are found; "none" treats all as skin.
        smoothing_frames: Width of the Hann window (CCFE 3.5.1): 3 in the paper, 1 is off. Coefficients are always
            averaged in their own space.
        smoothing_space: Where pictures are averaged over the window: ``latent``, the codes, which are then drawn once
            (the paper); or ``image``, the drawn texture maps and mouths, pixel by pixel (its ablation, Fig. 5).

    Raises:
        InputError: No actor is named, or a value is out of range.
    """

    actor: Path | None = None
    lips: float = 0.0
    shape: float = 1.0
    texture: float = 1.0
    detail: bool = True
    teeth: Teeth = "frame"
    glasses: str = "auto"
    smoothing_frames: int = 3
    smoothing_space: Space = "latent"

    def __post_init__(self) -> None:
        if self.actor is None:
            raise InputError("two_level edits one actor's footage: name the actor's folder (--actor actors/NAME)")
        for name in ("lips", "shape", "texture"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0.0 <= value <= 1.0):
                raise InputError(f"{name} must lie between 0 and 1, but came as {value}")
        if self.teeth not in ("frame", "drawn"):
            raise InputError(f"teeth is frame or drawn, but came as {self.teeth!r}")
        if self.glasses not in ("auto", "none"):
            raise InputError(f"glasses must be auto or none, but came as {self.glasses!r}")
        if self.smoothing_frames not in (1, 3):
            raise InputError(f"smoothing_frames of two_level is 1 or 3, but came as {self.smoothing_frames}")
        if self.smoothing_space not in ("latent", "image"):
            raise InputError(f"smoothing_space is latent or image, but came as {self.smoothing_space!r}")
