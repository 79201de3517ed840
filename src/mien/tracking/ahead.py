"""Work done in another thread: items taken in advance, and what will be needed later."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

_AHEAD = 4

_LINGER_S = 2.0
"""So long a failed caller waits for a call: on a new machine it may compile for half a minute."""


def ahead(items: Iterable[Item], count: int = _AHEAD) -> Generator[Item, None, None]:
    """Give items that a thread takes from their source in advance: decoding goes on while networks run.

    Closing the generator ends the thread; an error of the source is raised here.
    """
    fetched: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(count)
    stopped = threading.Event()

    def put(entry: tuple[Item | None, BaseException | None]) -> None:
        while not stopped.is_set():
            try:
                fetched.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return

    def fetch() -> None:
        try:
            for item in items:
                put((item, None))
                if stopped.is_set():
                    return
            put((None, StopIteration()))
        except BaseException as error:
            put((None, error))

    thread = threading.Thread(target=fetch, name="mien-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = fetched.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc] # None is not an item here
    finally:
        stopped.set()
        thread.join()


def side_by_side(call: Callable[[Item], Made], items: Iterable[Item], threads: int = 2) -> Generator[Made, None, None]:
    """Give what a call makes of each item, in the items' order, made in several threads at a time.

    The items are taken in the caller's thread, at most one more than there are threads in advance. Closing the
    generator ends the threads; an error of a call is raised here when its turn comes.

    Args:
        call: Safe to run in several threads at a time.
        items: What it is called with.
        threads: How many calls run at a time.
    """
    pending: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads, "mien-side") as pool:
        try:
            for item in items:
                pending.append(pool.submit(call, item))
                if len(pending) > threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Meanwhile(Generic[Item]):
    """A call that runs in another thread until its result is asked for.

    Args:
        call: Not to be stopped on its way, so it has nothing to clean up.
    """

    def __init__(self, call: Callable[[], Item]) -> None:
        self._outcome: tuple[Item | None, BaseException | None] = (None, None)

        def run() -> None:
            try:
                self._outcome = (call(), None)
            except BaseException as error:
                self._outcome = (None, error)

        self._thread = threading.Thread(target=run, name="mien-meanwhile", daemon=True)
        self._thread.start()

    def result(self) -> Item:
        """What the call gave, when it is done; an error of the call is raised here."""
        self._thread.join()
        value, error = self._outcome
        if error is not None:
            raise error
        return value  # type: ignore[return-value] # the call has run, and None is what it gave then

    def abandon(self) -> None:
        """Give the call a moment to end, and forget it."""
        self._thread.join(_LINGER_S)


@contextmanager
def meanwhile(call: Callable[[], Item]) -> Iterator[Meanwhile[Item]]:
    """Run a call beside a block, which may ask for its result."""
    running = Meanwhile(call)
    try:
        yield running
    finally:
        running.abandon()
