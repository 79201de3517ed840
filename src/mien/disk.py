"""Files that are whole or not there, and the errors of a disk told in one sentence. Needs nothing but Python."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from mien.errors import OutputError

REASONS = {
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file grows larger than the disk or the account allows",
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "the folder does not exist",
    errno.ENOTDIR: "the folder does not exist",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EIO: "the disk reports an error",
}
"""What errors of the system mean to people."""


@contextlib.contextmanager
def disk_errors(target: Path) -> Iterator[None]:
    """Turn errors of the disk while writing into :class:`OutputError` about ``target``."""
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno or 0) or error.strerror or str(error)
        raise OutputError(f"{target}: cannot be written: {reason}.") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears under its name only when all of it is on the disk; one that is there is replaced.

    Raises:
        OutputError: It cannot be written; nothing is left behind.
    """
    partial = path.with_name(f".{path.name[:60]}.{secrets.token_hex(4)}.partial")
    with disk_errors(path):
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
