"""The answer to intensity from a clip's own frames, on numbers that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress

from mien.emotion.track import EmotionTrack
from mien.metrics.evaluation.asked import Asked
from mien.metrics.evaluation.judge_response import judge_response
from mien.metrics.evaluation.measured import Measured

FRAMES = 200


def measured_with(rise: np.ndarray, column: str = "lip_corner_height") -> Measured:
    """A clip of 25 frames a second whose source speaks and whose result does the same, raised."""
    found = Measured()
    speech = 0.05 * np.sin(np.arange(FRAMES))
    for row in range(FRAMES):
        found.table.add_row()
        found.frames.append(row)
        found.times_s.append(row / 25)
        found.table.set(row, **{f"{column}_source": speech[row], f"{column}_result": speech[row] + rise[row]})
    return found


def asked_for(notation: str, **span: float) -> Asked:
    asked = Asked(EmotionTrack.parse(notation), **span)
    asked.sample(np.arange(FRAMES) / 25)
    return asked


def test_a_curved_answer_has_the_r_squared_of_its_means() -> None:
    asked = asked_for("0 happy 0, 7.96 happy 1")
    intensity = asked.intensity("happy")
    responses, figures = judge_response(measured_with(0.2 * intensity**2), asked)
    points = np.array([(intensity[s].mean(), (0.2 * intensity[s] ** 2).mean()) for k in range(11)
                       if (s := np.round(intensity * 10) == k).any()])  # fmt: skip
    (response,) = responses
    np.testing.assert_allclose(response.intensities, points[:, 0], atol=1e-12)
    np.testing.assert_allclose(response.values, points[:, 1], atol=1e-12)
    line = linregress(points[:, 0], points[:, 1])
    assert response.r_squared == pytest.approx(line.rvalue**2, abs=1e-12)
    assert figures[0].value == response.r_squared
    assert f"{line.slope:.3g} eye distances" in figures[0].sentence


def test_another_emotion_other_actions_and_what_lies_outside_do_not_count() -> None:
    """Only the first four seconds are a ramp of happiness alone: what the rest shows would bend the line."""
    rise = np.where(np.arange(FRAMES) < 100, 0.1 * np.arange(FRAMES) / 100, 9.0)
    for notation, span in (
        ("0 happy 0, 3.96 happy 0.99, 4 sad 1", {}),
        ("0 happy 0 AU4 0, 3.96 happy 0.99 AU4 0 hold, 4 AU4 0.5", {}),
        ("0 happy 0, 4 happy 1, 8 happy 0", {"stop_s": 3.98}),
    ):
        asked = asked_for(notation, **span)
        responses, figures = judge_response(measured_with(rise), asked)
        kept = [f for f in figures if f.value is not None and f.key.endswith("lip_corner_height")]
        assert kept, notation
        assert max(responses[0].values) <= 0.1, notation


@pytest.mark.parametrize(
    ("notation", "words"),
    [
        ("happy 0.8", "asks for happy at 0.8 throughout"),
        ("0 happy 0.5, 8 happy 0.7", "too few different intensities"),  # 0.2 is no range
        ("0 neutral hold, 4 happy 1", "too few different intensities"),
    ],
)
def test_without_a_ramp_it_says_why(notation: str, words: str) -> None:
    asked = asked_for(notation)
    responses, (figure,) = judge_response(measured_with(0.1 * asked.intensity("happy")), asked)
    assert responses == []
    assert figure.key == "linearity:happy"
    assert figure.verdict == "unavailable"
    assert words in figure.sentence


def test_without_faces_it_says_why() -> None:
    asked = asked_for("0 happy 0, 7 happy 1")
    responses, (figure,) = judge_response(measured_with(np.full(FRAMES, np.nan)), asked)
    assert responses == []
    assert "face" in figure.sentence


def test_nothing_asked_nothing_told() -> None:
    assert judge_response(measured_with(np.zeros(FRAMES)), Asked(None)) == ([], [])
    assert judge_response(measured_with(np.zeros(FRAMES)), asked_for("calm 1")) == ([], [])
