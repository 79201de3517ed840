"""Batches: every row equally often, the same for the same step, loaded ahead."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from mien.errors import InputError
from mien.training.batches import Ahead, shuffled_rows


@pytest.mark.parametrize(("count", "size"), [(10, 3), (7, 7), (5, 12), (1, 1)])
def test_every_row_comes_once_a_round(count: int, size: int) -> None:
    steps = 3 * count  # a whole number of rounds
    rows = np.concatenate([shuffled_rows(1, step, count, size) for step in range(steps)])
    for start in range(0, len(rows), count):
        assert sorted(rows[start : start + count]) == list(range(count))


def test_order_follows_from_seed_and_step() -> None:
    np.testing.assert_array_equal(shuffled_rows(3, 17, 100, 8), shuffled_rows(3, 17, 100, 8))
    assert (shuffled_rows(3, 17, 100, 8) != shuffled_rows(4, 17, 100, 8)).any()
    with pytest.raises(InputError, match="cannot be taken from 0 rows"):
        shuffled_rows(0, 0, 0, 4)


def test_loading_ahead_gives_each_step_its_batch() -> None:
    threads = set()

    def load(step: int) -> int:
        threads.add(threading.get_ident())
        return step * step

    with Ahead(load) as ahead:
        assert [ahead[step] for step in (0, 1, 2, 7, 8, 3)] == [0, 1, 4, 49, 64, 9]
    assert threading.get_ident() not in threads


def test_an_error_in_loading_is_raised_at_its_step() -> None:
    def load(step: int) -> int:
        if step == 2:
            raise InputError("no such picture")
        return step

    with Ahead(load) as ahead:
        assert ahead[0] == 0
        assert ahead[1] == 1
        with pytest.raises(InputError, match="no such picture"):
            ahead[2]
