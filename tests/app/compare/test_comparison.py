"""Rows of a comparison: who is better in what, and why nobody is where nobody is."""

from __future__ import annotations

import json

import pytest

from mien.app.compare.comparison import Comparison, comparison_to_json, rows_of
from mien.app.compare.page import headline
from mien.metrics.evaluation.evaluation import Evaluation, Figure


def evaluation(*figures: Figure) -> Evaluation:
    return Evaluation("s.mp4", "r.mp4", None, "happy", "instant", 64, 64, 10, 0.4, figures)


def compared(*figures: tuple[Figure, Figure]) -> Comparison:
    a, b = (evaluation(*(pair[side] for pair in figures)) for side in (0, 1))
    return Comparison(a, b, "a.mp4", "b.mp4", "s.mp4", rows_of(a, b), 1.0, 5.0, (3,))


def pair(key: str, a: float | None, b: float | None, sentence: str = "") -> tuple[Figure, Figure]:
    return Figure(key, key, "sync", a, sentence=sentence), Figure(key, key, "sync", b, sentence=sentence)


@pytest.mark.parametrize(
    ("key", "a", "b", "winner", "note"),
    [
        ("lip_correlation", 0.99, 0.95, "A", ""),
        ("lip_difference", 0.03, 0.01, "B", ""),
        ("lip_correlation", 0.981, 0.98, "even", ""),
        ("LSE-D", None, 7.0, "", "Not measured for A. Run `mien weights get syncnet`."),
        ("LSE-D", None, None, "", "Not measured for A and B. Run `mien weights get syncnet`."),
        ("action_rise:happy:mouthSmile", 0.9, 0.1, "", "Neither is better"),
        ("brand_new", 1.0, 2.0, "", "not in the table"),
    ],
)
def test_rows(key: str, a: float | None, b: float | None, winner: str, note: str) -> None:
    (row,) = compared(pair(key, a, b, "Run `mien weights get syncnet`.")).rows
    assert row.winner == winner
    assert note in row.note
    assert bool(row.note) == bool(note)


def test_a_metric_that_only_one_has_is_shown() -> None:
    only = Figure("SSIM", "SSIM", "picture", 0.9)
    (row,) = rows_of(evaluation(), evaluation(only))
    assert (row.a, row.b, row.winner, row.note) == (None, 0.9, "", "Not measured for A.")


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ([pair("FID", 1, 2), pair("PSNR", 30, 40), pair("sound", 0, 0)], "A is better in 1, B in 1, and 1 are even."),
        ([pair("FID", 1, 2), pair("PSNR", 40, 30)], "A is better in 2, and 0 are even."),
        ([pair("sound", 0, 0)], "No measure tells A and B apart."),
    ],
)
def test_headline(figures: list[tuple[Figure, Figure]], said: str) -> None:
    assert headline(compared(*figures)) == said


def test_json_holds_all_and_nothing_that_json_has_not() -> None:
    found = compared(pair("FID", 1.0, 2.0), pair("LIE", float("nan"), 2.0))
    data = json.loads(json.dumps(comparison_to_json(found)))
    assert data["format"] == "mien comparison"
    assert data["rows"][0] == {
        "key": "FID", "label": "FID", "group": "sync", "unit": "", "a": 1.0, "b": 2.0, "better": "lower", "even": 0.1,
        "winner": "A", "note": "",
    }  # fmt: skip
    assert data["a"]["format"] == "mien evaluation"
    assert data["rows"][1]["winner"] == ""
    assert "NaN" not in json.dumps(data)
