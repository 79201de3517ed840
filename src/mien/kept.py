"""Arrays that are worked out once and kept on disk: what follows from mien's own code and tables, and takes long.

They lie in the cache folder, one file a name, which begins with a digest of all that follows it and of what the arrays
were made from. A file that is damaged, or was kept by another version of mien or its libraries, is replaced.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import platformdirs

from mien.disk import write_whole
from mien.errors import OutputError
from mien.types import AnyArray

CACHE_VARIABLE = "MIEN_CACHE"

_LIBRARIES = ("numpy", "scipy", "numba", "llvmlite")
"""What computes the arrays; another version may round otherwise."""


def cache_folder() -> Path:
    """The folder of all that mien keeps, which may be missing."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_cache_dir("mien", appauthor=False))


@lru_cache(maxsize=16)
def code_digest(room: str) -> str:
    """Digest of the code and the tables of a room of the package, such as ``morphable`` or ``systems/instant``."""
    digest = hashlib.sha256()
    files = (Path(__file__).parent / room).rglob("*")
    for file in sorted(file for file in files if file.suffix in (".py", ".csv")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def kept_arrays(
    name: str, rooms: tuple[str, ...], make: Callable[[], Mapping[str, AnyArray]]
) -> Mapping[str, AnyArray]:
    """Read arrays that were kept before, or make and keep them.

    A cache folder that cannot be read or written only means that they are made each time.

    Args:
        name: Of the file.
        rooms: Where all code and tables are that the arrays follow from; see :func:`code_digest`.
        make: Makes the arrays, from nothing else.

    Returns:
        The arrays, the same bits in the same order in memory either way.
    """
    path = cache_folder() / "built" / f"{name}.arrays"
    made_from = " ".join([*map(code_digest, rooms), _machine()]).encode()
    with suppress(OSError):
        digest, content = _split(path.read_bytes())
        if digest == _digest(made_from, content):
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                return dict(stored)
    arrays = make()
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    with suppress(OSError, OutputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, _digest(made_from, stream.getvalue()) + stream.getvalue())
    return arrays


@lru_cache(maxsize=1)
def _machine() -> str:
    """What runs the code: libraries and kind of processor."""
    return " ".join([*map(version, _LIBRARIES), platform.machine()])


def _digest(made_from: bytes, content: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(made_from).digest() + content).digest()


def _split(whole: bytes) -> tuple[bytes, bytes]:
    size = hashlib.sha256().digest_size
    return whole[:size], whole[size:]
