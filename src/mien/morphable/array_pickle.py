"""Reading the pickles in which some models are published, without ever running what is in them.

A pickle is a program: it may name any function of Python and call it. This reader knows the few names that arrays
need, hands out harmless stand-ins for the two wrapper classes of published models (chumpy's arrays, SciPy's sparse
matrices), and refuses every other name.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mien.errors import ModelError
from mien.types import AnyArray


class _Held:
    """Takes the state of an object of another library, and nothing of its code."""

    state: Any

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Chumpy(_Held):
    """chumpy's array: its state is a dict with the values under ``x``."""

    def array(self) -> AnyArray:
        return np.asarray(self.state["x"])


class _Sparse(_Held):
    """SciPy's compressed sparse matrix, by columns or by rows."""

    by_columns = True

    def array(self) -> AnyArray:
        state = self.state
        shape = tuple(state.get("_shape") or state["shape"])
        data, indices, starts = (np.asarray(state[name]) for name in ("data", "indices", "indptr"))
        full = np.zeros(shape, data.dtype)
        lines = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        places = (indices, lines) if self.by_columns else (lines, indices)
        np.add.at(full, places, data)
        return full


class _SparseRows(_Sparse):
    by_columns = False


def _encode(text: str, encoding: str) -> bytes:
    """What Python 3 writes bytes with under protocol 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in encoding {encoding!r}")
    return text.encode("latin1")


def _rebuilt(kind: type, base: type, state: Any) -> Any:
    """Python's way to write an object without arguments; only for the stand-ins."""
    if not issubclass(kind, _Held) or base is not object or state is not None:
        raise pickle.UnpicklingError(f"an object of {kind.__name__}")
    return kind()


def _from_buffer(buffer: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], order: Literal["C", "F"]) -> AnyArray:
    """What NumPy writes an array with under protocol 5."""
    return np.frombuffer(buffer, dtype).reshape(shape, order=order)


def _names() -> dict[tuple[str, str], Callable[..., Any]]:
    reconstruct = np.zeros(0).__reduce__()[0]
    scalar = np.float64(0).__reduce__()[0]
    assert callable(reconstruct)
    assert callable(scalar)
    names: dict[tuple[str, str], Callable[..., Any]] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _encode,
        ("copy_reg", "_reconstructor"): _rebuilt,
        ("copyreg", "_reconstructor"): _rebuilt,
        ("__builtin__", "object"): object,
        ("builtins", "object"): object,
        ("chumpy.ch", "Ch"): _Chumpy,
    }
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = reconstruct
        names[f"{core}.multiarray", "scalar"] = scalar
        names[f"{core}.numeric", "_frombuffer"] = _from_buffer
    for module in ("csc", "_csc"):
        names[f"scipy.sparse.{module}", "csc_matrix"] = _Sparse
    for module in ("csr", "_csr"):
        names[f"scipy.sparse.{module}", "csr_matrix"] = _SparseRows
    return names


class _ArrayUnpickler(pickle.Unpickler):
    _known = _names()

    def find_class(self, module: str, name: str) -> Any:
        found = self._known.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is not an array")
        return found


def read_arrays(path: str | Path) -> dict[str, AnyArray]:
    """The arrays of a pickled dictionary.

    Args:
        path: A pickle of a ``dict`` with text as keys, from Python 2 or 3.

    Returns:
        Its entries that are arrays, numbers, lists of numbers, chumpy arrays or sparse matrices, as arrays; others
        (texts, ``None``) are left out.

    Raises:
        ModelError: It cannot be read, holds anything but arrays and plain values, or is no dictionary.
    """
    path = Path(path)
    try:
        content = _ArrayUnpickler(io.BytesIO(path.read_bytes()), encoding="latin1").load()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # a damaged pickle fails in any way
        raise ModelError(f"{path} is not a pickle of arrays: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds a {type(content).__name__}, but a dictionary of arrays was expected")
    arrays = {}
    for name, value in content.items():
        array = _as_array(value, path)
        if isinstance(name, str) and array is not None:
            arrays[name] = array
    return arrays


def _as_array(value: Any, path: Path) -> AnyArray | None:
    try:
        array = value.array() if isinstance(value, _Chumpy | _Sparse) else np.asarray(value)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelError(f"{path}: an array in it is damaged: {error}") from error
    return array if array.dtype.kind in "biuf" else None
