"""Models as folders: what goes in comes out, and nothing damaged or foreign is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mien.errors import ModelError, OutputError

torch = pytest.importorskip("torch")

from mien.nn.model_folder import (  # noqa: E402
    CARD,
    WEIGHTS,
    check_model_target,
    read_card,
    read_model_folder,
    write_model_folder,
)


def modules() -> dict[str, torch.nn.Module]:
    torch.manual_seed(0)
    return {"one": torch.nn.Linear(3, 2), "two": torch.nn.BatchNorm1d(2)}


def test_round_trip(tmp_path: Path) -> None:
    made = modules()
    write_model_folder(tmp_path / "m", "test model", 1, {"note": "ünicode"}, made, {"log.jsonl": b"{}\n"})
    card, states = read_model_folder(tmp_path / "m", "test model", 1)
    assert card["note"] == "ünicode"
    other = {"one": torch.nn.Linear(3, 2), "two": torch.nn.BatchNorm1d(2)}
    for name, module in other.items():
        module.load_state_dict(states[name])
    x = torch.randn(4, 3)
    assert torch.equal(other["one"](x), made["one"](x))
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [CARD, "log.jsonl", WEIGHTS]
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_replacing(tmp_path: Path) -> None:
    for note in ("old", "new"):
        write_model_folder(tmp_path / "m", "test model", 1, {"note": note}, modules())
    assert read_card(tmp_path / "m", "test model")["note"] == "new"
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [CARD, WEIGHTS]
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_places_that_are_refused(tmp_path: Path) -> None:
    write_model_folder(tmp_path / "m", "test model", 1, {}, modules())
    (tmp_path / "own").mkdir()
    check_model_target(tmp_path / "new", "test model", False)
    check_model_target(tmp_path / "m", "test model", True)
    for folder, overwrite, words in (
        ("m", False, "--overwrite"),
        ("own", True, "is no test model"),
        ("no/m", True, "not exist"),
    ):
        with pytest.raises(OutputError, match=words):
            check_model_target(tmp_path / folder, "test model", overwrite)


def test_damaged_and_foreign_ones_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    with pytest.raises(ModelError, match="cannot be read"):
        read_model_folder(folder, "test model", 1)
    write_model_folder(folder, "test model", 1, {}, modules())
    with pytest.raises(ModelError, match="is no actor, but test model"):
        read_model_folder(folder, "actor", 1)
    with pytest.raises(ModelError, match="has form 1 of test model, and this program reads 2"):
        read_model_folder(folder, "test model", 2)
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS).write_bytes(bytes(content))
    with pytest.raises(ModelError, match="damaged"):
        read_model_folder(folder, "test model", 1)
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        read_model_folder(folder, "test model", 1)
    (folder / CARD).write_text(json.dumps([1]))
    with pytest.raises(ModelError, match="something else"):
        read_card(folder, "test model")
