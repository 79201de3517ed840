"""CCFE without its face model (4.3.1, Fig. 6): a StyleGAN of the whole head, edited in its latent space. An ablation.

No reconstruction, no level 1, no mouths: head crops are generated and inverted as texture maps are, moved along the
directions of the emotions, averaged over three frames, and laid back. Where the crop lies follows the tracked head,
slowly, as the crops of prepared footage do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.emotion.track import EmotionTrack
from mien.geometry.homography import resample
from mien.morphable import builtin
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.reconstruction.views import crop_around, face_views, moved_view, view_corners
from mien.systems.two_level.face import NOTHING, asked_of
from mien.systems.two_level.material import Material
from mien.systems.two_level.neighbours import Neighbours
from mien.systems.two_level.smoothing import WINDOW, drawn_over_window
from mien.systems.two_level.stages import StageProgress, Stages, TrainingPlan, picture_codes
from mien.systems.two_level.texture.codec import PictureCodec
from mien.systems.two_level.texture.directions import edited_codes, editing_directions
from mien.types import Box, DoubleArray, FloatArray
from mien.video.frame import Frame

RIM = 0.12
"""Share of the crop's side over which it fades into the frame (CCFE 3.5.3's eroded and blurred mask, of the square)."""


@dataclass(frozen=True, slots=True, eq=False)
class WholeFaceNetworks:
    """What is trained.

    Attributes:
        codec: Of the head.
        directions: ``(n_e, n, latent)`` (eq. 12).
        emotions: That the footage shows.
    """

    codec: PictureCodec
    directions: Tensor
    emotions: tuple[str, ...]


def train_whole_face(
    plan: TrainingPlan, material: Material, progress: StageProgress | None = None
) -> WholeFaceNetworks:
    """Train StyleGAN and encoder on head crops, or go on with them; a finished training is read.

    Args:
        plan: How; the preset's textures say what the networks of the head are.
        material: The footage.
        progress: Told after every step.

    Raises:
        InputError: The folder holds another training.
    """
    codec = Stages(plan, material, progress).run_pictures("face")
    for module in (codec.generator, codec.encoder, codec.eigenpictures):
        if module is not None:
            module.eval().requires_grad_(False)
    codes = picture_codes(codec, material, "face")
    directions = editing_directions(codes, material.emotion(material.rows).to(codes))
    return WholeFaceNetworks(codec, directions, material.emotions)


class WholeFace:
    """The ablation as a system; see :class:`mien.systems.base.System`.

    Args:
        networks: Of the actor whose clip is edited.
    """

    name = "whole_face"

    def __init__(self, networks: WholeFaceNetworks) -> None:
        self._networks = networks

    def face_renderer(self, analysis: Analysis, face: AnalysedFace, track: EmotionTrack) -> WholeFaceRenderer:
        """Prepare one face; see :class:`mien.systems.base.System`."""
        return WholeFaceRenderer(self._networks, analysis, face, track)


class WholeFaceRenderer:
    """One face through one shot.

    Args:
        networks: Of the actor.
        analysis: The clip.
        face: The face.
        track: What is asked of it.

    Raises:
        EmotionError: The track asks for an emotion that the footage does not show, or for action units.
    """

    def __init__(
        self, networks: WholeFaceNetworks, analysis: Analysis, face: AnalysedFace, track: EmotionTrack
    ) -> None:
        self._networks, self._start, self._stop = networks, face.track.start, face.track.stop
        samples = track.sample(analysis.times_s[self._start : self._stop])
        self._emotion = asked_of(networks.emotions, samples) * face.track.fade[:, None]
        self._side = networks.codec.generator.config.resolution
        self._views = face_views(builtin.load(), face.parameters, self._side)
        self._codes = Neighbours(analysis.clip, self._start, self._stop, self._code)
        self._share = _soft_square(self._side)

    @torch.no_grad()
    def render(self, frame: Frame) -> Frame:
        """Edit this face in one frame; the same frame where nothing is asked."""
        row = frame.index - self._start
        if self._emotion[max(0, row - 1) : row + 2].max() < NOTHING:
            return frame
        codes = torch.stack(self._codes.around(frame))
        drawn = drawn_over_window(self._networks.codec, codes[None], WINDOW)[0]
        corners = view_corners(self._views[row], self._side)
        before, corner = crop_around(frame, corners)
        height, width = before.shape[:2]
        back = np.linalg.inv(moved_view(self._views[row], corner))
        share = resample(self._share, back, height, width)
        after = before + share * (resample(drawn, back, height, width) - before)
        x0, y0 = (int(value) for value in corner)
        return frame.with_change(Box(x0, y0, x0 + width, y0 + height), before, after)

    @torch.no_grad()
    def _code(self, frame: Frame) -> Tensor:
        """The edited code of one frame's head: ``(n, latent)``."""
        row, side = frame.index - self._start, self._networks.codec.side
        scale = self._side / side
        middle = 0.5 * scale - 0.5  # pixel centres lie on whole numbers
        view = self._views[row] @ np.array([[scale, 0.0, middle], [0.0, scale, middle], [0.0, 0.0, 1.0]])
        crop, corner = crop_around(frame, view_corners(view, side))
        picture = resample(crop, moved_view(view, corner), side, side)
        shown = torch.from_numpy(picture).permute(2, 0, 1)[None] * 2 - 1
        emotion = torch.from_numpy(self._emotion[row : row + 1].astype(np.float32))
        code: Tensor = edited_codes(self._networks.codec.encode(shown), emotion, self._networks.directions)[0]
        return code


def _soft_square(side: int) -> FloatArray:
    """1 in the middle, 0 at the rim: ``(side, side, 3)``."""
    way: DoubleArray = np.minimum(np.arange(side), np.arange(side)[::-1]) / (RIM * side)
    ramp = np.clip(way, 0.0, 1.0)
    ramp = ramp * ramp * (3.0 - 2.0 * ramp)
    return np.repeat(np.minimum.outer(ramp, ramp)[:, :, None], 3, axis=2).astype(np.float32)
