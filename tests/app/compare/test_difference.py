"""Differences of clips whose pixels are known."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.app.compare.difference import find_differences
from mien.types import Box
from mien.video.clip import Clip

from ..conftest import MakeClip

LOSSLESS: dict[str, Any] = {
    "codec": "ffv1", "pixel_format": "bgr0", "options": (), "time_base": Fraction(1, 1000), "audio": 0,
}  # fmt: skip


def grey(_: int) -> np.ndarray[Any, Any]:
    return np.full((120, 200, 3), 100, np.uint8)


def spotted(number: int) -> np.ndarray[Any, Any]:
    """A rectangle that is brighter in green by the frame's number, twice that in frame 20."""
    picture = grey(number).copy()
    picture[40:60, 100:140, 1] += number if number != 20 else 60
    return picture


def test_differences_are_those_put_in(make_clip: MakeClip) -> None:
    a = Clip.open(make_clip("a.mkv", spotted, frames=30, **LOSSLESS))
    b = Clip.open(make_clip("b.mkv", grey, frames=30, **LOSSLESS))
    found = find_differences(a, b)
    assert found is not None
    total = sum(range(30)) - 20 + 60
    expected = np.zeros((120, 200))
    expected[40:60, 100:140] = total / 30
    assert found.mean == pytest.approx(expected, abs=1e-4)
    assert found.by_frame[20] == pytest.approx(60 * 20 * 40 / (120 * 200))
    assert found.largest == 60
    place = found.place()
    assert place.x0 <= 100 < 140 <= place.x1
    assert place.y0 <= 40 < 60 <= place.y1
    assert (place.width, place.height) == (96, 96)
    turned = find_differences(b, a)
    assert turned is not None
    assert np.array_equal(turned.mean, found.mean)


def test_moments_lie_apart(make_clip: MakeClip) -> None:
    """Frame 20 differs most; 29 is the next that is half a second (12.5 frames) away only backwards: 7."""
    a = Clip.open(make_clip("a.mkv", spotted, frames=30, **LOSSLESS))
    b = Clip.open(make_clip("b.mkv", grey, frames=30, **LOSSLESS))
    found = find_differences(a, b)
    assert found is not None
    assert found.moments(5) == [7, 20]


def test_the_same_clip_does_not_differ(head_clip: Path) -> None:
    found = find_differences(Clip.open(head_clip), Clip.open(head_clip))
    assert found is not None
    assert found.largest == 0.0
    assert found.moments(3) == [6]
    assert found.place() == Box(0, 0, 256, 256)


def test_other_sizes_are_not_compared(make_clip: MakeClip, head_clip: Path) -> None:
    assert find_differences(Clip.open(make_clip("a.mkv", grey, **LOSSLESS)), Clip.open(head_clip)) is None
