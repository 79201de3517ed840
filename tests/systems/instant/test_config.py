from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from mien.errors import InputError
from mien.systems.instant.config import InstantConfig


def test_limits_belong_to_the_settings() -> None:
    InstantConfig(lips=0.0, shading=0.0, wrinkles=0.0, color=0.0, smoothing_frames=1)
    InstantConfig(lips=1.0, shading=2.0, wrinkles=2.0, color=2.0, smoothing_frames=31)


@pytest.mark.parametrize(
    "given",
    [
        *({name: value} for name in ("lips", "shading", "wrinkles", "color") for value in (-0.01, math.nan, math.inf)),
        {"lips": 1.01},
        *({name: 2.01} for name in ("shading", "wrinkles", "color")),
        *({"smoothing_frames": count} for count in (-1, 0, 2, 33)),
    ],
)
def test_what_lies_beyond_is_refused_by_name(given: dict[str, Any]) -> None:
    ((name, value),) = given.items()
    with pytest.raises(InputError, match=f"{name} must .* but came as {value}"):
        InstantConfig(**given)


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        InstantConfig().lips = 0.5  # type: ignore[misc]
