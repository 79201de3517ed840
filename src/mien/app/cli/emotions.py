"""``mien emotions``: what can be asked for."""

from __future__ import annotations

import json as json_format
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.emotion.recipes import RecipeRow


def emotions(*, json: bool = False) -> None:
    """List the emotions with their recipes, and the action units that can be set directly.

    Args:
        json: As JSON, with both figures (lips kept, lips free) of every action unit and its source.
    """
    if json:
        print(json_format.dumps(emotion_data(), indent=1))  # noqa: T201
        return
    from rich.console import Console

    from mien.emotion.recipes import SOURCES

    console = Console(highlight=False, soft_wrap=False)
    console.print(_emotion_table())
    console.print("\nFigures are intensities at emotion intensity 1, lips kept / lips free where the two differ.")
    console.print('Set directly, as in "happy 0.6 AU4 0.3" (AU12L, AU12R: the person\'s left, right):\n')
    console.print(_action_unit_table())
    console.print("\nSources")
    for short, title in SOURCES.items():
        console.print(f"  {short}: {title}", markup=False)


def emotion_data() -> dict[str, Any]:
    """All that the command lists, as plain data."""
    from mien.emotion.action_units import ACTION_UNITS
    from mien.emotion.recipes import SOURCES, recipe
    from mien.emotion.vocabulary import EMOTIONS, NEUTRAL

    listed = [
        {"name": name, "synonyms": _synonyms(name), "recipe": [_row_data(row) for row in recipe(name)]}
        for name in (NEUTRAL, *EMOTIONS)
    ]
    units = [{"name": f"AU{u.number}", "action": u.name, "columns": list(u.columns)} for u in ACTION_UNITS]
    return {"emotions": listed, "action_units": units, "sources": dict(SOURCES)}


def _row_data(row: RecipeRow) -> dict[str, Any]:
    figures = {"lips_kept": row.kept, "lips_free": row.free}
    return {"action_unit": row.action_unit, "role": row.role, "sides": row.sides, **figures, "source": row.source}


def _emotion_table() -> Any:
    from rich.table import Table

    from mien.emotion.recipes import recipe
    from mien.emotion.vocabulary import EMOTIONS, NEUTRAL

    table = Table("emotion", "also", "leads", "supports", "takes away", box=None, padding=(0, 2, 1, 0))
    for name in (NEUTRAL, *EMOTIONS):
        rows = recipe(name)
        parts = [
            ", ".join(_figure(row) for row in rows if row.role == role) for role in ("leads", "supports", "takes away")
        ]
        table.add_row(name, ", ".join(_synonyms(name)), *parts)
    return table


def _action_unit_table() -> Any:
    from rich.table import Table

    from mien.emotion.action_units import ACTION_UNITS

    table = Table("unit", "action", "sides", box=None, padding=(0, 2, 0, 0))
    for unit in ACTION_UNITS:
        sides = {"pair": "left and right", "midline": "middle", "sideways": "to the left or right"}[unit.form]
        table.add_row(f"AU{unit.number}", unit.name, sides)
    return table


def _figure(row: RecipeRow) -> str:
    side = {"both": "", "one": " one side", "other": " other side"}[row.sides]
    figures = f"{row.kept:g}" if row.kept == row.free else f"{row.kept:g}/{row.free:g}"
    return f"{row.action_unit} {figures}{side}"


def _synonyms(name: str) -> list[str]:
    from mien.emotion.vocabulary import SYNONYMS

    return [word for word, canonical in SYNONYMS.items() if canonical == name and word != name]
