"""Prepared footage as the stages of training want it: rows to learn from and rows held out, pictures as tensors."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from mien.data.prepared import PreparedFootage
from mien.emotion.vocabulary import EMOTIONS
from mien.errors import InputError
from mien.morphable.model import MorphableModel
from mien.nn.stylegan2.generator import resized
from mien.systems.two_level.mouth import cavity_mask, toothless
from mien.systems.two_level.shape.train import ShapeFootage
from mien.systems.two_level.texture.batch import InversionBatch
from mien.types import AnyArray

PictureKind = Literal["texture", "mouth", "face"]
"""``face``, crops of the head, is the ablation without a face model's."""

UNSEEN_SHARE = 0.05
"""How much a texel counts that the frame did not show: its colour was filled in from its neighbours."""
KEPT_BYTES = 1 << 30
"""Decoded pictures up to this size are kept in memory; more are decoded whenever they are asked for."""
_THREADS = 4


class Material:
    """One actor's prepared footage.

    Args:
        prepared: The footage.
        model: The morphable model that it was prepared with.
        held_out: The last share of every clip that no stage learns from, 0 to 0.5.

    Raises:
        InputError: The share is out of range, or nothing is left to learn from.
        ModelError: The footage was prepared with another model.
    """

    def __init__(self, prepared: PreparedFootage, model: MorphableModel, held_out: float = 0.2) -> None:
        if not 0.0 <= held_out <= 0.5:
            raise InputError(f"held_out is {held_out}; expected 0 to 0.5, the last share of every clip")
        prepared.check_model(model)
        self.prepared, self.model = prepared, model
        kept = _early(prepared.frames.clip, 1.0 - held_out)
        self._frame_rows, self._held_out_rows = np.flatnonzero(kept), np.flatnonzero(~kept)
        seen = kept[prepared.pictures.row]
        self.rows, self.held_out = np.flatnonzero(seen), np.flatnonzero(~seen)
        """Pictures to learn from, and those held out."""
        if not len(self.rows):
            raise InputError(f"{prepared.folder} has no pictures to learn from")

    @cached_property
    def shape_footage(self) -> ShapeFootage:
        """The coefficients of all frames to learn from, those without pictures too."""
        frames = self.prepared.frames
        rows = self._frame_rows
        return ShapeFootage.of(self.prepared.alpha, frames.beta[rows], frames.emotion[rows])

    @property
    def held_out_coefficients(self) -> tuple[AnyArray, AnyArray]:
        """Identity and expression of the frames held out, ``(F, n_c)``; and what they show, ``(F, n_e)``.

        Of frames that show an emotion which is not learnt there are none.
        """
        frames, rows = self.prepared.frames, self._held_out_rows
        learnt = [EMOTIONS.index(name) for name in self.emotions]
        rows = rows[~np.delete(frames.emotion[rows], learnt, axis=1).any(axis=1)]
        alpha = np.tile(self.prepared.alpha, (len(rows), 1))
        found = np.concatenate([alpha, frames.beta[rows]], axis=1).astype(np.float32)
        return found, frames.emotion[rows][:, learnt]

    @property
    def emotions(self) -> tuple[str, ...]:
        """The non-neutral emotions to learn."""
        return self.shape_footage.emotions

    @cached_property
    def digest(self) -> str:
        """What tells materials apart: the parameters and labels of the footage, and what is held out."""
        frames = self.prepared.frames
        numbers = (self.prepared.alpha, frames.beta, frames.emotion, self.prepared.pictures.row, self.rows)
        digest = hashlib.sha256()
        for array in numbers:
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def emotion(self, rows: AnyArray) -> Tensor:
        """Emotion vectors of pictures, in the order of ``emotions``: ``(N, n_e)``."""
        columns = [EMOTIONS.index(name) for name in self.emotions]
        return torch.from_numpy(self.prepared.emotion[rows][:, columns])

    def shape_of(self, row: int) -> AnyArray:
        """The fitted face of a picture: ``(N, 3)`` mm."""
        frames = self.prepared.frames
        return self.model.shape(self.prepared.alpha, frames.beta[self.prepared.pictures.row[row]])

    def cavity(self, row: int) -> AnyArray:
        """Where the inside of the mouth is in a mouth crop: ``(S, S)`` bool."""
        pictures = self.prepared.pictures
        pose = self.prepared.frames.pose(int(pictures.row[row]))
        return cavity_mask(self.model, self.shape_of(row), pose, pictures.mouth_view[row], self.prepared.mouth.size)


class PictureSource:
    """The pictures of one kind at the side that a network draws them.

    Args:
        material: The footage.
        kind: Which.
        side: px.
    """

    def __init__(self, material: Material, kind: PictureKind, side: int) -> None:
        self._material, self._kind, self._side = material, kind, side
        self._stored = getattr(material.prepared, kind)
        self._keeps = len(self._stored) * 4 * side * side <= KEPT_BYTES
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def pictures(self, rows: AnyArray) -> Tensor:
        """``(N, 3, side, side)`` float32, -1 to 1."""
        return torch.stack([picture for picture, _ in self._read(rows)]).float() / 127.5 - 1.0

    def masks(self, rows: AnyArray) -> Tensor:
        """``(N, 1, side, side)`` float32, 0-1: texels seen, or the inside of the mouth; 1 for faces."""
        return torch.stack([mask for _, mask in self._read(rows)]).float() / 255.0

    def inversion(self, rows: AnyArray) -> InversionBatch:
        """What an encoder learns from: texture maps and faces to themselves, toothless mouths to those with teeth."""
        wanted, masks = self.pictures(rows), self.masks(rows)
        if self._kind == "mouth":
            return InversionBatch(toothless(wanted, masks > 0.5), wanted)
        return InversionBatch(wanted, wanted, UNSEEN_SHARE + (1.0 - UNSEEN_SHARE) * masks)

    def _read(self, rows: AnyArray) -> list[tuple[Tensor, Tensor]]:
        wanted = [int(row) for row in rows]
        missing = [row for row in dict.fromkeys(wanted) if row not in self._kept]
        with ThreadPoolExecutor(_THREADS) as threads:
            read = dict(zip(missing, threads.map(self._decode, missing), strict=True))
        if self._keeps:
            self._kept |= read
            return [self._kept[row] for row in wanted]
        return [read[row] if row in read else self._kept[row] for row in wanted]

    def _decode(self, row: int) -> tuple[Tensor, Tensor]:
        picture = torch.from_numpy(self._stored[row]).permute(2, 0, 1)
        mask = self._mask(row)
        both = torch.cat([picture.float(), torch.from_numpy(mask)[None].float() * 255.0])[None]
        if both.shape[-1] != self._side:
            both = resized(both, self._side)
        whole = both[0].round().clamp_(0, 255).to(torch.uint8)
        return whole[:3], whole[3:]

    def _mask(self, row: int) -> AnyArray:
        if self._kind == "texture":
            return self._material.prepared.visible[row]
        return self._material.cavity(row) if self._kind == "mouth" else np.ones((self._stored.size,) * 2, bool)


def _early(clip: AnyArray, share: float) -> AnyArray:
    """The first share of the rows of every clip: ``(N,)`` bool. Rows of a clip follow one another."""
    early = np.zeros(len(clip), bool)
    for number in np.unique(clip):
        rows = np.flatnonzero(clip == number)
        early[rows[: int(np.ceil(share * len(rows)))]] = True
    return early
