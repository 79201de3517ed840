from pathlib import Path

import numpy as np
import pytest

from mien.errors import InputError, OutputError
from mien.tracking import FaceTrack
from mien.tracking.face_track import Rows, RowWriter


def points(count: int = 6) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 500, (count, 478, 3)).astype(np.float32)


def test_a_track_from_an_array() -> None:
    track = FaceTrack.from_array(points(), number=2, start=100)
    assert (track.number, track.start, track.stop) == (2, 100, 106)
    assert np.array_equal(track.landmarks(102, 105), points()[2:5])
    assert track.landmarks(103, 103).shape == (0, 478, 3)
    assert track.confidence.tolist() == track.fade.tolist() == [1] * 6
    assert np.allclose(track.eye_distance, np.linalg.norm(points()[:, 33] - points()[:, 263], axis=1))
    assert track.blendshapes(100, 106) is None


def test_what_is_read_can_be_changed_without_harm() -> None:
    track = FaceTrack.from_array(points())
    track.landmarks(0, 6)[:] = 0
    assert np.array_equal(track.landmarks(0, 6), points())


def test_blendshapes_come_along() -> None:
    scores = np.random.default_rng(1).uniform(size=(6, 52)).astype(np.float32)
    read = FaceTrack.from_array(points(), blendshapes=scores).blendshapes(1, 3)
    assert read is not None
    assert np.array_equal(read, scores[1:3])


@pytest.mark.parametrize("frames", [(99, 101), (104, 107), (105, 104)])
def test_frames_that_a_track_lacks_are_refused(frames: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="frames 100 to 106"):
        FaceTrack.from_array(points(), start=100).landmarks(*frames)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"landmarks": np.zeros((3, 468, 3))}, "expected"),
        ({"landmarks": np.zeros((0, 478, 3))}, "expected"),
        ({"landmarks": np.full((2, 478, 3), np.nan)}, "finite"),
        ({"confidence": np.ones(5)}, "confidence"),
        ({"fade": np.full(6, 1.5)}, "fade"),
        ({"fade": np.full(6, np.nan)}, "fade"),
        ({"blendshapes": np.ones((6, 51))}, "blendshapes"),
    ],
)
def test_arrays_of_another_form_are_refused(changes: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InputError, match=message):
        FaceTrack.from_array(**{"landmarks": points(), **changes})


def test_rows_on_disk(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "rows")
    writer.append(points(2))
    writer.append(points()[2:])
    rows = Rows((478, 3), tmp_path / "rows")
    assert np.array_equal(rows.read(1, 5), points()[1:5])
    with pytest.raises(InputError, match="end early"):
        rows.read(4, 8)
    writer.discard()
    with pytest.raises(InputError, match="track again"):
        rows.read(0, 1)


def test_empty_rows_keep_their_place(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "rows")
    writer.append_empty(150, 4)
    writer.append(np.ones(4, np.float32))
    rows = Rows((4,), tmp_path / "rows").read(0, 151)
    assert np.isnan(rows[:150]).all()
    assert (rows[150] == 1).all()


def test_an_unwritable_place_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        RowWriter(tmp_path / "missing" / "rows")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux' /dev/full")
def test_a_full_disk_is_a_clear_error() -> None:
    writer = RowWriter(Path("/dev/full"))
    with pytest.raises(OutputError, match="No space left"):
        writer.append(points())
