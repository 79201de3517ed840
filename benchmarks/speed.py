"""Speed: the whole command `mien edit` against decoding and encoding the same clip alone, same encoder settings.

    python -m benchmarks.speed [--repeats 3]

At 512x512 and at 1920x1080 (a portrait clip scaled into the middle of a wide frame). Both run as commands of their own,
one right after the other, so that start-up counts and other load on the machine hits both; the median of the ratios is
the figure. `first`: nothing kept from before (analysis is part of the work). `again`: the clip's analysis is on disk.
Compiled kernels are kept in both cases, as after any earlier use.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks.report import Figure, show, write
from mien.metrics.recognition import shared_folder

LARGEST_RATIO = 2.0
TRACK = "0 neutral, 1 happy 0.8, 3 sad 0.8"

_TRANSCODE = "import sys; from mien.video import transcode; transcode(sys.argv[1], sys.argv[2])"


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


def seconds(command: Sequence[str], cache: Path) -> float:
    """How long a command runs, its kept analyses in ``cache``."""
    environment = os.environ | {"MIEN_CACHE": str(cache)}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return time.perf_counter() - started


def frame_count(clip: Path) -> int:
    """Frames of a clip, decoded."""
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))


def measure(clip: Path, name: str, repeats: int, folder: Path) -> list[Figure]:
    """Figures of one clip."""
    frames = frame_count(clip)
    target = folder / "out.mp4"
    edit = [
        sys.executable,
        "-m",
        "mien",
        "edit",
        str(clip),
        "-o",
        str(target),
        "--emotion",
        TRACK,
        "--quiet",
        "--overwrite",
    ]
    plain = [sys.executable, "-c", _TRANSCODE, str(clip), str(target)]
    times: dict[str, list[float]] = {"first": [], "again": [], "alone": []}
    seconds(_fresh(edit, target), folder / "compile")  # kernels compile, the file comes into the system's memory
    for repeat in range(repeats):
        cache = folder / f"cache{repeat}"
        for kind, command in (("first", edit), ("alone", plain), ("again", edit)):
            times[kind].append(seconds(_fresh(command, target), cache))
    alone = np.array(times["alone"])
    figures = [Figure("decoding and encoding alone [frames/s]", name, "", float(np.median(frames / alone)))]
    for kind in ("first", "again"):
        spent = np.array(times[kind])
        ratio = float(np.median(spent / alone))
        figures.append(Figure("mien edit [frames/s]", name, kind, float(np.median(frames / spent))))
        figures.append(Figure("mien edit over decoding and encoding", name, kind, ratio, at_most=LARGEST_RATIO))
    return figures


def _fresh(command: Sequence[str], target: Path) -> Sequence[str]:
    target.unlink(missing_ok=True)
    return command


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--frames", type=int, default=300, help="length of the 1920x1080 clip")
    options = parser.parse_args()
    clips = shared_folder() / "clips"
    if not clips.is_dir():
        raise SystemExit(f"no clips in {clips}; set MIEN_SHARED")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wide = wide_clip(clips / "driving_d13.mp4", folder / "wide.mp4", options.frames)
        figures = measure(clips / "driving_d10.mp4", "512x512", options.repeats, folder)
        figures += measure(wide, "1920x1080", options.repeats, folder)
    for figure in figures:
        if figure.passed is None:
            print(figure.line())
    passed = show(figures)
    print(write("speed", figures))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
