"""What participants are asked, by kind of study. The papers give the criteria and scales; the wording is ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from mien.emotion.vocabulary import EMOTIONS, NEUTRAL
from mien.errors import InputError

Kind = Literal["ccfe", "ned", "dnt"]

SCALE = (1, 2, 3, 4, 5)
"""Steps of a rating, in CCFE and NED alike."""

NED_EMOTIONS = ("happy", "fear", "sad", "surprised", "angry", "disgusted")
"""The choices of NED's study (4.2), in the order of its Table 2."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question on a clip, or on a group of clips.

    Attributes:
        key: Stable name; the column of the tables.
        kind: ``scale`` 1-5, ``choice`` of one word, ``order`` of the group's clips.
        text: As asked; ``{emotion}`` stands for the emotion that was asked for.
        low: What 1 means, or the first place of an order.
        high: What 5 means, or the last place.
        options: Of a choice.
    """

    key: str
    kind: Literal["scale", "choice", "order"]
    text: str
    low: str = ""
    high: str = ""
    options: tuple[str, ...] = ()


_CCFE = (
    Question("accuracy", "scale", "How well does the face show the emotion “{emotion}”?", "not at all", "perfectly"),
    Question("identity", "scale", "Does it look like the same real person?", "somebody else", "the same person"),
    Question("sync", "scale", "Do lips and voice fit together?", "not at all", "perfectly"),
    Question("continuity", "scale", "Is the movement smooth from picture to picture?", "jumps, flickers", "smooth"),
    Question("overall", "scale", "All in all, how good is the video?", "very bad", "very good"),
)
"""CCFE 4.4.3 and Table 6: accuracy of the expression, identity, audio-visual synchronisation, continuity, overall."""

_REALISM = Question("realism", "scale", "How real does the video look?", "clearly not real", "clearly real")
_ORDER = Question("order", "order", "Put the videos in order of how strongly the face shows “{emotion}”.", "weakest",
                  "strongest")  # fmt: skip

ORIGINAL_TEXTS = {"identity": "Does it look like the same person as in the original?"}
"""Wording where the unedited video is shown beside the clip."""


def questions_of(kind: Kind, emotions: Iterable[str] = ()) -> tuple[Question, ...]:
    """The questions of a kind of study.

    Args:
        kind: ``ccfe`` (Table 6), ``ned`` (4.2: realism 1-5 and choice of the emotion) or ``dnt`` (5.2: order).
        emotions: That the clips show; those which NED's list lacks are offered as well.
    """
    if kind == "ccfe":
        return _CCFE
    if kind == "dnt":
        return (_ORDER,)
    shown = set(emotions)
    more = tuple(name for name in (*EMOTIONS, NEUTRAL) if name in shown and name not in NED_EMOTIONS)
    return (
        Question("emotion", "choice", "Which emotion does the face show?", options=NED_EMOTIONS + more),
        _REALISM,
    )


def checked_kind(word: str) -> Kind:
    """A kind of study by its name.

    Raises:
        InputError: There is none of that name.
    """
    for kind in get_args(Kind):
        if word == kind:
            return cast("Kind", kind)
    raise InputError(f"{word!r} is not a kind of study; there are {', '.join(get_args(Kind))}")
