"""Orders of participants: those of the published generators, reproducible, and fair."""

from __future__ import annotations

from collections import Counter
from itertools import islice, permutations

import pytest

from mien.app.study.order import participant_code, random_numbers, shuffled
from mien.errors import InputError


def test_numbers_are_those_of_the_published_generators() -> None:
    """FNV-1a of "a" is 0xE40C292C (its authors' test vectors); mulberry32 of that seed, stepped in the open."""
    state = (0xE40C292C + 0x6D2B79F5) % 2**32
    first = ((state ^ (state >> 15)) * (state | 1)) % 2**32
    first ^= (first + ((first ^ (first >> 7)) * (first | 61)) % 2**32) % 2**32
    assert next(random_numbers("a")) == first ^ (first >> 14)


def test_numbers_are_even() -> None:
    """Chi-square over 16 bins of 16,000 numbers, 15 degrees of freedom: 99.9 % lie below 37.7."""
    bins = Counter(number >> 28 for number in islice(random_numbers("study"), 16000))
    assert sum((count - 1000) ** 2 / 1000 for count in bins.values()) < 37.7


def test_every_order_comes_equally_often() -> None:
    """6,000 participants, six orders of three: chi-square with 5 degrees of freedom, 99.9 % lie below 20.5."""
    orders = Counter(tuple(shuffled("abc", 1, f"p{n}", "items")) for n in range(6000))
    assert set(orders) == set(permutations("abc"))
    assert sum((count - 1000) ** 2 / 1000 for count in orders.values()) < 20.5


def test_an_order_hangs_on_seed_code_and_purpose_alone() -> None:
    items = list(range(30))
    once = shuffled(items, 3, "ann", "items")
    assert once == shuffled(items, 3, "ann", "items")
    assert sorted(once) == items == list(range(30))
    others = [shuffled(items, *what) for what in ((4, "ann", "items"), (3, "bob", "items"), (3, "ann", "g1"))]
    assert once not in others


def test_codes() -> None:
    assert participant_code(" P-07_a ") == "p-07_a"
    for text in ("", "a b", "-a", "ä", "x" * 41, "../a"):
        with pytest.raises(InputError):
            participant_code(text)
