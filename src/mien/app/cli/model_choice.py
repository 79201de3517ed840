"""``--model`` and ``--model-path``: which morphable model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Parameter

if TYPE_CHECKING:
    from mien.morphable.model import MorphableModel

MODELS = ("builtin", "ict", "bfm09", "flame")


@Parameter(name="*")
@dataclass(frozen=True)
class ModelOptions:
    """What describes the face."""

    model: str = "builtin"
    """builtin, ict, bfm09 or flame; see docs/morphable-models.md."""
    model_path: Path | None = None
    """Its file or folder; the built-in one has none."""
    refine: str | None = None
    """photometric: expression, pose and identity from the pixels, too, not from landmarks alone (slow; needs torch)."""


def chosen_model(options: ModelOptions) -> MorphableModel:
    """Load the model that was asked for.

    Raises:
        InputError: There is no such model, or its path is missing or too much.
        ModelError: The path is not of its published layout.
    """
    from mien.errors import InputError
    from mien.morphable import bfm09, builtin, flame, ict

    if options.model not in MODELS:
        raise InputError(f"there is no morphable model {options.model!r}: there are {', '.join(MODELS)}")
    if options.model == "builtin":
        if options.model_path is not None:
            raise InputError("the built-in model has no file: leave --model-path out, or name another --model")
        return builtin.load()
    if options.model_path is None:
        raise InputError(f"the model {options.model} is not part of mien: say where it is with --model-path")
    if options.model == "ict":
        return ict.load(options.model_path)
    if options.model == "bfm09":
        return bfm09.load(options.model_path)
    return flame.load(options.model_path)
