"""Latent codes of a face's texture, frame after frame, with the neighbours that smoothing needs (CCFE 3.5.1).

The encoder sees a frame before the renderer does: it reads the clip itself, one frame ahead, so that nothing holds more
than three codes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from mien.geometry.texture import extract_texture, fill_hidden
from mien.morphable.model import MorphableModel
from mien.nn.pyramid_encoder import PyramidEncoder
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.tracked_surface import TrackedSurface
from mien.reconstruction.views import crop_around
from mien.tracking.face_track import FaceTrack
from mien.tracking.landmark_reader import LandmarkReader
from mien.video.clip import Clip
from mien.video.frame import Frame

WINDOW = (0.25, 0.5, 0.25)
"""Hann window over three frames."""


class TextureCodes:
    """Codes of one face through one shot.

    Args:
        encoder: The actor's texture encoder.
        model: The morphable model.
        clip: The video.
        fit: The face, through the shot.
        track: Where the tracker saw it.
    """

    def __init__(
        self, encoder: PyramidEncoder, model: MorphableModel, clip: Clip, fit: FaceParameters, track: FaceTrack
    ) -> None:
        self._encoder, self._model, self._clip, self._fit = encoder, model, clip, fit
        self._surface, self._landmarks = TrackedSurface.of(model), LandmarkReader(track)
        self._frames: Iterator[Frame] | None = None
        self._known: dict[int, Tensor] = {}

    def window(self, index: int, frames: int) -> tuple[Tensor, tuple[float, ...]]:
        """Codes around a frame, and their weights.

        Args:
            index: Frame of the clip, within the shot.
            frames: 1 or 3.

        Returns:
            ``(frames, n, latent)``, the frame itself in the middle, and a weight each. The first and last frame of the
            shot stand in for what lies beyond them.
        """
        if frames == 1:
            return self._code(index)[None], (1.0,)
        start, stop = self._fit.start, self._fit.stop
        around = [min(max(k, start), stop - 1) for k in (index - 1, index, index + 1)]
        codes = torch.stack([self._code(k) for k in around])
        self._known = {k: code for k, code in self._known.items() if k >= index}
        return codes, WINDOW

    def _code(self, index: int) -> Tensor:
        while index not in self._known:
            frame = self._next(index)
            self._known[frame.index] = self._encode(frame)
        return self._known[index]

    def _next(self, index: int) -> Frame:
        """The next frame that the encoder has not seen; from ``index`` on if it lies behind."""
        behind = bool(self._known) and index < min(self._known)
        if self._frames is None or behind:
            self._known = {}
            self._frames = self._clip.frames(index, self._fit.stop)
        return next(self._frames)

    @torch.no_grad()
    def _encode(self, frame: Frame) -> Tensor:
        row = self._fit.row(frame.index)
        shape = self._model.shape(self._fit.alpha, self._fit.beta[row])
        points = self._surface.points(shape, self._fit.pose(frame.index), self._landmarks.at(frame.index))
        crop, corner = crop_around(frame, points[:, :2])
        points[:, :2] -= corner
        texture = extract_texture(crop, points, self._surface.triangles, self._surface.uv, self._encoder.config.side)
        picture = np.ascontiguousarray(fill_hidden(texture).transpose(2, 0, 1)) * 2.0 - 1.0
        mean = self._encoder.mean
        code: Tensor = self._encoder(torch.from_numpy(picture.astype(np.float32))[None].to(mean.device))[0]
        return code
