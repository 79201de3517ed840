"""Prepared footage: one actor's parameters, texture maps, mouths and faces, with their labels, ready to train on.

The folder is described in ``docs/footage.md``. Reading it needs NumPy and Pillow, no video library: a machine that only
trains needs no more. Nothing in it is a pickle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from mien.data.pictures import Pictures
from mien.emotion.vocabulary import EMOTIONS
from mien.errors import ModelError
from mien.morphable.model import MorphableModel
from mien.morphable.signature import check_model
from mien.types import AnyArray, DoubleArray, FloatArray, IntArray, Pose

FORMAT = "mien prepared footage"
SCHEMA = 1
CARD = "card.json"
PICTURE_KINDS = ("texture", "visible", "mouth", "face")


@dataclass(frozen=True, slots=True, eq=False)
class FrameTable:
    """What is known of every frame of the footage in which the face is tracked, clip after clip; N rows.

    Attributes:
        clip: ``(N,)`` int32, number of the clip, as listed in the card.
        index: ``(N,)`` int32, frame of that clip.
        time_s: ``(N,)`` float64, seconds of that clip.
        emotion: ``(N, 8)`` float32 emotion vectors (CCFE 3.1) in the order of ``EMOTIONS``; zero is neutral.
        beta: ``(N, E)`` float32 expression.
        rotation: ``(N, 3)`` float32 rotation vectors, radians.
        scale: ``(N,)`` float32 square px of the frame per mm.
        translation: ``(N, 2)`` float32 px of the frame.
        residual: ``(N,)`` float32, the fit's median distance, in eye distances.
        pixel_aspect: ``(N,)`` float32, width over height of a pixel of the frame.
    """

    clip: IntArray
    index: IntArray
    time_s: DoubleArray
    emotion: FloatArray
    beta: FloatArray
    rotation: FloatArray
    scale: FloatArray
    translation: FloatArray
    residual: FloatArray
    pixel_aspect: FloatArray

    def __len__(self) -> int:
        return len(self.clip)

    def pose(self, row: int) -> Pose:
        """Pose of one row, in its frame."""
        rotation, translation = self.rotation[row].astype(np.float64), self.translation[row].astype(np.float64)
        return Pose(rotation, float(self.scale[row]), translation, float(self.pixel_aspect[row]))


@dataclass(frozen=True, slots=True, eq=False)
class PictureTable:
    """Which frames have pictures, and where in the frame their views lie; P rows.

    Attributes:
        row: ``(P,)`` int32 row of :class:`FrameTable`.
        face_view: ``(P, 3, 3)`` float64 from px of the face crop to px of the frame.
        mouth_view: ``(P, 3, 3)`` float64 the same of the mouth crop.
    """

    row: IntArray
    face_view: DoubleArray
    mouth_view: DoubleArray

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFootage:
    """Prepared footage, opened. Pictures are decoded when asked for.

    Attributes:
        folder: Where it is.
        card: ``card.json``: what it was made from.
        alpha: ``(A,)`` float32 identity, shared by all clips.
        lights: ``(clips, 9, 3)`` float32 harmonics of each clip's light; NaN where it could not be estimated.
        frames: Parameters of all frames.
        pictures: Which of them have pictures.
        texture: UV maps ``(S, S, 3)`` uint8; texels that were not seen have the colour of the nearest that was.
        visible: ``(S, S)`` bool, which texels the frame showed.
        mouth: Crops of the mouth as if seen from the front, uint8.
        face: Crops of the head, uint8.
    """

    folder: Path
    card: dict[str, Any]
    alpha: FloatArray
    lights: FloatArray
    frames: FrameTable
    pictures: PictureTable
    texture: Pictures = field(repr=False)
    visible: Pictures = field(repr=False)
    mouth: Pictures = field(repr=False)
    face: Pictures = field(repr=False)

    def __len__(self) -> int:
        """Frames that have pictures."""
        return len(self.pictures)

    @property
    def emotion(self) -> FloatArray:
        """``(P, 8)`` emotion vectors of the frames that have pictures."""
        return self.frames.emotion[self.pictures.row]

    @property
    def clip(self) -> IntArray:
        """``(P,)`` clip numbers of the frames that have pictures."""
        return self.frames.clip[self.pictures.row]

    def check_model(self, model: MorphableModel) -> None:
        """Refuse a morphable model other than the one that the footage was prepared with.

        Raises:
            ModelError: It is another one.
        """
        check_model(self.card["model"], model, f"{self.folder} was prepared")


def open_prepared(folder: Path) -> PreparedFootage:
    """Open prepared footage.

    Raises:
        ModelError: It is missing, damaged, incomplete, or of another version's format.
    """
    card = _read_card(folder)
    try:
        sizes = card["pictures"]["sizes"]
        arrays = {name: _arrays(folder / f"{name}.npz") for name in ("frames", "pictures", "person")}
        frames, pictures = FrameTable(**arrays["frames"]), PictureTable(**arrays["pictures"])
        alpha, lights = arrays["person"]["alpha"], arrays["person"]["lights"]
        size_of = {"visible": sizes["texture"], **{kind: sizes[kind] for kind in ("texture", "mouth", "face")}}
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder}: the prepared footage lacks {error}; prepare it again") from error
    stored = {kind: Pictures(folder / f"{kind}.pictures", size_of[kind]) for kind in PICTURE_KINDS}
    opened = PreparedFootage(folder, card, alpha, lights, frames, pictures, **stored)
    _check(opened)
    return opened


def _read_card(folder: Path) -> dict[str, Any]:
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        what = "is not there" if not folder.exists() else f"has no readable {CARD} ({error.strerror})"
        raise ModelError(f"{folder} {what}: prepared footage is what `mien prepare` makes") from error
    except ValueError as error:
        raise ModelError(f"{path} is damaged: {error}") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelError(f"{folder} is not prepared footage: its {CARD} says another thing")
    if card.get("schema") != SCHEMA:
        raise ModelError(f"{folder} has form {card.get('schema')}, and this program reads {SCHEMA}: prepare it again")
    return card


def _arrays(path: Path) -> dict[str, AnyArray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error


def _check(opened: PreparedFootage) -> None:
    """See that everything has as many rows as it must."""
    count, shown, clips = len(opened.frames), len(opened.pictures), len(opened.card["footage"]["clips"])
    table = opened.frames
    lengths = {len(getattr(table, name)) for name in table.__slots__}
    kinds = {len(getattr(opened, kind)) for kind in PICTURE_KINDS}
    views = {opened.pictures.face_view.shape, opened.pictures.mouth_view.shape}
    whole = lengths == {count} and kinds == {shown} and views == {(shown, 3, 3)} and len(opened.lights) == clips
    whole = whole and table.emotion.shape == (count, len(EMOTIONS)) and table.rotation.shape == (count, 3)
    if whole and shown:
        whole = 0 <= opened.pictures.row.min() <= opened.pictures.row.max() < count and table.clip.max() < clips
    if not whole:
        raise ModelError(f"{opened.folder} is damaged: its tables are not of one length; prepare the footage again")
    if not all(np.isfinite(array).all() for array in (opened.alpha, table.beta, table.emotion, table.rotation)):
        raise ModelError(f"{opened.folder} is damaged: its tables hold what is no number; prepare the footage again")
