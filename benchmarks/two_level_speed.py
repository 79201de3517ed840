"""Speed of `mien edit --system two_level`: the whole command, and the processor time of every stage of a frame.

    python -m benchmarks.two_level_speed ACTOR CLIP [--emotion happy] [--repeats 3] [--name NAME]

The whole command stands beside decoding and encoding the same clip alone, as in `benchmarks.speed`: least wall time of
the repeats, nothing kept from before (`first`) and with the clip's analysis on disk (`again`). Stages are timed one
after the other in one process, on as many threads as the system takes for itself; processor time, so that other work on
the machine counts little.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import mien
from benchmarks.report import Figure, show, write
from benchmarks.speed import TRANSCODE, Run, frame_count, run
from mien.nn.eigenpictures import Eigenpictures
from mien.nn.pyramid_encoder import PyramidEncoder
from mien.systems.two_level import face
from mien.systems.two_level.texture import codes

FEWEST_FPS = 5.0
"""Asked for at 512x512 on two cores."""

STAGES: dict[str, tuple[Any, str]] = {
    "texture map read out of the frame": (codes, "extract_texture"),
    "encoder": (PyramidEncoder, "forward"),
    "weights of the eigenpictures": (Eigenpictures, "weights"),
    "texture maps drawn": (face, "texture_change"),
    "pixels moved, texture laid over them, eyes and mouth": (face, "edit_crop"),
}
COMMANDS: dict[str, tuple[str, ...]] = {"": (), "no detail": ("--no-detail",), "teeth drawn": ("--teeth", "drawn")}
_STAGE_FRAMES = 40


@contextlib.contextmanager
def timed(place: Any, name: str, spent: dict[str, float], stage: str) -> Iterator[None]:
    """Within, calls of a function are timed."""
    function: Callable[..., Any] = getattr(place, name)

    def call(*words: Any, **named: Any) -> Any:
        started = time.process_time()
        try:
            return function(*words, **named)
        finally:
            spent[stage] = spent.get(stage, 0.0) + time.process_time() - started

    with mock.patch.object(place, name, call):
        yield


def measure_stages(actor: Path, clip: Path, emotion: str) -> list[Figure]:
    """Milliseconds of processor time a frame."""
    editor, analysis = mien.load("two_level", actor=actor), mien.open(clip).analyse()
    spent: dict[str, float] = {}
    for _ in islice(editor.render(analysis, f"{emotion} 1"), 3):
        pass  # what is made once
    started = time.process_time()
    with contextlib.ExitStack() as stack:
        for stage, (place, name) in STAGES.items():
            stack.enter_context(timed(place, name, spent, stage))
        count = sum(1 for _ in islice(editor.render(analysis, f"{emotion} 1"), _STAGE_FRAMES))
    spent["all of a frame"] = time.process_time() - started
    return [Figure("processor time [ms]", clip.stem, stage, 1e3 * s / count) for stage, s in spent.items()]


def measure_commands(actor: Path, clip: Path, emotion: str, repeats: int) -> list[Figure]:
    """Frames a second of the whole command, and its time over decoding and encoding alone."""
    frames, found = frame_count(clip), []
    with tempfile.TemporaryDirectory(prefix="mien-two-level-") as name:
        folder = Path(name)
        target = folder / "out.mp4"
        words = [sys.executable, "-m", "mien", "edit", str(clip), "-o", str(target), "--system", "two_level"]
        words += ["--actor", str(actor.absolute()), "--emotion", f"{emotion} 1", "--overwrite", "--quiet"]
        alone: list[Run] = []
        for label, more in COMMANDS.items():
            runs: dict[str, list[Run]] = {"first": [], "again": []}
            for repeat in range(repeats):
                target.unlink(missing_ok=True)
                alone.append(run([sys.executable, "-c", TRANSCODE, str(clip), str(target)], folder))
                for kind in runs:
                    runs[kind].append(run([*words, *more], folder / f"{label}{repeat}".replace(" ", "-")))
            for kind, each in runs.items():
                setting = ", ".join(part for part in (kind, label) if part)
                wall_s, cpu_s = min(r.wall_s for r in each), min(r.cpu_s for r in each)
                least = FEWEST_FPS if not label else None
                found += [
                    Figure("whole command [frames/s]", clip.stem, setting, frames / wall_s, at_least=least),
                    Figure("whole command, processor time [ms a frame]", clip.stem, setting, 1e3 * cpu_s / frames),
                    Figure("time over decode and encode alone", clip.stem, setting,
                           wall_s / min(r.wall_s for r in alone)),
                ]  # fmt: skip
    return found


def main(words: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("actor", type=Path)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--emotion", default="happy")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--name", default="", help="written as results/two_level_speed_NAME.csv")
    options = parser.parse_args(words)
    figures = measure_stages(options.actor, options.clip, options.emotion)
    figures += measure_commands(options.actor, options.clip, options.emotion, options.repeats)
    for figure in figures:
        print(figure.line())
    reached = show(figures)
    if options.name:
        write(f"two_level_speed_{options.name}", figures)
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
