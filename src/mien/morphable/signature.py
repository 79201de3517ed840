"""What tells morphable models apart in the cards of footage and actors.

Coefficients mean nothing with another model. A digest of the numbers would be too strict: the built-in model's identity
basis is computed, and its last digits differ from one processor to the next (6e-8 mm was seen). So a card keeps a few
sums over each part, and they are compared within a tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mien.errors import ModelError
from mien.morphable.model import MorphableModel
from mien.types import AnyArray

SUMS = 3
RELATIVE_TOLERANCE = 1e-5
"""Of a part's norm: far above what processors differ by, far below what a change of the rig makes."""


def signature(model: MorphableModel) -> dict[str, Any]:
    """A model as a card keeps it: its name, and for each part its shape, its norm, and sums over it."""
    parts = {name: getattr(model, name) for name in ("mean", "identity", "expression", "uv")}
    return {"name": model.name, "parts": {name: _numbers(array) for name, array in parts.items()}}


def check_model(kept: Mapping[str, Any], model: MorphableModel, what: str) -> None:
    """Refuse a morphable model other than the one in a card.

    Args:
        kept: From :func:`signature`.
        model: The model at hand.
        what: What was made with the one in the card, as sentences begin: "the actor ann was trained".

    Raises:
        ModelError: It is another one, or the entry is damaged.
    """
    now = signature(model)
    try:
        same = all(_same(kept["parts"][name], numbers) for name, numbers in now["parts"].items())
        name = kept["name"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{what} with a morphable model that its card does not describe ({error})") from error
    if not same:
        more = ", which has changed since" if name == model.name else ""
        raise ModelError(f"{what} with the morphable model {name!r}{more}, not with {model.name!r} as it is here")


def _numbers(array: AnyArray) -> dict[str, Any]:
    flat = np.asarray(array, np.float64).ravel()
    places = np.arange(len(flat)) + 1.0
    # Waves of unrelated lengths: numbers that trade places change the sums.
    sums = [float(flat @ np.sin(places * (k + 2) ** 0.5)) for k in range(SUMS)]
    return {"shape": list(np.shape(array)), "norm": float(np.linalg.norm(flat)), "sums": sums}


def _same(kept: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    if kept["shape"] != now["shape"] or len(kept["sums"]) != len(now["sums"]):
        return False
    pairs = zip([kept["norm"], *kept["sums"]], [now["norm"], *now["sums"]], strict=True)
    return all(abs(a - b) <= RELATIVE_TOLERANCE * now["norm"] for a, b in pairs)
