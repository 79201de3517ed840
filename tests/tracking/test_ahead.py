"""Threads that work ahead: order, errors, and that they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mien.tracking.ahead import Meanwhile, ahead, meanwhile, side_by_side


def test_ahead_keeps_order_hands_on_errors_and_ends_its_thread() -> None:
    assert list(ahead(range(50))) == list(range(50))

    def breaking() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(ahead(breaking()))
    closed: list[bool] = []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.append(True)

    items = ahead(endless())
    next(items)
    items.close()
    assert closed == [True]


def test_calls_side_by_side_keep_order_run_at_once_and_hold_few_items() -> None:
    met = threading.Barrier(2, timeout=10)  # breaks unless two calls run at a time
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(40):
            taken.append(item)
            yield item

    def call(item: int) -> int:
        met.wait()
        return 10 * item

    for given, made in enumerate(side_by_side(call, items())):
        assert made == 10 * given
        assert len(taken) - given <= 4
    assert taken == list(range(40))


def test_an_error_side_by_side_comes_in_its_turn_and_the_threads_end() -> None:
    def call(item: int) -> int:
        if item == 3:
            raise ValueError("broken")
        return item

    made: list[int] = []
    with pytest.raises(ValueError, match="broken"):
        made.extend(side_by_side(call, range(1000)))
    assert made == [0, 1, 2]
    some = side_by_side(call, range(1000))
    assert next(some) == 0
    some.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mien-side")]


def test_a_call_runs_beside_its_caller_and_gives_its_result_or_its_error() -> None:
    started = threading.Event()

    def call() -> str:
        started.set()
        return threading.current_thread().name

    with meanwhile(call) as running:
        assert started.wait(10)
        assert running.result() != threading.current_thread().name

    def failing() -> None:
        raise ValueError("broken")

    running_badly = Meanwhile(failing)
    with pytest.raises(ValueError, match="broken"):
        running_badly.result()


def test_a_failing_block_tells_its_own_error_after_the_call_has_ended() -> None:
    go_on, ended = threading.Event(), threading.Event()

    def call() -> None:
        go_on.wait(10)
        ended.set()

    def block() -> None:
        with meanwhile(call):
            go_on.set()
            raise KeyError

    with pytest.raises(KeyError):
        block()
    assert ended.is_set()
