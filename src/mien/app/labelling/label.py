"""``mien label``: a folder with the table of labels and the page to check them, put under its name at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from mien.app.jobs import staging_folder
from mien.app.labelling.page import labels_page, take_stills, write_page
from mien.data.footage import find_layout
from mien.data.label_footage import LabelledFootage, LabelledStretch, NeutralStretch, label_footage
from mien.data.labelled_clip import FRONT, video_files
from mien.data.labelled_folder import HEADER, TABLE, table_line
from mien.emotion.vocabulary import NEUTRAL
from mien.errors import InputError, OutputError
from mien.video.output import output_errors

PAGE = "index.html"


def unlabelled_videos(footage: Sequence[Path]) -> list[Path]:
    """The videos of folders and files.

    Raises:
        InputError: There is none, one is given twice, or a folder is labelled already.
    """
    found: list[Path] = []
    for path in footage:
        if path.is_dir():
            files = video_files(path)
            layout = _layout_of(path) if files or (path / TABLE).is_file() else None
            if layout is not None:
                how = f"its {TABLE}" if layout == "folder" else f"its names, as {layout.upper()}"
                raise InputError(f"{path} is labelled already by {how}: `mien prepare` takes it as it is")
            if not files:
                raise InputError(f"{path} holds no video")
            found += files
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"{path}: no such file or folder")
    twice = {path for path in found if found.count(path) > 1}
    if twice:
        raise InputError(f"{min(twice)} is given twice")
    return found


def _layout_of(folder: Path) -> str | None:
    try:
        return find_layout(folder)
    except InputError:
        return None


def write_labels(
    videos: Sequence[Path],
    output: Path,
    *,
    actor: str | None = None,
    neutral: NeutralStretch | None = None,
    overwrite: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> LabelledFootage:
    """Label videos of one person and write ``labels.csv`` and ``index.html``.

    Args:
        videos: At least one.
        output: The folder to make.
        actor: Who is seen; the output folder's name if left out.
        neutral: Where the person is neutral; None to find it.
        overwrite: Replace labels that are there already.
        progress: Told how far it has come.

    Raises:
        InputError: Nothing can be labelled.
        NoFaceError: No face is seen.
        OutputError: The folder is there already, or cannot be written; nothing is left of it.
    """
    check_place(output, overwrite, (PAGE, TABLE))
    found = label_footage(videos, neutral=neutral, progress=progress)
    name = actor or output.resolve().name
    lines = [_line(stretch, output, name) for stretch in found.stretches]
    with staging_folder(output) as staging, output_errors(output):
        folder = staging / output.name
        folder.mkdir()
        (folder / TABLE).write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8", newline="\n")
        write_page(labels_page(found, take_stills(found), lines, name), folder / PAGE)
        if output.exists():
            os.replace(output, staging / "replaced")
        os.replace(folder, output)
    return found


def check_place(output: Path, overwrite: bool, ours: Sequence[str]) -> None:
    """Refuse a place for a folder before any work is done.

    Args:
        output: The folder to be.
        overwrite: Whether one of ours that is there already may be replaced.
        ours: The only names that a folder of ours has on its top level.

    Raises:
        OutputError: Its folder is missing, or something that may not be replaced is there already.
    """
    if not output.parent.is_dir():
        raise OutputError(f"{output}: cannot be written: the folder {output.parent} does not exist.")
    if not output.exists():
        return
    if not overwrite:
        raise OutputError(f"{output}: is there already; choose another name, or allow replacing it (--overwrite).")
    if not output.is_dir() or any(entry.name not in ours for entry in output.iterdir()):
        raise OutputError(f"{output}: is there already and holds other things, too; choose another name.")


def _line(stretch: LabelledStretch, output: Path, actor: str) -> str:
    intensity = None if stretch.emotion == NEUTRAL else stretch.level
    place = _relative(stretch.video, output)
    return table_line(
        [place, stretch.emotion, intensity, actor, FRONT, stretch.start_s, stretch.stop_s, None, None]
    )  # fmt: skip


def _relative(video: Path, folder: Path) -> str:
    """Path of a video from a folder, with forward slashes; absolute where there is no way (another drive)."""
    try:
        return Path(os.path.relpath(video.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return video.resolve().as_posix()
