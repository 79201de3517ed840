"""The code of a frame's texture map."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mien.compositing.glasses import without_rims
from mien.geometry.texture import extract_texture, fill_hidden
from mien.morphable.model import MorphableModel
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.tracked_surface import TrackedSurface
from mien.reconstruction.views import crop_around
from mien.systems.two_level.texture.codec import PictureCodec
from mien.tracking.face_track import FaceTrack
from mien.tracking.landmark_reader import LandmarkReader
from mien.video.frame import Frame


class TextureReader:
    """Codes of one face through one shot, a frame at a time.

    Args:
        codec: The actor's, of texture maps.
        model: The morphable model.
        fit: The face, through the shot.
        track: Where the tracker saw it.
        worn: Its analysis, with the glasses whose rims are to be lifted off; None to take them for skin.
    """

    def __init__(
        self,
        codec: PictureCodec,
        model: MorphableModel,
        fit: FaceParameters,
        track: FaceTrack,
        worn: FaceParameters | None = None,
    ) -> None:
        self._codec, self._model, self._fit, self._worn = codec, model, fit, worn
        self._surface, self._landmarks = TrackedSurface.of(model), LandmarkReader(track)

    @torch.no_grad()
    def code(self, frame: Frame) -> Tensor:
        """``(n, latent)``, of one frame."""
        shape = self._model.shape(self._fit.alpha, self._fit.beta[self._fit.row(frame.index)])
        landmarks = self._landmarks.at(frame.index)
        points = self._surface.points(shape, self._fit.pose(frame.index), landmarks)
        crop, corner = crop_around(frame, points[:, :2])
        if self._worn is not None:
            crop = without_rims(crop, corner, self._worn.glasses, self._worn.pose(frame.index), landmarks)
        points[:, :2] -= corner
        texture = extract_texture(crop, points, self._surface.triangles, self._surface.uv, self._codec.side)
        picture = np.ascontiguousarray(fill_hidden(texture).transpose(2, 0, 1)) * 2.0 - 1.0
        return self._codec.encode(torch.from_numpy(picture.astype(np.float32))[None])[0]
