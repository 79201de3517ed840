"""Pictures of a comparison: scales that can be read, and frames that belong together."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from mien.app.compare.color_map import color_table
from mien.app.compare.difference import Differences
from mien.app.compare.pictures import find_moments, overall_map, round_top
from mien.app.evaluation.page.stills import Still
from mien.types import Box
from mien.video.clip import Clip

from ..conftest import MakeClip

LOSSLESS: dict[str, Any] = {
    "codec": "ffv1", "pixel_format": "bgr0", "options": (), "time_base": Fraction(1, 1000), "audio": 0,
}  # fmt: skip


def decoded(still: Still) -> np.ndarray[Any, Any]:
    codec = av.CodecContext.create("mjpeg", "r")
    (frame,) = codec.decode(av.Packet(still.jpeg))
    return frame.to_ndarray(format="rgb24").astype(float)


@pytest.mark.parametrize(
    ("highest", "top"), [(0.0, 1), (0.3, 1), (1.0, 1), (1.2, 2), (2.1, 5), (5.0, 5), (6, 10), (47, 50), (120, 200)]
)
def test_scales_end_at_round_figures(highest: float, top: float) -> None:
    assert round_top(np.full((20, 20), highest, np.float32)) == top


def test_single_pixels_do_not_stretch_the_scale() -> None:
    values = np.full((100, 100), 4.0, np.float32)
    values[0, :9] = 250.0  # 0.09 %
    assert round_top(values) == 5


def test_the_map_shows_the_values_in_the_colours_of_its_scale() -> None:
    mean = np.zeros((64, 64), np.float32)
    mean[16:48, 16:48] = 10.0
    heat = overall_map(Differences(mean, (0.0,), (0,), (2.5,), 10.0))
    assert heat.top == 10
    picture = decoded(heat.picture)
    assert np.abs(picture[20:44, 20:44] - color_table()[255]).max() < 4  # the JPEG's error
    assert np.abs(picture[:12, :12] - color_table()[0]).max() < 4


def test_moments_show_frames_of_one_time(make_clip: MakeClip) -> None:
    """A has every frame, B every second one, the source other times; grey tells which frame is shown."""

    def grey(offset: int) -> Any:
        return lambda n: np.full((64, 96, 3), offset + 8 * n, np.uint8)

    a = Clip.open(make_clip("a.mkv", grey(0), frames=12, **LOSSLESS))
    b = Clip.open(make_clip("b.mkv", grey(100), pts=[80 * n for n in range(6)], **LOSSLESS))
    source = Clip.open(make_clip("s.mkv", grey(50), frames=12, **LOSSLESS))
    first, second = find_moments(a, b, source, [3, 8], Box(10, 20, 40, 50))
    assert [first.frame, second.frame] == [3, 8]
    assert first.time_s == pytest.approx(0.12)
    assert (first.a.width, first.a.height) == (30, 30)
    for moment, number in ((first, 3), (second, 8)):
        assert moment.source is not None
        shown = [decoded(still).mean() for still in (moment.a, moment.source, moment.b)]
        assert shown == pytest.approx([8 * number, 50 + 8 * number, 100 + 8 * (number // 2)], abs=2)
        assert moment.heat is not None
        assert moment.heat.top == 100  # 88 and 84
    whole = find_moments(a, b, None, [0], None)[0]
    assert whole.source is None
    assert (whole.b.width, whole.b.height) == (96, 64)
