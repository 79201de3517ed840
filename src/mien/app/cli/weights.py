"""``mien weights``: the outside networks that some measures need, and what of them is on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from mien.app.cli.report import Report, ReportOptions

weights = App(
    name="weights",
    help="List, fetch and take in the weights of outside networks, which some measures need.",
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
)


@weights.command(name="list")
def list_networks(*, report: ReportOptions | None = None) -> None:
    """List the networks: what each is for, its licence, and whether it is on this machine.

    Args:
        report: How much is told.
    """
    from mien.nn.weights.store import find, origin, weights_folder
    from mien.nn.weights.table import NETWORKS

    with Report(report) as told:
        rows = [(row, find(row.name)) for row in NETWORKS]
        lines = [f"weights are kept in {weights_folder()}"]
        for row, folder in rows:
            lines.append(f"{'+' if folder else '-'} {row.name}: {row.title}")
            lines.append(f"    for {', '.join(row.used_by)}; licence: {row.licence}")
        lines.append("+ is here, - is not: mien weights get NAME fetches it, mien weights add NAME FILE takes it in")
        told.result("\n".join(lines), {"folder": str(weights_folder()), "networks": [_data(*r, origin) for r in rows]})


@weights.command
def get(names: Annotated[list[str], Parameter(negative=())], /, *, report: ReportOptions | None = None) -> None:
    """Download networks from where their authors publish them, check and convert them.

    Args:
        names: Of `mien weights list`.
        report: How much is told.
    """
    from mien.nn.weights import store
    from mien.nn.weights.table import network

    with Report(report) as told:
        rows = [network(name) for name in names]
        folders = [store.get(row.name, _progress(told)) for row in rows]
        sentence = "\n".join(
            f"{row.name}: in {folder}; licence: {row.licence}" for row, folder in zip(rows, folders, strict=True)
        )
        told.result(sentence, {"folders": {row.name: str(path) for row, path in zip(rows, folders, strict=True)}})


@weights.command
def add(name: str, paths: list[Path], /, *, report: ReportOptions | None = None) -> None:
    """Take in a network's files that are on this machine already, as they were published.

    Args:
        name: Of `mien weights list`.
        paths: The files, the archives that hold them, or folders to look for them in.
        report: How much is told.
    """
    from mien.nn.weights import store

    with Report(report) as told:
        folder = store.add(name, paths)
        told.result(f"{name}: in {folder}", {"folders": {name: str(folder)}})


def _data(row: Any, folder: Path | None, origin: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(row), "folder": None if folder is None else str(folder), "origin": origin(row.name)}


def _progress(told: Report) -> Callable[[int, int | None], None]:
    from mien.app.jobs import Progress

    def tell(done: int, total: int | None) -> None:
        if total:
            told.progress(Progress("fetch", done / total, None))

    return tell
