"""Faces, landmarks and shots of a clip: one streaming pass from pixels to :class:`Shot` and :class:`FaceTrack`."""

from mien.tracking.face_track import FaceTrack, Shot
from mien.tracking.landmarker import BLENDSHAPE_NAMES, find_landmarker
from mien.tracking.track_clip import track_clip

__all__ = ["BLENDSHAPE_NAMES", "FaceTrack", "Shot", "find_landmarker", "track_clip"]
