"""Ctrl-C, SIGTERM and a closed terminal end a run cleanly: what is half done is removed, and the exit code tells."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Not every system has the last two."""

_received: list[int] = []


class Stopped(BaseException):
    """The user or the system asked the run to end. Not an Exception: nothing that handles errors may take it.

    Attributes:
        exit_code: 128 + the signal's number: 130 for Ctrl-C, 143 for SIGTERM.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped ({signal.Signals(number).name}); nothing is left half-written.")
        self.exit_code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Within, the first signal raises :class:`Stopped`; later ones do not disturb the cleaning up."""
    _received.clear()
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    # A signal that is ignored stays so: `nohup` asks for it.
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, _receive)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check_stopped() -> None:
    """Raise :class:`Stopped` if a signal has come: its own exception may be lost in a callback of native code."""
    if _received:
        raise Stopped(_received[0])


def _receive(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    if len(_received) == 1:
        raise Stopped(number)
