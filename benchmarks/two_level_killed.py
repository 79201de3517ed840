"""Killing `mien train two_level` with SIGKILL at random moments: does it end with the same weights?

    python -m benchmarks.two_level_killed [--kills 10] [--seed 0] [--prepared FOLDER]

The command itself, preset `tiny`: once left alone, once killed so many times and called again, a checkpoint after every
step so that many kills hit the writing of one. Moments are drawn evenly over the steps of all stages, and then within a
step; the first is drawn within loading. Compared are the actor's file and the last checkpoint of every stage, which
holds discriminators and the optimisers' moments too. Without `--prepared`, the example clip is prepared, its first half
called neutral and its second happy.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from benchmarks.report import Figure, show, write
from mien.systems.two_level.config import PRESETS
from mien.systems.two_level.make import training_folder
from mien.systems.two_level.stages import STAGES
from mien.training.checkpoint import list_checkpoints

LONGEST_STEP_S = 0.3
LOADING_S = 3.0
OPTIONS = ("--preset", "tiny", "--device", "cpu", "--quiet")


@dataclass(frozen=True)
class Kill:
    """Where it was: the newest stage, the steps that its checkpoint holds, and whether one was being written."""

    stage: str
    step: int
    writing: bool


def prepare_example(folder: Path) -> Path:
    """Prepared footage of the clip that comes with mien."""
    clip = files("mien.app") / "data" / "example.mp4"
    rows = f"file,emotion,intensity,start_s,stop_s\n{clip},neutral,,0,2\n{clip},happy,1,2,4\n"
    (folder / "footage").mkdir()
    (folder / "footage" / "labels.csv").write_text(rows)
    words = ("prepare", folder / "footage", "-o", folder / "prepared", "--preset", "tiny", "--anyway", "--quiet")
    subprocess.run([sys.executable, "-m", "mien", *map(str, words)], check=True)
    return folder / "prepared"


def training(prepared: Path, output: Path, *more: str) -> list[str]:
    """The command."""
    return [sys.executable, "-m", "mien", "train", "two_level", str(prepared), "-o", str(output), *OPTIONS, *more]


def train_whole(prepared: Path, output: Path) -> None:
    """Left alone, a checkpoint at the end of every stage only."""
    subprocess.run(training(prepared, output, "--checkpoint-s", "10000"), check=True)


def train_killed(prepared: Path, output: Path, kills: int, seed: int) -> list[Kill]:
    """Kill it so many times, then let it end."""
    moments = random.Random(seed)
    steps = total_steps()
    # The last one may fall behind the last step: directions, measures, the actor's file.
    wanted = [0, *sorted(moments.randint(1, steps) for _ in range(kills - 1))]
    done: list[Kill] = []
    command = training(prepared, output, "--checkpoint-s", "0")
    for target in wanted:
        process = subprocess.Popen(command)
        try:
            while process.poll() is None and sum(steps_done(output).values()) < target:
                time.sleep(0.002)
            time.sleep(moments.uniform(0.0, LONGEST_STEP_S if target else LOADING_S))
        finally:
            process.kill()
        if process.wait() == -signal.SIGKILL:
            done.append(_where(output))
        elif process.returncode:
            raise SystemExit(f"the training ended with {process.returncode}")
    if not output.exists():
        subprocess.run(command, check=True)
    return done


def total_steps() -> int:
    """Steps of all stages at preset tiny."""
    preset = PRESETS["tiny"]
    pictures = (preset.texture, preset.mouth)
    return preset.shape.iterations + sum(p.gan.iterations + p.encoder.iterations for p in pictures)


def steps_done(output: Path) -> dict[str, int]:
    """Stage to the step of its newest checkpoint."""
    folders = {stage: training_folder(output) / stage / "checkpoints" for stage in STAGES}
    found = {stage: list_checkpoints(folder) for stage, folder in folders.items()}
    return {stage: int(paths[-1].name.split("-")[1]) for stage, paths in found.items() if paths}


def _where(output: Path) -> Kill:
    work, steps = training_folder(output), steps_done(output)
    stage = next((s for s in reversed(STAGES) if (work / s).exists()), "loading")
    return Kill(stage, steps.get(stage, 0), any((work / stage).glob("checkpoints/partial-*")))


def final_tensors(output: Path) -> dict[str, bytes]:
    """The actor's weights, and everything that each stage's last checkpoint holds."""
    tensors = {"actor": (output / "weights.safetensors").read_bytes()}
    for stage in STAGES:
        newest = list_checkpoints(training_folder(output) / stage / "checkpoints")[-1]
        tensors[stage] = (newest / "tensors.safetensors").read_bytes()
    return tensors


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prepared", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared = options.prepared or prepare_example(folder)
        train_whole(prepared, folder / "whole")
        kills = train_killed(prepared, folder / "killed", options.kills, options.seed)
        whole, killed = final_tensors(folder / "whole"), final_tensors(folder / "killed")
    figures = [
        Figure("killed after step", kill.stage, "writing a checkpoint" if kill.writing else "", kill.step)
        for kill in kills
    ]
    figures.append(Figure("kills", "all", "", len(kills), at_least=options.kills))
    figures += [
        Figure("final tensors equal to the last bit [1 = yes]", what, "", float(killed[what] == content), at_least=1)
        for what, content in whole.items()
    ]
    for figure in figures:
        print(figure.line())
    reached = show(figures)
    print(write("two_level_killed", figures))
    sys.exit(not reached)


if __name__ == "__main__":
    main()
