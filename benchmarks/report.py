"""What every benchmark writes: rows of figures with commit and hardware, as CSV and as lines of pass or fail."""

from __future__ import annotations

import csv
import math
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
_COLUMNS = ("commit", "hardware", "metric", "clip", "setting", "value", "limit", "passed")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        metric: What was measured, with its unit.
        clip: Which clip, or ``all``.
        setting: Emotion, intensity, resolution: what the figure belongs to.
        value: The figure.
        at_least: What is asked for, from below; ``None`` for none.
        at_most: What is asked for, from above; ``None`` for none.
    """

    metric: str
    clip: str
    setting: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def limit(self) -> str:
        """What is asked for, in signs."""
        low = "" if self.at_least is None else f">= {self.at_least:g}"
        high = "" if self.at_most is None else f"<= {self.at_most:g}"
        return " and ".join(part for part in (low, high) if part)

    @property
    def passed(self) -> bool | None:
        """Whether it is reached; ``None`` where nothing is asked. A figure that is not a number never passes."""
        if self.at_least is None and self.at_most is None:
            return None
        if math.isnan(self.value):
            return False
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)

    def line(self) -> str:
        """One line for people."""
        verdict = {True: "pass", False: "FAIL", None: ""}[self.passed]
        return f"{verdict:5}{self.metric:46} {self.clip:14} {self.setting:24} {self.value:9.4g}  {self.limit}"


def commit() -> str:
    """The commit of the working tree, with a plus where it has changes; ``unknown`` outside git."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def hardware() -> str:
    """Processor and cores, in words."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()}"


def write(name: str, figures: Sequence[Figure], folder: Path = RESULTS) -> Path:
    """Write ``<name>.csv``, replacing what was there.

    Args:
        name: The benchmark's.
        figures: Its rows.
        folder: Where.

    Returns:
        The file written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.csv"
    head, machine = commit(), hardware()
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for f in figures:
            passed = "" if f.passed is None else str(f.passed).lower()
            rows.writerow((head, machine, f.metric, f.clip, f.setting, f"{f.value:.6g}", f.limit, passed))
    return path


def show(figures: Sequence[Figure]) -> bool:
    """Print the figures that something is asked of, worst news first, and a count; True where all are reached."""
    asked = [f for f in figures if f.passed is not None]
    for figure in sorted(asked, key=lambda f: bool(f.passed)):
        print(figure.line())
    failed = sum(not f.passed for f in asked)
    print(f"{len(asked) - failed} of {len(asked)} reached")
    return failed == 0
