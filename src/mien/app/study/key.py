"""The key of a study: which anonymous clip is what. It stays with the researcher, outside the public folder."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from mien.app.study.clips import read_text
from mien.app.study.questions import Kind, Question, questions_of
from mien.errors import InputError

FORMAT = "mien study key"
VERSION = 1


@dataclass(frozen=True, slots=True)
class KeyClip:
    """One clip of the study and what it really is.

    Attributes:
        name: Its anonymous name, ``c`` and letters; the public file is ``clips/NAME.mp4``.
        file: The video that it was made from.
        sha256: Of that file.
        system: What made it.
        emotion: Asked for.
        intensity: Asked for, 0-1.
        source: What was edited.
        seed: Of the render, if any.
    """

    name: str
    file: str
    sha256: str
    system: str
    emotion: str
    intensity: float
    source: str
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class KeyItem:
    """One page of questions: a clip, or the clips of a group, in the study's own order.

    Attributes:
        name: Its anonymous name.
        clips: Names of its clips.
        reference: Name of the unedited clip shown beside, which nobody judges; empty without.
    """

    name: str
    clips: tuple[str, ...]
    reference: str = ""


@dataclass(frozen=True, slots=True)
class StudyKey:
    """A study with its labels.

    Attributes:
        study: Its identity, 12 hexadecimal digits of a hash of its clips, labels and seed.
        kind: See :data:`~mien.app.study.questions.Kind`.
        title: As shown.
        seed: The orders are drawn from it.
        clips: All clips, those shown as reference too.
        items: The pages of questions.
        mien: Version that made it.
    """

    study: str
    kind: Kind
    title: str
    seed: int
    clips: tuple[KeyClip, ...]
    items: tuple[KeyItem, ...]
    mien: str = ""

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is asked on every page."""
        return questions_of(self.kind, (self.clip(name).emotion for item in self.items for name in item.clips))

    def clip(self, name: str) -> KeyClip:
        """The clip of that anonymous name.

        Raises:
            KeyError: There is none.
        """
        for clip in self.clips:
            if clip.name == name:
                return clip
        raise KeyError(name)


def key_to_json(key: StudyKey) -> str:
    """The key as JSON text."""
    return json.dumps({"format": FORMAT, "version": VERSION, **dataclasses.asdict(key)}, indent=1) + "\n"


def read_key(path: Path) -> StudyKey:
    """Read a key.

    Raises:
        InputError: It cannot be read, or is not the key of a study; one sentence.
    """
    text = read_text(path, "the key")
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise InputError(f"{path}: this is not the key of a study made by `mien study make`.")
        if data["version"] != VERSION:
            raise InputError(f"{path}: the key has version {data['version']}, and this mien reads {VERSION}.")
        return _checked(data)
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: the key is damaged: {error!r}.") from None


def _checked(data: dict[str, Any]) -> StudyKey:
    body = {name: value for name, value in data.items() if name not in ("format", "version")}
    body["clips"] = tuple(KeyClip(**clip) for clip in body["clips"])
    body["items"] = tuple(KeyItem(**{**item, "clips": tuple(item["clips"])}) for item in body["items"])
    key = StudyKey(**body)
    names = [clip.name for clip in key.clips]
    if key.kind not in get_args(Kind) or not re.fullmatch(r"[0-9a-f]{12}", key.study) or not isinstance(key.seed, int):
        raise ValueError("kind, study or seed")
    if len(set(names)) != len(names) or not all(item.clips and set(item.clips) <= set(names) for item in key.items):
        raise ValueError("clips and items do not fit together")
    return key
