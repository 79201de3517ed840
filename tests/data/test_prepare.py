"""Preparing footage: what is in the folder, what is passed over, and that an interrupted run goes on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.data.footage import read_footage
from mien.data.prepare import Plan, plan, prepare
from mien.data.prepared import PreparedFootage, open_prepared
from mien.data.settings import PRESETS, PrepareSettings, sampling_step
from mien.emotion.vocabulary import EMOTION_INDEX
from mien.errors import InputError, ModelError, OutputError
from mien.geometry.camera import project
from mien.geometry.homography import apply_homography
from mien.geometry.rasteriser import rasterise
from mien.morphable import builtin

from ..full_disk import files_up_to

SETTINGS = PrepareSettings(64, 32, 96, every=2)


@pytest.fixture(scope="session")
def planned(footage_folder: Path) -> Plan:
    return plan(read_footage(footage_folder).of())


@pytest.fixture(scope="session")
def prepared(planned: Plan, tmp_path_factory: pytest.TempPathFactory) -> PreparedFootage:
    output = tmp_path_factory.mktemp("prepared") / "eileen"
    return prepare(planned, output, SETTINGS, consent="public domain, NASA", accept_lacking=True)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_plan_says_what_there_is_and_what_is_lacking(planned: Plan) -> None:
    assert {clip.name: count for clip, count in planned.frames.items()} == {
        "calm.mp4": 12,
        "empty-room.mp4": 5,
        "glad.mp4@0-0.24": 6,
        "glad.mp4@0.24-": 8,
    }
    assert [entry.name for entry in planned.footage.skipped] == ["broken.mp4"]
    assert planned.verdict.frames == {"neutral": 12, "happy": 14, "sad": 5}
    assert planned.verdict.lacking == (
        "neutral has 12 frames and needs 60",
        "happy has 14 frames and needs 30",
        "sad has 5 frames and needs 30",
    )


def test_labels_and_tables(prepared: PreparedFootage) -> None:
    assert prepared.card["actor"] == "Eileen"
    assert prepared.card["consent"] == "public domain, NASA"
    clips = prepared.card["footage"]["clips"]
    assert [clip["name"] for clip in clips] == ["calm.mp4", "glad.mp4@0-0.24", "glad.mp4@0.24-"]
    assert {entry["name"]: entry["reason"] for entry in prepared.card["skipped"]}.keys() == {
        "broken.mp4",
        "empty-room.mp4",
    }
    assert prepared.card["skipped"][-1]["reason"] == "no face is seen in it"
    frames = prepared.frames
    assert len(frames) == 26
    happy = frames.emotion[:, EMOTION_INDEX["happy"]]
    np.testing.assert_allclose(happy, np.repeat([0.0, 0.5, 1.0], [12, 6, 8]))
    assert not np.delete(frames.emotion, EMOTION_INDEX["happy"], axis=1).any()
    np.testing.assert_array_equal(frames.index, [*range(12), *range(14)])
    np.testing.assert_allclose(frames.time_s, frames.index / 25)
    # One picture in two frames of each stretch.
    np.testing.assert_array_equal(prepared.pictures.row, [*range(0, 12, 2), 12, 14, 16, 18, 20, 22, 24])
    assert len(prepared) == len(prepared.texture) == len(prepared.face) == 13
    np.testing.assert_array_equal(prepared.emotion, frames.emotion[prepared.pictures.row])
    prepared.check_model(builtin.load())
    with pytest.raises(ModelError, match="was prepared with the morphable model 'builtin'"):
        prepared.check_model(replace(builtin.load(), mean=builtin.load().mean + 1))


def test_the_face_rendered_with_its_texture_is_the_face(prepared: PreparedFootage) -> None:
    """Parameters, views and textures fit each other: the textured mesh, drawn into the crop, looks like the crop."""
    model = builtin.load()
    number = 4
    row = int(prepared.pictures.row[number])
    face = prepared.face[number].astype(np.float32)
    points = project(model.shape(prepared.alpha, prepared.frames.beta[row]), prepared.frames.pose(row))
    inside = np.linalg.inv(prepared.pictures.face_view[number])
    points[:, :2] = apply_homography(inside, points[:, :2])
    size = prepared.face.size
    uv, depth = rasterise(points.astype(np.float32), model.triangles, model.uv, size, size)
    drawn = np.isfinite(depth)
    texels = np.rint(uv[drawn][:, ::-1] * (prepared.texture.size - 1)).astype(int)
    rendered = prepared.texture[number][texels[:, 0], texels[:, 1]].astype(np.float32)
    assert drawn.sum() > 500
    # A texel is about a pixel here and is read without interpolation: a few shades.
    assert np.abs(rendered - face[drawn]).mean() < 8.0
    shifted = np.roll(face, 6, axis=1)
    assert np.abs(rendered - shifted[drawn]).mean() > 1.5 * np.abs(rendered - face[drawn]).mean()


def test_the_same_again_after_an_interruption(
    planned: Plan, prepared: PreparedFootage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class StoppedError(Exception):
        pass

    def stop(stage: str, share: float) -> None:
        if stage == "prepare" and share > 0.55:
            raise StoppedError

    output = tmp_path / "eileen"
    words = {"consent": "public domain, NASA", "accept_lacking": True}
    with pytest.raises(StoppedError):
        prepare(planned, output, SETTINGS, progress=stop, **words)  # type: ignore[arg-type]
    assert not output.exists()
    first = tmp_path / ".eileen.preparing" / "part-00000"
    (first / "untouched").write_text("")
    seen: list[bool] = []

    def watch(stage: str, share: float) -> None:
        seen.append(stage == "prepare" and (first / "untouched").exists())

    prepare(planned, output, SETTINGS, progress=watch, **words)  # type: ignore[arg-type]
    assert any(seen)
    assert content(output) == content(prepared.folder)
    assert [path.name for path in tmp_path.iterdir()] == ["eileen"]


def test_other_settings_begin_anew(planned: Plan, tmp_path: Path) -> None:
    work = tmp_path / ".eileen.preparing"
    work.mkdir()
    (work / "request.json").write_text("{}")
    (work / "part-00000").mkdir()  # empty: taking it for a part would fail
    made = prepare(planned, tmp_path / "eileen", replace(SETTINGS, every=7), accept_lacking=True)
    assert made.card["sampling"]["every"] == 7


def test_refusals(planned: Plan, prepared: PreparedFootage, tmp_path: Path, footage_folder: Path) -> None:
    with pytest.raises(InputError, match=r"does not suffice to train on: neutral has 12 frames and needs 60; happy"):
        prepare(planned, tmp_path / "x", SETTINGS)
    with pytest.raises(OutputError, match="is there already; choose another name, or allow"):
        prepare(planned, prepared.folder, SETTINGS, accept_lacking=True)
    with pytest.raises(OutputError, match="no prepared footage"):
        prepare(planned, footage_folder, SETTINGS, accept_lacking=True, overwrite=True)
    with pytest.raises(OutputError, match="does not exist"):
        prepare(planned, tmp_path / "no" / "x", SETTINGS, accept_lacking=True)
    assert (footage_folder / "labels.csv").exists()
    faceless = replace(planned, footage=replace(planned.footage, clips=planned.footage.clips[1:2]))
    with pytest.raises(InputError, match=r"no clip can be used \(empty-room.mp4: no face"):
        prepare(faceless, tmp_path / "x", SETTINGS, accept_lacking=True)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing_half_written(planned: Plan, prepared: PreparedFootage, tmp_path: Path) -> None:
    output = tmp_path / "eileen"
    words = {"consent": "public domain, NASA", "accept_lacking": True}
    parts = [path.stat().st_size for path in prepared.folder.iterdir() if path.suffix == ".pictures"]
    for limit in (4000, max(parts) - 1):  # in a part, in putting them together
        with files_up_to(limit), pytest.raises(OutputError, match="cannot be written: the file grows larger"):
            prepare(planned, output, SETTINGS, **words)  # type: ignore[arg-type]
        left = {path.name for path in (tmp_path / ".eileen.preparing").iterdir()}
        assert left <= {"request.json", "part-00000", "part-00001"}
    assert "part-00001" in left  # what was whole is kept
    prepare(planned, output, SETTINGS, **words)  # type: ignore[arg-type]
    assert content(output) == content(prepared.folder)
    assert [path.name for path in tmp_path.iterdir()] == ["eileen"]


def test_it_is_read_without_video_libraries(prepared: PreparedFootage) -> None:
    code = (
        "import sys\nsys.modules.update(dict.fromkeys(['av', 'mediapipe', 'cv2', 'torch', 'c2pa', 'cyclopts']))\n"
        "from pathlib import Path\nfrom mien.data.prepared import open_prepared\n"
        f"p = open_prepared(Path({str(prepared.folder)!r}))\n"
        "print(p.texture[0].shape, p.visible[0].dtype, p.mouth.read([0, 1]).shape, len(p))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "(64, 64, 3) bool (2, 32, 32, 3) 13\n", done.stderr


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [
        ("texture.pictures", lambda path: path.write_bytes(path.read_bytes()[:-5]), "damaged or incomplete"),
        ("face.offsets.npy", Path.unlink, "cannot be read"),
        ("frames.npz", lambda path: path.write_bytes(b"PK"), "cannot be read"),
        ("frames.npz", lambda path: path.write_bytes(path.read_bytes()[:-30]), "cannot be read"),
        ("person.npz", lambda path: np.savez(path, **{**np.load(path), "alpha": [np.nan]}), "no number"),
        ("card.json", Path.unlink, "is what `mien prepare` makes"),
        ("card.json", lambda path: path.write_text("{"), "is damaged"),
        ("card.json", lambda path: path.write_text('{"format": "x"}'), "is not prepared footage"),
        (
            "card.json",
            lambda path: path.write_text(json.dumps({"format": "mien prepared footage", "schema": 99})),
            "has form 99, and this program reads 1",
        ),
    ],
)
def test_damaged_folders_are_told(
    prepared: PreparedFootage, tmp_path: Path, file: str, damage: object, words: str
) -> None:
    shutil.copytree(prepared.folder, tmp_path / "copy")
    damage(tmp_path / "copy" / file)  # type: ignore[operator]
    with pytest.raises(ModelError, match=words):
        open_prepared(tmp_path / "copy")


def test_a_damaged_picture_is_told_when_it_is_read(prepared: PreparedFootage, tmp_path: Path) -> None:
    shutil.copytree(prepared.folder, tmp_path / "copy")
    path = tmp_path / "copy" / "mouth.pictures"
    path.write_bytes(b"\0" * path.stat().st_size)
    with pytest.raises(ModelError, match="damaged"):
        open_prepared(tmp_path / "copy").mouth[0]


def test_sampling_as_in_the_paper() -> None:
    """CCFE 4.1.1: one in five of MEAD's 75,000 frames, all of RAVDESS' 7,000."""
    assert sampling_step(75_000) == 5
    assert sampling_step(7_000) == 1
    assert sampling_step(500) == 1
    assert sampling_step(22_000) == 3


def test_settings_out_of_range() -> None:
    assert PRESETS["paper"].texture_px == 512
    for wrong in ({"texture_px": 2000}, {"quality": 0}, {"every": 0}):
        with pytest.raises(InputError):
            PrepareSettings(**wrong)  # type: ignore[arg-type]
