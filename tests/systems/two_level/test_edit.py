"""One frame of two_level: what changes and what does not, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scipy.ndimage import binary_dilation  # noqa: E402

from mien.compositing.placement import Placement  # noqa: E402
from mien.emotion.track import EmotionTrack  # noqa: E402
from mien.errors import EmotionError, InputError, ModelError  # noqa: E402
from mien.geometry.camera import project  # noqa: E402
from mien.geometry.polygon import polygon_mask  # noqa: E402
from mien.morphable import builtin  # noqa: E402
from mien.morphable.regions import FACE_OVAL, LEFT_BROW_LOWER, LEFT_BROW_UPPER, LEFT_EYE_UPPER  # noqa: E402
from mien.nn.pyramid_encoder import PyramidEncoder  # noqa: E402
from mien.nn.stylegan2.generator import Generator  # noqa: E402
from mien.reconstruction.analysis import Analysis  # noqa: E402
from mien.systems import load  # noqa: E402
from mien.systems.base import render  # noqa: E402
from mien.systems.two_level.actor import load_actor  # noqa: E402
from mien.systems.two_level.config import PRESETS  # noqa: E402
from mien.systems.two_level.edit import TexturedMesh, edit_crop, texture_change  # noqa: E402
from mien.systems.two_level.face import Composed, asked_of, mouth_codes  # noqa: E402
from mien.systems.two_level.mouth import MouthFilling, OpenMouth  # noqa: E402
from mien.systems.two_level.settings import TwoLevelConfig  # noqa: E402
from mien.systems.two_level.smoothing import drawn_over_window  # noqa: E402
from mien.systems.two_level.texture.codec import PictureCodec  # noqa: E402
from mien.types import Box, Pose  # noqa: E402

from ...worn_glasses import put_on_glasses  # noqa: E402

CHEEK = 50


@pytest.fixture(scope="module")
def mesh() -> TexturedMesh:
    return TexturedMesh.of(builtin.load())


def test_the_texture_fades_to_the_rim_and_to_the_eyes(mesh: TexturedMesh) -> None:
    assert (mesh.share[FACE_OVAL] == 0).all()
    assert (mesh.share[LEFT_EYE_UPPER] == 0).all()
    assert mesh.share[CHEEK] == 1
    assert ((mesh.share >= 0) & (mesh.share <= 1)).all()


def test_a_model_that_lacks_landmarks_is_refused() -> None:
    model = builtin.load()
    some = np.array(model.landmark_vertices)
    some[5] = -1
    with pytest.raises(ModelError, match="lacks 1"):
        TexturedMesh.of(replace(model, landmark_vertices=some))


def tiny_codec() -> PictureCodec:
    tiny = PRESETS["tiny"].texture
    return PictureCodec(Generator(tiny.gan.network).requires_grad_(False), PyramidEncoder(tiny.encoder.network))


def test_no_step_makes_no_difference_and_steps_are_averaged_over_the_window() -> None:
    torch.manual_seed(0)
    codec = tiny_codec()
    codes = torch.randn(3, 8, 16)
    none = texture_change(codec, codes, (0.25, 0.5, 0.25), torch.zeros_like(codes), True)
    assert none.shape == (32, 32, 3)
    assert np.abs(none).max() == 0
    steps = torch.zeros_like(codes)
    steps[1] = 1.0
    part = texture_change(codec, codes, (0.25, 0.5, 0.25), steps, True)
    same = texture_change(
        codec, (codes * torch.tensor([0.25, 0.5, 0.25])[:, None, None]).sum(0)[None], (1.0,), 0.5 * steps[1:2], True
    )
    np.testing.assert_allclose(part, same, atol=1e-4)
    drawn = texture_change(codec, codes, (0.25, 0.5, 0.25), steps, False)
    assert 0 <= drawn.min() <= drawn.max() <= 1


def test_pictures_are_averaged_as_pictures_in_image_space() -> None:
    torch.manual_seed(0)
    codec = tiny_codec()
    codes, weights = 3 * torch.randn(3, 8, 16), (0.25, 0.5, 0.25)
    each = [drawn_over_window(codec, code[None, None], (1.0,))[0] for code in codes]
    averaged = sum(w * picture for w, picture in zip(weights, each, strict=True))
    np.testing.assert_allclose(drawn_over_window(codec, codes[None], weights, "image")[0], averaged, atol=1e-5)
    assert np.abs(drawn_over_window(codec, codes[None], weights, "latent")[0] - averaged).max() > 0.01
    same = codes[:1].expand(3, -1, -1)
    np.testing.assert_allclose(drawn_over_window(codec, same[None], weights, "image")[0], each[0], atol=1e-5)


def test_an_actor_knows_which_emotions_were_read_where_their_landmarks_are_known(actor_folder: Path) -> None:
    actor = load_actor(actor_folder)
    names = actor.sizes.emotions
    assert (actor.known_landmarks == 0).all()  # of footage that says nothing, as of older actors
    said = {"happy": ["known", "known"], "fear": ["known", "tracked"], "contempt": ["tracked"], "sad": [""]}
    clips = [{"emotion": name, "landmarks": word} for name, words in said.items() for word in words]
    actor.card["footage"] = {"clips": clips}
    assert [name for name, known in zip(names, actor.known_landmarks, strict=True) if known] == ["happy"]


@pytest.mark.parametrize(
    ("rise_mm", "own_brows", "drawn"), [(-4.0, 1.0, True), (8.0, 1.0, False), (8.0, 0.0, True), (-4.0, 0.0, True)]
)
def test_a_brow_that_rises_can_be_left_to_the_frame(
    mesh: TexturedMesh, moving: Analysis, rise_mm: float, own_brows: float, drawn: bool
) -> None:
    face, frame = moving.faces[0], next(iter(moving.clip.frames()))
    landmarks = np.asarray(face.track.landmarks(0, 1)[0], np.float64)
    brow = np.concatenate([LEFT_BROW_LOWER, LEFT_BROW_UPPER])
    move = np.zeros((468, 3))
    move[brow, 1] = rise_mm
    place = Placement.of(landmarks, face.parameters.pose(0), move, frame.width, frame.height)
    crop, skin, blue = frame.crop(place.box), np.full(3, 0.6), np.zeros((32, 32, 3), np.float32)
    blue[..., 2] = 0.1
    plain, changed = (
        edit_crop(mesh, crop, place, landmarks, blue * k, 1.0, True, skin, own_brows=own_brows) for k in (0.0, 1.0)
    )
    places = (place.moved(landmarks[:, :2]) - [place.box.x0, place.box.y0]).round().astype(int)
    difference = np.abs(changed - plain).max(axis=2)
    x, y = places[LEFT_BROW_LOWER[2]]
    assert (difference[y, x] > 0.05) == drawn
    x, y = places[CHEEK]
    assert difference[y, x] > 0.05


def test_a_crop_that_is_not_moved_nor_changed_keeps_its_bits(mesh: TexturedMesh, moving: Analysis) -> None:
    face, frame = moving.faces[0], next(iter(moving.clip.frames()))
    landmarks = np.asarray(face.track.landmarks(0, 1)[0], np.float64)
    place = Placement.of(landmarks, face.parameters.pose(0), np.zeros((468, 3)), frame.width, frame.height)
    crop = frame.crop(place.box)
    skin = np.full(3, 0.6)
    still = edit_crop(mesh, crop, place, landmarks, np.zeros((32, 32, 3), np.float32), 1.0, True, skin)
    np.testing.assert_array_equal(still, crop)
    red = np.zeros((32, 32, 3), np.float32)
    red[..., 0] = 0.2
    redder = edit_crop(mesh, crop, place, landmarks, red, 1.0, True, skin)
    x, y = (landmarks[CHEEK, :2] - [place.box.x0, place.box.y0]).round().astype(int)
    np.testing.assert_allclose(redder[y, x] - crop[y, x], [min(0.2, 1 - crop[y, x, 0]), 0, 0], atol=1e-3)
    rim = (landmarks[FACE_OVAL, :2] - [place.box.x0, place.box.y0]).round().astype(int)
    inside = (rim >= 0).all(axis=1) & (rim[:, 0] < crop.shape[1]) & (rim[:, 1] < crop.shape[0])
    columns, rows = rim[inside].T
    # Where the head is turned, some of the rim hides behind the cheek.
    assert np.quantile(np.abs(redder - crop)[rows, columns].max(axis=1), 0.75) < 0.05


def test_glasses_keep_their_pixels_while_the_face_changes(mesh: TexturedMesh, tmp_path: Path) -> None:
    """A texture that darkens everything and a movement of 3 mm upwards leave drawn rims as they were."""
    worn = put_on_glasses(tmp_path)
    (face,), frame = worn.worn.faces, next(iter(worn.worn.clip.frames(5, 6)))
    landmarks, pose = np.asarray(face.track.landmarks(5, 6)[0], np.float64), face.parameters.pose(5)
    place = Placement.of(landmarks, pose, np.tile([0.0, 3.0, 0.0], (468, 1)), frame.width, frame.height)
    crop = frame.crop(place.box)
    own = crop.copy()
    dark = np.full((32, 32, 3), -0.2, np.float32)
    x, y = np.rint(np.concatenate(worn.lines[5][:2]) - [place.box.x0, place.box.y0]).astype(int).T
    changes = {}
    for name, given in (("kept", (face.parameters.glasses, pose)), ("skin", None)):
        after = edit_crop(mesh, crop, place, landmarks, dark, 1.0, True, np.full(3, 0.6), given)
        changes[name] = np.abs(after - own)[y, x].max(axis=1)
        np.testing.assert_array_equal(crop, own)
    assert np.quantile(changes["kept"], 0.95) < 3 / 255  # chroma is shared with the neighbours
    assert np.quantile(changes["skin"], 0.5) > 20 / 255


def test_frames_come_out_the_same_in_any_order_and_with_the_window(moving: Analysis, actor_folder: Path) -> None:
    """The renderer reads ahead; asked for a frame behind, it starts again and finds the same."""
    track = EmotionTrack.parse("happy 1")
    frames = list(moving.clip.frames())
    renderer = load("two_level", actor=actor_folder).face_renderer(moving, moving.faces[0], track)
    first = renderer.render(frames[2]).rgb()
    renderer.render(frames[6])
    np.testing.assert_array_equal(renderer.render(frames[2]).rgb(), first)
    unsmoothed = load("two_level", actor=actor_folder, smoothing_frames=1)
    assert (unsmoothed.face_renderer(moving, moving.faces[0], track).render(frames[2]).rgb() != first).any()


@pytest.mark.parametrize("teeth", ["frame", "drawn"])
def test_the_three_smoothings_differ_and_do_not_depend_on_the_order(
    moving: Analysis, actor_folder: Path, teeth: str
) -> None:
    track = EmotionTrack.parse("surprised 1")
    frames = list(moving.clip.frames())
    found = []
    for smoothing in ({}, {"smoothing_space": "image"}, {"smoothing_frames": 1}):
        system = load("two_level", actor=actor_folder, teeth=teeth, **smoothing)
        in_order = system.face_renderer(moving, moving.faces[0], track)
        found.append([in_order.render(frame).rgb() for frame in frames[:6]])
        jumping = system.face_renderer(moving, moving.faces[0], track)
        for k in (5, 2):
            np.testing.assert_array_equal(jumping.render(frames[k]).rgb(), found[-1][k])
    for one, other in combinations(found, 2):
        assert any((a != b).any() for a, b in zip(one, other, strict=True))


def test_shut_mouths_do_not_enter_the_average() -> None:
    def made(code: float | None) -> Composed:
        mouth = code if code is None else OpenMouth(torch.full((2, 3), code), np.eye(3), np.eye(2), np.eye(2))
        return Composed(Box(0, 0, 1, 1), np.zeros((1, 1, 3)), np.zeros((1, 1, 3)), mouth)

    codes, weights = mouth_codes((made(None), made(2.0), made(4.0)))
    assert codes[:, 0, 0].tolist() == [2, 4]
    np.testing.assert_allclose(weights, [2 / 3, 1 / 3])
    assert mouth_codes((None, made(2.0), made(None)))[1] == (1.0,)
    assert mouth_codes((made(1.0), made(2.0), made(4.0)))[1] == (0.25, 0.5, 0.25)


@pytest.mark.parametrize("settings", [{"texture": 0.0}, {"shape": 0.0}, {"detail": False}, {"lips": 1.0}])
def test_every_setting_changes_the_picture(moving: Analysis, actor_folder: Path, settings: dict) -> None:
    track = {"largest": EmotionTrack.parse("surprised 1")}
    usual = next(render(load("two_level", actor=actor_folder), moving, track)).rgb()
    other = next(render(load("two_level", actor=actor_folder, **settings), moving, track)).rgb()
    assert (usual != other).any()


def test_intensity_comes_in_gently(moving: Analysis, actor_folder: Path) -> None:
    """A frame of which hardly anything is asked hardly changes, in both ways to lay the texture."""
    source = next(iter(moving.clip.frames())).rgb().astype(int)
    for detail in (True, False):
        system = load("two_level", actor=actor_folder, detail=detail)
        little, much = (
            np.abs(next(render(system, moving, {"largest": EmotionTrack.parse(f"happy {i}")})).rgb() - source).mean()
            for i in (0.002, 1.0)
        )
        assert little < 0.1 * much


def test_what_the_actor_cannot_show_is_told() -> None:
    times = np.array([0.0, 1.0])
    assert asked_of(("sad", "happy"), EmotionTrack.parse("happy 1").sample(times)).tolist() == [[0, 1], [0, 1]]
    with pytest.raises(EmotionError, match=r"no 'fear'; it shows: sad, happy"):
        asked_of(("sad", "happy"), EmotionTrack.parse("fear 0.5").sample(times))
    with pytest.raises(EmotionError, match="action units"):
        asked_of(("happy",), EmotionTrack.parse("AU12 0.5").sample(times))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "--actor"),
        ({"actor": Path("a"), "texture": 1.5}, "texture"),
        ({"actor": Path("a"), "lips": float("nan")}, "lips"),
        ({"actor": Path("a"), "smoothing_frames": 5}, "1 or 3"),
        ({"actor": Path("a"), "smoothing_space": "mouth"}, "latent or image"),
        ({"actor": Path("a"), "teeth": "gold"}, "frame or drawn"),
    ],
)
def test_settings_out_of_range(settings: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        TwoLevelConfig(**settings)


def test_the_mouth_is_filled_between_the_lips_alone(actor_folder: Path) -> None:
    """An open mouth in front of grey: only pixels inside the inner lips change; a shut mouth changes nothing."""
    model = builtin.load()
    actor = load("two_level", actor=actor_folder).actor
    filling = MouthFilling(model, actor.mouth)
    pose = Pose(np.array([0.1, 0.2, 0.0]), 2.0, np.array([230.0, 240.0]))
    beta = np.zeros(model.expression_count)
    beta[model.expression_names.index("AU27")] = 1.0
    alpha, corner = np.zeros(model.identity_count), np.array([30.0, 40.0])
    picture = np.full((400, 400, 3), 0.3, np.float32)
    opened = model.shape(alpha, beta)
    mouth = filling.look(picture, corner, opened, pose)
    assert mouth is not None
    filled = filling.fill(picture, mouth, mouth.code[None], (1.0,))
    changed = (np.abs(filled - picture) > 0.01).any(axis=2)  # of 1: two shades of 255
    inner = model.lip_pairs
    ring = project(opened[np.concatenate([inner[:, 0], inner[::-1, 1]])], pose)[:, :2] - corner
    # A pixel of the tiny crop (32 px for 84 mm) is 5 px of the picture, and the cubic kernel reaches two.
    allowed = binary_dilation(polygon_mask(ring, 400, 400), iterations=14)
    assert changed.sum() > 100
    assert not (changed & ~allowed).any()
    shut = model.shape(alpha, np.zeros(model.expression_count))
    shut[inner[:, 1]] = shut[inner[:, 0]]
    assert filling.look(picture, corner, shut, pose) is None
