"""Short labels drawn into pictures, with glyphs of our own: no font file has to be found on the user's machine."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np

from mien.types import ByteArray

GLYPH_WIDTH, GLYPH_HEIGHT = 5, 9
_ADVANCE = GLYPH_WIDTH + 1
_UNKNOWN = "?"


def text_size(text: str, scale: int) -> tuple[int, int]:
    """Width and height of a label, px."""
    return max(0, len(text) * _ADVANCE - 1) * scale, GLYPH_HEIGHT * scale


def draw_text(image: ByteArray, text: str, x: int, y: int, scale: int = 2, shade: int = 255) -> None:
    """Draw a label into an image; what reaches beyond it is left out.

    Args:
        image: ``(h, w, 3)``, changed in place.
        text: Letters (all are drawn small), digits and ``. , : - + % / _``; others become ``?``.
        x: Left edge, px.
        y: Top edge, px.
        scale: Size of a glyph's dot, px.
        shade: Grey value, 0-255.
    """
    glyphs = _glyphs()
    for place, letter in enumerate(text.casefold()):
        if letter == " ":
            continue
        dots = glyphs.get(letter, glyphs[_UNKNOWN]).repeat(scale, axis=0).repeat(scale, axis=1)
        left = x + place * _ADVANCE * scale
        top_cut, left_cut = max(0, -y), max(0, -left)
        part = image[max(0, y) : max(0, y + dots.shape[0]), max(0, left) : max(0, left + dots.shape[1])]
        part[dots[top_cut:, left_cut:][: part.shape[0], : part.shape[1]]] = shade


@lru_cache(maxsize=1)
def _glyphs() -> dict[str, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    text = (files("mien.app") / "data" / "glyphs.txt").read_text(encoding="utf-8")
    found = {}
    for block in text.split("\n\n")[1:]:
        letters, *rows = block.strip("\n").split("\n")
        for place, letter in enumerate(letters.split()):
            left = place * _ADVANCE
            dots = [[dot == "#" for dot in row[left : left + GLYPH_WIDTH]] for row in rows]
            found[letter] = np.array(dots, np.bool_).reshape(GLYPH_HEIGHT, GLYPH_WIDTH)
    return found
