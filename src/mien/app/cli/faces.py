"""Which face gets which emotion: the words of ``--face``, ``--emotion`` and ``--emotion-file``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mien.app.edit import checked_face
from mien.emotion.files import read_track
from mien.emotion.track import EmotionTrack
from mien.errors import InputError
from mien.systems.base import FaceChoice

_PREFIX = re.compile(r"\s*(largest|all|\d{1,9})\s*:\s+(.*)", re.DOTALL | re.IGNORECASE | re.ASCII)
"""The blank after the colon tells a face from a time (``1: happy`` from ``1:05 happy``) and from a drive (``C:``)."""


def tracks_from_options(
    faces: Sequence[str], emotions: Sequence[str], emotion_files: Sequence[str]
) -> dict[FaceChoice, EmotionTrack]:
    """Return a track for each face.

    Args:
        faces: Of ``--face``: ``largest``, ``all`` or a number; they get the emotion that names no face.
        emotions: Of ``--emotion``: the notation, after ``FACE:`` and a blank if it is for a face of its own.
        emotion_files: Of ``--emotion-file``: a JSON or CSV file, after ``FACE:`` and a blank likewise.

    Raises:
        InputError: There is no emotion, two for one face, or a face without one.
        EmotionError: An emotion or a file is not understood.
    """
    readers: list[tuple[Sequence[str], Callable[[str], EmotionTrack]]]
    readers = [(emotions, EmotionTrack.parse), (emotion_files, read_track)]
    given = [(*_split(text), read) for texts, read in readers for text in texts]
    if not given:
        raise InputError('no emotion is given; add for example --emotion "happy 0.8" (`mien emotions` lists them)')
    tracks: dict[FaceChoice, EmotionTrack] = {}
    unnamed = [face_from_text(face) for face in faces]
    for face, text, read in given:
        for choice in [face] if face is not None else unnamed or ["largest"]:
            if choice in tracks:
                raise InputError(
                    f'face {choice} is given two emotions; several faces are named as in --emotion "2: sad"'
                )
            tracks[choice] = read(text)
    without = [face for face in unnamed if face not in tracks]
    if without:
        raise InputError(f"face {without[0]} is given no emotion")
    return tracks


def face_from_text(text: str) -> FaceChoice:
    """Read a face choice as people write it.

    Raises:
        InputError: It is none.
    """
    word = text.strip().casefold()
    return checked_face(int(word) if re.fullmatch(r"\d{1,9}", word, re.ASCII) else word)


def _split(text: str) -> tuple[FaceChoice | None, str]:
    match = _PREFIX.fullmatch(text)
    return (None, text) if match is None else (face_from_text(match[1]), match[2])
