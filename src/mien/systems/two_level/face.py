"""One face through one shot: from what is asked of it to its frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.compositing.brows import raise_whole
from mien.compositing.glasses import held_by_arms
from mien.compositing.placement import Placement
from mien.emotion.track import EmotionSamples, EmotionTrack
from mien.emotion.vocabulary import EMOTIONS
from mien.errors import EmotionError
from mien.morphable.model import MorphableModel
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.reconstruction.fit import fit_track
from mien.reconstruction.windows import hann_smooth
from mien.systems.two_level.actor import Actor
from mien.systems.two_level.edit import TexturedMesh, edit_crop, texture_change
from mien.systems.two_level.mouth import MouthFilling, OpenMouth
from mien.systems.two_level.neighbours import Neighbours
from mien.systems.two_level.settings import TwoLevelConfig
from mien.systems.two_level.smoothing import WINDOW
from mien.systems.two_level.texture.codes import TextureReader
from mien.systems.two_level.texture.directions import edited_codes
from mien.tracking.landmark_reader import LandmarkReader
from mien.types import AnyArray, Box, DoubleArray, FloatArray
from mien.video.frame import Frame

NOTHING = 1e-4
"""Intensity below which a frame is left as it is."""

GREY_SKIN = np.full(3, 0.6, np.float32)
"""For a face whose light could not be estimated."""


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """One frame's edited face.

    Attributes:
        box: Where in the frame.
        before: ``(h, w, 3)`` the frame's pixels there, 0-1.
        after: ``(h, w, 3)`` the edited ones, all but the inside of the mouth.
        mouth: The mouth whose inside is to be drawn; None where it is shut or the frame's own is kept.
    """

    box: Box
    before: FloatArray
    after: FloatArray
    mouth: OpenMouth | None


class TwoLevelFace:
    """One face of the actor through one shot.

    Args:
        config: The user's choices.
        actor: Who it is.
        model: The morphable model that the actor was trained with.
        mesh: Its mesh.
        lips: ``(468, 3, E)`` mm: the expression columns, the lips' distance kept as far as ``config.lips`` asks.
        analysis: The clip.
        face: The face.
        track: What is asked of it.

    Raises:
        EmotionError: The track asks for an emotion that the actor has not learnt, or for action units.
    """

    def __init__(
        self,
        config: TwoLevelConfig,
        actor: Actor,
        model: MorphableModel,
        mesh: TexturedMesh,
        lips: DoubleArray,
        analysis: Analysis,
        face: AnalysedFace,
        track: EmotionTrack,
    ) -> None:
        self._config, self._actor, self._model, self._mesh, self._lips = config, actor, model, mesh, lips
        self._track = face.track
        samples = track.sample(analysis.times_s[face.track.start : face.track.stop])
        self._emotion = asked_of(actor.sizes.emotions, samples) * face.track.fade[:, None]
        self._own_brows = self._emotion @ actor.known_landmarks / np.maximum(self._emotion.sum(axis=1), NOTHING)
        self._fit = fit_track(model, face.track, alpha=actor.person.alpha.numpy())
        self._identity = model.identity[model.landmark_vertices].astype(np.float64)
        self._added = hann_smooth(self._shape_change(), config.smoothing_frames)
        worn = face.parameters if config.glasses == "auto" else None
        self._code = TextureReader(actor.texture, model, self._fit, face.track, worn).code
        self._filling = MouthFilling(model, actor.mouth) if config.teeth == "drawn" else None
        smoothed = self._filling is not None and config.smoothing_frames > 1
        start, stop = face.track.start, face.track.stop
        self._codes = Neighbours(analysis.clip, start, stop, self._code) if config.smoothing_frames > 1 else None
        self._neighbours = Neighbours(analysis.clip, start, stop, self._compose) if smoothed else None
        self._landmarks = LandmarkReader(face.track)
        self._parameters = face.parameters
        self._glasses = face.parameters.glasses if config.glasses == "auto" else None
        self._free = np.ones((len(self._identity), 1))
        if self._glasses is not None:
            neutral = model.shape(self._fit.alpha, np.zeros(model.expression_count))[model.landmark_vertices]
            self._free -= held_by_arms(self._glasses, neutral)[:, None]
        light = face.parameters.light
        self._skin = GREY_SKIN if light is None else light.skin_colour

    def render(self, frame: Frame) -> Frame:
        """Edit this face in one frame; the same frame where nothing is asked."""
        row = frame.index - self._track.start
        if self._emotion[max(0, row - 1) : row + 2].max() < NOTHING:
            return frame
        around = (self._compose(frame),) if self._neighbours is None else self._neighbours.around(frame)
        made = around[len(around) // 2]
        if made is None:
            return frame
        after = made.after
        if self._filling is not None and made.mouth is not None:
            codes, weights = mouth_codes(around)
            after = self._filling.fill(after, made.mouth, codes, weights, self._config.smoothing_space)
        return frame.with_change(made.box, made.before, after)

    def _compose(self, frame: Frame) -> Composed | None:
        """The edited face, its mouth not filled yet; None where it lies outside the frame."""
        row = frame.index - self._track.start
        landmarks, pose = self._landmarks.at(frame.index), self._fit.pose(frame.index)
        count = self._identity.shape[2]
        added = self._added[row]
        move = raise_whole(np.asarray(self._identity @ added[:count] + self._lips @ added[count:])) * self._free
        reach = self._parameters.reach(frame.index)
        place = Placement.of(landmarks, pose, np.asarray(move), frame.width, frame.height, reach)
        if place.box.empty:
            return None
        before = frame.crop(place.box)
        texture = self._texture(frame) if self._config.texture > 0 else None
        share = self._config.texture * (1.0 if self._config.detail else self._presence(row))
        worn = None if self._glasses is None else (self._glasses, self._parameters.pose(frame.index))
        own = float(self._own_brows[row])
        after = edit_crop(
            self._mesh, before, place, landmarks, texture, share, self._config.detail, self._skin, worn, own
        )
        mouth = None
        if self._filling is not None:
            corner = np.array([place.box.x0, place.box.y0], float)
            mouth = self._filling.look(after, corner, self._edited_shape(row), pose)
        return Composed(place.box, before, after, mouth)

    @torch.no_grad()
    def _shape_change(self) -> DoubleArray:
        """What level 1 adds to the coefficients of every frame ``(T, n_c)``.

        At intensity 1 and more it is ``G(c, e) - c``. Below, the way from the face as it is to the generator's neutral
        one, ``G(c, 0)``, is taken in part, so that a frame of which nothing is asked does not change at all.
        """
        fit, generator = self._fit, self._actor.shape
        own = np.concatenate([np.tile(fit.alpha, (len(fit.beta), 1)), fit.beta], axis=1).astype(np.float32)
        c, e = torch.from_numpy(own), torch.from_numpy(self._emotion.astype(np.float32))
        neutral = generator(c, torch.zeros_like(e))
        part = e.sum(dim=1, keepdim=True).clamp(0, 1)
        change = (generator(c, e) - neutral) + part * (neutral - c)
        return np.asarray(change.double().numpy() * self._config.shape)

    def _edited_shape(self, row: int) -> DoubleArray:
        """The edited face ``(N, 3)``, mm."""
        count = len(self._fit.alpha)
        added = self._added[row]
        shape = self._model.shape(self._fit.alpha + added[:count], self._fit.beta[row] + added[count:])
        if self._config.lips > 0:  # as far as the lips are held, the landmarks' movement is not the coefficients' own
            held = self._lips @ added[count:] - self._model.expression[self._model.landmark_vertices] @ added[count:]
            shape[self._model.landmark_vertices] += held
        return shape

    def _texture(self, frame: Frame) -> AnyArray:
        config, index = self._config, frame.index
        if self._codes is None:
            window, around = self._code(frame)[None], np.array([index])
            weights: tuple[float, ...] = (1.0,)
        else:
            window, weights = torch.stack(self._codes.around(frame)), WINDOW
            around = np.clip([index - 1, index, index + 1], self._track.start, self._track.stop - 1)
        emotion = torch.from_numpy(self._emotion[around - self._track.start].astype(np.float32))
        steps = edited_codes(torch.zeros_like(window), emotion, self._actor.person.directions)
        return texture_change(self._actor.texture, window, weights, steps, config.detail, config.smoothing_space)

    def _presence(self, row: int) -> float:
        """How far a drawn texture takes the frame's place: wholly, but gently in and out where the edit begins."""
        return float(np.clip(self._emotion[row].sum() / 0.1, 0.0, 1.0)) * float(self._track.fade[row])


def mouth_codes(around: Sequence[Composed | None]) -> tuple[Tensor, tuple[float, ...]]:
    """The codes of the open mouths around a frame, whose own is open, and their weights, which sum to 1.

    A shut mouth says nothing about the inside, so its neighbours stand in for it.
    """
    weights = WINDOW if len(around) == len(WINDOW) else (1.0,)
    given = [(w, made.mouth.code) for w, made in zip(weights, around, strict=True) if made is not None and made.mouth]
    total = sum(w for w, _ in given)
    return torch.stack([code for _, code in given]), tuple(w / total for w, _ in given)


def asked_of(emotions: tuple[str, ...], samples: EmotionSamples) -> DoubleArray:
    """The emotion vectors asked for, in the order of an actor's emotions: ``(T, n_e)``.

    Raises:
        EmotionError: Another emotion, or an action unit, is asked for.
    """
    if samples.action_units.any():
        raise EmotionError("two_level knows emotions, not single action units; the system 'instant' takes them")
    missing = [name for k, name in enumerate(EMOTIONS) if samples.emotion[:, k].any() and name not in emotions]
    if missing:
        raise EmotionError(f"the actor's footage shows no {missing[0]!r}; it shows: {', '.join(emotions)}")
    return samples.emotion[:, [EMOTIONS.index(name) for name in emotions]]
