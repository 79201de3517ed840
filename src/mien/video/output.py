"""Outputs that appear only when complete, and the errors of a disk told in one sentence."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import av

from mien.disk import REASONS
from mien.errors import OutputError


@contextlib.contextmanager
def output_errors(target: Path) -> Iterator[None]:
    """Turn errors of the disk or of libav while writing into :class:`OutputError` about ``target``."""
    try:
        yield
    except OutputError:
        raise
    except (av.error.FFmpegError, OSError) as error:
        number = getattr(error, "errno", None)
        reason = REASONS.get(abs(number)) if isinstance(number, int) else None
        raise OutputError(
            f"{target}: cannot be written: {reason or getattr(error, 'strerror', None) or error}."
        ) from error


def check_target(target: Path, source: Path) -> None:
    """Refuse an output that would overwrite its input, or a place that cannot be written.

    Raises:
        OutputError: output is the input, lies in it, its folder is missing or not writable, or it is a folder.
    """
    if target.exists() and source.exists() and os.path.samefile(target, source):
        raise OutputError(f"{target}: the output is the input itself; give it another name.")
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"{target}: cannot be written: the folder {folder} does not exist.")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{target}: cannot be written: no permission to write in {folder}.")


def partial_path(target: Path) -> Path:
    """A hidden, unused name beside the target, with its suffix."""
    return target.with_name(f".{target.stem}.{secrets.token_hex(4)}.partial{target.suffix}")


def discard(partial: Path) -> None:
    """Remove what a failed run left, whatever its state."""
    if partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
