"""In which order a participant sees things: drawn from the study's seed and the participant's code, nothing else.

``data/order.js`` draws the same in the browser; a test holds the two against each other. So the order of every
participant can be computed again, and answers whose order is another one were not given on this page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from mien.errors import InputError

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
"""What a participant's code may be, after blanks around it are taken off and capitals made small."""

_MASK = 0xFFFFFFFF
_Item = TypeVar("_Item")


def participant_code(text: str) -> str:
    """A participant's code in its one form.

    Raises:
        InputError: It is not 1 to 40 letters, digits, - and _.
    """
    code = text.strip().lower()
    if not CODE.fullmatch(code):
        raise InputError(f"a participant's code is 1 to 40 letters a-z, digits, - and _, not {text[:60]!r}")
    return code


def shuffled(items: Sequence[_Item], seed: int, code: str, purpose: str) -> list[_Item]:
    """The items in the order in which a participant sees them (Fisher-Yates).

    Args:
        items: In the study's own order.
        seed: The study's, 0 to 2^31 - 1.
        code: The participant's.
        purpose: What is ordered: ``items`` or the name of a group, so that groups are ordered differently.
    """
    order = list(items)
    numbers = random_numbers(f"{seed}:{code}:{purpose}")
    for last in range(len(order) - 1, 0, -1):
        chosen = next(numbers) * (last + 1) >> 32
        order[last], order[chosen] = order[chosen], order[last]
    return order


def random_numbers(text: str) -> Iterator[int]:
    """Numbers of 32 bits that a text begins: FNV-1a of its UTF-8 starts T. Ettinger's mulberry32 generator."""
    state = 0x811C9DC5
    for byte in text.encode():
        state = (state ^ byte) * 0x01000193 & _MASK
    while True:
        state = state + 0x6D2B79F5 & _MASK
        mixed = (state ^ state >> 15) * (state | 1) & _MASK
        mixed ^= mixed + ((mixed ^ mixed >> 7) * (mixed | 61) & _MASK) & _MASK
        yield mixed ^ mixed >> 14
