"""What tracking finds again of each emotion that ``instant`` puts on, and what ``mien label`` calls it.

    python -m benchmarks.seen_action_units CLIP...

Every clip (neutral, a second or two) is rendered with each emotion at intensity 1, tracked and fitted with the clip's
own identity. Printed are the median rise over the clip of every action unit that rises by 0.05 or more (the figures
behind :data:`mien.data.seen_expressions.SEEN`), and the share of frames that are labelled with the emotion put on, its
relative (angry and disgusted, fear and surprised), another one, or not at all.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import mien
from mien.data.labelling import LEFT_OUT, find_neutral, read_expressions, smoothed
from mien.data.seen_expressions import SEEN
from mien.emotion.action_units import ACTION_UNITS, AU_COLUMN_INDEX
from mien.morphable import builtin
from mien.reconstruction.fit import fit_track
from mien.types import AnyArray

LEAST_RISE = 0.05
RELATIVES = {"angry": "disgusted", "disgusted": "angry", "fear": "surprised", "surprised": "fear"}


def main(paths: list[str]) -> None:
    """Print a line a clip and emotion, and a line a clip."""
    model = builtin.load()
    for path in map(Path, paths):
        analysis = mien.open(path).analyse()
        own = analysis.faces[0].parameters
        counts: Counter[str] = Counter()
        for emotion in mien.EMOTIONS:
            with tempfile.TemporaryDirectory() as folder:
                result = mien.edit(path, emotion).save(Path(folder) / "edited.mp4").output
                edited = mien.open(result).analyse(cache=False)
                beta = fit_track(model, edited.faces[0].track, alpha=own.alpha).beta
            print(f"{path.name}, {emotion}: {_rises(np.median(beta, axis=0) - np.median(own.beta, axis=0))}")
            if emotion in SEEN:
                counts.update(_calls(emotion, own.beta, beta, analysis.times_s))
        shares = ", ".join(f"{kind} {count / counts.total():.2f}" for kind, count in counts.most_common())
        print(f"{path.name}: {shares}")


def _rises(rise: AnyArray) -> str:
    """Action units that rise, the greater of both sides."""
    seen = {f"AU{unit.number}": max(rise[AU_COLUMN_INDEX[column]] for column in unit.columns) for unit in ACTION_UNITS}
    return ", ".join(f"{name} {amount:.2f}" for name, amount in seen.items() if amount >= LEAST_RISE) or "nothing"


def _calls(emotion: str, neutral: AnyArray, beta: AnyArray, times_s: AnyArray) -> list[str]:
    """What each frame is called: right, relative, other, or left out."""
    reading = read_expressions(smoothed(beta, times_s), find_neutral(smoothed(neutral, times_s)))
    found = ["left out" if label == LEFT_OUT else reading.names[label] for label in reading.label]
    kinds = {emotion: "right", RELATIVES.get(emotion, ""): "relative", "left out": "left out"}
    return [kinds.get(name, "other") for name in found]


if __name__ == "__main__":
    main(sys.argv[1:])
