"""Find the ICT-FaceKit vertex at each of the tracker's mesh landmarks; write ``morphable/data/ict_landmarks.csv``.

    python tools/match_ict.py               # reads ../shared/models/ict_facekit.npz (or $MIEN_SHARED/…)

The built-in mean is laid onto ICT's mean face: a similarity through the landmarks that both know (iBUG's 68, less jaw
line and brows, whose definitions differ), then a thin-plate warp towards the closest points of ICT's face, ever less
stiff. Landmarks of upper and lower lids and lips may only land on skin that the model's own blink or lip shapes move,
or do not, so that closed lips are not confused.
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import numpy as np
from scipy.interpolate import RBFInterpolator

from mien.morphable.landmark_match import LANDMARKS_FROM_27

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY / "src" / "mien" / "morphable" / "data"
FACE_VERTICES = 9409
MM = 10.0

UPPER_LIP = (
    *(191, 80, 81, 82, 13, 312, 311, 310, 415, 183, 42, 41, 38, 12, 268, 271, 272, 407),
    *(184, 74, 73, 72, 11, 302, 303, 304, 408, 185, 40, 39, 37, 0, 267, 269, 270, 409),
)
LOWER_LIP = (
    *(95, 88, 178, 87, 14, 317, 402, 318, 324, 96, 89, 179, 86, 15, 316, 403, 319, 325),
    *(77, 90, 180, 85, 16, 315, 404, 320, 307, 146, 91, 181, 84, 17, 314, 405, 321, 375),
)
UPPER_LID = (246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398)
LOWER_LID = (7, 163, 144, 145, 153, 154, 155, 249, 390, 373, 374, 380, 381, 382)
STIFFNESS = (1000.0, 200.0, 60.0, 20.0, 8.0, 3.0)


def allowed(mean: np.ndarray, moves: dict[str, np.ndarray]) -> np.ndarray:
    """Which face vertices ``(468, 9409)`` each landmark may land on.

    Args:
        mean: ``(9409, 3)`` mm.
        moves: How far each of three shapes (both sides) moves each vertex, mm.
    """
    may = np.ones((468, len(mean)), bool)
    mouth = (np.abs(mean[:, 0]) < 32) & (mean[:, 1] < -18) & (mean[:, 1] > -60)
    lower = moves["mouthLowerDown"] > moves["mouthUpperUp"]
    lid = moves["eyeBlink"] > 2.5
    for landmarks, forbidden in (
        (UPPER_LIP, mouth & lower),
        (LOWER_LIP, mouth & ~lower),
        (UPPER_LID, ~lid),
        (LOWER_LID, lid),
    ):
        may[list(landmarks)] &= ~forbidden
    return may


def closest(points: np.ndarray, mean: np.ndarray, may: np.ndarray) -> np.ndarray:
    """Closest allowed vertex ``(468,)`` to each point."""
    distance = np.linalg.norm(points[:, None] - mean, axis=2)
    return np.where(may, distance, np.inf).argmin(axis=1)


def match(face: np.ndarray, mirror: np.ndarray, mean: np.ndarray, may: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """ICT vertex ``(468,)`` of each landmark; ``landmarks`` are ICT's own at iBUG 27 to 67."""
    known = np.array(LANDMARKS_FROM_27)
    a, b = face[known] - face[known].mean(axis=0), mean[landmarks] - mean[landmarks].mean(axis=0)
    u, s, vt = np.linalg.svd(a.T @ b)
    start = s.sum() / (a * a).sum() * (face - face[known].mean(axis=0)) @ (u @ vt) + mean[landmarks].mean(axis=0)
    now = start
    for stiffness in STIFFNESS:
        target = mean[closest(now, mean, may)]
        target[known] = mean[landmarks]
        smoothing = np.full(468, stiffness)
        smoothing[known] = 0.5
        warp = RBFInterpolator(start, target - start, kernel="thin_plate_spline", smoothing=smoothing, degree=1)
        now = start + warp(start)
        now = (now + now[mirror] * [-1.0, 1.0, 1.0]) / 2
    sys.stdout.write(
        f"left between warp and surface: {np.linalg.norm(target - now, axis=1).mean():.2f} mm on average\n"
    )
    found = closest(now, mean, may)
    found[known] = landmarks
    return found


def main() -> None:
    """Match and write the table."""
    shared = Path(os.environ.get("MIEN_SHARED") or REPOSITORY.parent / "shared")
    with np.load(shared / "models" / "ict_facekit.npz") as ict:
        mean = ict["mean"][:FACE_VERTICES].astype(np.float64) * MM
        names = [str(name) for name in ict["expression_names"]]
        shapes = ict["expression"][:, :FACE_VERTICES].astype(np.float64) * MM
        moves = {
            name: np.linalg.norm(shapes[names.index(f"{name}_L")] + shapes[names.index(f"{name}_R")], axis=1)
            for name in ("eyeBlink", "mouthUpperUp", "mouthLowerDown")
        }
        landmarks = ict["landmarks68"][27:]
    with (DATA / "face.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    face = np.array([[float(row[f"{axis}_mm"]) for axis in "xyz"] for row in rows])
    mirror = np.array([int(row["mirror"]) for row in rows])
    found = match(face, mirror, mean, allowed(mean, moves), landmarks)
    (DATA / "ict_landmarks.csv").write_text("\n".join(["vertex", *map(str, found)]) + "\n")


if __name__ == "__main__":
    main()
