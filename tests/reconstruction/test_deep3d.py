"""Deep3DFaceRecon's conventions: round trips, closed forms, and its published formulas written out a second time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mien.errors import InputError, ModelError
from mien.geometry import harmonics
from mien.geometry.camera import project
from mien.geometry.rotation import matrix_from_euler, matrix_from_vector
from mien.morphable import builtin
from mien.reconstruction.deep3d_camera import (
    FIVE_POINTS,
    STANDARD_FACE,
    Alignment,
    Coefficients,
    align,
    camera_from_pose,
    gamma_from_harmonics,
    gamma_from_light,
    harmonics_from_gamma,
    light_from_gamma,
    pose_from_camera,
)
from mien.tracking.face_track import FaceTrack
from mien.types import Pose

from .rendered_face import Drawn, DrawnClip

RNG = np.random.default_rng(0)
NORMALS = RNG.normal(size=(200, 3))
NORMALS[:, 2] = np.abs(NORMALS[:, 2])
NORMALS /= np.linalg.norm(NORMALS, axis=1, keepdims=True)


def coefficients(translation=(0.1, -0.05, 0.3), angles=(0.1, -0.3, 0.05), gamma=None) -> Coefficients:
    vector = RNG.normal(size=257)
    made = Coefficients.of(vector)
    gamma = made.gamma if gamma is None else np.asarray(gamma)
    return replace(made, angles=np.array(angles), translation=np.array(translation), gamma=gamma)


def test_257_numbers_in_the_published_places() -> None:
    vector = np.arange(257.0)
    parts = Coefficients.of(vector)
    firsts = [
        getattr(parts, name)[0] for name in ("identity", "expression", "texture", "angles", "gamma", "translation")
    ]
    assert firsts == [0, 80, 144, 224, 227, 254]
    np.testing.assert_array_equal(parts.vector(), vector)
    for wrong in (np.zeros(256), np.full(257, np.nan)):
        with pytest.raises(InputError, match="257"):
            Coefficients.of(wrong)


def five_on(landmarks: np.ndarray, places: np.ndarray) -> None:
    for at, place in zip(FIVE_POINTS, places, strict=True):
        landmarks[list(at), :2] = place


@pytest.mark.parametrize(("size", "x", "y"), [(204.0, 300.0, 250.0), (51.0, 100.0, 400.0), (407.3, 700.0, 300.0)])
def test_alignment_in_closed_form(size, x, y) -> None:
    """The standard face itself, seen from the front at ``size`` px a unit: the affine fit is exact and known."""
    width, height = 800, 600
    places = np.stack([x + size * STANDARD_FACE[:, 0], y - size * STANDARD_FACE[:, 1]], axis=1)
    landmarks = np.zeros((478, 3))
    five_on(landmarks, places)
    found = align(landmarks, width, height)
    factor = 102.0 / size
    assert found.resized_width == int(width * factor)
    assert found.resized_height == int(height * factor)
    # The standard face's origin comes to the picture's middle: half a pixel of centres, whole pixels of cutting and of
    # resizing make at most two.
    np.testing.assert_allclose(found.to_picture([x, y]), [112.0, 112.0], atol=2.0)
    wide = found.to_picture(places)[1, 0] - found.to_picture(places)[0, 0]
    assert wide == pytest.approx(0.622 * 102.0, rel=5e-3)  # Eye to eye; sizes are whole pixels.
    points = RNG.uniform(0, 500, (10, 2))
    np.testing.assert_allclose(found.to_frame(found.to_picture(points)), points, atol=1e-9)


def test_alignment_of_wide_pixels_is_that_of_square_ones() -> None:
    landmarks = np.zeros((478, 3))
    five_on(landmarks, np.stack([400 + 150 * STANDARD_FACE[:, 0], 300 - 150 * STANDARD_FACE[:, 1]], axis=1))
    square = align(landmarks, 800, 600)
    stored = landmarks / [2.0, 1.0, 1.0]
    wide = align(stored, 400, 600, 2.0)
    assert (wide.resized_width, wide.resized_height) == (square.resized_width, square.resized_height)
    assert abs(wide.left - square.left) <= 1
    assert wide.top == square.top


def test_a_face_of_no_size_cannot_be_aligned() -> None:
    with pytest.raises(InputError, match="no size"):
        align(np.ones((478, 3)), 100, 100)
    with pytest.raises(InputError, match="478"):
        align(np.ones((68, 2)), 100, 100)


ALIGNMENT = Alignment(800, 600, 400, 300, 60, 20)


def published_places(shape_mm: np.ndarray, c: Coefficients) -> np.ndarray:
    """Their camera as published, to px of the picture."""
    turned = shape_mm / 100.0 @ matrix_from_euler(np.degrees(c.angles)).T + c.translation
    depth = 10.0 - turned[:, 2]
    flat = 1015.0 * turned[:, :2] / depth[:, None] + 112.0
    return np.stack([flat[:, 0], 223.0 - flat[:, 1]], axis=1)


@pytest.mark.parametrize("translation", [(0.0, 0.0, 0.0), (0.1, -0.05, 0.3), (-1.5, 1.0, -2.0)])
def test_our_camera_agrees_with_theirs_to_first_order(translation) -> None:
    c = coefficients(translation)
    pose = pose_from_camera(c, ALIGNMENT)
    near = RNG.normal(size=(50, 3))  # About a millimetre from the origin: second order is 1e-3 of that.
    ours, theirs = project(near, pose)[:, :2], ALIGNMENT.to_frame(published_places(near, c))
    reach = np.abs(theirs - theirs.mean(axis=0)).max()
    np.testing.assert_allclose(ours, theirs, atol=0.02 * reach)
    face = builtin.load().mean.astype(np.float64)
    off = np.linalg.norm(project(face, pose)[:, :2] - ALIGNMENT.to_frame(published_places(face, c)), axis=1)
    # In px of a frame of twice the picture's size: half a px of 224 at the median, 5 at the rim, as the module says.
    assert np.median(off) < 1.2
    assert off.max() < 10.0


@pytest.mark.parametrize("translation", [(0.0, 0.0, 0.0), (0.3, -0.2, 0.5), (-1.5, 1.0, -2.0)])
def test_camera_there_and_back(translation) -> None:
    c = coefficients(translation)
    angles, found = camera_from_pose(pose_from_camera(c, ALIGNMENT), ALIGNMENT)
    np.testing.assert_allclose(angles, c.angles, atol=1e-9)
    np.testing.assert_allclose(found, c.translation, atol=1e-9)
    pose = Pose(np.array([0.2, -0.4, 0.1]), 1.7, np.array([330.0, 280.0]))
    angles, shift = camera_from_pose(pose, ALIGNMENT)
    again = pose_from_camera(replace(c, angles=angles, translation=shift), ALIGNMENT)
    np.testing.assert_allclose(matrix_from_vector(again.rotation), matrix_from_vector(pose.rotation), atol=1e-9)
    np.testing.assert_allclose([again.scale, *again.translation], [1.7, 330.0, 280.0], rtol=1e-9)
    with pytest.raises(InputError, match="behind"):
        pose_from_camera(coefficients((0.0, 0.0, 11.0)), ALIGNMENT)


def test_gamma_is_the_published_formula() -> None:
    """Coefficients of ccfe-parts, section 4, four digits: colour is albedo times the sum."""
    gamma = 0.2 * RNG.normal(size=27)
    x, y, z = NORMALS.T
    bands = [
        0.886 * np.ones_like(x), -1.772 * y, 1.772 * z, -1.772 * x, 2.427 * x * y,
        -2.427 * y * z, 0.7006 * (3 * z * z - 1), -2.427 * x * z, 1.2135 * (x * x - y * y),
    ]  # fmt: skip
    theirs = gamma.reshape(3, 9).copy()
    theirs[:, 0] += 0.8
    wanted = np.stack(bands, axis=1) @ theirs.T
    np.testing.assert_allclose(harmonics.shade(NORMALS, harmonics_from_gamma(gamma)), wanted, atol=3e-3)
    np.testing.assert_allclose(gamma_from_harmonics(harmonics_from_gamma(gamma)), gamma, atol=1e-12)


def test_light_shows_skin_as_theirs_does() -> None:
    skin = np.array([0.7, 0.55, 0.48])
    even = np.zeros(27)
    ours = light_from_gamma(even, skin)
    shown = harmonics.shade(NORMALS, ours) ** (1 / 2.2)
    np.testing.assert_allclose(shown, np.tile(skin * 0.8 * 0.886227, (200, 1)), rtol=1e-5)
    np.testing.assert_allclose(gamma_from_light(ours, skin), even, atol=1e-6)
    gamma = np.tile([0.2, -0.1, 0.15, 0.15, 0.02, 0.02, -0.02, 0.02, 0.0], 3)  # A lamp from the upper left.
    theirs = skin * harmonics.shade(NORMALS, harmonics_from_gamma(gamma))
    ours = np.maximum(harmonics.shade(NORMALS, light_from_gamma(gamma, skin)), 0) ** (1 / 2.2)
    # A power of 2.2 of nine harmonics is not nine harmonics: two of a hundred on average.
    assert np.abs(ours - theirs).mean() < 0.02
    back = skin * harmonics.shade(NORMALS, harmonics_from_gamma(gamma_from_light(light_from_gamma(gamma, skin), skin)))
    assert np.abs(back - theirs).mean() < 0.02


def bfm_like():
    """The built-in face with BFM's numbers of columns."""
    model = builtin.load()
    expression = np.zeros((468, 3, 64), np.float32)
    expression[..., : model.expression_count] = model.expression[..., :64]
    names = tuple(f"exp{k:02}" for k in range(64))
    return replace(model, expression=expression, expression_names=names, beta_bounds=(-3.0, 3.0))


def test_aligned_picture_is_pillows() -> None:
    pytest.importorskip("torch")
    image_module = pytest.importorskip("PIL.Image")
    from mien.reconstruction.deep3d import aligned_picture

    rgb = RNG.integers(0, 256, (150, 200, 3), np.uint8)
    for alignment in (Alignment(200, 150, 320, 240, 60, -30), Alignment(200, 150, 90, 67, -40, -20)):
        size = (alignment.resized_width, alignment.resized_height)
        resized = image_module.fromarray(rgb).resize(size, image_module.Resampling.BICUBIC)
        left, top = alignment.left, alignment.top
        wanted = np.asarray(resized.crop((left, top, left + 224, top + 224)))
        found = aligned_picture(rgb, alignment)
        # Pillow works in fixed point, in two rounded passes.
        assert np.abs(found.astype(int) - wanted).max() <= 2
    with pytest.raises(InputError, match="aligned as"):
        aligned_picture(rgb[:100], alignment)


def test_a_track_is_reconstructed_as_the_network_says() -> None:
    """A small network whose last layers give one known answer, whatever it is shown."""
    torch = pytest.importorskip("torch")
    from mien.nn.deep3d import Deep3DNetwork
    from mien.reconstruction.deep3d import Deep3D

    network = Deep3DNetwork("resnet-tiny")
    answer = replace(
        Coefficients.of(np.zeros(257)), angles=np.array([0.05, 0.2, 0.0]), translation=np.array([0.05, 0.0, 0.1])
    )
    with torch.no_grad():
        at = 0
        for layer in network.final_layers:
            layer.weight.zero_()
            layer.bias.copy_(torch.from_numpy(answer.vector()[at : at + len(layer.bias)]))
            at += len(layer.bias)
    model = bfm_like()
    truth = Pose(np.array([0.0, 0.1, 0.0]), 1.3, np.array([150.0, 150.0]))
    landmarks = np.zeros((2, 478, 3))
    landmarks[:, :468] = project(model.mean, truth)
    landmarks[:, 468:] = landmarks[:, :10]
    clip = DrawnClip([Drawn(k, RNG.random((300, 300, 3)).astype(np.float32)) for k in range(2)])
    track = FaceTrack.from_array(landmarks)
    found = Deep3D(network).fit_track(model, track, clip)
    alignment = align(track.landmarks(0, 1)[0], 300, 300)
    pose = pose_from_camera(answer, alignment)
    np.testing.assert_allclose(found.rotation[0], pose.rotation, atol=1e-5)
    np.testing.assert_allclose(found.translation[0], pose.translation, atol=1e-3)
    assert found.scale[0] == pytest.approx(pose.scale, rel=1e-5)
    # The alignment makes the standard face's size; the built-in mean is a face, too: they must agree roughly.
    assert found.scale[0] == pytest.approx(1.3, rel=0.15)
    assert found.residual.max() < 0.2
    assert found.light is not None
    with pytest.raises(ModelError, match="80 and 64"):
        Deep3D(network).fit_track(builtin.load(), track, clip)
    with pytest.raises(InputError, match="the clip has 1"):
        Deep3D(network).fit_track(model, track, DrawnClip(clip.pictures[:1]))
