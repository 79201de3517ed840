"""The emotions, their fixed order, and the other names that data sets and classifiers use for them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from types import MappingProxyType

from mien.errors import EmotionError

NEUTRAL = "neutral"
"""The expression whose emotion vector is zero."""

EMOTIONS: tuple[str, ...] = ("happy", "sad", "angry", "fear", "disgusted", "surprised", "contempt", "calm")
"""The non-neutral emotions: element i of an emotion vector (CCFE 3.1) is the intensity of ``EMOTIONS[i]``."""

EMOTION_INDEX: MappingProxyType[str, int] = MappingProxyType({name: i for i, name in enumerate(EMOTIONS)})
"""Emotion to its place in ``EMOTIONS``."""

_SYNONYMS: dict[str, tuple[str, ...]] = {
    # MEAD: angry, contempt, disgusted, fear, happy, neutral, sad, surprised. RAVDESS: neutral, calm, happy, sad, angry,
    # fearful, disgust, surprised. AffectNet, FER-2013 and HSEmotion: anger, contempt, disgust, fear, happiness,
    # neutral, sadness, surprise, happy, sad. Ekman: enjoyment. CREMA-D and TESS: three-letter and "pleasant" forms.
    "neutral": ("neutrality", "none", "neu"),
    "happy": ("happiness", "joy", "joyful", "enjoyment", "hap"),
    "sad": ("sadness", "unhappy", "sorrow"),
    "angry": ("anger", "ang"),
    "fear": ("fearful", "afraid", "scared", "fea"),
    "disgusted": ("disgust", "dis"),
    "surprised": ("surprise", "pleasant_surprise", "astonished", "astonishment"),
    "contempt": ("contemptuous", "scorn", "scornful"),
    "calm": ("calmness", "relaxed", "relaxation", "serene"),
}

SYNONYMS: MappingProxyType[str, str] = MappingProxyType(
    {word: name for name, words in _SYNONYMS.items() for word in (name, *words)}
)
"""Every word understood, in lower case, to the project's own name."""


def canonical(name: str) -> str:
    """Return the project's name of an emotion, one of ``EMOTIONS`` or ``NEUTRAL``.

    Upper and lower case and blanks around the word do not matter.

    Raises:
        EmotionError: The word is not known; the message suggests the nearest and lists the emotions.
    """
    found = SYNONYMS.get(name.strip().casefold())
    if found is None:
        advice = f"there are {', '.join((NEUTRAL, *EMOTIONS))}"
        raise EmotionError(f"{quoted(name)} is not an emotion; {suggestion(name, SYNONYMS)}{advice}")
    return found


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ``"did you mean 'happy'? "`` for the known word nearest to ``word``, or an empty text if none is near."""
    near = get_close_matches(word.strip().casefold()[:40], list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}? " if near else ""


def quoted(text: str, limit: int = 60) -> str:
    """Return ``text`` in quotes on one line for an error message, shortened to about ``limit`` characters."""
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")
