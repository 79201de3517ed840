"""Memory: the peak of `mien edit` on a ten-minute clip against a ten-second one, both looped from the same footage.

    python -m benchmarks.memory [--minutes 10]

The peak is the largest resident set of the command's own process, which the system counts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av

from benchmarks.command import edit_words
from benchmarks.report import Figure, show, write
from mien.metrics.recognition import shared_folder

LARGEST_RATIO = 1.2
LARGEST_MB = 1500.0

# The child reports on itself, so that the peak is its own and not its parent's or a sibling's.
_MEASURED = """
import sys
from mien.app.cli import main
try:
    main()
finally:
    if sys.platform == "win32":
        raise SystemExit("the peak is read with the resource module, which Windows lacks")
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print("peak", peak * (1 if sys.platform == "darwin" else 1024), file=sys.stderr)
"""


def looped(source: Path, target: Path, length_s: float) -> Path:
    """The packets of ``source`` again and again, copied without encoding, until ``length_s`` is reached."""
    with av.open(str(target), "w") as out:
        with av.open(str(source)) as first:
            written = out.add_stream_from_template(first.streams.video[0])
        written.time_base = Fraction(1, 90000)
        offset_s = Fraction(0)
        while offset_s < length_s:
            with av.open(str(source)) as clip:
                stream = clip.streams.video[0]
                base = Fraction(stream.time_base or 1)
                end_s = offset_s
                for packet in clip.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    end_s = max(end_s, offset_s + (packet.pts + (packet.duration or 0)) * base)
                    packet.pts, packet.dts = (int((offset_s + t * base) * 90000) for t in (packet.pts, packet.dts))
                    packet.time_base = Fraction(1, 90000)
                    packet.stream = written
                    out.mux(packet)
                offset_s = end_s
    return target


def peak_mb(clip: Path, folder: Path) -> float:
    """Largest resident set of editing a clip, MB of 10^6 bytes."""
    target = folder / "out.mp4"
    target.unlink(missing_ok=True)
    command = [sys.executable, "-c", _MEASURED, *edit_words(clip, target)]
    environment = os.environ | {"MIEN_CACHE": str(folder / "cache")}
    shutil.rmtree(folder / "cache", ignore_errors=True)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("peak ")]
    if done.returncode != 0 or not lines:
        raise SystemExit(f"mien edit failed on {clip}:\n{done.stderr}")
    return int(lines[-1].split()[1]) / 1e6


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the long clip")
    parser.add_argument("--clip", default="driving_d10", help="which shared clip is looped")
    options = parser.parse_args()
    source = shared_folder() / "clips" / f"{options.clip}.mp4"
    if not source.is_file():
        raise SystemExit(f"there is no {source}; set MIEN_SHARED")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = looped(source, folder / "short.mp4", 10.0)
        peak_mb(clip, folder)  # on a fresh checkout the first run compiles, which takes memory of its own
        short = peak_mb(clip, folder)
        long = peak_mb(looped(source, folder / "long.mp4", options.minutes * 60), folder)
    setting = f"{options.minutes:g} min"
    figures = [
        Figure("peak memory [MB]", options.clip, "10 s", short, at_most=LARGEST_MB),
        Figure("peak memory [MB]", options.clip, setting, long, at_most=LARGEST_MB),
        Figure("peak memory, long over short", options.clip, setting, long / short, at_most=LARGEST_RATIO),
    ]
    passed = show(figures)
    print(write("memory", figures))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
