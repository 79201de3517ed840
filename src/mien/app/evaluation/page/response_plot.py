"""How measures answer to the intensity asked for: points, the straight line through them, and R²."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mien.app.evaluation.page import plot
from mien.app.evaluation.page.axes import Axis, value_axis
from mien.app.evaluation.page.markup import Markup, tag
from mien.app.evaluation.page.words import number, with_unit
from mien.errors import InputError
from mien.metrics.evaluation.evaluation import Response
from mien.metrics.linearity import linearity

_INTENSITY = Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), ("0", "0.25", "0.5", "0.75", "1"))


def responses(found: Sequence[tuple[str, Response]]) -> Markup | None:
    """A plot for each response; None without any.

    Args:
        found: What each is about (an emotion, a system; may be empty), and the response.
    """
    if not found:
        return None
    return tag("div", [_response(about, response) for about, response in found], class_="responses")


def _response(about: str, response: Response) -> Markup:
    pairs = [pair for pair in zip(response.intensities, response.values, strict=False) if all(map(math.isfinite, pair))]
    title = plot.caption(f"{about}: {response.label}" if about else response.label, response.unit)
    if not pairs:
        return tag("figure", title, plot.nothing(), class_="response")
    ends = _line_ends(pairs) if response.r_squared is not None else ()
    y = value_axis([value for _, value in (*pairs, *ends)])
    dots = "".join(f"M{plot.point(_INTENSITY, y, *pair)}h0" for pair in pairs)
    inside = [tag("path", class_="dots", d=dots)]
    if ends:
        path = "M" + "L".join(plot.point(_INTENSITY, y, *end) for end in ends)
        inside.insert(0, tag("path", class_="line c5 d1", d=path))
    listed = ", ".join(f"{number(value)} at {number(intensity)}" for intensity, value in pairs)
    drawing = plot.picture(_INTENSITY, y, inside, f"{response.label} by intensity asked for: {listed}.")
    return tag(
        "figure",
        title,
        drawing,
        tag("p", "intensity asked for", class_="axis"),
        tag("p", _verdict(response, ends), class_="quiet"),
        class_="response",
    )


def _line_ends(pairs: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The least-squares line at the least and the greatest intensity; nothing where there is none."""
    intensities, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    try:
        slope = linearity(np.array(intensities), np.array(values)).slope
    except InputError:  # too few points, or a single intensity
        return ()
    middle = sum(values) / len(values) - slope * sum(intensities) / len(intensities)
    return tuple((at, middle + slope * at) for at in (min(intensities), max(intensities)))


def _verdict(response: Response, ends: Sequence[tuple[float, float]]) -> str:
    if response.r_squared is None:
        return "R² is not defined for these values."
    rise = ""
    if ends:
        whole = (ends[1][1] - ends[0][1]) / (ends[1][0] - ends[0][0])
        rise = f"; {with_unit(whole, response.unit)} from 0 to 1 along the line"
    return f"R² = {number(response.r_squared)}{rise}."
