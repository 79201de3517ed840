"""Parts of prepared footage put together, and the whole put under its name at once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mien.data.pictures import Pictures, write_pictures
from mien.data.prepared import CARD, FORMAT, PICTURE_KINDS, SCHEMA
from mien.disk import disk_errors
from mien.errors import OutputError
from mien.types import AnyArray
from mien.version import __version__

_RESULT = "result"


def check_output(output: Path, overwrite: bool) -> None:
    """Refuse a place for prepared footage before any work is done.

    Raises:
        OutputError: Its folder is missing, something is there already, or it is no prepared footage to be replaced.
    """
    if not output.parent.is_dir():
        raise OutputError(f"{output}: cannot be written: the folder {output.parent} does not exist.")
    if not output.exists():
        return
    if not overwrite:
        raise OutputError(f"{output}: is there already; choose another name, or allow replacing it (--overwrite).")
    try:
        card = json.loads((output / CARD).read_text(encoding="utf-8"))
        ours = isinstance(card, dict) and card.get("format") == FORMAT
    except (OSError, ValueError):
        ours = False
    if not ours:
        raise OutputError(f"{output}: is there already and is no prepared footage; choose another name.")


def assemble(work: Path, parts: Sequence[Path], card: Mapping[str, Any], person: Mapping[str, AnyArray]) -> Path:
    """Put the parts together in ``work/result``.

    Args:
        work: The hidden folder.
        parts: Folders that :meth:`mien.data.extraction.Extractor.write_part` has filled, in order.
        card: What the card says beside format, version and counts.
        person: ``alpha`` and ``lights``.

    Returns:
        The folder that was made.

    Raises:
        OutputError: The disk refuses; nothing is left half-written.
    """
    result = work / _RESULT
    shutil.rmtree(result, ignore_errors=True)
    try:
        with disk_errors(work):
            result.mkdir()
        _fill(result, parts, card, person)
    except BaseException:
        shutil.rmtree(result, ignore_errors=True)
        raise
    return result


def _fill(result: Path, parts: Sequence[Path], card: Mapping[str, Any], person: Mapping[str, AnyArray]) -> None:
    frames, pictures = _tables(parts)
    with disk_errors(result):
        np.savez(result / "frames.npz", **frames)  # type: ignore[arg-type]
        np.savez(result / "pictures.npz", **pictures)  # type: ignore[arg-type]
        np.savez(result / "person.npz", **person)  # type: ignore[arg-type]
    for kind in PICTURE_KINDS:
        size = card["pictures"]["sizes"]["texture" if kind == "visible" else kind]
        write_pictures(result / f"{kind}.pictures", _encoded(parts, kind, size))
    counts = {"frames": len(frames["clip"]), "pictures": len(pictures["row"])}
    whole = {"format": FORMAT, "schema": SCHEMA, "mien": __version__, **card, "counts": counts}
    with disk_errors(result):
        (result / CARD).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def publish(result: Path, output: Path) -> None:
    """Move the result to its place, in exchange for what is there, and remove the hidden folder around it.

    Raises:
        OutputError: The disk refuses.
    """
    work = result.parent
    with disk_errors(output):
        if output.exists():
            shutil.rmtree(work / "replaced", ignore_errors=True)
            os.replace(output, work / "replaced")
        os.replace(result, output)
    shutil.rmtree(work, ignore_errors=True)


def frame_columns(parts: Sequence[Path], *names: str) -> tuple[AnyArray, ...]:
    """Columns of the frames' table of all parts, one after the other."""
    tables = []
    for part in parts:
        with np.load(part / "frames.npz", allow_pickle=False) as stored:
            tables.append([stored[name] for name in names])
    return tuple(np.concatenate(column) for column in zip(*tables, strict=True))


def _tables(parts: Sequence[Path]) -> tuple[dict[str, AnyArray], dict[str, AnyArray]]:
    """Both tables of all parts, the pictures' rows counted on."""
    tables: list[dict[str, list[AnyArray]]] = [{}, {}]
    before = 0
    for part in parts:
        for table, name in zip(tables, ("frames", "pictures"), strict=True):
            with np.load(part / f"{name}.npz", allow_pickle=False) as stored:
                for key in stored.files:
                    rows = stored[key] + np.int32(before) if key == "row" else stored[key]
                    table.setdefault(key, []).append(rows)
        before += len(tables[0]["clip"][-1])
    frames, pictures = ({key: np.concatenate(column) for key, column in table.items()} for table in tables)
    return frames, pictures


def _encoded(parts: Sequence[Path], kind: str, size: int) -> Iterator[bytes]:
    for part in parts:
        stored = Pictures(part / f"{kind}.pictures", size)
        for number in range(len(stored)):
            yield stored.encoded(number)
