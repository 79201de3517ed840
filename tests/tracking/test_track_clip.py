from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, zoom

from mien.errors import ClipError, InputError, OutputError
from mien.tracking import FaceTrack, Shot, track_clip
from mien.types import ByteArray
from mien.video.clip import Clip
from mien.video.frame import Frame

Place = Callable[..., ByteArray]
MakeClip = Callable[..., Clip]


@pytest.fixture(autouse=True)
def no_landmarker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIEN_FACE_LANDMARKER", raising=False)


def only_face(shots: tuple[Shot, ...]) -> FaceTrack:
    ((face,),) = (shot.faces for shot in shots)
    return face


def centre(face: FaceTrack) -> np.ndarray:
    return face.landmarks(face.start, face.stop)[:, :468, :2].mean(axis=1)


def hidden(picture: ByteArray, x: int, y: int) -> ByteArray:
    """The picture, the face of the portrait at (x, y) smudged: for the networks nobody, for the shot finder no cut."""
    out = picture.copy()
    rows, columns = slice(y + 40, y + 220), slice(x + 60, x + 200)
    out[rows, columns] = gaussian_filter(picture[rows, columns], (15, 15, 0))
    return out


def test_a_moving_face_is_followed_to_a_fraction_of_a_pixel(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    xs = np.concatenate([np.arange(0, 200, 8), np.full(15, 200)])
    face = only_face(track_clip(make_clip([wide(int(x), 60) for x in xs]), tmp_path / "work"))
    assert (face.number, face.start, face.stop) == (1, 0, 40)
    assert (face.confidence == 1).all()
    assert (face.fade == 1).all()
    moved = centre(face) - centre(face)[0]
    assert np.abs(moved[:, 0] - xs).max() < 1.0
    assert np.abs(moved[:, 1]).max() < 1.0
    assert face.eye_distance.std() < 0.01 * face.eye_distance.mean()


def test_a_cut_starts_a_new_shot(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    pictures = [wide(40, 60)] * 12 + [255 - wide(340, 20)[:, ::-1] // 2] * 3 + [wide(300, 90)] * 12
    shots = track_clip(make_clip(pictures), tmp_path / "work")
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 12), (12, 15), (15, 27)]
    first, last = shots[0].faces[0], shots[2].faces[0]
    assert (first.start, first.stop, last.start, last.stop) == (0, 12, 15, 27)
    assert (first.fade == 1).all()
    assert (last.fade == 1).all()
    assert centre(last)[0] - centre(first)[-1] == pytest.approx([260, 30], abs=1)


def test_two_faces_keep_their_tracks_the_larger_first(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    def pair(step: int) -> ByteArray:
        picture = wide(330 - 3 * step, 60)
        picture[100:280, 5 + 3 * step : 185 + 3 * step] = wide(0, 0, 180 / 256)[:180, :180]
        return picture

    (shot,) = track_clip(make_clip([pair(step) for step in range(20)]), tmp_path / "work")
    large, small = shot.faces
    assert (large.number, small.number) == (1, 2)
    assert small.eye_distance.mean() == pytest.approx(large.eye_distance.mean() * 180 / 256, rel=0.03)
    assert centre(large)[-1, 0] - centre(large)[0, 0] == pytest.approx(-57, abs=1.5)
    assert centre(small)[-1, 0] - centre(small)[0, 0] == pytest.approx(57, abs=1.5)
    (shot,) = track_clip(make_clip([pair(0)] * 3), tmp_path / "work", max_faces=1)
    assert len(shot.faces) == 1


def test_a_short_gap_is_bridged(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    pictures = [wide(100 + 4 * step, 60) for step in range(30)]
    for index in range(12, 15):
        pictures[index] = hidden(pictures[index], 100 + 4 * index, 60)
    face = only_face(track_clip(make_clip(pictures), tmp_path / "work"))
    assert (face.fade == 1).all()
    assert (face.confidence[12:15] == 0.5).all()
    assert np.abs(centre(face)[:, 0] - centre(face)[0, 0] - 4 * np.arange(30)).max() < 1.5


def test_a_long_gap_fades_and_the_face_is_found_again(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    pictures = [wide(200, 60)] * 60
    pictures[20:40] = [hidden(wide(200, 60), 200, 60)] * 20
    (shot,) = track_clip(make_clip(pictures), tmp_path / "work")
    (face,) = shot.faces
    assert (face.start, face.stop) == (0, 60)
    assert (face.fade[20:40] == 0).all()
    assert (face.confidence[20:40] == 0).all()
    assert face.fade[10] == face.fade[50] == 1
    assert 0 < face.fade[16] < 1
    assert np.isfinite(face.landmarks(0, 60)).all()


def test_a_face_that_comes_late_fades_in(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    pictures = [hidden(wide(200, 60), 200, 60)] * 10 + [wide(200, 60)] * 30
    face = only_face(track_clip(make_clip(pictures), tmp_path / "work"))
    assert 10 <= face.start <= 13
    assert face.stop == 40
    assert face.fade[0] < 0.2
    assert face.fade[-1] == 1


def test_no_face_is_a_shot_without_faces(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    (shot,) = track_clip(make_clip([hidden(wide(200, 60), 200, 60)] * 8), tmp_path / "work")
    assert (shot.start, shot.stop, shot.faces) == (0, 8, ())
    assert list((tmp_path / "work").iterdir()) == []


def test_a_single_picture(portrait: ByteArray, make_clip: MakeClip, tmp_path: Path) -> None:
    face = only_face(track_clip(make_clip([portrait]), tmp_path / "work"))
    assert face.landmarks(0, 1).shape == (1, 478, 3)
    assert face.fade.tolist() == [1]


def test_a_face_of_64_px_in_a_4k_frame(make_clip: MakeClip, portrait: ByteArray, tmp_path: Path) -> None:
    size = 176  # the face is 0.36 of the portrait wide
    canvas = np.full((2160, 3840, 3), 90, np.uint8)
    canvas[1500 : 1500 + size, 2700 : 2700 + size] = zoom(portrait, (size / 256, size / 256, 1), order=1)
    small = only_face(track_clip(make_clip([canvas] * 2), tmp_path / "small"))
    large = only_face(track_clip(make_clip([portrait] * 2, name="large.mp4"), tmp_path / "large"))
    expected = (large.landmarks(0, 1)[0, :, :2] + 0.5) * size / 256 - 0.5 + [2700, 1500]
    error = np.linalg.norm(small.landmarks(0, 1)[0, :, :2] - expected, axis=1)
    assert np.ptp(expected[:468, 0]) == pytest.approx(64, abs=4)
    assert error.mean() < 0.02 * small.eye_distance[0]


@pytest.mark.parametrize("aspect", [Fraction(4, 3), Fraction(3, 4)])
def test_pixels_that_are_not_square(make_clip: MakeClip, portrait: ByteArray, aspect: Fraction, tmp_path: Path) -> None:
    squeezed = zoom(portrait, (1, 1 / aspect, 1), order=1)
    square = only_face(track_clip(make_clip([portrait] * 2), tmp_path / "square"))
    other = only_face(track_clip(make_clip([squeezed] * 2, aspect=aspect, name="other.mp4"), tmp_path / "other"))
    expected = square.landmarks(0, 1)[0]
    expected[:, 0] = (expected[:, 0] + 0.5) * squeezed.shape[1] / 256 - 0.5
    error = np.abs(other.landmarks(0, 1)[0] - expected)[:, :2]
    assert error.mean() < 0.015 * square.eye_distance[0]


def test_a_hand_over_the_mouth_fades_the_edit(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    """Four fingers in the colour of the cheek, darker at their edges, laid over mouth and chin."""
    free = wide(200, 60)
    before = only_face(track_clip(make_clip([free] * 2), tmp_path / "before"))
    mouth, width = before.landmarks(0, 1)[0, 14, :2], float(before.eye_distance[0])
    cheek = free[tuple(before.landmarks(0, 1)[0, 50, 1::-1].astype(int))].astype(float)
    covered = free.copy()
    rows, columns = np.mgrid[0:360, 0:640]
    for finger in range(4):
        down = (rows - mouth[1] - (finger - 1.0) * 0.22 * width) / (0.11 * width)
        lies = (np.abs(down) < 1) & (np.abs(columns - mouth[0]) < 0.8 * width)
        covered[lies] = np.uint8(cheek * (1 - 0.5 * down[lies, None] ** 2))
    rng = np.random.default_rng(0)
    pictures = [free] * 30 + [covered] * 20 + [free] * 20
    pictures = [np.uint8(np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255)) for picture in pictures]
    face = only_face(track_clip(make_clip(pictures), tmp_path / "work"))
    assert (face.fade[33:47] == 0).all()
    assert (face.fade[:20] == 1).all()
    assert (face.fade[60:] == 1).all()


def test_the_same_clip_gives_the_same_result(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    clip = make_clip([wide(100 + 5 * step, 40 + 3 * step) for step in range(15)])
    first = only_face(track_clip(clip, tmp_path / "first"))
    second = only_face(track_clip(clip, tmp_path / "second"))
    assert np.array_equal(first.landmarks(0, 15), second.landmarks(0, 15))
    assert np.array_equal(first.confidence, second.confidence)


def test_progress_counts_frames(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    done: list[int] = []
    track_clip(make_clip([wide(200, 60)] * 6), tmp_path / "work", progress=done.append)
    assert done == [1, 2, 3, 4, 5, 6]


def test_a_failed_run_leaves_no_files(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    clip = make_clip([wide(200, 60)] * 10)

    def frames() -> Iterator[Frame]:
        yield from clip.frames(0, 6)
        raise ClipError("The clip breaks off.")

    with pytest.raises(ClipError, match="breaks off"):
        track_clip(SimpleNamespace(frames=frames), tmp_path / "work")
    assert list((tmp_path / "work").iterdir()) == []

    def stop(done: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        track_clip(clip, tmp_path / "work", progress=stop)
    assert list((tmp_path / "work").iterdir()) == []


def test_files_of_an_earlier_run_are_replaced(make_clip: MakeClip, wide: Place, tmp_path: Path) -> None:
    work = tmp_path / "work"
    track_clip(make_clip([wide(40, 60)] * 8 + [wide(300, 90)[::-1]] * 8), work)
    track_clip(make_clip([wide(200, 60)] * 5), work)
    assert [file.name for file in work.iterdir()] == ["shot_0001_face_001.landmarks"]
    assert (work / "shot_0001_face_001.landmarks").stat().st_size == 5 * 478 * 3 * 4


def test_wrong_arguments_are_clear_errors(make_clip: MakeClip, portrait: ByteArray, tmp_path: Path) -> None:
    clip = make_clip([portrait])
    with pytest.raises(InputError, match="max_faces"):
        track_clip(clip, tmp_path, max_faces=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        track_clip(clip, tmp_path / "file" / "folder")


def test_two_people_who_cross_keep_their_numbers(make_clip: MakeClip, portrait: ByteArray, tmp_path: Path) -> None:
    """The other one, behind, has darker skin and is otherwise alike; for half a second nothing of the face is seen."""
    oval = np.hypot(*(np.mgrid[-1:1:256j, -0.9:1.1:256j] / np.array([0.95, 0.75])[:, None, None])) < 1
    other = np.uint8(portrait * np.array([0.55, 0.4, 0.3]))

    def picture(step: int) -> ByteArray:
        canvas = np.full((256, 640, 3), 96, np.uint8)
        for face, x in ((other, 6 * step), (portrait, 384 - 6 * step)):
            canvas[:, x : x + 256][oval] = face[oval]
        return canvas

    (shot,) = track_clip(make_clip([picture(step) for step in range(64)]), tmp_path / "work")
    starts = sorted((centre(face)[0, 0], centre(face)[-1, 0]) for face in shot.faces)
    assert len(starts) == 2
    assert starts[0][1] - starts[0][0] == pytest.approx(6 * 63, abs=4)
    assert starts[1][1] - starts[1][0] == pytest.approx(-6 * 63, abs=4)
