"""Run as a program it trains tasks in several processes that it forks: torch is loaded once, in the parent.

Arguments are jobs, ``kind:folder:processes:steps:share``: what to train (``plain``, ``random``, ``failing``), where,
how long, and after which share of the steps to stop. Each process leaves its weights in ``weights-RANK.npz``, or what
ended it in ``error-RANK``; one that was stopped leaves ``stopped-RANK``.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tiny_task import TinyTask

from mien.errors import InputError, MienError
from mien.training.batches import shuffled_rows
from mien.training.loop import train
from mien.training.options import LoopOptions
from mien.training.ranks import averaged, gathered, is_first, joined, own_part, rank

COUNT, BATCH = 40, 8


class _Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("constant", torch.full((3,), 1 / 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.layers(x)
        with torch.no_grad():
            self.mean.lerp_(y.mean(dim=0), 0.1)
        return y


class PlainTask:
    """No BatchNorm, no random numbers; a second step a step, of a gradient's size, as a StyleGAN's R1 has it."""

    def __init__(self) -> None:
        random = np.random.default_rng(3)
        self._x = torch.from_numpy(random.normal(size=(COUNT, 3)))
        torch.manual_seed(5 + rank())  # the first process's weights are those that count
        self.network = _Network().double()
        self._adam = torch.optim.Adam(self.network.parameters(), 1e-2)
        self.lowest = 0.0

    def modules(self) -> dict[str, torch.nn.Module]:
        return {"network": self.network}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"adam": self._adam}

    def counters(self) -> dict[str, Any]:
        return {"lowest": self.lowest}

    def set_counters(self, counters: Mapping[str, Any]) -> None:
        self.lowest = counters["lowest"]

    def step(self, number: int, _random: np.random.Generator) -> dict[str, torch.Tensor | float]:
        x = self._x[own_part(shuffled_rows(0, number, COUNT, BATCH))].requires_grad_()
        loss = ((self.network(x) - x.sin().sum(dim=1, keepdim=True)) ** 2).mean()
        self._update(loss)
        y = self.network(x)
        (slope,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        self._update(0.1 * slope.square().sum(dim=1).mean())
        self.lowest = float(gathered(y).min())
        return {"loss": loss.detach(), "lowest": self.lowest}

    def _update(self, loss: torch.Tensor) -> None:
        self._adam.zero_grad(set_to_none=True)
        loss.backward()
        self._adam.step()


class RandomTask(TinyTask):
    """BatchNorm, dropout, two optimisers; what is counted is counted together."""

    def step(self, number: int, random: np.random.Generator) -> dict[str, torch.Tensor | float]:
        figures = super().step(number, random)
        self.strength = float(averaged(torch.tensor(self.strength, dtype=torch.float64)))
        return figures


class FailingTask(PlainTask):
    def step(self, number: int, random: np.random.Generator) -> dict[str, torch.Tensor | float]:
        if number == 3 and not is_first():
            raise InputError("the second process has had enough")
        return super().step(number, random)


TASKS = {"plain": PlainTask, "random": RandomTask, "failing": FailingTask}


class StoppedError(Exception):
    pass


def run_rank(kind: str, folder: Path, steps: int, stop_at: float) -> None:
    def progress(share: float) -> None:
        if share >= stop_at:
            raise StoppedError

    task = TASKS[kind]()
    told = f"error-{rank()}"
    try:
        with joined(torch.device("cpu")):
            train(task, folder / "run", LoopOptions(steps, log_every=10, checkpoint_s=0.0), progress=progress)
    except MienError as error:
        (folder / told).write_text(f"{type(error).__name__}: {error}")
        return
    except StoppedError:
        (folder / f"stopped-{rank()}").write_text("")
        return
    tensors = {f"{n}.{k}": v.numpy() for n, m in task.modules().items() for k, v in m.state_dict().items()}
    np.savez(folder / f"weights-{rank()}.npz", **tensors)


def fork_ranks(kind: str, folder: Path, count: int, steps: int, stop_at: float) -> None:
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = []
    for number in range(count):
        child = os.fork()
        if child == 0:
            place = {"RANK": number, "WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            os.environ.update({name: str(value) for name, value in place.items()})
            run_rank(kind, folder, steps, stop_at)
            os._exit(0)
        children.append(child)
    ended = [os.waitpid(child, 0)[1] for child in children]
    if any(ended):
        sys.exit(f"a process of {folder.name} broke down")


if __name__ == "__main__":
    torch.set_num_threads(1)
    # What torch loads on its first step is loaded here, once, and not in every child.
    train(PlainTask(), Path(sys.argv[1].split(":")[1]).with_name("first"), LoopOptions(steps=1))
    for job in sys.argv[1:]:
        kind, folder, count, steps, stop_at = job.split(":")
        fork_ranks(kind, Path(folder), int(count), int(steps), float(stop_at))
