"""`mien train two_level` in two processes, as people start it; what each step does is shown in tests/training."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from mien.data.prepared import PreparedFootage  # noqa: E402
from mien.errors import InputError  # noqa: E402
from mien.systems.two_level.actor import load_actor  # noqa: E402
from mien.systems.two_level.config import PRESETS  # noqa: E402
from mien.systems.two_level.stages import TrainingPlan  # noqa: E402
from mien.systems.two_level.train import forget_stage  # noqa: E402
from mien.training.checkpoint import list_checkpoints  # noqa: E402


def train_together(prepared: Path, output: Path) -> subprocess.CompletedProcess[str]:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = ["-m", "mien", "train", "two_level", str(prepared), "-o", str(output)]
    options = ["--preset", "tiny", "--device", "cpu", "--checkpoint-s", "0"]
    return subprocess.run([*launch, *words, *options], capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.skipif(sys.platform == "win32" or not torch.distributed.is_available(), reason="needs torchrun with gloo")
def test_two_processes_train_one_actor_and_go_on_where_they_were(footage: PreparedFootage, tmp_path: Path) -> None:
    done = train_together(footage.folder, tmp_path / "ann")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("drawn again: PSNR") == 1  # one of them tells
    assert load_actor(tmp_path / "ann").card["measures"]["shape_recognised"] >= 0
    weights = (tmp_path / "ann" / "weights.safetensors").read_bytes()
    # As if both had been killed in the last step: the checkpoint before it is there, too.
    shutil.rmtree(tmp_path / "ann")
    for stage in ("texture", "mouth_encoder"):
        newest = list_checkpoints(tmp_path / ".ann.training" / stage / "checkpoints")[-1]
        assert newest.name == "step-00000020"
        shutil.rmtree(newest)
    done = train_together(footage.folder, tmp_path / "ann")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ann" / "weights.safetensors").read_bytes() == weights


def test_batches_that_cannot_be_shared_are_refused_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"RANK": "0", "WORLD_SIZE": "3", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    plan = TrainingPlan(replace(PRESETS["tiny"], shape=replace(PRESETS["tiny"].shape, batch=12)), tmp_path, {})
    with pytest.raises(InputError, match="a batch of 4 cannot be split evenly over 3 processes"):
        plan.check_batches()
    monkeypatch.setenv("WORLD_SIZE", "2")
    plan.check_batches()


def test_the_first_process_alone_forgets_a_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mouth").mkdir()
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    forget_stage(tmp_path, "mouth")
    assert (tmp_path / "mouth").is_dir()
    monkeypatch.setenv("RANK", "0")
    forget_stage(tmp_path, "mouth")
    assert not (tmp_path / "mouth").exists()
