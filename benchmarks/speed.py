"""Speed: the whole command `mien edit` against decoding and encoding the same clip alone, same encoder settings.

    python -m benchmarks.speed [--repeats 5] [--quiet-minutes 0]

At 512x512 and at 1920x1080 (a portrait clip scaled into the middle of a wide frame). All run as commands of their own,
in turn, so that start-up counts and other load on the machine hits all alike. `first`: the clip is new (its analysis is
part of the work). `again`: the analysis is on disk. Compiled kernels and what is built once on a machine (face model,
wrinkle map) are kept in both cases, as after any earlier use.

The figure is the least wall time of each over the repeats: other work only ever adds to it. CPU seconds (of all
threads, as the system counts them) stand beside it, as does how much other work ran: the share of the machine's CPU
time that the measured commands did not take. Before each command the machine may be waited for until it is idle.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks.command import edit_words
from benchmarks.report import Figure, show, write
from mien.metrics.recognition import shared_folder

LARGEST_RATIO = 2.0

BUILT = "built"
"""The part of the cache folder that belongs to the machine, not to a clip."""

TRANSCODE = "import sys; from mien.video import transcode; transcode(sys.argv[1], sys.argv[2])"


def wide_clip(source: Path, target: Path, frames: int) -> Path:
    """A 1920x1080 clip: the frames of ``source`` scaled to full height or width in the middle of a grey frame."""
    with av.open(str(source)) as clip, av.open(str(target), "w") as out:
        stream = clip.streams.video[0]
        written = out.add_stream("libx264", rate=stream.average_rate or Fraction(30), options={"crf": "12"})
        written.width, written.height, written.pix_fmt = 1920, 1080, "yuv420p"
        for index, frame in enumerate(clip.decode(stream)):
            if index >= frames:
                break
            scale = min(1920 / frame.width, 1080 / frame.height)
            width, height = int(frame.width * scale) // 2 * 2, int(frame.height * scale) // 2 * 2
            picture = np.full((1080, 1920, 3), 90, np.uint8)
            x, y = (1920 - width) // 2, (1080 - height) // 2
            scaled = frame.reformat(width, height, format="rgb24", interpolation="BICUBIC")
            picture[y : y + height, x : x + width] = scaled.to_ndarray()
            out.mux(written.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(written.encode(None))
    return target


@dataclass(frozen=True, slots=True)
class Run:
    """What one command took: wall seconds, CPU seconds of its own, and those of other processes meanwhile."""

    wall_s: float
    cpu_s: float
    others_s: float


def run(command: Sequence[str], cache: Path) -> Run:
    """Run a command, its kept analyses in ``cache``."""
    environment = os.environ | {"MIEN_CACHE": str(cache)}
    busy, own, started = _busy_s(), os.times(), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall_s = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    now = os.times()
    cpu_s = now.children_user + now.children_system - own.children_user - own.children_system
    return Run(wall_s, cpu_s, max(0.0, _busy_s() - busy - cpu_s))


def _busy_s() -> float:
    """CPU seconds that all processes of the machine have taken since it started; 0 where the system does not tell."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _wait, interrupt, soft, steal = (int(field) for field in fields[:8])
    return (user + nice + system + interrupt + soft + steal) / os.sysconf("SC_CLK_TCK")


def wait_until_idle(longest_s: float) -> None:
    """Wait until other processes take less than a twentieth of the machine for two seconds, or so long at most."""
    until = time.monotonic() + longest_s
    while time.monotonic() < until:
        before = _busy_s()
        time.sleep(2.0)
        if _busy_s() - before < 0.05 * 2.0 * (os.cpu_count() or 1):
            return


def frame_count(clip: Path) -> int:
    """Frames of a clip, decoded."""
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))


def measure(clip: Path, name: str, repeats: int, quiet_s: float, folder: Path) -> list[Figure]:
    """Figures of one clip."""
    frames = frame_count(clip)
    target = folder / "out.mp4"
    edit = [sys.executable, "-m", "mien", *edit_words(clip, target)]
    plain = [sys.executable, "-c", TRANSCODE, str(clip), str(target)]
    runs: dict[str, list[Run]] = {"alone": [], "first": [], "again": []}
    run(edit, folder / "compile")  # kernels compile, the file comes into the system's memory
    for repeat in range(repeats):
        shutil.copytree(folder / "compile" / BUILT, folder / f"{name}{repeat}" / BUILT)
        for kind, command in (("alone", plain), ("first", edit), ("again", edit)):
            target.unlink(missing_ok=True)
            wait_until_idle(quiet_s)
            runs[kind].append(run(command, folder / f"{name}{repeat}"))
    wall_s = {kind: min(each.wall_s for each in made) for kind, made in runs.items()}
    cpu_s = {kind: min(each.cpu_s for each in made) for kind, made in runs.items()}
    every = [each for made in runs.values() for each in made]
    other = sum(each.others_s for each in every) / sum(each.wall_s for each in every) / (os.cpu_count() or 1)
    figures = [Figure("share of the machine that other work took", name, "", other)]
    for kind in runs:
        figures.append(Figure("wall time, least [s]", name, kind, wall_s[kind]))
        figures.append(Figure("CPU time, least [s]", name, kind, cpu_s[kind]))
        figures.append(Figure("frames/s", name, kind, frames / wall_s[kind]))
    for kind in ("first", "again"):
        ratio = wall_s[kind] / wall_s["alone"]
        figures.append(Figure("mien edit over decoding and encoding", name, kind, ratio, at_most=LARGEST_RATIO))
        figures.append(Figure("the same in CPU time", name, kind, cpu_s[kind] / cpu_s["alone"]))
    return figures


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quiet-minutes", type=float, default=0.0, help="longest wait for an idle machine, a command")
    parser.add_argument("--frames", type=int, default=300, help="length of the 1920x1080 clip")
    options = parser.parse_args()
    clips = shared_folder() / "clips"
    if not clips.is_dir():
        raise SystemExit(f"no clips in {clips}; set MIEN_SHARED")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wide = wide_clip(clips / "driving_d13.mp4", folder / "wide.mp4", options.frames)
        figures = measure(clips / "driving_d10.mp4", "512x512", options.repeats, 60.0 * options.quiet_minutes, folder)
        figures += measure(wide, "1920x1080", options.repeats, 60.0 * options.quiet_minutes, folder)
    for figure in figures:
        if figure.passed is None:
            print(figure.line())
    passed = show(figures)
    print(write("speed", figures))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
