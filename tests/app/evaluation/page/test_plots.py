"""Curves hold their data: read back from the path they are the values; breaks, extremes and axes are kept."""

from __future__ import annotations

import math
import re
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.app.evaluation.page.axes import PLOT_HEIGHT, PLOT_WIDTH, spread, time_axis, value_axis
from mien.app.evaluation.page.response_plot import responses
from mien.app.evaluation.page.time_chart import MOST_POINTS, charts
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Response, Series

finite = st.floats(-1e6, 1e6, allow_subnormal=False)


def chart_of(values: tuple[float | None, ...], rate: float = 25.0, figures: tuple[Figure, ...] = ()) -> str:
    times_s = tuple(at / rate for at in range(len(values)))
    series = Series("one", "One", "sync", "px", times_s, {"result": values})
    made = charts(Evaluation("a", "b", None, "", "", 1, 1, len(values), len(values) / rate, figures, (series,)), {7})
    assert made is not None
    return made


def runs(chart: str) -> list[list[tuple[float, float]]]:
    """Points of the line in data coordinates."""
    low, high, stop = (float(re.search(rf'data-{name}="([^"]+)"', chart)[1]) for name in ("low", "high", "stop"))  # type: ignore[index]
    path = re.search(r'd="([^"]+)" data-name="result"', chart)
    assert path is not None
    read = []
    for run in path[1].split("M")[1:]:
        points = [tuple(map(float, point.split())) for point in run.replace("h0", "").split("L")]
        read.append([(x / PLOT_WIDTH * stop, low + (1 - y / PLOT_HEIGHT) * (high - low)) for x, y in points])
    return read


@given(st.lists(st.one_of(st.none(), finite), min_size=2, max_size=60).filter(any))
def test_a_curve_is_its_values(values: list[float | None]) -> None:
    """To half a step of the plot's coordinates; broken where values are farther apart than they usually are."""
    chart = chart_of(tuple(values))
    known = [value for value in values if value is not None]
    axis = value_axis(known)
    found = runs(chart)
    expected = [[(at / 25, value) for at, value in group] for group in _groups(list(enumerate(values)))]
    assert [len(run) for run in found] == [len(run) for run in expected]
    for (time_s, value), (true_s, true) in zip(chain(*found), chain(*expected), strict=True):
        assert time_s == pytest.approx(true_s, abs=0.51 * len(values) / 25 / PLOT_WIDTH)
        assert value == pytest.approx(true, abs=0.51 * (axis.high - axis.low) / PLOT_HEIGHT)


def _groups(values: list[tuple[int, float | None]]) -> list[list[tuple[int, float]]]:
    known = [(at, value) for at, value in values if value is not None]
    steps = sorted(b[0] - a[0] for a, b in pairwise(known)) or [1]
    groups = [known[:1]]
    for before, after in pairwise(known):
        if after[0] - before[0] > 1.5 * steps[(len(steps) - 1) // 2]:
            groups.append([])
        groups[-1].append(after)
    return groups


def test_breaks_and_samples_by_hand() -> None:
    """A value missing among many is a break; every third frame measured is one line, and a longer pause breaks it."""
    assert [len(run) for run in runs(chart_of((1.0, 2.0, None, 3.0, 4.0, None, None, 5.0)))] == [2, 2, 1]
    sampled = tuple(float(at) if at % 3 == 0 and not 30 <= at < 40 else None for at in range(60))
    assert [len(run) for run in runs(chart_of(sampled))] == [10, 6]


def test_long_curves_keep_extremes_and_breaks() -> None:
    values: list[float | None] = [math.sin(at / 500) for at in range(40_000)]
    values[12_345], values[30_001], values[20_000] = 5.0, -5.0, None
    found = runs(chart_of(tuple(values)))
    points = list(chain(*found))
    assert len(points) <= 1.6 * MOST_POINTS
    assert len(found) == 2
    step_s = 40_000 / MOST_POINTS * 2 / 25
    for value, at in ((5.0, 12_345), (-5.0, 30_001)):
        nearest = min(points, key=lambda point: abs(point[1] - value))
        assert nearest[1] == pytest.approx(value, abs=0.02)
        assert nearest[0] == pytest.approx(at / 25, abs=step_s)


def test_marks_stand_where_figures_are_worst() -> None:
    figures = (
        Figure("one_error", "Error", "sync", 1.0, verdict="fault", worst_frame=7, worst_time_s=0.28),
        Figure("other", "Other <x>", "picture", 1.0, verdict="good", worst_frame=5, worst_time_s=0.2),
        Figure("whole", "Whole clip", "sync", 1.0, verdict="fault"),
    )
    chart = chart_of((0.0,) * 28, figures=figures)
    assert 'class="mark fault" style="left:25.00%" href="#frame-7" title="Error: worst at 0:00.28, frame 7"' in chart
    assert '<span class="mark plain"' in chart  # frame 5 has no picture to lead to
    assert chart.count('class="mark') == 2


@given(st.lists(finite, min_size=1))
def test_value_axes_hold_all_values(values: list[float]) -> None:
    axis = value_axis(values)
    slack = 1e-6 * (axis.high - axis.low)
    assert axis.low - slack <= min(values) <= max(values) <= axis.high + slack
    assert (axis.ticks[0], axis.ticks[-1]) == (axis.low, axis.high)
    assert 2 <= len(axis.ticks) <= 8
    assert len(set(axis.labels)) == len(axis.labels)


@given(st.floats(0.04, 20_000))
def test_time_axes_are_as_long_as_the_clip(stop_s: float) -> None:
    axis = time_axis(0.0, stop_s)
    assert (axis.low, axis.high) == (0.0, stop_s)
    assert 1 <= len(axis.ticks) <= 9
    assert all(0 <= tick <= stop_s * (1 + 1e-6) for tick in axis.ticks)
    assert len(set(axis.labels)) == len(axis.labels)


def test_axes_as_written_by_hand() -> None:
    assert value_axis([0.02, 0.058]).labels == ("0", "0.02", "0.04", "0.06")
    assert value_axis([97.2, 99.1]).labels == ("97.0", "97.5", "98.0", "98.5", "99.0", "99.5")
    assert value_axis([]).labels[0] == "0"
    assert time_axis(0, 14.93).labels[:3] == ("0\N{NO-BREAK SPACE}s", "2\N{NO-BREAK SPACE}s", "4\N{NO-BREAK SPACE}s")
    assert time_axis(0, 90).labels == ("0:00", "0:15", "0:30", "0:45", "1:00", "1:15", "1:30")


@given(st.lists(st.floats(0, 1), max_size=9), st.floats(0.05, 0.3))
def test_labels_move_apart_in_order(places: list[float], room: float) -> None:
    moved = spread(places, room, 0.0, 1.0)
    order = sorted(range(len(places)), key=lambda index: places[index])
    least = min(room, 1 / max(1, len(places) - 1))
    for first, second in pairwise(order):
        assert moved[second] - moved[first] >= least - 1e-9
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in moved)
    if all(abs(a - b) >= room for number, a in enumerate(places) for b in places[:number]):
        assert moved == pytest.approx(places)


def test_responses_show_the_line_through_them() -> None:
    """The line of 1 + 2x is drawn from (0, 1) to (1, 3); with R² undefined there is none."""
    exact = Response("r", "R", "mm", (0.0, 0.5, 1.0), (1.0, 2.0, 3.0), 1.0)
    made = responses([("", exact), ("happy", Response("s", "S", "", (0.5,), (1.0,), None))])
    assert made is not None
    assert 'class="line c5 d1" d="M0 667L10000 0"' in made  # the axis goes from 0 to 3
    assert "R² = 1; 2\N{NO-BREAK SPACE}mm from 0 to 1 along the line." in made
    assert "R² is not defined" in made
    assert made.count('class="line') == 1
    assert responses([]) is None
