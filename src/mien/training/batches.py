"""Which rows a step sees, and loading them ahead of it: both follow from the step's number alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Self, TypeVar

import numpy as np

from mien.errors import InputError
from mien.types import AnyArray

Batch = TypeVar("Batch")


def shuffled_rows(seed: int, step: int, count: int, batch_size: int) -> AnyArray:
    """Rows of a step's batch: all rows in a random order, then all in another one, and so on; none is left out.

    Args:
        seed: Of the order.
        step: From 0.
        count: Rows there are.
        batch_size: Rows a batch; may be more than there are.

    Returns:
        ``(batch_size,)`` rows from 0 to ``count - 1``.

    Raises:
        InputError: There are no rows, or the batch is empty.
    """
    if count < 1 or batch_size < 1:
        raise InputError(f"a batch of {batch_size} cannot be taken from {count} rows")
    places = np.arange(step * batch_size, (step + 1) * batch_size)
    rounds, within = places // count, places % count
    rows = np.empty(batch_size, np.int64)
    for number in np.unique(rounds):
        order = np.random.default_rng([seed, int(number), 7]).permutation(count)
        rows[rounds == number] = order[within[rounds == number]]
    return rows


class Ahead(Generic[Batch]):
    """Loads the batches of the next steps in other threads while a step runs; a context manager.

    Args:
        load: Step to batch; called in other threads, must depend on nothing else.
        depth: How many steps ahead, and how many threads.
    """

    def __init__(self, load: Callable[[int], Batch], depth: int = 2) -> None:
        self._load, self._depth = load, depth
        self._pending: dict[int, Future[Batch]] = {}
        self._threads = ThreadPoolExecutor(depth, "batches")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step; those of the steps after it are begun."""
        for number in [known for known in self._pending if known < step]:
            self._pending.pop(number).cancel()
        for number in range(step, step + self._depth + 1):
            if number not in self._pending:
                self._pending[number] = self._threads.submit(self._load, number)
        return self._pending.pop(step).result()
