"""How the authored action units compare with scanned ones: the built-in rig against ICT-FaceKit.

    python -m benchmarks.rig_against_ict    reads ../shared/models/ict_facekit.npz (or $MIEN_SHARED/…)

For each action unit that ICT-FaceKit has: the scanned displacement at the tracker's 468 landmarks, the authored one,
and their cosine similarity over the vertices that move (scanned displacement above 15 % of its greatest), all
coordinates together; how large the authored field is beside the scanned one; how far it moves at most. Which ARKit
shapes stand for which unit is ICT-FaceKit's own table (``au_map_json`` in the file), with three additions: AU10 is
compared with its ``mouthShrugUpper`` and, as AU10', with the ``mouthUpperUp`` that is what FACS describes; its AU45 is
our AU43; AU26 and AU27 are both ``jawOpen``. Written: results/rig_against_ict.csv.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.report import Figure, show, write
from mien.metrics.recognition import shared_folder
from mien.morphable import builtin, ict
from mien.morphable.model import MorphableModel

MOVES = 0.15

COMPARED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "AU1": (("AU1L", "AU1R"), ("browInnerUp_L", "browInnerUp_R")),
    "AU2": (("AU2L", "AU2R"), ("browOuterUp_L", "browOuterUp_R")),
    "AU4": (("AU4L", "AU4R"), ("browDown_L", "browDown_R")),
    "AU5": (("AU5L", "AU5R"), ("eyeWide_L", "eyeWide_R")),
    "AU6": (("AU6L", "AU6R"), ("cheekSquint_L", "cheekSquint_R")),
    "AU7": (("AU7L", "AU7R"), ("eyeSquint_L", "eyeSquint_R")),
    "AU9": (("AU9L", "AU9R"), ("noseSneer_L", "noseSneer_R")),
    "AU10": (("AU10L", "AU10R"), ("mouthShrugUpper",)),
    "AU10'": (("AU10L", "AU10R"), ("mouthUpperUp_L", "mouthUpperUp_R")),
    "AU11": (("AU11L", "AU11R"), ("mouthUpperUp_L", "mouthUpperUp_R")),
    "AU12": (("AU12L", "AU12R"), ("mouthSmile_L", "mouthSmile_R")),
    "AU14": (("AU14L", "AU14R"), ("mouthDimple_L", "mouthDimple_R")),
    "AU15": (("AU15L", "AU15R"), ("mouthFrown_L", "mouthFrown_R")),
    "AU16": (("AU16L", "AU16R"), ("mouthLowerDown_L", "mouthLowerDown_R")),
    "AU17": (("AU17",), ("mouthShrugLower",)),
    "AU18": (("AU18",), ("mouthPucker",)),
    "AU20": (("AU20L", "AU20R"), ("mouthStretch_L", "mouthStretch_R")),
    "AU22": (("AU22",), ("mouthFunnel",)),
    "AU24": (("AU24",), ("mouthPress_L", "mouthPress_R")),
    "AU26": (("AU26",), ("jawOpen",)),
    "AU27": (("AU27",), ("jawOpen",)),
    "AU28": (("AU28",), ("mouthRollLower", "mouthRollUpper")),
    "AU29": (("AU29",), ("jawForward",)),
    "AU30L": (("AU30L",), ("jawLeft",)),
    "AU30R": (("AU30R",), ("jawRight",)),
    "AU33": (("AU33",), ("cheekPuff_L", "cheekPuff_R")),
    "AU43": (("AU43L", "AU43R"), ("eyeBlink_L", "eyeBlink_R")),
}
"""Action unit, our columns, their shapes."""


def displacement(model: MorphableModel, columns: tuple[str, ...]) -> np.ndarray:
    """Sum of expression columns at the tracker's landmarks, ``(468, 3)`` mm."""
    where = [model.expression_names.index(name) for name in columns]
    return model.expression[model.landmark_vertices][:, :, where].astype(np.float64).sum(axis=-1)


def compare(authored: np.ndarray, scanned: np.ndarray) -> tuple[float, float]:
    """Cosine similarity over the vertices that the scanned field moves, and the ratio of their sizes."""
    size = np.linalg.norm(scanned, axis=1)
    moves = size > MOVES * size.max()
    a, b = authored[moves].ravel(), scanned[moves].ravel()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))), float(np.linalg.norm(a) / np.linalg.norm(b))


def measure(ours: MorphableModel, theirs: MorphableModel) -> list[Figure]:
    """Three figures an action unit, and the mean cosine."""
    figures, cosines = [], []
    for name, (columns, shapes) in COMPARED.items():
        authored, scanned = displacement(ours, columns), displacement(theirs, shapes)
        cosine, ratio = compare(authored, scanned)
        cosines.append(cosine)
        setting = f"{name} {' '.join(shapes)}"
        most_mm = float(np.linalg.norm(authored, axis=1).max())
        figures += [
            Figure("cosine of authored and scanned field", "none", setting, cosine),
            Figure("size of the authored field over the scanned", "none", setting, ratio),
            Figure("greatest authored displacement (mm)", "none", setting, most_mm),
        ]
    mean = Figure("mean cosine of authored and scanned fields", "none", "all", float(np.mean(cosines)), at_least=0.8)
    return [*figures, mean]


def main() -> None:
    """Print the figures and write them."""
    figures = measure(builtin.load(), ict.load(shared_folder() / "models" / "ict_facekit.npz"))
    print(*(figure.line() for figure in figures), sep="\n")
    print("written:", write("rig_against_ict", figures))
    sys.exit(0 if show(figures) else 1)


if __name__ == "__main__":
    main()
