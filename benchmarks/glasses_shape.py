"""How far the rims of glasses move when a face is edited: they should not.

    python -m benchmarks.glasses_shape [clip ...]       both clips of the shared folder with glasses, or those named

Places on the rims were marked by hand in two frames of each clip. The pixels across the rim at each place, 5 px of
them, are looked for in the edited frame along the normal, within 14 px; the place that fits best is how far the rim has
moved. No part of this knows what the system takes for glasses. Every emotion at intensity 1 with lips kept, as users
get it and with ``glasses=none``, under which the rims move with the skin. Written: results/glasses_shape.csv (not for a
part of the clips).
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.report import Figure, show, write
from mien.emotion.track import EmotionTrack
from mien.metrics.recognition import shared_folder
from mien.reconstruction.analysis import analyse
from mien.systems.instant.config import InstantConfig
from mien.systems.instant.system import Instant
from mien.types import AnyArray, DoubleArray
from mien.video import Clip

EMOTIONS = ("happy", "sad", "angry", "surprised", "fear", "disgusted", "contempt")
LIMIT_PX = 0.5
CORE_PX, REACH_PX, STEP_PX = 2.5, 14.0, 0.125

MARKED: dict[tuple[str, int], tuple[tuple[int, int, tuple[float, ...]], ...]] = {
    ("driving_d13", 40): (
        (210, 10, (506.2, 503.2, 501.5, 500.2, 499.5)),
        (280, 10, (500.5, 501.2, 502.2, 503.7, 505.5, 507.2, 510.5)),
        (220, 10, (578.0, 581.2, 583.5, 584.7, 585.2, 585.5, 585.2, 584.0, 583.0, 581.0, 578.2)),
        (400, 10, (507.5, 503.5, 500.5, 498.7, 497.5, 496.5, 496.0, 496.0, 496.5, 497.0, 497.7, 498.5, 499.5, 501.2)),
        (420, 10, (576.0, 579.0, 580.7, 582.0, 582.7, 582.7, 582.2, 581.2, 579.7, 578.0, 575.0)),
    ),
    ("driving_d13", 200): (
        (210, 10, (510.0, 506.7, 505.0, 503.7, 502.7, 502.5, 502.7, 503.7, 504.7, 505.7, 507.2, 508.7, 510.5)),
        (220, 10, (580.5, 583.2, 586.0, 587.2, 588.0, 588.2, 588.0, 587.2, 586.2, 584.2, 581.7)),
    ),
    ("driving_d9", 120): (
        (150, 5, (181.8, 178.8, 176.8, 175.5, 174.8, 174.5, 174.3, 174.7, 175.0, 175.7, 176.7, 177.8, 179.3, 181.2)),
        (150, 5, (233.8, 238.2, 241.8, 244.8, 247.2, 248.8, 250.0, 250.3, 250.0, 249.0, 247.8, 246.0, 243.7, 241.0)),
        (285, 5, (183.5, 181.7, 180.3, 179.5, 179.0, 178.8, 178.8, 179.0, 179.3, 179.8, 180.7, 181.7, 183.2, 185.3)),
        (280, 5, (239.8, 244.5, 248.2, 251.2, 253.3, 254.5, 255.3, 255.7, 255.5, 254.8, 253.7, 252.3, 250.3, 247.5)),
    ),
    ("driving_d9", 400): (
        (280, 5, (178.8, 176.2, 174.2, 172.7, 171.7, 171.2, 171.0, 170.8, 170.8, 171.0, 171.5, 172.7, 174.0, 175.8)),
        (280, 5, (232.5, 236.2, 239.2, 241.8, 244.0, 245.0, 245.5, 245.2, 244.5, 243.3)),
    ),
}
"""For clip and frame: pieces of rims, each as its first column, the step between columns, and the rows; px."""


def marked_lines(clip: str, frame: int) -> list[DoubleArray]:
    """The marked pieces ``(N, 2)``, px."""
    pieces = MARKED[clip, frame]
    return [np.column_stack([first + step * np.arange(len(rows)), rows]) for first, step, rows in pieces]


def moved_px(before: AnyArray, after: AnyArray, line: DoubleArray) -> DoubleArray:
    """How far the rim has moved at each point of a piece, along its normal ``(N,)``, px.

    Args:
        before: ``(H, W, 3)`` the source.
        after: The edited frame.
        line: ``(N, 2)`` px.
    """
    along = np.gradient(line, axis=0)
    normals = np.column_stack([-along[:, 1], along[:, 0]]) / np.linalg.norm(along, axis=1, keepdims=True)
    away = np.arange(-REACH_PX - CORE_PX, REACH_PX + CORE_PX + STEP_PX / 2, STEP_PX)
    places = line[:, None] + away[:, None] * normals[:, None]
    source, result = (_read(picture.astype(np.float64), places) for picture in (before, after))
    core = np.flatnonzero(np.abs(away) <= CORE_PX)
    shifts = np.arange(-round(REACH_PX / STEP_PX), round(REACH_PX / STEP_PX) + 1)
    misfit = np.stack([((result[:, core + s] - source[:, core]) ** 2).sum(axis=(1, 2)) for s in shifts])
    return np.abs(shifts[misfit.argmin(axis=0)]) * STEP_PX


def _read(picture: DoubleArray, places: DoubleArray) -> DoubleArray:
    x, y = places[..., 0], places[..., 1]
    i, j = x.astype(int), y.astype(int)
    f, h = (x - i)[..., None], (y - j)[..., None]
    top = picture[j, i] * (1 - f) + picture[j, i + 1] * f
    return np.asarray(top * (1 - h) + (picture[j + 1, i] * (1 - f) + picture[j + 1, i + 1] * f) * h)


def measure(clip: str) -> list[Figure]:
    """Figures of one clip."""
    analysis = analyse(Clip.open(shared_folder() / "clips" / f"{clip}.mp4"))
    face = analysis.shots[0].faces[0]
    indices = [frame for name, frame in MARKED if name == clip]
    frames = {index: next(iter(analysis.clip.frames(index, index + 1))) for index in indices}
    figures = []
    for setting in ("auto", "none"):
        for emotion in EMOTIONS:
            system = Instant(InstantConfig(glasses=setting))
            renderer = system.face_renderer(analysis, face, EmotionTrack.parse(emotion))
            moved = []
            for index, frame in frames.items():
                after = renderer.render(frame)
                moved += [moved_px(frame.rgb(), after.rgb(), line) for line in marked_lines(clip, index)]
            all_moved = np.concatenate(moved)
            limit = {"at_most": LIMIT_PX} if setting == "auto" else {}
            name = f"{emotion}, glasses {setting}"
            for words, share in (("median", 50), ("95th percentile", 95)):
                value = float(np.percentile(all_moved, share))
                figures.append(Figure(f"rim moved, {words} (px)", clip, name, value, **limit))
    return figures


def main() -> None:
    """Measure the clips named, or all."""
    named = sys.argv[1:] or sorted({clip for clip, _ in MARKED})
    figures: list[Figure] = []
    for clip in named:
        if not (shared_folder() / "clips" / f"{clip}.mp4").is_file():
            sys.exit(f"no clip {clip} in {shared_folder() / 'clips'}: set MIEN_SHARED to the folder that holds it")
        figures += measure(clip)
    if not sys.argv[1:]:
        print("written:", write("glasses_shape", figures))
    sys.exit(0 if show(figures) else 1)


if __name__ == "__main__":
    main()
