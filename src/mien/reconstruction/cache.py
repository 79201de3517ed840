"""Analyses kept on disk: a folder an analysis, found by what it was made from, complete or not there at all.

The key names the clip's content (its size and the digest of its head, middle and tail), the code that made the
analysis, the model and the choices, so that nothing stale is ever found. The cache lies in the platform's cache folder,
or where the environment variable ``MIEN_CACHE`` says.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mien.errors import ClipError, OutputError
from mien.kept import CACHE_VARIABLE, cache_folder

SIZE_LIMIT = 4 * 2**30
"""Bytes that all analyses together may take; the ones used longest ago go first."""

_READ = 2**20
_IN_USE_S = 3600.0  # An entry used within the last hour may be open in another process.
_ABANDONED_S = 24 * 3600.0
_TEMPORARY = "making-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def default_cache() -> Path:
    """The folder of kept analyses."""
    return cache_folder() / "analyses"


def content_fingerprint(path: Path) -> str:
    """Digest of a file's size and its head, middle and tail (1 MiB each), or of a folder's files.

    Raises:
        ClipError: If the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        if path.is_dir():
            for file in sorted(path.iterdir()):
                status = file.stat()
                digest.update(f"{file.name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
            return digest.hexdigest()
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as stream:
            for start in sorted({0, max(0, (size - _READ) // 2), max(0, size - _READ)}):
                stream.seek(start)
                digest.update(stream.read(_READ))
    except OSError as error:
        raise ClipError(f"{path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


class Cache:
    """Entries of a folder, each a folder itself.

    Args:
        folder: Where the entries are; made when the first is kept.
        size_limit: Bytes that all together may take.
    """

    def __init__(self, folder: Path, size_limit: int = SIZE_LIMIT) -> None:
        self.folder = folder
        self.size_limit = size_limit

    def find(self, key: str) -> Path | None:
        """The entry of a key, marked as used now; None if there is none."""
        entry = self.folder / key
        if not entry.is_dir():
            return None
        with suppress(OSError):  # A cache that may only be read is still a cache.
            os.utime(entry)
        return entry

    def remove(self, key: str) -> None:
        """Delete an entry, if it is there."""
        shutil.rmtree(self.folder / key, ignore_errors=True)

    def check_writable(self) -> None:
        """Make the folder if it is missing, and see whether it takes files.

        Raises:
            OutputError: It does not.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.folder).close()
        except OSError as error:
            raise self._unwritable(error) from error

    @contextmanager
    def make(self, key: str) -> Iterator[Path]:
        """A folder to fill, which becomes the key's entry when the block ends well, and is deleted when it does not.

        Raises:
            OutputError: If the cache cannot be written, or the disk is full before the block ends.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self.folder))
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield temporary
            self._publish(temporary, key)
        except OSError as error:
            if error.errno in _FULL:
                raise self._unwritable(error) from error
            raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        self._trim(key)

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            f"the cache folder {self.folder} cannot be written ({error.strerror}): "
            f"name another in the environment variable {CACHE_VARIABLE}"
        )

    def _publish(self, temporary: Path, key: str) -> None:
        try:
            temporary.rename(self.folder / key)
        except OSError as error:
            # Another process was faster: its entry has the same content.
            if not (self.folder / key).is_dir():
                raise OutputError(f"the analysis cannot be kept in {self.folder}: {error.strerror}") from error

    def _trim(self, newest: str) -> None:
        """Delete the entries used longest ago until the rest fits, and what a killed process left behind."""
        now = time.time()
        entries: list[tuple[float, int, Path]] = []
        for entry in self.folder.iterdir():
            with suppress(OSError):  # Another process may be deleting it.
                used = entry.stat().st_mtime
                if entry.name.startswith(_TEMPORARY):
                    if now - used > _ABANDONED_S:
                        shutil.rmtree(entry, ignore_errors=True)
                    continue
                size = sum(file.stat().st_size for file in entry.iterdir())
                entries.append((used, size, entry))
        total = sum(size for _, size, _ in entries)
        for used, size, entry in sorted(entries, key=lambda item: item[0]):
            if total <= self.size_limit:
                break
            if entry.name != newest and now - used > _IN_USE_S:
                shutil.rmtree(entry, ignore_errors=True)
                total -= size
