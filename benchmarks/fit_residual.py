"""How far the fitted built-in model lies from the tracked landmarks, and how long the fit takes.

    python -m benchmarks.fit_residual [clip ...]        all clips of the shared folder, or those named

Every clip is analysed afresh. The residual of a frame is the median distance of landmarks and model in the image, as a
fraction of the eye distance; a clip's figure is the median over the frames in which its largest face is tracked. The
time of the fit is beside that of the tracker on the same clip, since machines differ. Written: results/fit_residual.csv
(not for a part of the clips).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, show, write
from mien.metrics.recognition import shared_folder
from mien.morphable import builtin
from mien.reconstruction.analysis import analyse
from mien.reconstruction.fit import fit_track
from mien.video import Clip

LIMIT = 0.025


def measure(path: Path) -> list[Figure]:
    """Figures of one clip."""
    model = builtin.load()
    start = time.perf_counter()
    analysis = analyse(Clip.open(path), cache=False)
    whole_s = time.perf_counter() - start
    faces = [shot.faces[0] for shot in analysis.shots if shot.faces]
    if not faces:
        return [Figure("fit residual (eye distances)", path.stem, "no face", float("nan"), at_most=LIMIT)]
    start = time.perf_counter()
    for face in analysis.faces:
        fit_track(model, face.track)
    fit_ms = (time.perf_counter() - start) / sum(len(face.parameters) for face in analysis.faces) * 1e3
    residual = np.concatenate([face.parameters.residual[face.track.fade > 0.0] for face in faces])
    return [
        Figure("fit residual (eye distances)", path.stem, "median", float(np.median(residual)), at_most=LIMIT),
        Figure("fit residual (eye distances)", path.stem, "95th percentile", float(np.percentile(residual, 95))),
        Figure("fit (ms a frame)", path.stem, "identity and all frames", fit_ms),
        Figure("analysis (ms a frame)", path.stem, "tracking, fit and light", whole_s / analysis.frame_count * 1e3),
    ]


def main() -> None:
    """Measure the clips named, or all."""
    folder = shared_folder() / "clips"
    clips = sorted(folder.glob("*.mp4"))
    if not clips:
        sys.exit(f"no clips in {folder}: set MIEN_SHARED to the folder that holds them")
    named = sys.argv[1:]
    figures: list[Figure] = []
    for path in clips:
        if not named or path.stem in named:
            figures += measure(path)
            print(*(figure.line() for figure in figures if figure.clip == path.stem), sep="\n", flush=True)
    if not named:
        print("written:", write("fit_residual", figures))
    sys.exit(0 if show(figures) else 1)


if __name__ == "__main__":
    main()
