"""What a running command says: progress, warnings and the result, for people or, with ``--json``, for machines."""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cyclopts import Parameter

from mien.app.cli.stopping import check_stopped

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from mien.app.jobs import Progress

_EVERY_S = 0.5
"""Least time between two lines of progress for machines."""

_STAGE_NAMES = {
    "analyse": "Analysing", "render": "Rendering", "measure": "Measuring", "fetch": "Fetching", "prepare": "Preparing",
    "label": "Labelling",
}  # fmt: skip


@Parameter(name="*")
@dataclass(frozen=True)
class ReportOptions:
    """How much is told, and to whom."""

    quiet: bool = False
    """Say nothing but warnings and errors."""
    json: bool = False
    """For machines: progress, warnings and the result as lines of JSON on stdout."""


class Report:
    """Tells how a command goes on; a context manager. People read it on stderr, the result on stdout."""

    def __init__(self, options: ReportOptions | None = None) -> None:
        self._options = options or ReportOptions()
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._told_s = 0.0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> Self:
        from mien.video.info import MienWarning

        self._caught.__enter__()
        warnings.simplefilter("ignore")  # those of libraries are for developers
        warnings.simplefilter("always", MienWarning)
        warnings.showwarning = self._show_warning
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
        self._caught.__exit__(kind, error, trace)
        if self._options.json and isinstance(error, Exception):
            self._line({"event": "error", "message": str(error)})

    def progress(self, progress: Progress) -> None:
        """Show how far a job has come; ends it if a signal has come."""
        check_stopped()
        if self._options.json:
            now = time.monotonic()
            if now - self._told_s >= _EVERY_S or progress.fraction == 1.0:
                self._told_s = now
                left_s = None if progress.left_s is None else round(progress.left_s, 1)
                event = {"event": "progress", "stage": progress.stage, "fraction": round(progress.fraction, 4)}
                self._line({**event, "left_s": left_s})
        elif not self._options.quiet and sys.stderr.isatty():
            self._move_bar(progress)

    def result(self, sentence: str, data: Mapping[str, Any]) -> None:
        """Tell what came out.

        Args:
            sentence: For people, one line or several.
            data: For machines.
        """
        if self._bars is not None:
            self._bars.stop()
        if self._options.json:
            self._line({"event": "result", **data})
        elif not self._options.quiet:
            print(sentence)  # noqa: T201

    def note(self, sentence: str, data: Mapping[str, Any]) -> None:
        """Tell something on the way: people read it on stderr.

        Args:
            sentence: For people, one line or several.
            data: For machines, its ``event`` among it.
        """
        if self._options.json:
            self._line(data)
        elif not self._options.quiet:
            print(sentence, file=sys.stderr)  # noqa: T201

    def stages(self) -> Callable[[str, float], None]:
        """For work in several stages: takes the stage and how much of it is done, and tells it with the time left."""
        from mien.app.jobs import StageClock

        clocks: dict[str, StageClock] = {}

        def tell(stage: str, fraction: float) -> None:
            if stage not in clocks:
                clocks[stage] = StageClock(stage, self.progress)
            clocks[stage].at(fraction)

        return tell

    def _move_bar(self, progress: Progress) -> None:
        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bars.add_task(
                _STAGE_NAMES.get(progress.stage, f"Training {progress.stage}"), total=1.0, left=""
            )
        left = f"{_clock(progress.left_s)} left" if progress.left_s else ""
        self._bars.update(self._tasks[progress.stage], completed=progress.fraction, left=left)

    def _show_warning(self, message: Warning | str, *_args: Any, **_named: Any) -> None:
        text = " ".join(str(message).split())
        if self._options.json:
            self._line({"event": "warning", "message": text})
        print(f"mien: warning: {text}", file=sys.stderr)  # noqa: T201

    def _line(self, data: Mapping[str, Any]) -> None:
        print(json.dumps(data), flush=True)  # noqa: T201


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    return Progress(*columns, console=Console(stderr=True))


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
