"""Models are told apart by a card's entry, and the same one is known again on another processor."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mien.errors import ModelError
from mien.morphable import builtin
from mien.morphable.signature import check_model, signature


def test_the_same_model_is_known_after_json_and_with_other_last_digits() -> None:
    model = builtin.load()
    kept = json.loads(json.dumps(signature(model)))
    check_model(kept, model, "the actor was trained")
    noise = np.random.default_rng(0).normal(scale=1e-6, size=model.identity.shape).astype(np.float32)
    check_model(kept, replace(model, identity=model.identity + noise), "the actor was trained")


@pytest.mark.parametrize("part", ["mean", "identity", "expression", "uv"])
def test_a_changed_part_is_another_model(part: str) -> None:
    model = builtin.load()
    changed = np.array(getattr(model, part))
    changed[13] += 0.2 if part != "uv" else 0.01
    with pytest.raises(ModelError, match=r"the actor was trained .* 'builtin', which has changed since"):
        check_model(signature(model), replace(model, **{part: changed}), "the actor was trained")


def test_columns_that_trade_places_are_another_model() -> None:
    model = builtin.load()
    turned = np.ascontiguousarray(model.expression[:, :, ::-1])
    with pytest.raises(ModelError):
        check_model(signature(model), replace(model, expression=turned), "it was made")


def test_fewer_columns_and_damaged_entries() -> None:
    model = builtin.load()
    fewer = replace(model, identity=np.ascontiguousarray(model.identity[:, :, :10]))
    with pytest.raises(ModelError):
        check_model(signature(model), fewer, "it was made")
    for entry in ({}, {"name": "builtin", "parts": {}}, {"name": "builtin", "parts": None}):
        with pytest.raises(ModelError, match="does not describe"):
            check_model(entry, model, "it was made")
