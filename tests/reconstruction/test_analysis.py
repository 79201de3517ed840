"""Analysis of real pictures: a portrait that moves through a clip, tracked, fitted, lit, kept and read back."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.morphable import builtin
from mien.reconstruction import analysis as module
from mien.reconstruction.analysis import analyse, analysis_key
from mien.reconstruction.pictures import with_pictures
from mien.reconstruction.watched_clip import WatchedClip
from mien.video import Clip, MienWarning

from ..written_clip import write_clip

FRAMES = 20
SHIFT_PX = 2


@pytest.fixture(scope="session")
def portrait():
    data = pytest.importorskip("skimage.data")
    return data.astronaut()[:320, 60:420]


@pytest.fixture(scope="session")
def clip_path(portrait, tmp_path_factory):
    """The portrait moving right by 2 px a frame, then a cut to an empty picture."""
    pictures = [portrait[:, 40 - SHIFT_PX * k : 360 - SHIFT_PX * k] for k in range(FRAMES)]
    empty = [np.full_like(pictures[0], 90)] * 8
    return write_clip(tmp_path_factory.mktemp("clip") / "portrait.mp4", pictures + empty, crf=12)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("analyses")


@pytest.fixture(scope="session")
def analysis(clip_path, cache):
    return analyse(Clip.open(clip_path), cache=cache)


def test_the_face_is_found_fitted_and_lit(analysis):
    assert analysis.frame_count == FRAMES + 8
    np.testing.assert_allclose(np.diff(analysis.times_s), 0.04, atol=1e-6)
    assert [(shot.start, shot.stop, len(shot.faces)) for shot in analysis.shots] == [(0, 20, 1), (20, 28, 0)]
    (face,) = analysis.faces
    assert analysis.faces_at(0) == (face,)
    assert analysis.faces_at(FRAMES) == ()
    parameters = face.parameters
    assert np.median(parameters.residual) < 0.025
    moved = np.diff(parameters.translation[:, 0])
    assert np.median(moved) == pytest.approx(SHIFT_PX, abs=0.1)
    pitch, yaw, roll = face.pose_ranges_degrees()
    assert np.all(np.abs([pitch, yaw, roll]) < 35)
    # She smiles: the lip corner pullers lead. A neutral neighbour such as the outer brow stays small.
    names = builtin.load().expression_names
    smile = parameters.beta[:, [names.index("AU12L"), names.index("AU12R")]].mean()
    assert smile > 0.2
    light = parameters.light
    red, green, blue = light.skin_colour
    assert red > green > blue > 0.2
    assert light.sample_count > 200
    assert 0.0 < light.directionality < 1.0
    assert 0.0 < light.skin_contrast < 0.1
    reach = parameters.surroundings.reach
    assert len(reach) == len(parameters.surroundings.frames) > 2
    assert reach[:, [0, 35]].min() > 0.1  # there is hair above her forehead
    assert reach.max() <= 0.6


def test_the_second_time_it_is_read_back(analysis, clip_path, cache, monkeypatch):
    monkeypatch.setattr(module, "track_clip", None)  # Whoever tracks again fails.
    again = analyse(Clip.open(clip_path), cache=cache)
    np.testing.assert_array_equal(again.times_s, analysis.times_s)
    (old,), (new,) = analysis.faces, again.faces
    for name, array in old.parameters.arrays().items():
        np.testing.assert_array_equal(new.parameters.arrays()[name], array)
    np.testing.assert_array_equal(new.parameters.light.coefficients, old.parameters.light.coefficients)
    for name in ("frames", "reach"):
        new_array, old_array = (getattr(face.parameters.surroundings, name) for face in (new, old))
        np.testing.assert_array_equal(new_array, old_array)
    for name in ("confidence", "fade", "eye_distance"):
        np.testing.assert_array_equal(getattr(new.track, name), getattr(old.track, name))
    np.testing.assert_array_equal(new.track.landmarks(3, 9), old.track.landmarks(3, 9))


@pytest.mark.parametrize("damage", ["json", "arrays", "landmarks", "missing"])
def test_a_damaged_entry_is_made_anew(clip_path, cache, analysis, damage, tmp_path):
    import shutil

    copy = shutil.copytree(cache, tmp_path / "copy")
    (entry,) = copy.iterdir()
    file = {
        "json": entry / "analysis.json",
        "arrays": next(entry.glob("*.npz")),
        "landmarks": next(entry.glob("*.landmarks")),
        "missing": entry / "times_s.npy",
    }[damage]
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    again = analyse(Clip.open(clip_path), cache=copy)
    np.testing.assert_array_equal(again.faces[0].parameters.beta, analysis.faces[0].parameters.beta)


def test_a_cache_that_cannot_be_written_is_a_warning(clip_path, analysis, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(MienWarning, match="not kept: the cache folder"):
        alone = analyse(Clip.open(clip_path), cache=tmp_path / "file" / "cache")
    np.testing.assert_array_equal(alone.faces[0].parameters.beta, analysis.faces[0].parameters.beta)
    folder = alone.folder
    assert folder.is_dir()
    del alone
    assert not folder.exists()


def test_without_a_cache_the_files_go_with_the_result(clip_path, analysis):
    alone = analyse(Clip.open(clip_path), cache=False)
    folder = alone.folder
    np.testing.assert_array_equal(alone.faces[0].parameters.beta, analysis.faces[0].parameters.beta)
    assert folder.is_dir()
    del alone
    assert not folder.exists()


def test_the_key_follows_model_and_choices(clip_path, monkeypatch):
    from dataclasses import replace

    clip, model = Clip.open(clip_path), builtin.load()
    keys = {analysis_key(clip, model, 4), analysis_key(clip, model, 1)}
    keys.add(analysis_key(clip, replace(model, mean=model.mean * np.float32(1.1)), 4))
    monkeypatch.setattr(module, "_code_version", lambda: "another")
    keys.add(analysis_key(clip, model, 4))
    assert len(keys) == 4


def test_a_failed_analysis_leaves_nothing_behind(clip_path, tmp_path):
    with pytest.raises(InputError, match="max_faces"):
        analyse(Clip.open(clip_path), cache=tmp_path, max_faces=0)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_frames(clip_path, tmp_path):
    told = []
    analyse(Clip.open(clip_path), cache=tmp_path, progress=told.append)
    assert told == list(range(1, FRAMES + 9))


def test_watching_keeps_few_pictures_of_a_long_clip(clip_path):
    watched = WatchedClip(Clip.open(clip_path))
    watched._most = 5
    seen = [frame.index for frame in watched.frames()]
    assert seen == list(range(28))
    assert [frame.index for frame in watched.kept] == [0, 8, 16, 24]
    assert len(watched.times_s) == 28


def test_light_comes_from_a_second_look_where_no_picture_was_kept(analysis):
    (face,) = analysis.faces
    faces = [(face.track, face.parameters)]
    (lit,) = with_pictures(analysis.clip, builtin.load(), faces, [])
    np.testing.assert_allclose(lit.light.skin_colour, face.parameters.light.skin_colour, atol=0.03)
