"""Several processes train as one: the same step, the same weights in all, and one that fails ends the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.errors import InputError  # noqa: E402
from mien.training import ranks  # noqa: E402
from mien.training.device import pick_device  # noqa: E402
from mien.training.log import read_log  # noqa: E402

PROGRAM = Path(__file__).with_name("ranks_task.py")
needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork") or not torch.distributed.is_available(), reason="needs fork and torch.distributed"
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all runs; ``broken`` is stopped and gone on with."""
    folder = tmp_path_factory.mktemp("runs")
    jobs = [
        ("plain", "plain-1", 1, 30, 2),
        ("plain", "plain-2", 2, 30, 2),
        ("plain", "plain-4", 4, 30, 2),
        ("random", "random-1", 1, 60, 2),
        ("random", "random-2", 2, 60, 2),
        ("random", "broken", 2, 60, 0.4),
        ("random", "broken", 2, 60, 2),
        ("failing", "failing", 2, 10, 2),
    ]
    words = [f"{kind}:{folder / name}:{count}:{steps}:{stop_at}" for kind, name, count, steps, stop_at in jobs]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *words], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def weights(folder: Path) -> list[dict[str, np.ndarray]]:
    """What each process has in the end."""
    return [dict(np.load(path)) for path in sorted(folder.glob("weights-*.npz"))]


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@needs_fork
@pytest.mark.parametrize("count", [2, 4])
def test_the_parts_make_the_step_of_the_whole_batch(runs: Path, count: int) -> None:
    """Losses are means over the batch, in float64: only the order of the sums differs, 30 steps long."""
    (one,), parts = weights(runs / "plain-1"), weights(runs / f"plain-{count}")
    assert len(parts) == count
    assert all(same(parts[0], part) for part in parts[1:])
    for name, value in one.items():
        np.testing.assert_allclose(parts[0][name], value, rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_array_equal(parts[0]["network.constant"], np.float32(1 / 3))  # it was made a double afterwards
    lines = [read_log(runs / name / "run" / "log.jsonl") for name in ("plain-1", f"plain-{count}")]
    lowest = [[line["lowest"] for line in log] for log in lines]
    np.testing.assert_allclose(lowest[0], lowest[1], rtol=1e-9)  # gathered from all parts
    assert [line["step"] for line in lines[1]] == [10, 20, 30]  # one process wrote


@needs_fork
def test_they_draw_other_numbers_learn_the_same_and_go_on_where_they_were(runs: Path) -> None:
    whole = weights(runs / "random-2")
    assert same(*whole)
    losses = [line["loss"] for line in read_log(runs / "random-2" / "run" / "log.jsonl")]
    assert losses[-1] < 0.7 * losses[0]
    assert len(list((runs / "broken").glob("stopped-*"))) == 2
    broken = weights(runs / "broken")
    assert same(broken[0], whole[0])
    assert same(broken[1], whole[0])
    # With the same random numbers in both processes, two would do what one does.
    assert not same(weights(runs / "random-1")[0], whole[0])


@needs_fork
def test_one_that_fails_ends_the_other(runs: Path) -> None:
    assert weights(runs / "failing") == []
    assert (runs / "failing" / "error-1").read_text() == "InputError: the second process has had enough"
    lost = (runs / "failing" / "error-0").read_text()
    assert lost.startswith("TrainingError: another process of this training has ended")


@pytest.fixture
def _second_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    place = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in place.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_second_of_two")
def test_a_batch_is_split_evenly_or_refused() -> None:
    assert not ranks.is_first()
    assert ranks.own_part(np.arange(6)).tolist() == [3, 4, 5]
    with pytest.raises(InputError, match="a batch of 5 cannot be split evenly over 2 processes"):
        ranks.own_count(5)


@pytest.mark.usefixtures("_second_of_two")
def test_what_does_not_join_its_processes_is_not_trained_by_several() -> None:
    network = torch.nn.Linear(1, 1)
    with pytest.raises(InputError, match="without torchrun"), ranks.in_step({"n": network}, [], 0):
        pass


@pytest.mark.usefixtures("_second_of_two")
def test_each_process_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device() == pick_device("cuda") == torch.device("cuda:1")
    assert pick_device("cpu") == torch.device("cpu")
    with pytest.raises(InputError, match="ask for the device auto, cuda or cpu, not cuda:0"):
        pick_device("cuda:0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(InputError, match="there is no device 'cuda:1' here; there are: cpu, cuda:0"):
        pick_device()


def test_a_single_process_has_nothing_to_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "8")  # some schedulers set it alone
    assert (ranks.rank(), ranks.rank_count(), ranks.local_rank()) == (0, 1, 0)
    value = torch.tensor([1.0, 2.0], requires_grad=True)
    assert ranks.averaged(value).tolist() == ranks.gathered(value).tolist() == [1.0, 2.0]
    assert not ranks.averaged(value).requires_grad
