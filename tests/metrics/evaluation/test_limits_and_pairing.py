"""The table of limits holds together, and frames meet the frames that they belong to."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.emotion.track import EmotionTrack
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.limits import LIMITS
from mien.metrics.evaluation.measured import Table
from mien.metrics.evaluation.pairing import matching_of, pairs
from mien.video.clip import Clip


@pytest.mark.parametrize("key", LIMITS)
def test_a_fault_lies_beyond_good_and_both_have_a_reason(key: str) -> None:
    limit = LIMITS[key]
    sign = 1.0 if limit.better == "lower" else -1.0
    assert limit.verdict(limit.good) == "good"
    assert limit.verdict(float("nan")) == "unavailable"
    assert len(limit.reason) > 20
    assert limit.asked
    if limit.fault is not None:
        assert sign * limit.fault > sign * limit.good
        assert limit.verdict(limit.fault) == "attention"
        assert limit.verdict(limit.fault + sign * 1e-6) == "fault"


def counting_clip(path: Path, rate: Fraction, numbers: list[int]) -> Clip:
    """A clip whose pictures are as bright as their number says."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "gray"
        for number in numbers:
            frame = av.VideoFrame.from_ndarray(np.full((32, 32), 4 * number, np.uint8), format="gray")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return Clip.open(path)


def shown(clip_pairs: object) -> list[tuple[int, int]]:
    return [tuple(int(f.rgb()[0, 0, 0]) // 4 for f in (pair.source, pair.result)) for pair in clip_pairs]  # type: ignore[attr-defined]


def test_as_many_frames_are_matched_by_number(tmp_path: Path) -> None:
    source = counting_clip(tmp_path / "a.mkv", Fraction(25), list(range(10)))
    result = counting_clip(tmp_path / "b.mkv", Fraction(50), list(range(10)))
    assert matching_of(10, 10) == "index"
    assert shown(pairs(source, result, "index")) == [(n, n) for n in range(10)]


def test_other_numbers_are_matched_by_time(tmp_path: Path) -> None:
    source = counting_clip(tmp_path / "a.mkv", Fraction(25), list(range(10)))
    doubled = counting_clip(tmp_path / "b.mkv", Fraction(50), [n // 2 for n in range(20)])
    found = shown(pairs(source, doubled, matching_of(10, 20)))
    assert len(found) == 20
    # Shown at 20 ms, between the frames at 0 and 40 ms: either is as near.
    assert all(abs(a - b) <= 1 for a, b in found)
    assert all(a == b for a, b in found[::2])
    longer = counting_clip(tmp_path / "c.mkv", Fraction(25), list(range(15)))
    assert shown(pairs(source, longer, "time"))[-1] == (9, 9)  # what comes after the source's end has nothing to meet
    assert shown(pairs(longer, source, "time")) == [(n, n) for n in range(10)]


def test_what_is_asked_follows_the_track_and_the_time_range() -> None:
    asked = Asked(EmotionTrack.parse("0 neutral, 1 happy 0.8, 2 happy 0.8, 3 sad 0.1"), start_s=0.5, stop_s=2.0)
    assert asked.emotions == ("happy",)  # sad 0.1 is too little to look for
    asked.sample(np.array([0.0, 0.4, 0.5, 1.0, 1.9, 2.0]))
    np.testing.assert_allclose(asked.intensity("happy"), [0, 0, 0.4, 0.8, 0.8, 0], atol=1e-9)
    assert asked.shown("happy").tolist() == [False, False, True, True, True, False]
    assert Asked(None).emotions == ()


def test_a_table_grows_and_what_is_not_set_is_missing() -> None:
    table = Table()
    assert table.add_row() == 0
    table.set(0, a=1.0)
    assert table.add_row() == 1
    table.set_rows(np.array([1]), "b", np.array([2.0]))
    assert table.column("a").tolist()[0] == 1.0
    assert np.isnan(table.column("a")[1])
    assert np.isnan(table.column("b")[0])
    assert np.isnan(table.column("never")).all()
