"""The training loop: the same result however it is interrupted, and what it leaves on the way."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mien.errors import InputError, ModelError, OutputError, TrainingError

torch = pytest.importorskip("torch")

from mien.training.checkpoint import list_checkpoints  # noqa: E402
from mien.training.log import Log, read_log  # noqa: E402
from mien.training.loop import is_finished, train  # noqa: E402
from mien.training.options import LoopOptions  # noqa: E402

from ..full_disk import files_up_to  # noqa: E402

PROGRAM = Path(__file__).with_name("tiny_task.py")


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tiny_task", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TinyTask: Any = _load().TinyTask


def final_tensors(folder: Path) -> bytes:
    return (list_checkpoints(folder / "checkpoints")[-1] / "tensors.safetensors").read_bytes()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_at_random_moments_it_ends_with_the_same_weights_bit_for_bit(tmp_path: Path) -> None:
    steps = 400
    words = [sys.executable, str(PROGRAM), str(tmp_path / "killed"), str(steps), "5"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 10
    # The other run is a process of its own, too: what earlier tests have done to torch in this process (its threads)
    # may change the last bits.
    words = [sys.executable, str(PROGRAM), str(tmp_path / "whole"), str(steps)]
    subprocess.run(words, capture_output=True, timeout=120, check=True)
    assert final_tensors(tmp_path / "killed") == final_tensors(tmp_path / "whole")
    logs = [read_log(tmp_path / name / "log.jsonl") for name in ("killed", "whole")]
    for line in [*logs[0], *logs[1]]:
        del line["elapsed_s"]
    assert logs[0] == logs[1]
    assert [line["step"] for line in logs[0]] == list(range(10, steps + 1, 10))


class StoppedError(Exception):
    pass


def stop_at(share: float) -> Any:
    def progress(done: float) -> None:
        if done >= share:
            raise StoppedError

    return progress


def test_it_learns_and_goes_on_where_it_was(tmp_path: Path) -> None:
    options = LoopOptions(steps=120, log_every=20, checkpoint_s=0.0)
    with pytest.raises(StoppedError):
        train(TinyTask(), tmp_path, options, progress=stop_at(0.5))
    told: list[float] = []
    task = TinyTask()
    train(task, tmp_path, options, progress=told.append)
    assert told[0] == pytest.approx(61 / 120)
    losses = [line["loss"] for line in read_log(tmp_path / "log.jsonl")]
    assert losses[-1] < 0.5 * losses[0]
    assert len(list_checkpoints(tmp_path / "checkpoints")) == 2
    assert is_finished(tmp_path, options)
    again = TinyTask()
    train(again, tmp_path, options)  # does nothing but put the weights in
    assert torch.equal(again.net[0].weight, task.net[0].weight)


def test_more_steps_later_are_as_if_asked_for_at_once(tmp_path: Path) -> None:
    for steps in (30, 50):
        train(TinyTask(), tmp_path / "later", LoopOptions(steps=steps, checkpoint_s=1e9))
    train(TinyTask(), tmp_path / "once", LoopOptions(steps=50, checkpoint_s=1e9))
    assert final_tensors(tmp_path / "later") == final_tensors(tmp_path / "once")
    assert not is_finished(tmp_path / "once", LoopOptions(steps=51))


def test_the_seed_decides(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(TinyTask(), tmp_path / name, LoopOptions(steps=5, seed=seed))
    assert final_tensors(tmp_path / "a") == final_tensors(tmp_path / "b") != final_tensors(tmp_path / "c")


def test_samples_do_not_disturb(tmp_path: Path) -> None:
    taken: list[int] = []

    def sample(step: int) -> None:
        taken.append(step)
        torch.randn(7)

    train(TinyTask(), tmp_path / "with", LoopOptions(steps=25, sample_every=10), sample=sample)
    train(TinyTask(), tmp_path / "without", LoopOptions(steps=25))
    assert taken == [10, 20, 25]
    assert final_tensors(tmp_path / "with") == final_tensors(tmp_path / "without")


def test_another_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    train(TinyTask(), tmp_path, LoopOptions(steps=2), {"config": {"width": 8}})
    with pytest.raises(InputError, match=r'another config \({"width": 8}, now {"width": 9}\)'):
        train(TinyTask(), tmp_path, LoopOptions(steps=2), {"config": {"width": 9}})
    with pytest.raises(InputError, match="another seed"):
        train(TinyTask(), tmp_path, LoopOptions(steps=2, seed=3), {"config": {"width": 8}})


def test_a_damaged_checkpoint_is_told_and_the_one_before_serves(tmp_path: Path) -> None:
    options = LoopOptions(steps=10, checkpoint_s=0.0)
    train(TinyTask(), tmp_path, options)
    before = final_tensors(tmp_path)
    newest = list_checkpoints(tmp_path / "checkpoints")[-1]
    content = bytearray((newest / "tensors.safetensors").read_bytes())
    content[-1] ^= 1
    (newest / "tensors.safetensors").write_bytes(bytes(content))
    with pytest.raises(ModelError, match="remove it to go on from the one before"):
        train(TinyTask(), tmp_path, options)
    for file in newest.iterdir():
        file.unlink()
    newest.rmdir()
    train(TinyTask(), tmp_path, options)
    assert final_tensors(tmp_path) == before


def test_figures_that_are_not_finite_end_the_run(tmp_path: Path) -> None:
    class Diverging(TinyTask):  # type: ignore[misc]
        def step(self, number: int, _random: np.random.Generator) -> dict[str, Any]:
            return {"loss": float("nan") if number > 12 else 1.0}

    with pytest.raises(TrainingError, match="before step 20: loss is nan"):
        train(Diverging(), tmp_path, LoopOptions(steps=40, log_every=10))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        train(TinyTask(), tmp_path / "file" / "run", LoopOptions(steps=1))


def test_a_full_disk_leaves_the_checkpoint_before_and_nothing_half_written(tmp_path: Path) -> None:
    options = LoopOptions(steps=4, checkpoint_s=0.0)
    with pytest.raises(StoppedError):
        train(TinyTask(), tmp_path, options, progress=stop_at(0.5))
    kept = [path.name for path in list_checkpoints(tmp_path / "checkpoints")]
    size = len(final_tensors(tmp_path))
    with files_up_to(size - 1), pytest.raises(OutputError, match="cannot be written: the file grows larger"):
        train(TinyTask(), tmp_path, options)
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == kept
    train(TinyTask(), tmp_path, options)  # there is space again
    train(TinyTask(), tmp_path / "whole", options)
    assert final_tensors(tmp_path) == final_tensors(tmp_path / "whole")


def test_a_full_disk_under_the_log_is_told(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.jsonl", 0, {}, 1)
    log.add(1, {"loss": 1.0})
    with (
        files_up_to((tmp_path / "log.jsonl").stat().st_size + 5),
        pytest.raises(OutputError, match=r"log.jsonl: cannot be written"),
    ):
        log.add(2, {"loss": 1.0})
    assert [line["step"] for line in read_log(tmp_path / "log.jsonl")] == [1]  # a half line is no line


@pytest.mark.parametrize("content", ["\0\0\0\n", "[1]\n", '{"loss": 1}\n', "7\n"])
def test_a_damaged_log_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "log.jsonl").write_text(content)
    with pytest.raises(ModelError, match=r"log.jsonl is damaged .*; remove it to go on"):
        train(TinyTask(), tmp_path, LoopOptions(steps=1))


def test_a_gpu_without_enough_memory_is_told(tmp_path: Path) -> None:
    class Greedy(TinyTask):  # type: ignore[misc]
        def step(self, _number: int, _random: np.random.Generator) -> dict[str, Any]:
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 20 GiB.")

    with pytest.raises(TrainingError, match=r"too little memory for this \(CUDA out of memory. Tried to"):
        train(Greedy(), tmp_path, LoopOptions(steps=1))


@pytest.mark.parametrize("fields", [{"steps": 0}, {"steps": 1, "seed": -1}, {"steps": 1, "checkpoint_s": float("nan")}])
def test_options_out_of_range(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        LoopOptions(**fields)
