"""Footage prepared with photometric refinement, and with another morphable model, as people call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mien.data.footage import read_footage
from mien.data.prepare import plan, prepare
from mien.data.prepared import open_prepared
from mien.data.settings import PrepareSettings
from mien.errors import InputError

LANDMARKS = PrepareSettings(64, 32, 96, every=4)
PIXELS = PrepareSettings(64, 32, 96, every=4, refine="photometric")


def test_pixels_change_the_fit_and_the_card_says_so(footage_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    planned = plan(read_footage(footage_folder).of())
    plain = prepare(planned, tmp_path / "plain", LANDMARKS, accept_lacking=True)
    made = prepare(planned, tmp_path / "made", PIXELS, accept_lacking=True)
    assert plain.card["sampling"]["refine"] is None
    assert made.card["sampling"]["refine"] == "photometric"
    np.testing.assert_array_equal(made.frames.index, plain.frames.index)
    moved = np.abs(made.frames.beta - plain.frames.beta).max(axis=1)
    assert (moved > 1e-3).mean() > 0.5  # Frames that would come out worse keep the landmarks' fit.
    assert np.abs(made.frames.residual - plain.frames.residual).max() < 0.012  # It may rise by 0.01 at most.
    assert np.abs(made.alpha - plain.alpha).max() > 1e-3


def test_only_what_there_is_refines() -> None:
    with pytest.raises(InputError, match="not by 'magic'"):
        PrepareSettings(refine="magic")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mien", "prepare", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "smile"], "there is no morphable model 'smile'"),
        (["--model", "bfm09"], "say where it is with --model-path"),
        (["--model", "flame", "--model-path", "nowhere"], "there is no FLAME model at nowhere"),
        (["--model-path", "x.mat"], "the built-in model has no file"),
        (["--refine", "magic"], "not by 'magic'"),
    ],
)
def test_a_wrong_choice_is_one_sentence(footage_folder: Path, tmp_path: Path, options: list[str], said: str) -> None:
    result = run(str(footage_folder), "-o", str(tmp_path / "out"), *options)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_footage_with_another_model(footage_folder: Path, tmp_path: Path) -> None:
    facekit = Path(os.environ.get("MIEN_SHARED", "../shared")) / "models" / "ict_facekit.npz"
    if not facekit.exists():
        pytest.skip(f"no {facekit}")
    out = tmp_path / "out"
    choice = ["--model", "ict", "--model-path", str(facekit), "--preset", "tiny", "--every", "8", "--anyway"]
    result = run(str(footage_folder), "-o", str(out), *choice)
    assert result.returncode == 0, result.stderr
    assert json.loads((out / "card.json").read_text())["model"]["name"] == "ict"
    prepared = open_prepared(out)
    assert prepared.alpha.shape == (100,)
    assert prepared.frames.beta.shape[1] == 53
    assert np.median(prepared.frames.residual) < 0.025  # Of the eye distance: the project's limit for a fit.
