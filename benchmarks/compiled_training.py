"""What `mien train two_level --compile` brings: a step of the texture's encoder at preset `default`, both ways in turn.

    OMP_NUM_THREADS=1 python -m benchmarks.compiled_training [--repeats 5]

Kept are the smallest processor times; what counts is their ratio. The losses of a first step, where both have the same
weights, show that it is the same training. Compiling is timed too: it is done again where torch's cache was cleared.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

import numpy as np
import torch

from benchmarks.report import Figure, show, write
from mien.nn.stylegan2.generator import Generator
from mien.systems.two_level.texture.batch import InversionBatch
from mien.systems.two_level.texture.config import TEXTURE
from mien.systems.two_level.texture.inversion import InversionTask
from mien.systems.two_level.texture.losses import gradient_distance
from mien.training.loop import repeatable
from mien.types import AnyArray

PICTURES, STEPS = 16, 6
SAME = 2e-2
"""Largest difference of the losses, of their size, in bfloat16, which keeps 8 bits: what is compiled rounds less often.
In float32, on devices without bfloat16, both agree to seven digits."""


def begun(compiled: bool) -> InversionTask:
    """A training of noise that begins."""
    config = TEXTURE["default"]
    torch.manual_seed(0)
    generator, side = Generator(config.gan.network), config.gan.network.resolution
    pictures = torch.rand(PICTURES, 3, side, side) * 2.0 - 1.0

    def load(rows: AnyArray) -> InversionBatch:
        return InversionBatch(pictures[rows], pictures[rows], torch.ones(len(rows), 1, side, side))

    return InversionTask(replace(config.encoder, compiled=compiled), generator, load, PICTURES, gradient_distance)


def step(task: InversionTask, number: int) -> dict[str, float]:
    """One step, and its losses."""
    torch.manual_seed(number)
    return {name: float(value) for name, value in task.step(number, np.random.default_rng(number)).items()}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    tasks, first, least = {}, {}, {}
    with repeatable():
        for name, compiled in (("plain", False), ("compiled", True)):
            tasks[name], start = begun(compiled), time.perf_counter()
            first[name] = step(tasks[name], 0)
            least[name], took_s = float("inf"), time.perf_counter() - start
        for repeat in range(options.repeats):
            for name, task in tasks.items():
                start = time.process_time()
                for number in range(STEPS):
                    step(task, 1 + repeat * STEPS + number)
                least[name] = min(least[name], (time.process_time() - start) / STEPS)
    apart = max(abs(first["compiled"][key] / first["plain"][key] - 1.0) for key in ("pixels", "perceptual"))
    figures = [
        *(Figure("step [s of processor]", name, "preset default", value) for name, value in least.items()),
        Figure("compiled over plain", "", "preset default", least["compiled"] / least["plain"], at_most=1.0),
        Figure("first step, compiling included [s]", "compiled", "preset default", took_s),
        Figure("losses of a first step, difference", "", "preset default", apart, at_most=SAME),
    ]
    passed = show(figures)
    print(write("compiled_training", figures))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
