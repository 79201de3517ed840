"""Memory used again: what it is for, and that shapes are right."""

from __future__ import annotations

import numpy as np

from mien.geometry.scratch import Scratch


def test_arrays_of_changing_shapes_share_their_memory() -> None:
    scratch = Scratch()
    first = scratch.array(4, 5, 3)
    assert first.shape == (4, 5, 3)
    assert first.dtype == np.float32
    second = scratch.array(60)
    assert np.shares_memory(first, second)
    assert second.flags.c_contiguous


def test_it_grows_when_more_is_asked_and_leaves_what_was_given() -> None:
    scratch = Scratch()
    small = scratch.array(2, 2)
    small[:] = 7.0
    large = scratch.array(100, 100)
    large[:] = 1.0
    assert not np.shares_memory(small, large)
    assert (small == 7.0).all()
    assert np.shares_memory(large, scratch.array(100, 110)), "a quarter more than was asked is there"
