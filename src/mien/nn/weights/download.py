"""Fetching a file from the internet, when a user asks for it."""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from collections.abc import Callable
from pathlib import Path

from mien.disk import disk_errors
from mien.errors import ModelError

Progress = Callable[[int, int | None], None]
"""Called with the bytes that have come and, where the server says so, the bytes in all."""

TIMEOUT_S = 60.0
"""Seconds without an answer after which to give up."""

_CHUNK = 2**18


def download(address: str, target: Path, progress: Progress | None = None) -> str:
    """Download a file.

    Args:
        address: Where it lies, ``https:`` or ``file:``.
        target: Where to write it.
        progress: Told how far it has come.

    Returns:
        Its SHA-256, in hexadecimal.

    Raises:
        ModelError: It cannot be fetched, or ended early.
        OutputError: It cannot be written.
    """
    digest = hashlib.sha256()
    done = 0
    try:
        # Some servers answer Python's own name with an error.
        request = urllib.request.Request(address, headers={"User-Agent": "mien"})
        with (
            urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer,
            disk_errors(target),
            target.open("wb") as file,
        ):
            length = answer.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
            while chunk := _next(answer, address):
                digest.update(chunk)
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ModelError(f"{address} cannot be fetched: {getattr(error, 'reason', error)}") from error
    if total is not None and done != total:
        raise ModelError(f"{address} ended after {done} of {total} bytes; try again")
    return digest.hexdigest()


def _next(answer: http.client.HTTPResponse, address: str) -> bytes:
    """The next piece; errors of the line are told apart from errors of the disk."""
    try:
        return answer.read(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise ModelError(f"{address} stopped answering: {error}") from error
