"""Evaluations for pages: every kind of figure, curves with breaks, responses; the clips are whatever is named."""

from __future__ import annotations

import math
from dataclasses import replace

from mien.app.evaluation.suite_results import COLUMNS
from mien.app.evaluation.suite_summary import (
    Column,
    PublishedTable,
    Row,
    SuiteClip,
    SuiteFigure,
    SuiteResponse,
    SuiteSummary,
)
from mien.metrics.evaluation.evaluation import Evaluation, Figure, Response, Series

RATE = 25.0


def sample(source: str, result: str, frames: int = 64, size: tuple[int, int] = (512, 512)) -> Evaluation:
    """One fault, one thing to look at, good ones, one without a limit, one that is not available."""
    times_s = tuple(at / RATE for at in range(frames))
    last = frames - 1

    def at(share: float) -> dict[str, float | int]:
        frame = round(share * last)
        return {"worst_frame": frame, "worst_time_s": times_s[frame]}

    wave = tuple(0.1 + 0.08 * math.sin(9 * time_s) for time_s in times_s)
    hidden = frames // 3, frames // 2
    broken = tuple(None if hidden[0] <= at < hidden[1] else value for at, value in enumerate(wave))
    figures = (
        Figure(
            "lip_correlation",
            "Lip opening, correlation",
            "sync",
            0.9796,
            "",
            "fault",
            "The lips do not follow.",
            "at least 0.98",
            **at(0.7),
        ),
        Figure(
            "jitter_ratio",
            "Landmark jitter",
            "steadiness",
            1.08,
            "×",
            "attention",
            "A little trembling.",
            "at most 1.05",
            **at(0.3),
        ),
        Figure(
            "lip_error", "Lip opening, error", "sync", 0.0143, "eye distances", "good", "", "at most 0.02", **at(0.7)
        ),
        Figure("frame_times", "Largest difference of frame times", "timing", 0.0, "s", "good", "All equal.", "0"),
        Figure("CPBD", "Sharpness (CPBD)", "picture", 0.5241, "", "measured", "", "", "CCFE 4.2", **at(1.0)),
        Figure(
            "LSE-D",
            "Lip sync error, distance",
            "sync",
            None,
            "",
            "unavailable",
            "Not available: run `mien weights get syncnet`.",
            "",
            "CCFE 4.2",
        ),
    )
    series = (
        Series(
            "emotion",
            "Emotion asked",
            "expression",
            "intensity",
            times_s,
            {"happy": tuple(min(1.0, time_s) for time_s in times_s)},
        ),
        Series("lip_opening", "Lip opening", "sync", "eye distances", times_s, {"source": wave, "result": broken}),
        Series("pose_drift", "Head pose drift", "steadiness", "degrees", times_s, {"drift": (None,) * frames}),
    )
    responses = (
        Response(
            "corner", "Mouth corners", "eye distances", (0, 0.25, 0.5, 0.75, 1), (0, 0.011, 0.025, 0.041, 0.058), 0.991
        ),
        Response("alone", "One intensity", "", (0.5, 0.5), (0.1, 0.2), None),
    )
    conditions = {"mien": "0.1.0", "commit": "abc1234", "hardware": "2 cores"}
    return Evaluation(
        source,
        result,
        None,
        "0 neutral, 1 happy 1",
        "instant",
        *size,
        frames,
        frames / RATE,
        figures,
        series,
        responses,
        conditions,
    )


def clean(evaluation: Evaluation) -> Evaluation:
    """The same with nothing to object to."""
    kept = [figure for figure in evaluation.figures if figure.verdict not in ("fault", "attention")]
    return replace(evaluation, figures=tuple(kept))


def suite(source: str = "a.mp4") -> SuiteSummary:
    """Three renders (one with faults, one clean, one failed), a paper's table with ours."""
    columns = (Column("ID", "ID", "", "higher"), Column("FID", "FID", "", "lower"))
    clips = (
        SuiteClip(source, "happy", 1.0, "instant", 3, "clips/one two#1.html", "", 0),
        SuiteClip(source, "sad", 0.5, "instant", 3, "", "", 1),
        SuiteClip("b.mp4", "sad", 1.0, "instant", None, "", "There is no face to edit.", None),
    )
    published = PublishedTable(
        "CCFE",
        "Table 5",
        "Editing on video",
        columns,
        (
            Row("CCFE", {"ID": 0.931, "FID": 30.36}, ours=False),
            Row("DNT", {"ID": 0.921, "FID": 56.4}, ours=False),
            Row("instant", {"ID": 0.9, "FID": None}, "instant", 2),
        ),
        ("The footage is not MEAD; run `mien weights get inception`.",),
    )
    response = SuiteResponse("happy", "instant", Response("corner", "Mouth corners", "mm", (0, 0.5, 1), (0, 1, 2), 1.0))
    figures = (
        SuiteFigure("FID[face-api]", "instant", "happy", 0.1025, "10 frames rendered against 12 of real footage."),
        SuiteFigure("FID[face-api]", "instant", "", 0.1025, "Mean over 1 emotion."),
        SuiteFigure("LIE[LPIPS-Alex]", "instant", "", None, "Not available: run `mien weights get lpips-alex`."),
    )
    means_of = (
        *(Column(f"recognised[{n}]", f"Seen as asked, by {n}") for n in ("mini-xception", "face-api")),
        *COLUMNS,
    )
    values = {column.key: 1234.5678 for column in means_of}  # as wide as figures get
    means = (
        Row("happy", {**values, "recognised[face-api]": None}, "instant", 12),
        Row("surprised", values, "instant, lips free", 12),
    )
    return SuiteSummary(
        "Two people", "suite.json", clips, means_of, means, (response,), (published,), figures, {"mien": "0.1.0"}
    )
