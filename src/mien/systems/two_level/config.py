"""Presets of training."""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import InputError
from mien.systems.two_level.shape import config as shape
from mien.systems.two_level.shape.config import ShapeConfig
from mien.systems.two_level.texture.config import MOUTH, TEXTURE, PicturesConfig


@dataclass(frozen=True, slots=True)
class TwoLevelPreset:
    """What is trained.

    Attributes:
        shape: Level 1.
        texture: StyleGAN and encoder of the texture maps.
        mouth: Those of the mouth.
    """

    shape: ShapeConfig
    texture: PicturesConfig
    mouth: PicturesConfig


PRESETS: dict[str, TwoLevelPreset] = {
    name: TwoLevelPreset(shape.PRESETS[name], TEXTURE[name], MOUTH[name]) for name in ("tiny", "default", "paper")
}


def preset_named(name: str) -> TwoLevelPreset:
    """A preset.

    Raises:
        InputError: There is none of that name.
    """
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r} of two_level; there are: {', '.join(PRESETS)}")
    return PRESETS[name]
