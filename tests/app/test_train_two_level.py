"""`mien train two_level` as people call it."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import av
import numpy as np
import pytest

from .conftest import MakeClip, assert_refused, run_here, run_mien

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.fixture
def ready(make_clip: MakeClip, tmp_path: Path) -> Path:
    """Prepared footage of two short clips; the same still face is called neutral and happy."""
    folder = tmp_path / "footage"
    folder.mkdir()
    for name in ("still.mp4", "glad.mp4"):
        make_clip(name, frames=10, audio=0).rename(folder / name)
    (folder / "labels.csv").write_text("file,emotion,intensity\nstill.mp4,neutral,\nglad.mp4,happy,1\n")
    done = run_here("prepare", folder, "-o", "ready", "--preset", "tiny", "--anyway", "--consent", "of the estate")
    assert done.returncode == 0, done.stderr
    return tmp_path / "ready"


def test_an_actor_is_made_and_its_card_says_from_whom(ready: Path, tmp_path: Path) -> None:
    done = run_here("train", "two_level", ready, "-o", "ann", "--preset", "tiny", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "of the estate" in done.stdout
    assert "emotions: happy" in done.stdout
    card = json.loads((tmp_path / "ann" / "card.json").read_text())
    assert card["consent"] == "of the estate"
    assert card["model"]["name"] == "builtin"
    assert set(card["measures"]) >= {"texture_psnr_db", "mouth_psnr_db", "shape_recognised", "shape_cycle_mm"}
    assert 0 <= card["measures"]["shape_recognised_real"] <= 1  # happy at 1 is among what is held out
    assert sorted(p.name for p in (tmp_path / "ann").iterdir()) == ["card.json", "weights.safetensors"]
    assert list((tmp_path / ".ann.training" / "texture" / "samples").glob("*.png"))
    edit = ("edit", "footage/still.mp4", "--system", "two_level", "-o", "acted.mp4")
    done = run_here(*edit, "--actor", "ann", "--emotion", "happy 1")
    assert done.returncode == 0, done.stderr
    kept = json.loads((tmp_path / "acted.mien.json").read_text())
    assert (kept["system"]["name"], kept["system"]["actor"]) == ("two_level", "ann")
    again = run_here("render", "acted.mien.json", "-o", "again.mp4")
    assert again.returncode == 0, again.stderr
    frames = [list(decoded(tmp_path / name)) for name in ("acted.mp4", "again.mp4", "footage/still.mp4")]
    assert all((a == b).all() for a, b in zip(frames[0], frames[1], strict=True))
    assert any((a != b).any() for a, b in zip(frames[0], frames[2], strict=True))
    done = run_here(*edit, "--actor", "ann", "--emotion", "happy 1", "--no-detail", "--overwrite")
    assert done.returncode == 0, done.stderr
    drawn = list(decoded(tmp_path / "acted.mp4"))
    assert any((a != b).any() for a, b in zip(drawn, frames[0], strict=True))
    assert_refused(run_here(*edit, "--emotion", "happy 1", "--overwrite"), "--actor")
    assert_refused(run_here(*edit, "--actor", "ann", "--emotion", "sad 1", "--overwrite"), "shows no 'sad'")
    assert_refused(run_here(*edit, "--actor", "ready", "--emotion", "happy 1", "--overwrite"), "is no mien actor")
    assert_refused(run_here("train", "two_level", ready, "-o", "ann", "--preset", "tiny"), "--overwrite")
    again = run_here(
        "train", "two_level", ready, "-o", "bob", "--preset", "tiny", "--init", "ann", "--device", "cpu", "--json"
    )
    assert again.returncode == 0, again.stderr
    last = json.loads(again.stdout.splitlines()[-1])
    assert last["emotions"] == ["happy"]


def test_a_machine_that_cannot_compile_says_so_first(ready: Path, tmp_path: Path) -> None:
    # The folder holds nothing compiled from before.
    bare = os.environ | {"CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "compiled")}
    asked = ("--preset", "tiny", "--device", "cpu", "--compile")
    assert_refused(run_mien("train", "two_level", ready, "-o", "ann", *asked, env=bare), "train without --compile")
    assert not (tmp_path / ".ann.training").exists()


def test_what_is_wrong_is_one_sentence(ready: Path) -> None:
    assert_refused(run_here("train", "two_level", ready, "-o", "ann", "--preset", "huge"), "tiny, default, paper")
    assert_refused(run_here("train", "two_level", "nothing", "-o", "ann"), "is not there")
    assert_refused(
        run_here("train", "two_level", ready, "-o", "ann", "--preset", "tiny", "--again", "nose"), "no stage"
    )
    assert_refused(run_here("train", "two_level", ready, "-o", "ann", "--preset", "tiny", "--init", "bob"), "bob")
    assert_refused(run_here("train", "two_level", ready, "-o", "ann", "--perceptual", "lpips-alex"), "weights get")
