"""How one clip answers to intensity: from the frames of a ramp, and from renders that are asked for."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.app.evaluation.outputs import read_evaluation
from mien.app.evaluation.strengths import parse_intensities
from mien.errors import InputError
from mien.metrics.evaluation.evaluation import Evaluation

from ..conftest import ClipRecipe, assert_refused, head, run_here, run_mien, write_clip

CORNERS = "happy:lip_corner_height"


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Edits of one clip: ``ramp.mp4``, whose smile grows evenly from 0 to 1, and ``steady.mp4``."""
    folder = tmp_path_factory.mktemp("edited")
    source = write_clip(folder / "source.mp4", head, ClipRecipe(frames=50))
    mien.edit(source, "0 happy 0, 1.96 happy 1").save(folder / "ramp.mp4")
    mien.edit(source, "happy 0.7").save(folder / "steady.mp4")
    return folder


def evaluated(folder: Path) -> Evaluation:
    return read_evaluation(folder / "evaluation.json")


@pytest.fixture(scope="module")
def ramp(edited: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """The ramp evaluated."""
    out = tmp_path_factory.mktemp("ramp") / "out"
    assert run_here("evaluate", edited / "ramp.mp4", "-o", out, "--quiet").returncode == 0
    return evaluated(out)


def test_a_ramp_shows_the_answer_in_its_own_frames(ramp: Evaluation) -> None:
    response = next(r for r in ramp.responses if r.key.endswith(CORNERS))
    # The frames' own curves, put together by the intensity asked for, written out.
    asked = np.arange(50) / 49
    curve = next(s for s in ramp.series if s.key == "action:lip_corner_height").lines
    rise = np.array(curve["result"], float) - np.array(curve["source"], float)
    steps = np.round(asked * 10)
    expected = [(asked[steps == k].mean(), rise[steps == k].mean()) for k in range(11)]
    np.testing.assert_allclose(list(zip(response.intensities, response.values, strict=True)), expected, atol=2e-6)
    figure = ramp.figure(f"linearity:{CORNERS}")
    assert figure is not None
    assert figure.value == pytest.approx(np.corrcoef(*np.array(expected).T)[0, 1] ** 2, abs=1e-4)
    assert figure.value > 0.8  # she smiles already: a whole ramp raises her lip corners by less than two pixels
    assert "50 frames" in figure.sentence


def test_a_steady_clip_says_why_there_is_none(edited: Path, tmp_path: Path) -> None:
    assert run_here("evaluate", edited / "steady.mp4", "-o", tmp_path / "out", "--quiet").returncode == 0
    found = evaluated(tmp_path / "out")
    assert found.responses == ()
    figure = found.figure("linearity:happy")
    assert figure is not None
    assert figure.value is None
    assert "asks for happy at 0.7 throughout" in figure.sentence
    assert "--intensities" in figure.sentence
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "Answer to intensity" in page
    assert "at 0.7 throughout" in page


def test_renders_at_other_intensities(edited: Path, ramp: Evaluation, tmp_path: Path) -> None:
    """They lie where the ramp's own frames do, and nothing of them is left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = sorted(os.listdir(edited))
    done = run_mien(
        "evaluate", edited / "steady.mp4", "--intensities", "1,0.5", "-o", tmp_path / "out", "--quiet",
        env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(edited)) == before
    assert list(temporary.iterdir()) == []
    found = evaluated(tmp_path / "out")
    response = next(r for r in found.responses if r.key.endswith(CORNERS))
    assert response.intensities == (0.0, 0.5, 1.0)
    assert response.values[0] == 0.0
    own = next(r for r in ramp.responses if r.key.endswith(CORNERS))
    on_ramp = np.interp([0.5, 1.0], own.intensities, own.values)
    # The ramp shows each strength for a moment, in which she smiles more or less of her own, the renders show it over
    # the whole clip: two thirds of a pixel are 0.01, and the two strengths lie further apart than that on the ramp.
    np.testing.assert_allclose(response.values[1:], on_ramp, atol=0.01)
    assert np.diff(on_ramp)[0] > 0.01
    assert found.figure("linearity:happy") is None
    assert found.conditions["answer to intensity"] == "renders at 0.5, 1"
    for key in ("LIE[LPIPS-Alex]", "LIE[LPIPS-VGG]", "LIE[mini-xception]"):
        figure = found.figure(key)
        assert figure is not None
        assert (figure.value is not None) or "mien weights get" in figure.sentence
    assert "The points are renders at 0.5, 1" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_intensities_that_cannot_be_rendered(edited: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.mp4"
    stranger.write_bytes((edited / "steady.mp4").read_bytes())
    given = ("--source", edited / "source.mp4", "--emotion", "happy", "--intensities", "0.5,1")
    assert_refused(run_here("evaluate", stranger, *given), "no edit file", "--intensities")
    assert_refused(run_here("evaluate", edited, "--intensities", "0.5,1"), "--intensities", "a folder")
    for text, words in (
        ("1", "2 to 20"),
        ("0.5,2", "above 0"),
        ("0,1", "above 0"),
        ("a,b", "numbers"),
        ("nan,1", "above"),
    ):
        assert_refused(run_here("evaluate", edited / "steady.mp4", "--intensities", text), "--intensities", words)
    steady = (edited / "steady.mp4", "--intensities", "0.5,1")
    assert_refused(run_here("evaluate", *steady, "--emotion", "calm"), "no emotion is asked for clearly")
    assert not (edited / "steady.evaluation").exists()


def test_they_come_back_rising() -> None:
    assert parse_intensities("1, 0.25,0.5,0.5") == (0.25, 0.5, 1.0)
    with pytest.raises(InputError, match="2 to 20"):
        parse_intensities(",".join(str(k / 30) for k in range(1, 25)))
