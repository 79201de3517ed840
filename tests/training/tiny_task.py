"""A task that uses everything a task may have: two networks, two optimisers, dropout, a moving average, a counter.

Run as a program with a folder and a number of steps it trains; with a seed as well it trains in a child process again
and again, kills it with SIGKILL at random moments, and prints how often: torch is loaded once, in the parent.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.training.loop import train
from mien.training.options import LoopOptions


class TinyTask:
    def __init__(self) -> None:
        torch.manual_seed(123)
        layers = (torch.nn.Linear(3, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(0.3))
        self.net = torch.nn.Sequential(*layers, torch.nn.Linear(8, 1))
        self.other, self.average = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
        self.average.load_state_dict(self.other.state_dict())
        self._adam = torch.optim.Adam(self.net.parameters(), 1e-2)
        self._sgd = torch.optim.SGD(self.other.parameters(), 1e-2, momentum=0.9)
        self.strength = 0.0

    def modules(self) -> dict[str, torch.nn.Module]:
        return {"net": self.net, "other": self.other, "average": self.average}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"adam": self._adam, "sgd": self._sgd}

    def counters(self) -> dict[str, Any]:
        return {"strength": self.strength}

    def set_counters(self, counters: Mapping[str, Any]) -> None:
        self.strength = float(counters["strength"])

    def step(self, _number: int, random: np.random.Generator) -> dict[str, torch.Tensor | float]:
        x = torch.from_numpy(random.normal(size=(16, 3)).astype(np.float32)) + torch.randn(16, 3) * self.strength
        loss = ((self.net(x) + self.other(x) - x.sum(dim=1, keepdim=True)) ** 2).mean()
        for optimizer in (self._adam, self._sgd):
            optimizer.zero_grad()
        loss.backward()
        for optimizer in (self._adam, self._sgd):
            optimizer.step()
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.other.parameters(), strict=True):
                kept.lerp_(new, 0.05)
        self.strength = 0.9 * self.strength + 0.1 * float(loss.detach())
        return {"loss": loss, "strength": self.strength}


def kill_until_done(folder: Path, options: LoopOptions, seed: int) -> int:
    """Train in children that are killed after random times; how many were."""
    moments = random.Random(seed)
    killed = 0
    while True:
        child = os.fork()
        if child == 0:
            train(TinyTask(), folder, options)
            os._exit(0)
        # Longer and longer, so that it ends on a slow machine too.
        time.sleep(moments.uniform(0.0, 0.05 + 0.01 * killed))
        os.kill(child, signal.SIGKILL)
        if os.waitpid(child, 0)[1] == 0:
            return killed
        killed += 1


if __name__ == "__main__":
    torch.set_num_threads(1)
    # What torch loads on its first step is loaded here, once, and not in every child.
    train(TinyTask(), Path(sys.argv[1]).with_name("first"), LoopOptions(steps=1))
    asked = LoopOptions(steps=int(sys.argv[2]), log_every=10, checkpoint_s=0.01)
    if len(sys.argv) > 3:
        sys.stdout.write(str(kill_until_done(Path(sys.argv[1]), asked, int(sys.argv[3]))))
    else:
        train(TinyTask(), Path(sys.argv[1]), asked)
