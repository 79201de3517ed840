"""``mien render``: render a kept edit again."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mien.app.cli.edit import result_data, result_sentence
from mien.app.cli.report import Report, ReportOptions
from mien.errors import InputError


def render(
    edit_file: Path,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    allow_changed: bool = False,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Render an edit file again: the same frames, bit for bit.

    Args:
        edit_file: The NAME.mien.json that `mien edit` wrote.
        output: The result; if left out, the one that the edit belongs to.
        allow_changed: Render even if the source is no longer the clip that the edit was made for.
        overwrite: Replace a result that is there already.
        report: How much is told.
    """
    from mien.app.edit_file import read_edit
    from mien.app.version import __version__
    from mien.video.info import MienWarning

    with Report(report) as told:
        edit = read_edit(edit_file)
        target = output or edit.output
        if target is None:
            raise InputError(f"{edit_file} names no result; say where it shall go with -o")
        if not allow_changed:
            edit.check_source()
        if edit.mien_version != __version__:
            text = f"{edit_file} was made by mien {edit.mien_version}, this is {__version__}; its frames may differ."
            warnings.warn(text, MienWarning, stacklevel=1)
        result = edit.save(target, progress=told.progress, overwrite=overwrite)
        told.result(result_sentence(result), result_data(result))
