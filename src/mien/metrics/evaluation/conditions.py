"""What a reader needs to repeat an evaluation: versions, hardware, and how frames were seen."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mien.metrics.evaluation.measured import Measured
from mien.video.claim import mien_version


def conditions_of(measured: Measured) -> dict[str, str]:
    """Name to value, for people."""
    return {
        **program(),
        "ruler": measured.ruler,
        "frames compared": str(measured.count),
        "frames with the face in both": str(int(sum(value == value for value in measured.column("pose_drift")))),
        "MediaPipe": _version("mediapipe"),
        "NumPy": _version("numpy"),
        "Python": platform.python_version(),
        "hardware": hardware(),
    }


def program() -> dict[str, str]:
    """What measured: mien's version and, where it runs from a checkout, the commit."""
    package = Path(__file__).resolve().parents[2]
    commit = commit_of(package.parents[1]) if package.parent.name == "src" else ""
    return {"mien": mien_version(), **({"commit": commit} if commit else {})}


@cache
def commit_of(checkout: Path) -> str:
    """Commit of a checkout, and whether files that git knows differ from it; empty where there is none or no git.

    Args:
        checkout: Its root, which holds ``.git``.
    """
    if not (checkout / ".git").exists():
        return ""
    told = []
    for words in (("rev-parse", "--short=12", "HEAD"), ("status", "--porcelain", "--untracked-files=no")):
        try:
            done = subprocess.run(
                ["git", "-C", str(checkout), *words], capture_output=True, text=True, timeout=20, check=True
            )
        except (OSError, subprocess.SubprocessError):  # no git, somebody else's folder, or no commit yet
            return ""
        told.append(done.stdout.strip())
    return f"{told[0]}, with uncommitted changes" if told[1] else told[0]


def hardware() -> str:
    """Processor and cores, in words."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
