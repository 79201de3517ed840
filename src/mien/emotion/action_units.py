"""Action units (AUs): the project's list of FACS units, their columns, and how they are written.

The expression basis of every morphable model, the recipes and the emotion tracks share the columns defined here, in
this order. Left and right are the person's own. An intensity is 0 to 1, where 1 is the strongest an actor shows
while talking (``docs/conventions.md``).

Source of numbers and names: P. Ekman, W. V. Friesen, J. C. Hager, "Facial Action Coding System: The Manual", 2002.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from mien.errors import EmotionError

Form = Literal["pair", "midline", "sideways"]
"""``pair``: left and right act apart (columns L, R); ``midline``: one column; ``sideways``: one column a direction."""


@dataclass(frozen=True, slots=True)
class ActionUnit:
    """One unit of FACS.

    Attributes:
        number: Its FACS number.
        name: Its FACS name, in lower case.
        form: How it divides into columns.
    """

    number: int
    name: str
    form: Form

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column names: ``("AU12L", "AU12R")`` or ``("AU17",)``."""
        if self.form == "midline":
            return (f"AU{self.number}",)
        return (f"AU{self.number}L", f"AU{self.number}R")


ACTION_UNITS: tuple[ActionUnit, ...] = (
    ActionUnit(1, "inner brow raiser", "pair"),
    ActionUnit(2, "outer brow raiser", "pair"),
    ActionUnit(4, "brow lowerer", "pair"),
    ActionUnit(5, "upper lid raiser", "pair"),
    ActionUnit(6, "cheek raiser", "pair"),
    ActionUnit(7, "lid tightener", "pair"),
    ActionUnit(9, "nose wrinkler", "pair"),
    ActionUnit(10, "upper lip raiser", "pair"),
    ActionUnit(11, "nasolabial furrow deepener", "pair"),
    ActionUnit(12, "lip corner puller", "pair"),
    ActionUnit(13, "sharp lip puller", "pair"),
    ActionUnit(14, "dimpler", "pair"),
    ActionUnit(15, "lip corner depressor", "pair"),
    ActionUnit(16, "lower lip depressor", "pair"),
    ActionUnit(17, "chin raiser", "midline"),
    ActionUnit(18, "lip pucker", "midline"),
    ActionUnit(20, "lip stretcher", "pair"),
    ActionUnit(22, "lip funneler", "midline"),
    ActionUnit(23, "lip tightener", "midline"),
    ActionUnit(24, "lip presser", "midline"),
    ActionUnit(25, "lips part", "midline"),
    ActionUnit(26, "jaw drop", "midline"),
    ActionUnit(27, "mouth stretch", "midline"),
    ActionUnit(28, "lips suck", "midline"),
    ActionUnit(29, "jaw thrust", "midline"),
    ActionUnit(30, "jaw sideways", "sideways"),
    ActionUnit(33, "cheek blow", "midline"),
    ActionUnit(34, "cheek puff", "midline"),
    ActionUnit(35, "cheek suck", "midline"),
    ActionUnit(43, "eyes closed", "pair"),
)
"""The units that exist here. A blink (AU45) and a wink (AU46) are AU43 over time and on one side."""

AU_COLUMNS: tuple[str, ...] = tuple(column for unit in ACTION_UNITS for column in unit.columns)
"""Every column in order: ``AU1L, AU1R, AU2L, … AU16R, AU17, AU18, AU20L, … AU43R``."""

AU_COLUMN_INDEX: MappingProxyType[str, int] = MappingProxyType({name: i for i, name in enumerate(AU_COLUMNS)})
"""Column name to its place in ``AU_COLUMNS``."""

AU_NAMES: MappingProxyType[str, str] = MappingProxyType(
    {column: unit.name for unit in ACTION_UNITS for column in unit.columns}
)
"""Column name to FACS name."""

_COLUMNS_OF: dict[str, tuple[str, ...]] = {column: (column,) for column in AU_COLUMNS} | {
    f"AU{unit.number}": unit.columns for unit in ACTION_UNITS if unit.form == "pair"
}

_SPELLING = re.compile(r"au\s*0*(\d{1,3})\s*([lr]?)", re.IGNORECASE | re.ASCII)


def columns_of(name: str) -> tuple[str, ...]:
    """Return the columns that an action unit's name stands for.

    ``"AU12"`` and ``"au12"`` give ``("AU12L", "AU12R")``, ``"au12l"`` gives ``("AU12L",)``, ``"AU17"`` gives
    ``("AU17",)``. Upper and lower case and leading zeros (``AU04``) do not matter.

    Raises:
        EmotionError: The name is not that of an action unit that exists here.
    """
    match = _SPELLING.fullmatch(name.strip())
    if match is None:
        raise EmotionError(f"{name!r} is not an action unit; write AU and its number, such as AU12 or AU12L")
    number, side = int(match[1]), match[2].upper()
    columns = _COLUMNS_OF.get(f"AU{number}{side}")
    if columns is not None:
        return columns
    raise EmotionError(f"{name!r} is not an action unit here; {_advice(number, side)}")


def is_action_unit_spelling(word: str) -> bool:
    """Whether ``word`` has the form of an action unit's name (``AU`` and a number), known or not."""
    return _SPELLING.fullmatch(word.strip()) is not None


def _advice(number: int, side: str) -> str:
    unit = next((unit for unit in ACTION_UNITS if unit.number == number), None)
    if unit is not None and unit.form == "midline":
        return f"the {unit.name} has no sides: write AU{number}"
    if unit is not None:
        return f"say which way the jaw goes: AU{number}L or AU{number}R"
    if number in (44, 45, 46):
        return f"eyes are closed by AU43{side}"
    return f"there are {', '.join(f'AU{unit.number}' for unit in ACTION_UNITS)}"


_PAIRED_BLENDSHAPES = {
    2: "browOuterUp",
    4: "browDown",
    5: "eyeWide",
    6: "cheekSquint",
    7: "eyeSquint",
    9: "noseSneer",
    10: "mouthUpperUp",
    12: "mouthSmile",
    14: "mouthDimple",
    15: "mouthFrown",
    16: "mouthLowerDown",
    20: "mouthStretch",
    30: "jaw",
    43: "eyeBlink",
}

_WHOLE_BLENDSHAPES = {
    1: ("browInnerUp",),
    17: ("mouthShrugLower",),
    18: ("mouthPucker",),
    22: ("mouthFunnel",),
    24: ("mouthPressLeft", "mouthPressRight"),
    26: ("jawOpen",),
    27: ("jawOpen",),
    28: ("mouthRollLower", "mouthRollUpper"),
    29: ("jawForward",),
    34: ("cheekPuff",),
}


def _blendshapes() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for unit in ACTION_UNITS:
        for column in unit.columns:
            side = {"L": "Left", "R": "Right"}.get(column[-1], "")
            stem = _PAIRED_BLENDSHAPES.get(unit.number)
            table[column] = (stem + side,) if stem else _WHOLE_BLENDSHAPES.get(unit.number, ())
    return table


AU_BLENDSHAPES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(_blendshapes())
"""Column name to the ARKit blendshape scores (as MediaPipe names them) whose mean measures it.

Empty where none does (AU11, AU13, AU23, AU25, AU33, AU35). ARKit has one score for both inner brows, so AU1L and AU1R
share it, and one for the jaw, so AU26 and AU27 share it. MediaPipe's left is the person's own, as here (checked by
moving one mouth corner and one lid of a portrait). Its cheekSquint and noseSneer scores hardly ever leave 0.
"""
