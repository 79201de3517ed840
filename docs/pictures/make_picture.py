"""Make the picture of the README: one frame of the example clip under every emotion.

python docs/pictures/make_picture.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import mien
from mien.app.demonstration import example_clip
from mien.app.lettering import draw_text, text_size
from mien.video.claim import EditClaim
from mien.video.provenance import sign

EMOTIONS = ("neutral", "happy", "sad", "angry", "surprised", "fear", "disgusted", "contempt")
TIME_S = 2.76
"""When the picture is taken: she talks, and looks at us."""

COLUMNS = 4
TILE_PX = 272
MARGIN = 0.62
"""From the middle of the face to the edge of its picture, in its height."""

GAP_PX = 6
LABEL_SCALE = 2
COLORS = 256


def main() -> None:
    """Write the picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    sheet = Image.fromarray(assemble([face_with(emotion) for emotion in EMOTIONS]))
    # A palette halves the file; dithering hides that it is one.
    sheet = sheet.quantize(COLORS, Image.Quantize.MEDIANCUT, kmeans=8, dither=Image.Dither.FLOYDSTEINBERG)
    sheet.save(folder / "emotions.png", optimize=True)
    sign(folder / "emotions.png", EditClaim("instant", EMOTIONS[1:], example_clip()))


def face_with(emotion: str) -> np.ndarray:
    """The face of the example clip at :data:`TIME_S`, with an emotion: ``(TILE_PX, TILE_PX, 3)``."""
    analysis = mien.open(example_clip()).analyse()
    index = int(np.searchsorted(analysis.times_s, TIME_S))
    span = mien.TimeRange(TIME_S - 0.5 / 25, TIME_S + 0.5 / 25)
    frames = mien.load("instant").render(analysis, emotion, time_range=span)
    picture = next(frame for frame in frames if frame.index == index).rgb()
    points = analysis.faces[0].track.landmarks(index, index + 1)[0, :, :2]
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    half = MARGIN * (bottom - top)
    x, y = (left + right) / 2, (top + bottom) / 2 - 0.04 * (bottom - top)
    box = tuple(float(edge) for edge in (x - half + 0.5, y - half + 0.5, x + half + 0.5, y + half + 0.5))
    tile = Image.fromarray(picture).resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS, box=box)
    return np.asarray(tile)


def assemble(tiles: list[np.ndarray]) -> np.ndarray:
    """Tiles in rows of :data:`COLUMNS`, each with its emotion above it."""
    line = text_size("", LABEL_SCALE)[1] + 2 * GAP_PX
    rows = -(-len(tiles) // COLUMNS)
    sheet = np.full((rows * (line + TILE_PX), COLUMNS * (TILE_PX + GAP_PX) - GAP_PX, 3), 255, np.uint8)
    for number, (emotion, tile) in enumerate(zip(EMOTIONS, tiles, strict=True)):
        top, left = number // COLUMNS * (line + TILE_PX), number % COLUMNS * (TILE_PX + GAP_PX)
        name = "before" if emotion == "neutral" else emotion
        label = np.zeros((line, TILE_PX, 3), np.uint8)
        draw_text(label, name, (TILE_PX - text_size(name, LABEL_SCALE)[0]) // 2, GAP_PX, LABEL_SCALE)
        sheet[top : top + line, left : left + TILE_PX] = 255 - label
        sheet[top + line : top + line + TILE_PX, left : left + TILE_PX] = tile
    return sheet


if __name__ == "__main__":
    main()
