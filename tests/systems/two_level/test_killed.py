"""SIGKILL changes nothing: the command itself, killed at random moments, ends with the weights of one left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks.two_level_killed import final_tensors, train_killed, train_whole
from mien.data.prepared import PreparedFootage


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_at_random_moments_the_actor_is_the_same_bit_for_bit(footage: PreparedFootage, tmp_path: Path) -> None:
    train_whole(footage.folder, tmp_path / "whole")
    # The benchmark kills ten times. With this seed: in loading, while texture is trained, while mouth is.
    kills = train_killed(footage.folder, tmp_path / "killed", kills=3, seed=8)
    assert len(kills) == 3
    assert kills[-1].stage.startswith("mouth")
    assert final_tensors(tmp_path / "killed") == final_tensors(tmp_path / "whole")
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".partial")]
