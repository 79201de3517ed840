"""Following the faces of one shot from frame to frame.

Each face is looked for where it was. That keeps faces apart without matching them anew: a face that passes another one
goes on from its own place. Detectors, which are slow, run when a face may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.tracking.appearance import differences, sample
from mien.tracking.face_detector import FaceDetector
from mien.tracking.face_mesh import FaceMesh
from mien.tracking.landmarker import BlendshapeReader
from mien.tracking.region import Region
from mien.tracking.view import View
from mien.types import FloatArray

LOST = 4.0
"""Presence below which a face is not there: a covered face reads -3 to 5, background -27 to -7, a face 12 to 37."""

_FOUND = 8.0
_PATIENCE_S = 0.5
_SOUGHT_S = 2.0
_SEARCH_EVERY_S = 0.1
_RECRUIT_EVERY_S = 0.5
_TILES_EVERY_S = 1.0
_REUNION = 1.5
_SETTLING_READS = 3

_STRANGE = 0.5
"""Difference of colours from which a face may be another one, see :mod:`mien.tracking.appearance`."""

_STRANGER = 0.8
"""Difference of colours from which it is another one."""

_LOOK_SHARE = 0.1


class Networks:
    """The networks that tracking runs, loaded once.

    Args:
        landmarker: ``face_landmarker.task`` for blendshape scores, or None.
    """

    def __init__(self, landmarker: Path | None = None) -> None:
        self.mesh = FaceMesh()
        self.full_range = FaceDetector("full")
        self.short_range = FaceDetector("short")
        self.blendshapes = BlendshapeReader(landmarker) if landmarker is not None else None

    def close(self) -> None:
        """Free them."""
        for network in (self.mesh, self.full_range, self.short_range, self.blendshapes):
            if network is not None:
                network.close()


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face seen in a frame.

    Attributes:
        face: Which one, counted from 0 in its shot.
        landmarks: ``(478, 3)`` px of the frame.
        presence: The network's score.
        colours: From :func:`mien.tracking.appearance.sample`.
        blendshapes: ``(52,)`` where their network runs.
    """

    face: int
    landmarks: FloatArray
    presence: float
    colours: FloatArray
    blendshapes: FloatArray | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A reading in square px, and the colours of the face (:func:`mien.tracking.appearance.sample`)."""

    landmarks: FloatArray
    presence: float
    colours: FloatArray


@dataclass(slots=True)
class _Face:
    identity: int
    region: Region
    look: FloatArray
    seen_s: float = 0.0
    seen: _Seen | None = None
    strange: float = 0.0
    """Strangeness of what is seen where the face was expected."""

    def strangeness(self, seen: _Seen) -> float:
        """How much the colours differ from those this face had."""
        return float(differences(seen.colours, self.look)[0])


class ShotFollower:
    """The faces of one shot.

    Args:
        networks: What reads faces.
        max_faces: At most so many are followed at a time.
    """

    def __init__(self, networks: Networks, max_faces: int) -> None:
        self._networks = networks
        self._max_faces = max_faces
        self._faces: list[_Face] = []
        self._searched_s = -1e9
        self._tiled_s = -1e9

    def step(self, view: View, time_s: float) -> list[Sighting]:
        """Find the faces in the next frame.

        Args:
            view: The frame.
            time_s: Its time.
        """
        for face in self._faces:
            face.seen = None
            if time_s - face.seen_s <= _PATIENCE_S:
                seen = read(self._networks.mesh, view, face.region)
                if seen.presence >= LOST:
                    face.strange = face.strangeness(seen)
                    face.seen = None if self._is_another(face, seen) else seen
        self._part_coinciding()
        if self._search_due(time_s):
            self._searched_s = time_s
            self._search(view, time_s)
        for face in self._seen():
            face.seen_s = time_s
        return [self._sighting(face, view) for face in self._seen()]

    def _is_another(self, face: _Face, seen: _Seen) -> bool:
        """Whether a reading fits another face of the shot better: the mesh slid over to somebody passing."""
        return face.strange > _STRANGE and any(
            other.strangeness(seen) < 0.7 * face.strange for other in self._faces if other is not face
        )

    def _part_coinciding(self) -> None:
        """Of two meshes on one face keep the one whose face it is; then let regions and looks follow."""
        seen = [(face, face.seen, Region.around(face.seen.landmarks)) for face in self._faces if face.seen is not None]
        seen.sort(key=lambda entry: entry[0].strange)
        kept: list[Region] = []
        for face, reading, region in seen:
            if any(region.coincides(other) for other in kept):
                face.seen = None
                continue
            kept.append(region)
            face.region = face.region.followed(region)
            if face.strange < _STRANGE:
                face.look = face.look + _LOOK_SHARE * (reading.colours - face.look)

    def _search_due(self, time_s: float) -> bool:
        seen = len(self._seen())
        if seen >= self._max_faces:
            return False
        missing = seen == 0 or any(face.seen is None and time_s - face.seen_s <= _SOUGHT_S for face in self._faces)
        return time_s - self._searched_s >= (_SEARCH_EVERY_S if missing else _RECRUIT_EVERY_S) - 1e-6

    def _search(self, view: View, time_s: float) -> None:
        """Look for faces that are not being followed: in the whole frame, and if it seems empty, more thoroughly."""
        self._take_in(view, self._detected(self._networks.full_range, view))
        if not self._seen():
            self._take_in(view, self._detected(self._networks.short_range, view))
        if not self._seen() and time_s - self._tiled_s >= _TILES_EVERY_S - 1e-6:
            self._tiled_s = time_s
            self._take_in(view, self._detected_in_tiles(view))

    def _seen(self) -> list[_Face]:
        return [face for face in self._faces if face.seen is not None]

    def _take_in(self, view: View, regions: list[Region]) -> None:
        for region in regions:
            seen = self._seen()
            if len(seen) >= self._max_faces:
                return
            if any(region.distance(face.region) < 0.3 * max(region.size, face.region.size) for face in seen):
                continue
            found = settle(self._networks.mesh, view, region)
            if found is None or any(found[1].coincides(face.region) for face in seen):
                continue
            face = self._reunite(*found)
            face.seen, face.region = found

    def _detected(self, detector: FaceDetector, view: View) -> list[Region]:
        return [detection.region.scaled(1 / view.scale) for detection in detector.detect(view.picture)]

    def _detected_in_tiles(self, view: View) -> list[Region]:
        regions = [
            detection.region.moved(left, top)
            for tile, left, top in view.tiles()
            for detection in self._networks.full_range.detect(tile)
        ]
        return sorted(regions, key=lambda region: -region.size)

    def _reunite(self, seen: _Seen, region: Region) -> _Face:
        """The face missing that looks most like what was found nearby, or a new one."""
        missing = [face for face in self._faces if face.seen is None and face.region.may_be(region, _REUNION)]
        if missing:
            nearest = min(missing, key=lambda face: face.strangeness(seen))
            if nearest.strangeness(seen) < _STRANGER:
                return nearest
        face = _Face(len(self._faces), region, seen.colours)
        self._faces.append(face)
        return face

    def _sighting(self, face: _Face, view: View) -> Sighting:
        assert face.seen is not None
        scores = None
        if self._networks.blendshapes is not None:
            picture, scale, left, top = view.around(face.region)
            scores = self._networks.blendshapes.read(picture, face.region.moved(-left, -top).scaled(scale))
        landmarks = view.to_frame(face.seen.landmarks)
        return Sighting(face.identity, landmarks, face.seen.presence, face.seen.colours, scores)


def read(mesh: FaceMesh, view: View, region: Region) -> _Seen:
    """Read a region of a frame, in square px."""
    picture, scale, left, top = view.around(region)
    reading = mesh.read(picture, region.moved(-left, -top).scaled(scale))
    colours = sample(picture, reading.landmarks)
    landmarks = reading.landmarks / np.float32(scale)
    landmarks[:, :2] += np.array([left, top], np.float32)
    return _Seen(landmarks, reading.presence, colours)


def settle(mesh: FaceMesh, view: View, region: Region) -> tuple[_Seen, Region] | None:
    """Read a detector's region until the mesh has found its place, or None where it finds no face."""
    for _ in range(_SETTLING_READS):
        seen = read(mesh, view, region)
        if seen.presence < LOST:
            return None
        region = Region.around(seen.landmarks)
    return (seen, region) if seen.presence >= _FOUND else None
