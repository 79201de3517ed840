"""``python -m benchmarks``: every benchmark that runs without arguments, one after the other."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    "rig_against_ict",
    "fit_residual",
    "instant_quality",
    "glasses_shape",
    "speed",
    "memory",
    "evaluate_speed",
)


def main() -> None:
    """Run them all, each in a process of its own; fail if one fails."""
    failed = [name for name in BENCHMARKS if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode]
    if failed:
        sys.exit(f"not reached: {', '.join(failed)}")


if __name__ == "__main__":
    main()
