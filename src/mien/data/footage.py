"""Footage of any layout: which it is, and all its clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from mien.data.labelled_clip import Footage, shortened, video_files
from mien.data.labelled_folder import TABLE, read_labelled_folder
from mien.data.mead import is_mead, read_mead
from mien.data.ravdess import is_ravdess, read_ravdess
from mien.errors import InputError

LAYOUTS: MappingProxyType[str, Callable[[Path], Footage]] = MappingProxyType(
    {"folder": read_labelled_folder, "mead": read_mead, "ravdess": read_ravdess}
)
"""Layout to its reader."""


def read_footage(folder: Path, layout: str | None = None) -> Footage:
    """Read the labelled clips of a folder.

    Args:
        folder: Where they are.
        layout: One of :data:`LAYOUTS`; None to find out: ``labels.csv`` makes a plain folder, else the videos' names
            and folders tell.

    Raises:
        InputError: It is not a folder, of no layout that is known, or holds no clip that can be used.
    """
    if layout is not None and layout not in LAYOUTS:
        raise InputError(f"there is no layout {layout!r}: there are {', '.join(LAYOUTS)}")
    footage = LAYOUTS[layout or find_layout(folder)](folder)
    if not footage.clips:
        why = "; ".join(f"{skipped.name}: {skipped.reason}" for skipped in footage.skipped[:3])
        raise InputError(f"{folder} holds no clip that can be used{f' ({why})' if why else ''}")
    return footage


def find_layout(folder: Path) -> str:
    """The layout of a folder.

    Raises:
        InputError: It is not a folder, has no video, or is of no known layout.
    """
    files = video_files(folder)
    if (folder / TABLE).is_file():
        return "folder"
    if not files:
        raise InputError(f"{folder} holds no video")
    if any(is_ravdess(path) for path in files):
        return "ravdess"
    if any(is_mead(path) for path in files):
        return "mead"
    names = shortened([path.relative_to(folder).as_posix() for path in files], 2)
    raise InputError(
        f"{folder} ({names}) is neither MEAD (M003/video/front/happy/level_3/017.mp4) nor RAVDESS "
        f"(01-01-03-02-01-01-12.mp4), and has no {TABLE} that says what its clips show"
    )
