"""Texture maps of one face through one shot: read the same way when an actor is prepared and when one is edited."""

from __future__ import annotations

from mien.compositing.glasses import without_rims
from mien.geometry.texture import TextureMap, extract_texture
from mien.morphable.model import MorphableModel
from mien.reconstruction.parameters import FaceParameters
from mien.reconstruction.tracked_surface import TrackedSurface
from mien.tracking.face_track import FaceTrack
from mien.tracking.landmark_reader import LandmarkReader
from mien.types import AnyArray, DoubleArray, FloatArray


class TextureMaps:
    """Reads the maps, a frame at a time; quick in order, right in any.

    Args:
        model: The morphable model.
        fit: The face, through the shot.
        track: Where the tracker saw it.
        worn: Its analysis, with the glasses whose rims are lifted off: they are no skin and slide over it as the head
            turns. None to take them for skin.
    """

    def __init__(
        self, model: MorphableModel, fit: FaceParameters, track: FaceTrack, worn: FaceParameters | None
    ) -> None:
        self._model, self._fit, self._worn = model, fit, worn
        self._surface, self._landmarks = TrackedSurface.of(model), LandmarkReader(track)

    def shape(self, index: int) -> DoubleArray:
        """The fitted face of a frame ``(N, 3)``, mm."""
        return self._model.shape(self._fit.alpha, self._fit.beta[self._fit.row(index)])

    def points(self, index: int, shape: AnyArray) -> DoubleArray:
        """Where the mesh of a frame's :meth:`shape` lies in it ``(K, 3)``, px."""
        return self._surface.points(shape, self._fit.pose(index), self._landmarks.at(index))

    def read(self, points: DoubleArray, crop: FloatArray, corner: DoubleArray, index: int, side: int) -> TextureMap:
        """Read a map.

        Args:
            points: From :meth:`points`.
            crop: ``(H, W, 3)`` 0-1, a part of the frame that holds the mesh.
            corner: ``(2,)`` px: where the crop begins in the frame.
            index: Of the frame.
            side: Of the map, texels.
        """
        if self._worn is not None:
            crop = without_rims(crop, corner, self._worn.glasses, self._worn.pose(index), self._landmarks.at(index))
        within = points - [corner[0], corner[1], 0.0]
        return extract_texture(crop, within, self._surface.triangles, self._surface.uv, side)
