"""The weights on this machine: a folder a network, complete and checked, or not there at all.

The store lies in the user's data folder, or where the environment variable ``MIEN_WEIGHTS`` says. Beside its files
every network has ``origin.json``: from where they came and their SHA-256 sums, as published and as kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from mien.disk import disk_errors
from mien.errors import InputError, ModelError, WeightsMissingError
from mien.nn.weights.archives import member_of
from mien.nn.weights.conversion import converted
from mien.nn.weights.download import Progress, download
from mien.nn.weights.table import Network, WeightFile, network

WEIGHTS_VARIABLE = "MIEN_WEIGHTS"
ORIGIN = "origin.json"


def weights_folder() -> Path:
    """The folder of the store; it need not exist."""
    named = os.environ.get(WEIGHTS_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("mien", appauthor=False)) / "weights"


def find(name: str) -> Path | None:
    """The folder of a network's files; None if they are not on this machine.

    Raises:
        InputError: The table has no such network.
    """
    row = network(name)
    folder = weights_folder() / row.name
    return folder if all((folder / file.kept_as).is_file() for file in row.files) else None


def require(name: str, purpose: str) -> Path:
    """The folder of a network's files.

    Args:
        name: Of the network.
        purpose: What needs it: the subject of the sentence.

    Raises:
        WeightsMissingError: They are not on this machine.
        InputError: The table has no such network.
    """
    folder = find(name)
    if folder is None:
        raise WeightsMissingError(
            f"{purpose} needs a network that is not on this machine: run `mien weights get {name}`"
        )
    return folder


def require_file(name: str, purpose: str) -> Path:
    """The file of a network that has one (see :func:`require`)."""
    (file,) = network(name).files
    return require(name, purpose) / file.kept_as


def origin(name: str) -> dict[str, Any]:
    """What is known about the files kept for a network; empty if nothing is."""
    try:
        data = json.loads((weights_folder() / network(name).name / ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def get(name: str, progress: Progress | None = None) -> Path:
    """Download a network's files, unless they are here.

    Args:
        name: Of the network.
        progress: Told how far each download has come.

    Returns:
        Their folder.

    Raises:
        ModelError: A file cannot be fetched, is not the published one, or cannot be converted; nothing is kept then.
        OutputError: The store cannot be written.
        InputError: The table has no such network.
    """
    row = network(name)
    here = find(name)
    if here is not None:
        return here
    for file in row.files:
        if not file.sha256:
            raise ModelError(
                f"{file.published} of {name} has no published SHA-256, so it is not downloaded unseen: get it from "
                f"{file.address} and run `mien weights add {name} FILE`"
            )
    with _arriving(row) as folder:
        fetched: dict[str, Path] = {}
        for number, file in enumerate(row.files):
            if file.address not in fetched:
                fetched[file.address] = folder / f"download-{number}"
                _download(name, file, fetched[file.address], progress)
            whole = fetched[file.address]
            content = member_of(whole, file.member) if file.member else _read(whole)
            _keep(folder, file, content, file.address)
        for whole in fetched.values():
            whole.unlink()
    return weights_folder() / row.name


def add(name: str, paths: Sequence[Path]) -> Path:
    """Take in a network's files from this machine's disk; what is kept already is replaced.

    Args:
        name: Of the network.
        paths: The files as published, or the archives that hold them, or folders to look for them in.

    Returns:
        Their folder in the store.

    Raises:
        ModelError: A file is missing, is not the published one, or cannot be converted; nothing is changed then.
        OutputError: The store cannot be written.
        InputError: The table has no such network, or a path does not exist.
    """
    row = network(name)
    for path in paths:
        if not path.exists():
            raise InputError(f"there is no file or folder '{path}'")
    with _arriving(row) as folder:
        for file in row.files:
            _keep(folder, file, *_offered(file, paths))
    return weights_folder() / row.name


def _offered(file: WeightFile, paths: Sequence[Path]) -> tuple[bytes, str]:
    """The content of a file among the paths that a user gave, and where it was: known by its sum, not by its name."""
    archive = file.address.rsplit("/", 1)[-1]
    names = (file.published, *([archive] if file.member else []), file.kept_as)
    candidates = [path for path in paths if path.is_file()]
    candidates += [path / name for path in paths for name in names if (path / name).is_file()]
    for path in candidates:
        found = _sum_of(path)
        if file.member and found == file.archive_sha256:
            return member_of(path, file.member), str(path)
        if found in file.kept_sha256 or (
            found.startswith(file.sha256) and (file.sha256 or path.name == file.published)
        ):
            return _read(path), str(path)
    wanted = " or ".join(f"'{name}'" for name in names[:-1])
    seen = f"; what is in {', '.join(map(str, candidates))} is not it, by its SHA-256" if candidates else ""
    raise ModelError(f"there is no {wanted} as published among the paths given{seen}; it comes from {file.address}")


def _download(name: str, file: WeightFile, target: Path, progress: Progress | None) -> None:
    try:
        found = download(file.address, target, progress)
    except ModelError as error:
        raise ModelError(
            f"{error}; if there is no way to it from here, download it elsewhere and run `mien weights add {name} FILE`"
        ) from error
    expected = file.archive_sha256 if file.member else file.sha256
    if not found.startswith(expected):
        raise ModelError(f"{file.address} has SHA-256 {found}, expected {expected}; it was not kept")


def _keep(folder: Path, file: WeightFile, content: bytes, came_from: str) -> None:
    """Check one file, convert it, and write it with its line of the origin."""
    found = hashlib.sha256(content).hexdigest()
    if found in file.kept_sha256:
        kept = content
    elif found.startswith(file.sha256):  # Without a known sum every file passes; its layout is checked on loading.
        kept = converted(content, file.published, file.kept_as, file.entry)
    else:
        raise ModelError(
            f"'{came_from}' is not the published {file.published}: SHA-256 {found}, expected {file.sha256}"
        )
    path = folder / ORIGIN
    lines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    lines[file.kept_as] = {
        "published": file.published,
        "from": came_from,
        "sha256": found,
        "kept_sha256": hashlib.sha256(kept).hexdigest(),
    }
    with disk_errors(folder / file.kept_as):
        (folder / file.kept_as).write_bytes(kept)
        path.write_text(json.dumps(lines, indent=1), encoding="utf-8")


@contextmanager
def _arriving(row: Network) -> Iterator[Path]:
    """A hidden folder in the store that takes the network's name when everything in it has succeeded."""
    root = weights_folder()
    target = root / row.name
    with disk_errors(target):
        root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{row.name}-", dir=root))
    try:
        yield folder
        with disk_errors(target):
            folder.chmod(0o755)  # mkdtemp's is for its maker alone
            if target.exists():
                os.replace(target, root / f"{folder.name}-replaced")
            os.replace(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(root / f"{folder.name}-replaced", ignore_errors=True)


def _sum_of(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"'{path}' cannot be read: {error.strerror}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"'{path}' cannot be read: {error.strerror}") from error
