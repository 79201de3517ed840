"""Following the faces of one shot from frame to frame.

Each face is looked for where it was. That keeps faces apart without matching them anew: a face that passes another one
goes on from its own place. Detectors, which are slow, run when a face may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.tracking.face_detector import FaceDetector
from mien.tracking.face_mesh import FaceMesh, MeshReading
from mien.tracking.landmarker import BlendshapeReader
from mien.tracking.region import Region
from mien.tracking.view import View
from mien.types import FloatArray

LOST = 4.0
"""Presence below which a face is not there: a covered face reads -3 to 5, background -27 to -7, a face 12 to 37."""

_FOUND = 8.0
_PATIENCE_S = 0.5
_SEARCH_EVERY_S = 0.1
_RECRUIT_EVERY_S = 0.5
_TILES_EVERY_S = 1.0
_REUNION = 1.5
_SETTLING_READS = 3


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
        blendshapes: ``(52,)`` where their network runs.
    """

    face: int
    landmarks: FloatArray
    presence: float
    blendshapes: FloatArray | None


@dataclass(slots=True)
class _Face:
    identity: int
    region: Region
    seen_s: float
    reading: MeshReading | None


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
            face.reading = None
            if time_s - face.seen_s <= _PATIENCE_S:
                self._read_on(face, view)
        self._part_coinciding()
        if self._search_due(time_s):
            self._searched_s = time_s
            self._search(view, time_s)
        seen = [face for face in self._faces if face.reading is not None]
        for face in seen:
            face.seen_s = time_s
        return [self._sighting(face, view) for face in seen]

    def _read_on(self, face: _Face, view: View) -> None:
        reading = read(self._networks.mesh, view, face.region)
        if reading.presence >= LOST:
            face.reading = reading

    def _part_coinciding(self) -> None:
        """Of two meshes on one face, keep the one that came the shorter way; then let the regions follow."""
        seen = [(face, Region.around(face.reading.landmarks)) for face in self._faces if face.reading is not None]
        seen.sort(key=lambda pair: pair[0].region.distance(pair[1]) / pair[1].size)
        kept: list[Region] = []
        for face, region in seen:
            if any(region.coincides(other) for other in kept):
                face.reading = None
            else:
                kept.append(region)
                face.region = face.region.followed(region)

    def _search_due(self, time_s: float) -> bool:
        seen = sum(face.reading is not None for face in self._faces)
        if seen >= self._max_faces:
            return False
        missing = seen == 0 or any(face.reading is None and time_s - face.seen_s <= _PATIENCE_S for face in self._faces)
        return time_s - self._searched_s >= (_SEARCH_EVERY_S if missing else _RECRUIT_EVERY_S) - 1e-6

    def _search(self, view: View, time_s: float) -> None:
        for region in self._candidates(view, time_s):
            seen = [face for face in self._faces if face.reading is not None]
            if len(seen) >= self._max_faces:
                return
            if any(region.distance(face.region) < 0.3 * max(region.size, face.region.size) for face in seen):
                continue
            found = settle(self._networks.mesh, view, region)
            if found is None:
                continue
            reading, region = found
            if any(region.coincides(face.region) for face in seen):
                continue
            face = self._reunite(region)
            face.region, face.reading = region, reading

    def _candidates(self, view: View, time_s: float) -> list[Region]:
        scale = 1 / view.scale
        found = self._networks.full_range.detect(view.picture)
        if not found and not any(face.reading is not None for face in self._faces):
            found = self._networks.short_range.detect(view.picture)
            if not found and time_s - self._tiled_s >= _TILES_EVERY_S - 1e-6:
                self._tiled_s = time_s
                return self._tiled_candidates(view)
        return [detection.region.scaled(scale) for detection in found]

    def _tiled_candidates(self, view: View) -> list[Region]:
        regions = [
            detection.region.moved(left, top)
            for tile, left, top in view.tiles()
            for detection in self._networks.full_range.detect(tile)
        ]
        return sorted(regions, key=lambda region: -region.size)

    def _reunite(self, region: Region) -> _Face:
        """The face missing that was last seen nearest, or a new one."""
        missing = [face for face in self._faces if face.reading is None and face.region.may_be(region, _REUNION)]
        if missing:
            return min(missing, key=lambda face: face.region.distance(region))
        face = _Face(len(self._faces), region, 0.0, None)
        self._faces.append(face)
        return face

    def _sighting(self, face: _Face, view: View) -> Sighting:
        assert face.reading is not None
        scores = None
        if self._networks.blendshapes is not None:
            picture, scale, left, top = view.around(face.region)
            scores = self._networks.blendshapes.read(picture, face.region.moved(-left, -top).scaled(scale))
        return Sighting(face.identity, view.to_frame(face.reading.landmarks), face.reading.presence, scores)


def read(mesh: FaceMesh, view: View, region: Region) -> MeshReading:
    """Read a region of a frame, both in square px."""
    picture, scale, left, top = view.around(region)
    reading = mesh.read(picture, region.moved(-left, -top).scaled(scale))
    landmarks = reading.landmarks / scale
    landmarks[:, 0] += left
    landmarks[:, 1] += top
    return MeshReading(landmarks, reading.presence)


def settle(mesh: FaceMesh, view: View, region: Region) -> tuple[MeshReading, Region] | None:
    """Read a detector's region until the mesh has found its place, or None where it finds no face."""
    for _ in range(_SETTLING_READS):
        reading = read(mesh, view, region)
        if reading.presence < LOST:
            return None
        region = Region.around(reading.landmarks)
    return (reading, region) if reading.presence >= _FOUND else None
