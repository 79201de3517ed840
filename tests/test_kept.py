"""Arrays that are kept are the arrays that are made, whatever has become of the cache folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from mien import kept
from mien.kept import cache_folder, code_digest, kept_arrays
from mien.morphable import builtin, lips
from mien.systems.instant import relief
from mien.systems.instant.edit import Kit
from mien.types import AnyArray


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "built"


class Maker:
    def __init__(self) -> None:
        self.arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.asfortranarray(np.ones((2, 3), np.float32))}
        self.times = 0

    def __call__(self) -> dict[str, AnyArray]:
        self.times += 1
        return self.arrays


def assert_same(found: Mapping[str, AnyArray], made: Mapping[str, AnyArray]) -> None:
    assert found.keys() == made.keys()
    for name, array in made.items():
        assert (found[name].dtype, found[name].shape, found[name].strides) == (array.dtype, array.shape, array.strides)
        assert found[name].tobytes() == array.tobytes()


def test_arrays_are_made_once(folder: Path) -> None:
    make = Maker()
    for _ in range(3):
        assert_same(kept_arrays("x", ("morphable",), make), make.arrays)
    assert make.times == 1
    assert [path.name for path in folder.iterdir()] == ["x.arrays"]


def shortened(content: bytes) -> bytes:
    return content[:-7]


def one_bit_off(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [shortened, one_bit_off, lambda _: b"", lambda content: content[32:]])
def test_a_damaged_file_is_replaced(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    make = Maker()
    kept_arrays("x", ("morphable",), make)
    file = folder / "x.arrays"
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert_same(kept_arrays("x", ("morphable",), make), make.arrays)
    assert make.times == 2
    assert file.read_bytes() == whole


def test_other_code_makes_the_arrays_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Maker()
    kept_arrays("x", ("morphable",), make)
    kept_arrays("x", ("geometry",), make)
    monkeypatch.setattr(kept, "_machine", lambda: "numpy 0.1")
    kept_arrays("x", ("geometry",), make)
    assert make.times == 3


def test_the_digest_follows_code_and_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "__file__", str(tmp_path / "kept.py"))
    (tmp_path / "room" / "data").mkdir(parents=True)
    seen = set()
    for name, text in (("a.py", "1"), ("a.py", "2"), ("data/t.csv", "1"), ("data/t.csv", "2"), ("notes.txt", "1")):
        (tmp_path / "room" / name).write_text(text)
        code_digest.cache_clear()
        seen.add(code_digest("room"))
    code_digest.cache_clear()
    assert len(seen) == 4


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands where the folder should be: refused to root too, whom permissions do not stop."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(kept.CACHE_VARIABLE, str(tmp_path / "file"))
    make = Maker()
    for _ in range(2):
        assert_same(kept_arrays("x", ("morphable",), make), make.arrays)
    assert make.times == 2
    assert cache_folder().is_file()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not stop root")
def test_a_folder_that_may_only_be_read_is_read(folder: Path) -> None:
    make = Maker()
    kept_arrays("x", ("morphable",), make)
    folder.chmod(0o500)
    try:
        assert_same(kept_arrays("x", ("morphable",), make), make.arrays)
        assert make.times == 1
        kept_arrays("y", ("morphable",), make)
    finally:
        folder.chmod(0o700)


def test_the_built_in_kit_is_the_same_kept_and_made(folder: Path) -> None:
    """Its model, its lips and its relief, each past the cache in memory: made, kept and read back."""
    made = Kit.of(builtin.load())
    for _ in range(2):
        model = builtin.load.__wrapped__()
        assert_same(
            {name: getattr(model, name) for name in builtin.build()},
            {name: getattr(made.model, name) for name in builtin.build()},
        )
        assert_same(vars(lips.builtin_lips.__wrapped__()), vars(made.lips))
        assert_same(vars(relief.builtin_relief.__wrapped__()), vars(made.relief))
    assert len(list(folder.iterdir())) == 3


def test_a_kit_that_was_kept_needs_little_of_scipy(folder: Path) -> None:
    """What SciPy is for is on disk already; its linear algebra alone is loaded, by numba."""
    code = (
        "import sys; from mien.systems.instant import face; face.prepare();"
        "print([name for name in ('scipy.sparse', 'scipy.ndimage', 'scipy.special') if name in sys.modules])"
    )
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        for _ in range(2)
    ]
    assert "scipy.sparse" in said[0]
    assert said[1] == "[]"
