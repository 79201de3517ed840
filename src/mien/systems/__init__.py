"""The systems: each one way to render an edit, in a folder of its own, found by name."""

from __future__ import annotations

import importlib
from typing import Any

from mien.errors import InputError

SYSTEMS = {
    "instant": ("mien.systems.instant.system", "Instant", "mien.systems.instant.config", "InstantConfig"),
    "two_level": ("mien.systems.two_level.system", "TwoLevel", "mien.systems.two_level.settings", "TwoLevelConfig"),
}
"""Name to module and class of the system, and module and class of its settings; imported on use."""


def load(name: str, **settings: Any) -> Any:
    """Make a system by name.

    Args:
        name: A key of :data:`SYSTEMS`.
        settings: Fields of the system's config.

    Raises:
        InputError: If there is no such system or setting, or a setting is out of range.
    """
    if name not in SYSTEMS:
        raise InputError(f"there is no system {name!r}; there are: {', '.join(SYSTEMS)}")
    module, kind, config_module, config_kind = SYSTEMS[name]
    config_class = getattr(importlib.import_module(config_module), config_kind)
    unknown = sorted(set(settings) - set(config_class.__dataclass_fields__))
    if unknown:
        known = ", ".join(config_class.__dataclass_fields__)
        raise InputError(f"{name} has no setting {unknown[0]!r}; it has: {known}")
    return getattr(importlib.import_module(module), kind)(config_class(**settings))
