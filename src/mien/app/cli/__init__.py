"""The command ``mien``: one file a command. Errors are one sentence on stderr and exit code 2."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from mien.app.cli.stopping import Stopped, stoppable
from mien.errors import MienError

if TYPE_CHECKING:
    from cyclopts import App

EXIT_ERROR = 2

_COLLECT_AFTER = 250_000
"""Objects made since the last collection of cyclic garbage until the next; Python's own 700 is for small programs."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Exit codes: 0, or 2 after an error of the caller's, or 128 + the signal's number when stopped (Ctrl-C: 130).

    Args:
        arguments: The words after ``mien``; those of the process if left out.
    """
    # The tracker's native libraries talk on stderr; what matters comes back as an error or warning of ours.
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Our matrices are small: threads of the linear algebra library only spin, beside the encoder that needs the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Loading libraries makes half a million objects, all of which stay: do not look through them again and again.
    gc.set_threshold(_COLLECT_AFTER, 10, 10)
    atexit.register(gc.freeze)  # nor at the end, when the system takes all memory back at once
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a stream that a caller has put there
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        with stoppable():
            code = _run(sys.argv[1:] if arguments is None else list(arguments))
            sys.stdout.flush()
    except Stopped as stop:
        print(f"mien: {stop}", file=sys.stderr)  # noqa: T201
        code = stop.exit_code
    except BrokenPipeError:  # the reader of our output has gone, as in `mien emotions | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    from cyclopts import CycloptsError

    try:
        _application()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        complain(f"{_one_line(str(error))} Try: mien --help")
        return EXIT_ERROR
    except MienError as error:
        complain(str(error))
        return EXIT_ERROR
    return 0


def complain(sentence: str) -> None:
    """Print an error on stderr, one line."""
    print(f"mien: {_one_line(sentence)}", file=sys.stderr)  # noqa: T201


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _application() -> App:
    from cyclopts import App, Parameter

    from mien.app.cli import (
        compare,
        demo,
        edit,
        emotions,
        evaluate,
        expand,
        inspect,
        label,
        prepare,
        render,
        sheet,
        study,
        train,
        weights,
    )

    application = App(
        name="mien",
        help="Directs the expression of a talking face in a video: same person, same words, another emotion.",
        version=_version,
        help_format="plaintext",
        default_parameter=Parameter(negative=()),  # no --no-overwrite, no --empty-emotion
    )
    for command in (edit.edit, inspect.inspect, sheet.sheet, render.render, emotions.emotions, demo.demo):
        application.command(command)
    application.command(evaluate.evaluate)
    application.command(compare.compare)
    application.command(label.label)
    application.command(expand.expand)
    application.command(prepare.prepare)
    application.command(train.train)
    application.command(study.study)
    application.command(weights.weights)
    return application


def _version() -> str:
    from mien.app.version import __version__

    return f"mien {__version__}"
