"""Glasses of known place drawn on the face of the example clip: dark rims, a bridge, in the pose of every frame."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from mien.geometry.camera import project
from mien.morphable import builtin
from mien.reconstruction.analysis import Analysis, analyse
from mien.reconstruction.glasses_plane import GlassesPlane
from mien.types import DoubleArray
from mien.video import Clip

from .written_clip import write_clip

EXAMPLE = Path(__file__).parent.parent / "src" / "mien" / "app" / "data" / "example.mp4"
FRAMES = 16
HALF_WIDTH_MM = 0.9
DARK = np.array([40.0, 30.0, 28.0])


@dataclass(frozen=True)
class WornGlasses:
    """The clip with glasses, and the truth.

    Attributes:
        bare: Analysis of the clip without glasses.
        worn: Analysis of the same clip with them.
        lines: Rims (two, closed) and bridge, each ``(N, 2)`` px in every frame: ``lines[frame][line]``.
    """

    bare: Analysis
    worn: Analysis
    lines: list[list[DoubleArray]]


def outlines(plane: GlassesPlane) -> list[DoubleArray]:
    """Two rims, rounded rectangles of 48 by 36 mm, and a bridge, model space, mm ``(N, 3)``."""
    turn = np.linspace(0.0, 2.0 * np.pi, 240, endpoint=False)
    x = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.7 * 24.0
    y = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.7 * 18.0 - 4.0
    across = np.linspace(-10.0, 10.0, 30)
    flat = [np.column_stack([side * (34.0 + x), y]) for side in (-1.0, 1.0)]
    flat.append(np.column_stack([across, 5.0 + 1.5 * np.cos(across / 7.0)]))
    return [np.column_stack([f * plane.size + plane.origin[:2], np.full(len(f), plane.origin[2])]) for f in flat]


def draw(picture: np.ndarray, lines: list[DoubleArray], half_width_px: float) -> np.ndarray:
    """Lines painted on a picture, with edges one pixel soft."""
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    nearest = np.full(picture.shape[:2], 1e9)
    for number, line in enumerate(lines):
        corners = np.concatenate([line, line[:1]]) if number < 2 else line
        fine = np.concatenate([np.linspace(a, b, 4)[:-1] for a, b in pairwise(corners)])
        for x, y in fine:
            y0, x0 = max(int(y) - 6, 0), max(int(x) - 6, 0)
            part = np.s_[y0 : int(y) + 8, x0 : int(x) + 8]
            nearest[part] = np.minimum(nearest[part], np.hypot(columns[part] - x, rows[part] - y))
    share = np.clip(half_width_px + 0.5 - nearest, 0.0, 1.0)[..., None]
    return np.rint(picture + share * (DARK - picture)).astype(np.uint8)


def put_on_glasses(folder: Path) -> WornGlasses:
    """Analyse the example's first frames, draw glasses on them, and analyse them again."""
    pictures = [frame.rgb() for frame in Clip.open(EXAMPLE).frames(0, FRAMES)]
    bare = analyse(Clip.open(write_clip(folder / "bare.mp4", pictures, crf=10)), cache=folder / "analyses")
    (face,) = bare.faces
    outline = outlines(GlassesPlane.of(builtin.load(), face.parameters))
    lines = [[project(line, face.parameters.pose(k))[:, :2] for line in outline] for k in range(FRAMES)]
    scale = float(np.mean(face.parameters.scale))
    drawn = [draw(picture, lines[k], HALF_WIDTH_MM * scale) for k, picture in enumerate(pictures)]
    worn = analyse(Clip.open(write_clip(folder / "worn.mp4", drawn, crf=10)), cache=folder / "analyses")
    return WornGlasses(bare, worn, lines)
