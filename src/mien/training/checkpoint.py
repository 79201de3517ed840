"""The state of a training run on disk: tensors as safetensors, the rest as JSON, never a pickle.

A checkpoint is a folder ``step-00001200`` with ``tensors.safetensors`` (weights and buffers of all modules, moments of
all optimisers) and ``state.json`` (step, settings of the optimisers, counters, sums of the log). It is written under
another name and renamed, so a process killed at any moment leaves the one before. Random numbers need no state: those
of a step follow from the seed and its number (:mod:`mien.training.loop`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.disk import disk_errors
from mien.errors import ModelError

if TYPE_CHECKING:
    import torch

FORMAT = 1
KEPT = 2
_PREFIX, _PARTIAL = "step-", "partial-"


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """What changes while a run goes on.

    Attributes:
        step: Steps done.
        modules: Name to module.
        optimizers: Name to optimiser.
        counters: Numbers that a task keeps beside its modules, as JSON can hold them.
        sums: Sums of the log since its last line, and how many steps they are over.
    """

    step: int
    modules: Mapping[str, torch.nn.Module]
    optimizers: Mapping[str, torch.optim.Optimizer]
    counters: Mapping[str, Any]
    sums: Mapping[str, Any]


def write_checkpoint(folder: Path, state: TrainingState) -> None:
    """Write a checkpoint, and remove all but the newest two.

    Raises:
        OutputError: The disk refuses; earlier checkpoints stay.
    """
    from safetensors.torch import save

    tensors = {
        f"module.{name}.{key}": value for name, m in state.modules.items() for key, value in m.state_dict().items()
    }
    settings = {}
    for name, optimizer in state.optimizers.items():
        held, settings[name] = _split(optimizer.state_dict())
        tensors |= {f"optimizer.{name}.{key}": value for key, value in held.items()}
    content = save({key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()})
    described = {
        "format": FORMAT,
        "step": state.step,
        "digest": hashlib.sha256(content).hexdigest(),
        "optimizers": settings,
        "counters": state.counters,
        "sums": state.sums,
    }
    making, place = folder / f"{_PARTIAL}{state.step:08}", folder / f"{_PREFIX}{state.step:08}"
    try:
        with disk_errors(folder):
            for leftover in folder.glob(f"{_PARTIAL}*"):
                shutil.rmtree(leftover)
            making.mkdir(parents=True)
            for name, data in (("tensors.safetensors", content), ("state.json", json.dumps(described).encode())):
                with (making / name).open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            if place.exists():
                shutil.rmtree(place)
            os.replace(making, place)
            for old in list_checkpoints(folder)[:-KEPT]:
                shutil.rmtree(old)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def restore_checkpoint(path: Path, state: TrainingState) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Put a checkpoint into the modules and optimisers of ``state``.

    Returns:
        The step, the counters and the sums.

    Raises:
        ModelError: It is damaged, or of other modules.
    """
    from safetensors.torch import load

    try:
        described = json.loads((path / "state.json").read_text(encoding="utf-8"))
        content = (path / "tensors.safetensors").read_bytes()
        if described["format"] != FORMAT or hashlib.sha256(content).hexdigest() != described["digest"]:
            raise ValueError("its tensors are not those that it was written with")
        tensors = load(content)
        for name, module in state.modules.items():
            module.load_state_dict(_below(tensors, f"module.{name}."))
        for name, optimizer in state.optimizers.items():
            held = _below(tensors, f"optimizer.{name}.")
            optimizer.load_state_dict(_join(held, described["optimizers"][name]))
        return int(described["step"]), described["counters"], described["sums"]
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(
            f"the checkpoint {path} is damaged or of another network ({reason[:200]}); "
            "remove it to go on from the one before"
        ) from error


def list_checkpoints(folder: Path) -> list[Path]:
    """Complete checkpoints, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name.startswith(_PREFIX) and path.is_dir())


def _split(state: Mapping[str, Any]) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """An optimiser's state as tensors, named ``parameter.key``, and the rest, which JSON can hold."""
    import torch

    tensors: dict[str, torch.Tensor] = {}
    numbers: dict[str, dict[str, Any]] = {}
    for parameter, held in state["state"].items():
        numbers[str(parameter)] = {}
        for key, value in held.items():
            if isinstance(value, torch.Tensor):
                tensors[f"{parameter}.{key}"] = value
            else:
                numbers[str(parameter)][key] = value
    return tensors, {"numbers": numbers, "groups": state["param_groups"]}


def _join(tensors: Mapping[str, torch.Tensor], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`_split` took apart."""
    state: dict[int, dict[str, Any]] = {int(name): dict(held) for name, held in settings["numbers"].items()}
    for name, value in tensors.items():
        parameter, _, key = name.partition(".")
        state[int(parameter)][key] = value
    groups = [
        {key: tuple(value) if isinstance(value, list) and key != "params" else value for key, value in group.items()}
        for group in settings["groups"]
    ]
    return {"state": state, "param_groups": groups}


def _below(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
