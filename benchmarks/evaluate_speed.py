"""Speed and memory of `mien evaluate`: a ten-second 512x512 clip with its page, and the peak memory of a long one.

    python -m benchmarks.evaluate_speed [--minutes 10]

The clip is edited by `instant` first, which is not counted; the analysis that this leaves in the cache is used by the
page, as it is for users. Seconds are those of the whole command; processor seconds do not depend on what else the
machine does. For the memory, packets of source and result are looped to the length asked for.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import mien
from benchmarks.memory import looped
from benchmarks.report import Figure, show, write
from mien.metrics.recognition import shared_folder

LARGEST_S = 60.0
LARGEST_RATIO = 1.2
LENGTH_S = 10.0
EMOTION = "happy 0.8"

# The child reports on itself, so that the peak is its own and not its parent's or a sibling's.
_MEASURED = """
import resource, sys
from mien.app.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print("used", used.ru_utime + used.ru_stime, peak, file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the command took."""

    wall_s: float
    processor_s: float
    peak_mb: float


def run_evaluate(source: Path, result: Path, folder: Path) -> Run:
    """Evaluate a result as users do.

    Args:
        source: The source.
        result: The edited clip.
        folder: For what it writes, and for the cache.
    """
    if sys.platform == "win32":
        raise SystemExit("the peak is read with the resource module, which Windows lacks")
    out = folder / f"{result.stem}.evaluation"
    words = ["evaluate", result, "--source", source, "--emotion", EMOTION, "-o", out, "--quiet", "--overwrite"]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *map(str, words)], capture_output=True, text=True, check=False
    )
    wall_s = time.perf_counter() - started
    told = [line.split() for line in done.stderr.splitlines() if line.startswith("used ")]
    if done.returncode != 0 or not told:
        raise SystemExit(f"mien evaluate failed on {result}:\n{done.stderr}")
    return Run(wall_s, float(told[-1][1]), float(told[-1][2]) / 1e6)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the long clip; 0 leaves it out")
    parser.add_argument("--clip", default="driving_d10", help="which shared clip is used")
    options = parser.parse_args()
    footage = shared_folder() / "clips" / f"{options.clip}.mp4"
    if not footage.is_file():
        raise SystemExit(f"there is no {footage}; set MIEN_SHARED")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MIEN_CACHE"] = str(folder / "cache")
        short = looped(footage, folder / "short.mp4", LENGTH_S)
        mien.edit(short, EMOTION).save(folder / "short_happy.mp4")
        runs = [run_evaluate(short, folder / "short_happy.mp4", folder) for _ in range(2)]
        best = min(runs, key=lambda run: run.wall_s)
        figures = [
            Figure("whole command [s]", options.clip, "10 s", best.wall_s, at_most=LARGEST_S),
            Figure("whole command, processor time [s]", options.clip, "10 s", min(run.processor_s for run in runs)),
            Figure("peak memory [MB]", options.clip, "10 s", best.peak_mb),
        ]
        if options.minutes:
            setting = f"{options.minutes:g} min"
            long = looped(short, folder / "long.mp4", options.minutes * 60)
            edited = looped(folder / "short_happy.mp4", folder / "long_happy.mp4", options.minutes * 60)
            run = run_evaluate(long, edited, folder)
            figures += [
                Figure("whole command, processor time [s]", options.clip, setting, run.processor_s),
                Figure("peak memory [MB]", options.clip, setting, run.peak_mb),
                Figure(
                    "peak memory, long over short", options.clip, setting, run.peak_mb / best.peak_mb,
                    at_most=LARGEST_RATIO,
                ),
            ]  # fmt: skip
    passed = show(figures)
    print(write("evaluate_speed", figures))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
