"""Each emotion as a recipe of action units: one table, and the weights that it gives to every frame.

A figure is the intensity of an action unit when the emotion's intensity is 1; in between it grows in proportion. There
are two columns of figures: lips *kept*, for speech whose lip opening must stay as it is, and lips *free*, for a mouth
that may act. The rows of ``takes away`` are of another kind: they say what share of the face's own activity of that
unit the emotion removes (a sad speaker's smile), so that the source's expression does not contradict the one asked for.

Which units belong to an emotion is published; the sources are named in every row and listed in ``SOURCES``. How
strong they are beside each other while somebody talks is measured (DESIGN.md, "How strongly actors act while talking").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import numpy as np

from mien.emotion.action_units import AU_COLUMN_INDEX, AU_COLUMNS, columns_of
from mien.emotion.track import EmotionSamples
from mien.emotion.vocabulary import EMOTION_INDEX, EMOTIONS, canonical
from mien.errors import EmotionError, InputError
from mien.types import DoubleArray

Side = Literal["left", "right"]
"""Side of the person's face on which contempt shows."""

SOURCES: MappingProxyType[str, str] = MappingProxyType(
    {
        "FACS": "P. Ekman, W. V. Friesen, J. C. Hager, FACS: The Manual, 2002: what a unit moves besides",
        "EFH": "P. Ekman, W. V. Friesen, J. C. Hager, FACS Investigator's Guide, 2002: prototypes and major variants",
        "EMFACS": "W. V. Friesen, P. Ekman, EMFACS-7: Emotional Facial Action Coding System, 1983",
        "DTM": "S. Du, Y. Tao, A. M. Martinez, Compound facial expressions of emotion, PNAS 111(15), 2014, table 1",
        "EF86": "P. Ekman, W. V. Friesen, A new pan-cultural facial expression of emotion, Motiv. Emot. 10, 1986",
        "KOH": "C. G. Kohler et al., Differences in facial expressions of four universal emotions, Psychiatry Research "
        "128, 2004",
        "KEL": "D. Keltner et al., Emotional expression: advances in basic emotion theory, J. Nonverb. Behav. 43, 2019",
        "LAR": "J. T. Larsen et al., Effects of positive and negative affect on electromyographic activity over "
        "zygomaticus major and corrugator supercilii, Psychophysiology 40, 2003",
        "ACT": "ours: rise of the blendshape scores over neutral in acted speech (DESIGN.md)",
        "OPP": "ours: the muscle pulls against a leading unit of the recipe",
    }
)
"""Short names used in the table's last column."""


@dataclass(frozen=True, slots=True)
class RecipeRow:
    """One line of the table.

    Attributes:
        emotion: One of ``EMOTIONS``.
        role: ``leads``: the emotion's strength is measured by it; ``supports``; ``takes away``: the figures are shares
            of the face's own activity to remove.
        action_unit: As written for both sides or the midline: ``AU12``, ``AU17``.
        kept: Figure when the lips are kept, 0 to 1.
        free: Figure when the lips are free, 0 to 1.
        source: Keys of ``SOURCES``, with what they say.
        sides: ``both``, or for contempt ``one`` (the side on which it shows) and ``other``.
    """

    emotion: str
    role: Literal["leads", "supports", "takes away"]
    action_unit: str
    kept: float
    free: float
    source: str
    sides: Literal["both", "one", "other"] = "both"


_R = RecipeRow

# fmt: off
RECIPES: tuple[RecipeRow, ...] = (
    #   emotion      role          unit    kept  free  source
    _R("happy",     "leads",      "AU12", 0.98, 0.98, "EFH 6+12, 12C/D; EMFACS 6+12; ACT mouthSmile 0.40 to 0.73"),
    _R("happy",     "supports",   "AU6",  1.00, 1.00, "EFH 6+12; DTM 6 in 51 %"),
    _R("happy",     "supports",   "AU7",  0.15, 0.15, "KOH: tightened lower lids"),
    _R("happy",     "supports",   "AU10", 0.26, 0.26, "KOH: upper lip raised; ACT mouthUpperUp 0.42"),
    _R("happy",     "supports",   "AU1",  0.05, 0.05, "KOH: inner brows raised; ACT browInnerUp 0.18"),
    _R("happy",     "supports",   "AU11", 0.12, 0.12, "EFH: AU12 deepens the nasolabial furrow"),
    _R("happy",     "supports",   "AU13", 0.40, 0.40, "ours: sharpens the corners of a closed smile"),
    _R("happy",     "supports",   "AU14", 0.34, 0.34, "ours: corners drawn in where the lips stay closed"),
    _R("happy",     "supports",   "AU25", 0.00, 0.50, "DTM 12+25"),
    _R("happy",     "takes away", "AU15", 1.00, 1.00, "OPP 12"),
    _R("happy",     "takes away", "AU4",  0.70, 0.70, "LAR: corrugator falls with positive affect"),
    _R("happy",     "takes away", "AU17", 0.40, 0.60, "OPP 12"),

    _R("sad",       "leads",      "AU1",  1.00, 1.00, "EFH 1+4+15; EMFACS 1+4+15; DTM 1 in 60 %"),
    _R("sad",       "leads",      "AU15", 0.80, 0.80, "EFH 1+4+15; EMFACS 1+4+15; ACT mouthFrown 0.11 to 0.41"),
    _R("sad",       "supports",   "AU4",  0.45, 0.45, "EFH 1+4+15; EMFACS 1+4+15; DTM 4+15"),
    _R("sad",       "supports",   "AU11", 0.40, 0.40, "EFH 1+4+11; DTM 11 in 26 %"),
    _R("sad",       "supports",   "AU17", 0.60, 0.80, "EFH 1+4+15+17; DTM 17 in 67 %; KOH: chin pulled up"),
    _R("sad",       "supports",   "AU6",  0.50, 0.50, "EFH 6+15; DTM 6 in 50 %"),
    _R("sad",       "supports",   "AU7",  0.10, 0.10, "ACT eyeSquint 0.33"),
    _R("sad",       "supports",   "AU43", 0.35, 0.35, "EFH 1+4+15 with 54+64: lids follow the lowered gaze"),
    _R("sad",       "supports",   "AU20", 0.20, 0.20, "ours: the pulled corners widen the mouth a little"),
    _R("sad",       "takes away", "AU12", 1.00, 1.00, "OPP 15"),
    _R("sad",       "takes away", "AU2",  0.80, 0.80, "OPP 4; the outer brow hangs in 1+4"),
    _R("sad",       "takes away", "AU5",  0.80, 0.80, "OPP 43"),

    _R("angry",     "leads",      "AU4",  1.00, 1.00, "EFH 4+5+7+23; EMFACS 4+5+7+23; ACT browDown 0.33 to 0.88"),
    _R("angry",     "supports",   "AU5",  0.50, 0.50, "EFH 4+5+7+23; EMFACS 4+5+7+23"),
    _R("angry",     "supports",   "AU7",  0.55, 0.55, "EFH 4+5+7+23; DTM 4+7+24; ACT eyeSquint 0.3"),
    _R("angry",     "supports",   "AU9",  0.80, 0.80, "ours: the nose follows the drawn brows"),
    _R("angry",     "supports",   "AU10", 0.30, 0.40, "EFH 4+5+7+10+23; DTM 10 in 26 %"),
    _R("angry",     "supports",   "AU11", 0.40, 0.40, "ours: AU9 and 10 deepen the furrow"),
    _R("angry",     "supports",   "AU15", 0.10, 0.35, "ours: corners held down by the tightened lips"),
    _R("angry",     "supports",   "AU16", 0.00, 0.15, "ACT mouthLowerDown 0.1 to 0.4"),
    _R("angry",     "supports",   "AU17", 0.30, 0.40, "EFH 4+5+7+17+23; DTM 17 in 52 %"),
    _R("angry",     "supports",   "AU23", 0.60, 0.70, "EFH 4+5+7+23; EMFACS 4+5+7+23; DTM 23 in 29 %"),
    _R("angry",     "supports",   "AU24", 0.00, 0.40, "EFH 4+5+7+24; DTM 4+7+24"),
    _R("angry",     "takes away", "AU1",  1.00, 1.00, "OPP 4"),
    _R("angry",     "takes away", "AU2",  1.00, 1.00, "OPP 4"),
    _R("angry",     "takes away", "AU12", 1.00, 1.00, "OPP 15"),

    _R("fear",      "leads",      "AU1",  1.00, 1.00, "EFH 1+2+4+5+20+25; EMFACS; ACT browInnerUp 0.62 to 0.91"),
    _R("fear",      "leads",      "AU5",  1.00, 1.00, "EFH 1+2+4+5+20+25; EMFACS; DTM 5 in 63 %; ACT eyeWide 0.18"),
    _R("fear",      "supports",   "AU2",  1.00, 0.30, "EFH 1+2+4+5+20+25; EMFACS; ACT browOuterUp 0.54"),
    _R("fear",      "supports",   "AU4",  0.10, 0.75, "EFH 1+2+4+5+20+25; EMFACS; DTM 1+4+20+25"),
    _R("fear",      "supports",   "AU7",  0.05, 0.10, "EMFACS 1+2+4+5+7+20+26"),
    _R("fear",      "supports",   "AU20", 0.50, 1.00, "EFH 1+2+4+5+20+25; EMFACS; DTM 1+4+20+25"),
    _R("fear",      "supports",   "AU17", 0.00, 0.15, "ours: the chin tightens under the stretched mouth"),
    _R("fear",      "supports",   "AU15", 0.30, 0.55, "ours: AU20 draws the corners down as well as out"),
    _R("fear",      "supports",   "AU11", 0.00, 0.35, "ours: AU20 deepens the furrow"),
    _R("fear",      "supports",   "AU25", 0.00, 0.60, "EFH 1+2+4+5+20+25; DTM 1+4+20+25"),
    _R("fear",      "supports",   "AU26", 0.00, 0.50, "EFH 25, 26 or 27; DTM 26 in 33 %; ACT jawOpen 0.24"),
    _R("fear",      "takes away", "AU12", 1.00, 1.00, "OPP 20"),

    _R("disgusted", "leads",      "AU9",  1.00, 1.00, "EFH 9, 9+17; EMFACS 9+15+16; DTM 9+10+17"),
    _R("disgusted", "leads",      "AU10", 0.40, 0.80, "EFH 10, 10+17; DTM 9+10+17"),
    _R("disgusted", "supports",   "AU4",  0.75, 0.75, "DTM 4 in 31 %; FACS: AU9 draws the brows down"),
    _R("disgusted", "supports",   "AU6",  0.30, 0.30, "FACS: AU9 raises the cheeks"),
    _R("disgusted", "supports",   "AU7",  0.45, 0.45, "FACS: AU9 narrows the eyes"),
    _R("disgusted", "supports",   "AU11", 0.50, 0.50, "FACS: AU10 deepens the nasolabial furrow"),
    _R("disgusted", "supports",   "AU15", 0.10, 0.30, "EFH 9+16+15; EMFACS 9+15+16"),
    _R("disgusted", "supports",   "AU16", 0.00, 0.40, "EFH 9+16+15, 10+16; EMFACS 9+15+16"),
    _R("disgusted", "supports",   "AU17", 0.25, 0.50, "EFH 9+17, 10+17; DTM 9+10+17"),
    _R("disgusted", "supports",   "AU23", 0.50, 0.10, "ours: kept lips press together as the nose draws up"),
    _R("disgusted", "supports",   "AU24", 0.15, 0.00, "ours: as AU23"),
    _R("disgusted", "supports",   "AU25", 0.00, 0.15, "EFH 10+16+25"),
    _R("disgusted", "takes away", "AU12", 0.90, 0.90, "OPP 15"),
    _R("disgusted", "takes away", "AU1",  0.80, 0.80, "OPP 9"),
    _R("disgusted", "takes away", "AU2",  0.80, 0.80, "OPP 9"),
    _R("disgusted", "takes away", "AU5",  0.80, 0.80, "OPP 7"),

    _R("surprised", "leads",      "AU1",  1.00, 1.00, "EFH 1+2+5B+26; EMFACS; ACT browInnerUp 0.58 to 0.87"),
    _R("surprised", "leads",      "AU2",  1.00, 1.00, "EFH 1+2+5B+26; EMFACS; ACT browOuterUp 0.58"),
    _R("surprised", "leads",      "AU5",  1.00, 1.00, "EFH 1+2+5B+26; EMFACS; DTM 5 in 66 %"),
    _R("surprised", "supports",   "AU25", 0.00, 0.60, "DTM 1+2+25+26"),
    _R("surprised", "supports",   "AU26", 0.00, 0.80, "EFH 1+2+5B+26; EMFACS; DTM; ACT jawOpen 0.36"),
    _R("surprised", "supports",   "AU27", 0.00, 0.25, "EFH 1+2+5B+27"),
    _R("surprised", "supports",   "AU18", 0.00, 0.15, "ours: the corners come in as the dropped jaw rounds the mouth"),
    _R("surprised", "takes away", "AU4",  1.00, 1.00, "OPP 1+2"),
    _R("surprised", "takes away", "AU7",  0.80, 0.80, "OPP 5"),
    _R("surprised", "takes away", "AU6",  0.60, 0.60, "OPP 5"),
    _R("surprised", "takes away", "AU12", 0.60, 0.80, "OPP 26: slack lips"),
    _R("surprised", "takes away", "AU15", 0.60, 0.80, "OPP 26: slack lips"),
    _R("surprised", "takes away", "AU24", 0.00, 1.00, "OPP 25"),

    _R("contempt",  "leads",      "AU12", 0.50, 0.50, "EMFACS R12A+R14A", "one"),
    _R("contempt",  "leads",      "AU14", 0.90, 0.90, "EMFACS R12A+R14A; EF86: one corner tightened and raised", "one"),
    _R("contempt",  "supports",   "AU10", 0.20, 0.20, "EF86: slight lift of the upper lip on that side", "one"),
    _R("contempt",  "supports",   "AU7",  0.20, 0.20, "ours: slightly narrowed eyes"),
    _R("contempt",  "supports",   "AU2",  0.20, 0.20, "ours: raised brow", "one"),
    _R("contempt",  "supports",   "AU24", 0.00, 0.15, "EF86: lips closed"),
    _R("contempt",  "takes away", "AU12", 0.90, 0.90, "EF86: a smile on both sides is not contempt", "other"),
    _R("contempt",  "takes away", "AU14", 0.90, 0.90, "EF86: one-sided", "other"),

    _R("calm",      "leads",      "AU12", 0.20, 0.20, "KEL: contentment, slight smile; LAR: zygomaticus rises"),
    _R("calm",      "supports",   "AU43", 0.10, 0.10, "KEL: contentment, drooping lids"),
    _R("calm",      "takes away", "AU4",  0.80, 0.80, "LAR: corrugator falls with positive affect"),
    _R("calm",      "takes away", "AU5",  0.80, 0.80, "KEL: relaxed lids"),
    _R("calm",      "takes away", "AU7",  0.70, 0.70, "KEL: relaxed lids"),
    _R("calm",      "takes away", "AU1",  0.50, 0.50, "KEL: relaxed brow"),
    _R("calm",      "takes away", "AU2",  0.50, 0.50, "KEL: relaxed brow"),
    _R("calm",      "takes away", "AU9",  0.70, 0.70, "KEL: relaxed face"),
    _R("calm",      "takes away", "AU15", 0.70, 0.70, "OPP 12"),
    _R("calm",      "takes away", "AU20", 0.50, 0.70, "KEL: relaxed mouth"),
    _R("calm",      "takes away", "AU23", 0.50, 0.70, "KEL: relaxed mouth"),
)
# fmt: on
"""The table. The figures are tuned on real clips; tools that tune pass a table of their own to the functions below."""


def recipe(emotion: str, recipes: Iterable[RecipeRow] = RECIPES) -> tuple[RecipeRow, ...]:
    """Return the rows of one emotion, by any name of it; neutral has none.

    Raises:
        EmotionError: The emotion is not known.
    """
    name = canonical(emotion)
    return tuple(row for row in recipes if row.emotion == name)


def leading(emotion: str, contempt_side: Side = "right", recipes: Iterable[RecipeRow] = RECIPES) -> tuple[str, ...]:
    """Return the columns by which the strength of an emotion is measured, in the order of ``AU_COLUMNS``.

    Raises:
        EmotionError: The emotion is not known.
    """
    rows = recipe(emotion, recipes)
    columns = {column for row in rows if row.role == "leads" for column in _columns(row, contempt_side)}
    return tuple(sorted(columns, key=AU_COLUMN_INDEX.__getitem__))


def recipe_weights(
    samples: EmotionSamples, lips: float, contempt_side: Side = "right", recipes: tuple[RecipeRow, ...] = RECIPES
) -> tuple[DoubleArray, DoubleArray]:
    """Turn emotion vectors and direct action units into what every frame is asked to show.

    Args:
        samples: T emotion vectors and directly set action units.
        lips: 1 takes the figures for lips kept, 0 those for lips free; in between the figures are blended linearly.
        contempt_side: Side of the person's face on which contempt shows.
        recipes: The table to use.

    Returns:
        ``target`` and ``relax``, both ``(T, len(AU_COLUMNS))``, 0 to 1: the intensity asked for in each column (the
        greater of the recipe's and the direct one), and the share of the face's own activity there to take away.

    Raises:
        InputError: ``lips`` is not from 0 to 1, or ``contempt_side`` is no side.
    """
    if not 0 <= lips <= 1:
        raise InputError(f"lips is {lips}; it must be from 0 (lips free) to 1 (lips kept)")
    kept, free = _figures(recipes, contempt_side)
    figures = lips * kept + (1.0 - lips) * free
    target = np.maximum(samples.emotion @ figures[0], samples.action_units)
    relax = samples.emotion @ figures[1]
    return np.clip(target, 0.0, 1.0), np.clip(relax, 0.0, 1.0)


@lru_cache(maxsize=8)
def _figures(recipes: tuple[RecipeRow, ...], contempt_side: Side) -> tuple[DoubleArray, DoubleArray]:
    """Return the figures for lips kept and lips free, each ``(2, len(EMOTIONS), len(AU_COLUMNS))``: target, relax."""
    kept = np.zeros((2, len(EMOTIONS), len(AU_COLUMNS)))
    free = np.zeros_like(kept)
    filled: set[tuple[str, str, str]] = set()
    for row in recipes:
        if row.emotion not in EMOTION_INDEX:
            raise EmotionError(f"the recipe row for {row.action_unit} names {row.emotion!r}, not one of EMOTIONS")
        if not (0 <= row.kept <= 1 and 0 <= row.free <= 1):
            raise EmotionError(f"the recipe of {row.emotion} gives {row.action_unit} a figure outside 0 to 1")
        kind = int(row.role == "takes away")
        for column in _columns(row, contempt_side):
            place = (kind, EMOTION_INDEX[row.emotion], AU_COLUMN_INDEX[column])
            if (row.emotion, column, str(kind)) in filled:
                raise EmotionError(f"the recipe of {row.emotion} names {column} twice")
            filled.add((row.emotion, column, str(kind)))
            kept[place], free[place] = row.kept, row.free
    kept.flags.writeable = free.flags.writeable = False
    return kept, free


def _columns(row: RecipeRow, contempt_side: Side) -> tuple[str, ...]:
    if contempt_side not in ("left", "right"):
        raise InputError(f"contempt_side is {contempt_side!r}; it must be 'left' or 'right'")
    columns = columns_of(row.action_unit)
    if row.sides == "both":
        return columns
    letter = "L" if (contempt_side == "left") == (row.sides == "one") else "R"
    return tuple(column for column in columns if column.endswith(letter))
