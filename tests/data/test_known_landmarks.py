"""Known landmarks beside a video: written, read back, and taken for the face that they belong to."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mien.data.known_landmarks import SUFFIX, KnownLandmarks, with_known_landmarks, write_known_landmarks
from mien.errors import InputError
from mien.morphable import builtin
from mien.reconstruction.analysis import AnalysedFace, AnalysedShot, Analysis
from mien.tracking.face_track import FaceTrack
from mien.types import AnyArray


def face_points(count: int, shift_px: float = 0.0) -> AnyArray:
    """The mean face in every frame, 180 px from eye to eye; irises where the nose is."""
    model = builtin.load()
    mean = model.mean[model.landmark_vertices].astype(float) * [2.0, -2.0, -2.0]
    points = np.concatenate([mean, np.repeat(mean[[1]], 10, axis=0)])
    points += np.array([300 + shift_px, 300, 0])
    return np.tile(points, (count, 1, 1)).astype(np.float32)


def analysis(folder: Path, *tracks: FaceTrack) -> Analysis:
    faces = tuple(AnalysedFace(track, None) for track in tracks)  # type: ignore[arg-type] # no parameters are needed
    clip = SimpleNamespace(path=folder / "happy.mp4")
    stop = max(track.stop for track in tracks)
    return Analysis(clip, np.arange(stop) / 25.0, (AnalysedShot(0, stop, faces),), folder)  # type: ignore[arg-type]


def test_what_is_known_takes_the_place_of_what_was_tracked(tmp_path: Path) -> None:
    """Frames 4 to 9 of a track of 2 to 12; the rest stays."""
    tracked = FaceTrack.from_array(face_points(10), start=2)
    known = face_points(6) + np.float32(1.5)
    write_known_landmarks(tmp_path / "happy.mp4", [KnownLandmarks(4, known)])
    (found,) = with_known_landmarks(analysis(tmp_path, tracked)).faces
    assert (found.track.start, found.track.stop) == (2, 12)
    np.testing.assert_array_equal(found.track.landmarks(4, 10), known)
    np.testing.assert_array_equal(found.track.landmarks(2, 4), tracked.landmarks(2, 4))
    np.testing.assert_array_equal(found.track.landmarks(10, 12), tracked.landmarks(10, 12))


def test_each_face_takes_its_own(tmp_path: Path) -> None:
    left, right = face_points(5), face_points(5, shift_px=400.0)
    tracks = [FaceTrack.from_array(right, number=1), FaceTrack.from_array(left, number=2)]
    write_known_landmarks(tmp_path / "happy.mp4", [KnownLandmarks(0, left + np.float32(2.0))])
    first, second = with_known_landmarks(analysis(tmp_path, *tracks)).faces
    np.testing.assert_array_equal(first.track.landmarks(0, 5), right)
    np.testing.assert_array_equal(second.track.landmarks(0, 5), left + np.float32(2.0))


def test_a_video_with_nothing_beside_it_stays_as_it_was_tracked(tmp_path: Path) -> None:
    given = analysis(tmp_path, FaceTrack.from_array(face_points(3)))
    assert with_known_landmarks(given) is given


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    given = analysis(tmp_path, FaceTrack.from_array(face_points(3)))
    beside = tmp_path / f"happy{SUFFIX}"
    write_known_landmarks(tmp_path / "happy.mp4", [KnownLandmarks(0, face_points(3))])
    whole = beside.read_bytes()
    for content in (whole[: len(whole) // 2], b"not an archive", b""):
        beside.write_bytes(content)
        with pytest.raises(InputError, match=r"happy.landmarks.npz: the landmarks cannot be read"):
            with_known_landmarks(given)
    write_known_landmarks(tmp_path / "happy.mp4", [KnownLandmarks(0, face_points(3)[:, :400])])
    with pytest.raises(InputError, match="478"):
        with_known_landmarks(given)
