"""What a reader needs to repeat an evaluation: versions, hardware, and how frames were seen."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mien.metrics.evaluation.measured import Measured
from mien.video.claim import mien_version


def conditions_of(measured: Measured) -> dict[str, str]:
    """Name to value, for people."""
    return {
        "mien": mien_version(),
        "ruler": measured.ruler,
        "frames compared": str(measured.count),
        "frames with the face in both": str(int(sum(value == value for value in measured.column("pose_drift")))),
        "MediaPipe": _version("mediapipe"),
        "NumPy": _version("numpy"),
        "Python": platform.python_version(),
        "hardware": hardware(),
    }


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
