"""Small drawings beside the verdicts; the words beside them say the same."""

from __future__ import annotations

from mien.app.evaluation.page.markup import Markup, tag
from mien.app.evaluation.page.words import VERDICTS
from mien.metrics.evaluation.evaluation import Verdict

_SHAPES: dict[Verdict, str] = {
    "fault": "M8 1 15 8 8 15 1 8zM5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8",
    "attention": "M8 1.6 15 14H1zM8 6v4M8 12v.2",
    "good": "M8 1a7 7 0 1 0 .01 0zM4.8 8.2l2.3 2.3 4.2-4.8",
    "measured": "M8 1a7 7 0 1 0 .01 0zM5 8h6",
    "unavailable": "M8 1a7 7 0 1 0 .01 0z",
}
"""Verdict to path data in 16 by 16: a diamond with a cross, a triangle, a circle with a tick, a dash, nothing."""


def icon(verdict: Verdict) -> Markup:
    """The drawing of a verdict."""
    return tag(
        "svg",
        tag("path", d=_SHAPES[verdict]),
        class_=f"icon {verdict}",
        viewBox="0 0 16 16",
        width=16,
        height=16,
        aria_hidden="true",
    )


def badge(verdict: Verdict) -> Markup:
    """The drawing with its word."""
    return tag("span", icon(verdict), VERDICTS[verdict], class_=f"badge {verdict}")
