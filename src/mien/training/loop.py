"""The training loop: one function that one can read, which everything that learns here goes through.

All random numbers of a step follow from the seed and the step's number, and everything else that a step depends on is
in the checkpoint. So a run that is killed at any moment, and called again, ends with the same weights as one that is
not, bit for bit on the same machine. Several processes may run it together (:mod:`mien.training.ranks`): their random
numbers follow from the rank, too, and the first one alone writes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from mien.training.checkpoint import TrainingState, list_checkpoints, restore_checkpoint, write_checkpoint
from mien.training.device import enough_memory
from mien.training.log import FILE as LOG_FILE
from mien.training.log import Log
from mien.training.options import LoopOptions, check_options
from mien.training.ranks import in_step, is_first, rank


class Task(Protocol):
    """What is trained: its networks, and what one step is."""

    def modules(self) -> Mapping[str, torch.nn.Module]:
        """Everything with weights or buffers that a step changes, moving averages included."""
        ...

    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """The optimisers, with all their state."""
        ...

    def counters(self) -> dict[str, Any]:
        """Numbers that a step changes beside those, as JSON can hold them."""
        ...

    def set_counters(self, counters: Mapping[str, Any]) -> None:
        """Take them back from a checkpoint."""
        ...

    def step(self, number: int, random: np.random.Generator) -> Mapping[str, torch.Tensor | float]:
        """Do one step; torch's generators are seeded for it already.

        Args:
            number: From 0.
            random: For random numbers outside torch.

        Returns:
            Figures for the log, each one number.
        """
        ...


def train(
    task: Task,
    folder: Path,
    options: LoopOptions,
    about: Mapping[str, Any] | None = None,
    *,
    progress: Callable[[float], None] | None = None,
    sample: Callable[[int], None] | None = None,
) -> None:
    """Train, from the beginning or from where the folder's last checkpoint is.

    Args:
        task: What; its modules are in their final state when this returns.
        folder: For ``options.json``, ``log.jsonl`` and ``checkpoints``; made if it is missing.
        options: How long, how often.
        about: What the result follows from beside the seed (config, data); a folder of another run is refused.
        progress: Told the share of the steps done after each; what it raises ends the run, to be gone on with.
        sample: Called with the number of steps done, to write pictures; must not change the task. It may use random
            numbers: no step sees them.

    Raises:
        InputError: The folder holds another run.
        ModelError: The last checkpoint is damaged.
        OutputError: The disk refuses.
        TrainingError: A figure is not finite any more, or the device has too little memory.
    """
    if is_first():
        check_options(folder, options, about or {})
    checkpoints = folder / "checkpoints"
    step, sums = _go_on(task, checkpoints)
    log = Log(folder / LOG_FILE, step, sums, options.log_every) if is_first() else None
    with in_step(task.modules(), task.optimizers().values(), step) as keep_in_step, repeatable():
        saved_s = time.monotonic()
        while step < options.steps:
            with enough_memory():
                figures = task.step(step, _seeded(options.seed, step))
            keep_in_step()
            step += 1
            finished = step == options.steps
            if log is not None:
                log.add(step, figures)
                if finished or time.monotonic() - saved_s >= options.checkpoint_s:
                    state = TrainingState(step, task.modules(), task.optimizers(), task.counters(), log.collected())
                    write_checkpoint(checkpoints, state)
                    saved_s = time.monotonic()
                if sample is not None and (finished or (options.sample_every and step % options.sample_every == 0)):
                    sample(step)
            if progress is not None:
                progress(step / options.steps)


def is_finished(folder: Path, options: LoopOptions) -> bool:
    """Whether a run has done its steps."""
    done = list_checkpoints(folder / "checkpoints")
    return bool(done) and int(done[-1].name.split("-")[1]) >= options.steps


def _go_on(task: Task, checkpoints: Path) -> tuple[int, Mapping[str, Any]]:
    """Put the last checkpoint into the task; step 0 if there is none."""
    found = list_checkpoints(checkpoints)
    if not found:
        return 0, {}
    empty = TrainingState(0, task.modules(), task.optimizers(), {}, {})
    step, counters, sums = restore_checkpoint(found[-1], empty)
    task.set_counters(counters)
    return step, sums


def _seeded(seed: int, step: int) -> np.random.Generator:
    """Seed torch's generators of all devices for one step, and give one for random numbers outside torch."""
    # Another process than the first has a longer key; 11 keeps it apart from that of the order of rows.
    key = [seed, step, 11, rank()] if rank() else [seed, step]
    torch.manual_seed(int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1))
    return np.random.default_rng(key)


class repeatable:  # noqa: N801 - used like a function
    """Within, torch takes algorithms that give the same sums every time, where it has them."""

    def __enter__(self) -> None:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        self._before = (torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark)
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False

    def __exit__(self, *_: object) -> None:
        torch.use_deterministic_algorithms(self._before[0])
        torch.backends.cudnn.benchmark = self._before[1]
