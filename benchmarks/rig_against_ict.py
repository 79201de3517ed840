"""How the authored action units compare with scanned ones: the built-in rig against ICT-FaceKit.

    python benchmarks/rig_against_ict.py    # reads ../shared/models/ict_facekit.npz (or $MIEN_SHARED/…)

For each action unit that ICT-FaceKit has: the scanned displacement at the tracker's 468 landmarks, the authored one, and
their cosine similarity over the vertices that move (scanned displacement above 15 % of its greatest), all coordinates
together. Also how large the authored field is beside the scanned one (both as root mean square), and how far the
corner of the lips or the most moved vertex goes. Which ARKit shapes stand for which unit is ICT-FaceKit's own table
(``au_map_json``), with three notes: AU10 is compared with its ``mouthShrugUpper`` and, as AU10', with the
``mouthUpperUp`` that FACS calls AU10; its AU45 is our AU43; AU26 and AU27 are both ``jawOpen``.

Written: ``benchmarks/results/rig_against_ict.csv``.
"""

from __future__ import annotations

import csv
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np

from mien.morphable import builtin, ict
from mien.morphable.model import MorphableModel

REPOSITORY = Path(__file__).resolve().parent.parent
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


def compare(authored: np.ndarray, scanned: np.ndarray) -> tuple[float, float, int]:
    """Cosine similarity over the vertices that the scanned field moves, size ratio, how many vertices that are."""
    size = np.linalg.norm(scanned, axis=1)
    moves = size > MOVES * size.max()
    a, b = authored[moves].ravel(), scanned[moves].ravel()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))), float(np.linalg.norm(a) / np.linalg.norm(b)), moves.sum()


def rows(ours: MorphableModel, theirs: MorphableModel) -> list[dict[str, object]]:
    """One row an action unit."""
    result: list[dict[str, object]] = []
    for name, (columns, shapes) in COMPARED.items():
        authored, scanned = displacement(ours, columns), displacement(theirs, shapes)
        cosine, ratio, count = compare(authored, scanned)
        most = np.linalg.norm(authored, axis=1).max()
        result.append(
            {
                "action_unit": name,
                "shapes": " ".join(shapes),
                "cosine": round(cosine, 3),
                "size_ratio": round(ratio, 2),
                "most_mm": round(float(most), 1),
                "vertices": int(count),
            }
        )
    return result


def main() -> None:
    """Print the table and write it."""
    shared = Path(os.environ.get("MIEN_SHARED") or REPOSITORY.parent / "shared")
    table = rows(builtin.load(), ict.load(shared / "models" / "ict_facekit.npz"))
    print(f"{'unit':6} {'cosine':>7} {'size':>6} {'most mm':>8} {'vertices':>9}  shapes")
    for row in table:
        print("{action_unit:6} {cosine:7.3f} {size_ratio:6.2f} {most_mm:8.1f} {vertices:9d}  {shapes}".format(**row))
    mean = float(np.mean([float(str(row["cosine"])) for row in table]))
    print(f"mean cosine {mean:.3f} over {len(table)} rows (target 0.80)")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=REPOSITORY, check=False
    ).stdout.strip()
    results = Path(__file__).resolve().parent / "results"
    results.mkdir(exist_ok=True)
    with (results / "rig_against_ict.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["commit", "hardware", *table[0]], lineterminator="\n")
        writer.writeheader()
        hardware = f"{platform.system()} {platform.machine()} {os.cpu_count()} CPUs"
        writer.writerows({"commit": commit, "hardware": hardware, **row} for row in table)
    sys.exit(0 if mean >= 0.8 else 1)


if __name__ == "__main__":
    main()
