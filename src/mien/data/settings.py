"""How footage is prepared: sizes of the pictures, and how many of its frames are taken."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from mien.errors import InputError

MAX_STEP = 5
FRAMES_WANTED = 7000


@dataclass(frozen=True, slots=True)
class PrepareSettings:
    """Sizes, sampling and compression.

    Attributes:
        texture_px: Side of the texture maps.
        mouth_px: Side of the mouth crops.
        face_px: Side of the head crops.
        quality: Of the JPEG pictures, 1 to 100. At 95 the preset ``default`` takes 37 to 50 MiB for 1,000 frames.
        every: A picture is taken of one in so many frames; None for :func:`sampling_step`. Parameters are kept of all.
        refine: ``photometric`` to fit the pixels, too (:mod:`mien.reconstruction.photometric`); None for landmarks.

    Raises:
        InputError: A value is out of range.
    """

    texture_px: int = 256
    mouth_px: int = 128
    face_px: int = 256
    quality: int = 95
    every: int | None = None
    refine: str | None = None

    def __post_init__(self) -> None:
        for name in ("texture_px", "mouth_px", "face_px"):
            if not 16 <= getattr(self, name) <= 1024:
                raise InputError(f"{name} is 16 to 1024, not {getattr(self, name)}")
        if not 1 <= self.quality <= 100:
            raise InputError(f"quality is 1 to 100, not {self.quality}")
        if self.every is not None and self.every < 1:
            raise InputError(f"a picture is taken of one in 1 or more frames, not in {self.every}")
        if self.refine not in (None, "photometric"):
            raise InputError(f"the fit is refined by 'photometric' or not at all, not by {self.refine!r}")


PRESETS: MappingProxyType[str, PrepareSettings] = MappingProxyType(
    {
        "tiny": PrepareSettings(64, 32, 64),
        "default": PrepareSettings(),
        "paper": PrepareSettings(512, 128, 512),
    }
)
"""``tiny`` for trying things out, ``paper`` the sizes of CCFE 4.1.2."""


def sampling_step(total_frames: int) -> int:
    """One frame in how many is taken, of footage of so many frames.

    CCFE 4.1.1 takes one in five of MEAD (75,000 frames an actor) and all of RAVDESS (7,000): so as many as leave 7,000,
    but not fewer than one in five.
    """
    return max(1, min(MAX_STEP, total_frames // FRAMES_WANTED))
