"""Figures and times in words, against hand-written ones; a limit that is missed never looks reached."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mien.app.evaluation.page.words import (
    counted,
    explanation,
    file_name,
    headline,
    number,
    place,
    time_code,
    with_unit,
)
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Verdict


@pytest.mark.parametrize(
    ("value", "asked", "written"),
    [
        (0.97123, "", "0.971"),
        (0.0143, "", "0.0143"),
        (0.0, "", "0"),
        (-6.8, "", "−6.80"),
        (1234.5, "", "1234"),
        (12, "", "12"),
        (None, "", "–"),
        (float("nan"), "", "–"),
        (0.97996, "at least 0.98", "0.97996"),
        (1.0501, "at most 1.05", "1.0501"),
        (0.98, "at least 0.98", "0.980"),
        (3e-7, "", "3.00e−07"),
        (46.31, "", "46.3"),
    ],
)
def test_numbers(value: float | None, asked: str, written: str) -> None:
    assert number(value, asked) == written


@given(st.floats(-1e4, 1e4), st.decimals(-1000, 1000, places=3))
def test_a_missed_limit_never_looks_reached(value: float, limit: object) -> None:
    bound = float(str(limit))
    assume(abs(value - bound) > 1e-6 * max(1e-3, abs(bound)))  # nine digits do not tell nearer ones apart
    assume(abs(value) >= 1e-5 or value == 0)
    shown = float(number(value, f"at least {bound:.3f}").replace("−", "-"))
    assert (shown < bound, shown > bound) == (value < bound, value > bound)


@pytest.mark.parametrize(
    ("time_s", "written"),
    [
        (0, "0:00.00"),
        (3.4, "0:03.40"),
        (59.996, "1:00.00"),
        (3725.5, "1:02:05.50"),
        (-0.04, "−0:00.04"),
        (-0.001, "0:00.00"),
    ],
)
def test_time_codes(time_s: float, written: str) -> None:
    assert time_code(time_s) == written


def test_small_words() -> None:
    assert place(102, 4.08) == "0:04.08, frame 102"
    assert place(3, None) == "frame 3"
    assert with_unit(6.8, "degrees") == "6.80\N{NO-BREAK SPACE}degrees"
    assert with_unit(1.08, "×") == "1.08×"
    assert with_unit(None, "dB") == "–"
    assert [counted(count, "fault") for count in (0, 1, 2, 13)] == ["No faults", "One fault", "Two faults", "13 faults"]
    assert [file_name(path) for path in ("/a/b.mp4", r"C:\a\b.mp4", "frames/", "/")] == [
        "b.mp4",
        "b.mp4",
        "frames",
        "/",
    ]


def evaluation(*verdicts: Verdict) -> Evaluation:
    figures = tuple(Figure(f"f{at}", "f", "sync", 1.0, verdict=verdict) for at, verdict in enumerate(verdicts))
    return Evaluation("a", "b", None, "", "", 1, 1, 1, 1.0, figures)


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (("good", "fault", "attention", "attention"), "One fault, and two things to look at."),
        (("fault", "fault", "good"), "Two faults."),
        (("attention", "good"), "No faults; one thing to look at."),
        (("good", "measured", "unavailable"), "Nothing to object to."),
        (("measured", "unavailable"), "Measured, but held against no limit."),
        ((), "Measured, but held against no limit."),
    ],
)
def test_headlines(verdicts: tuple[Verdict, ...], said: str) -> None:
    """What was not measured is never called good."""
    assert headline(evaluation(*verdicts)) == said


def test_what_a_headline_rests_on() -> None:
    assert explanation(evaluation("good", "good", "unavailable")) == (
        "All 2 figures that have a limit reach it. One figure could not be measured; the table says what to do."
    )
    assert explanation(evaluation("good", "fault")) == "1 of the 2 figures that have a limit reach it."
    assert explanation(evaluation("measured")) == "None of the figures below has a limit that it must reach."
