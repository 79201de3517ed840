"""The code of a frame's texture map."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mien.geometry.texture import fill_hidden
from mien.morphable.model import MorphableModel
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.texture_maps import TextureMaps
from mien.reconstruction.views import crop_around
from mien.systems.two_level.texture.codec import PictureCodec
from mien.tracking.face_track import FaceTrack
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
        self._codec, self._maps = codec, TextureMaps(model, fit, track, worn)

    @torch.no_grad()
    def code(self, frame: Frame) -> Tensor:
        """``(n, latent)``, of one frame."""
        points = self._maps.points(frame.index, self._maps.shape(frame.index))
        crop, corner = crop_around(frame, points[:, :2])
        texture = self._maps.read(points, crop, corner, frame.index, self._codec.side)
        picture = np.ascontiguousarray(fill_hidden(texture).transpose(2, 0, 1)) * 2.0 - 1.0
        return self._codec.encode(torch.from_numpy(picture.astype(np.float32))[None])[0]
