"""Texture extraction: against its plain reference, and a known texture rendered and recovered."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import InputError
from mien.geometry.camera import project
from mien.geometry.rasteriser import rasterise
from mien.geometry.texture import TextureMap, extract_texture, extract_texture_reference, fill_hidden
from mien.morphable import builtin
from mien.types import Pose


def known_texture(size: int) -> np.ndarray:
    """Smooth waves of a different period a channel, 0.1 to 0.9."""
    v, u = np.mgrid[0:size, 0:size] / (size - 1)
    waves = [np.sin(22 * u + 3 * v), np.cos(19 * v - 5 * u), np.sin(14 * (u + v))]
    return (0.5 + 0.4 * np.stack(waves, axis=-1)).astype(np.float32)


def rendered(size: int, texture: np.ndarray, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """The built-in face with a texture, and its projected vertices: rasterised UV, then bilinear lookup."""
    model = builtin.load()
    points = project(model.mean, pose)
    uv, depth = rasterise(points.astype(np.float32), model.triangles, model.uv, size, size)
    place = uv[..., ::-1] * (len(texture) - 1)
    low = np.clip(np.floor(place).astype(int), 0, len(texture) - 2)
    f = (place - low)[..., None]
    (r, c), (fr, fc) = (low[..., 0], low[..., 1]), (f[..., 0, :], f[..., 1, :])
    top = texture[r, c] * (1 - fc) + texture[r, c + 1] * fc
    bottom = texture[r + 1, c] * (1 - fc) + texture[r + 1, c + 1] * fc
    image = (top * (1 - fr) + bottom * fr) * np.isfinite(depth)[..., None]
    return image.astype(np.float32), points


def posed(size: int, yaw: float = 0.0) -> Pose:
    return Pose(np.array([0.05, yaw, 0.1]), size / 240.0, np.array([size / 2.0, size / 2.0]))


@pytest.mark.parametrize("supersampling", [None, 1, 3])
def test_kernel_equals_reference(supersampling: int | None) -> None:
    image, points = rendered(96, known_texture(64), posed(96, 0.5))
    model = builtin.load()
    fast = extract_texture(image, points, model.triangles, model.uv, 40, supersampling)
    plain = extract_texture_reference(image, points, model.triangles, model.uv, 40, supersampling)
    # Samples on an edge between triangles may fall to either; single and double precision decide differently there.
    assert (fast.covered == plain.covered).mean() > 0.995
    assert (np.abs(fast.visible - plain.visible) < 1e-5).mean() > 0.99
    both = fast.covered & plain.covered
    assert (np.abs(fast.colours - plain.colours).max(axis=-1)[both] < 2e-3).mean() > 0.99


@pytest.mark.parametrize(("size", "yaw"), [(64, 0.0), (128, 0.4), (200, -0.4)])
def test_known_texture_is_recovered_where_it_is_seen(size: int, yaw: float) -> None:
    """Render at 512, extract, compare: what is left is two bilinear interpolations of waves of 60 px and more."""
    texture = known_texture(size)
    image, points = rendered(512, texture, posed(512, yaw))
    model = builtin.load()
    found = extract_texture(image, points, model.triangles, model.uv, size)
    seen = found.visible > 0.999
    # Away from the silhouette, where the picture's background bleeds into the cubic.
    inner = seen & (fill_inward(seen) >= 3)
    assert inner.sum() > 0.3 * found.covered.sum()
    error = np.abs(found.colours - texture).max(axis=-1)[inner]
    assert np.median(error) < 0.01
    assert np.quantile(error, 0.99) < 0.08


def fill_inward(mask: np.ndarray) -> np.ndarray:
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(mask))


def test_hidden_side_of_a_turned_head_is_marked() -> None:
    """Turned by 60 degrees to its left the far cheek is hidden; straight on all but its rim is seen."""
    model = builtin.load()
    frontal = extract_texture(*rendered(256, known_texture(64), posed(256)), model.triangles, model.uv, 64)
    turned = extract_texture(*rendered(256, known_texture(64), posed(256, 1.05)), model.triangles, model.uv, 64)
    assert frontal.visible[frontal.covered].mean() > 0.75
    left, right = turned.visible[:, 32:][turned.covered[:, 32:]], turned.visible[:, :32][turned.covered[:, :32]]
    assert abs(left.mean() - right.mean()) > 0.3


def test_a_sheet_before_another_hides_it() -> None:
    """Two squares, one behind the other: all of the front one is seen, of the back one only what sticks out."""
    square = np.array([[0, 0], [40, 0], [40, 40], [0, 40]], float)
    points = np.concatenate([np.c_[square + 10, [0.0] * 4], np.c_[square + 30, [50.0] * 4]])
    uv = np.concatenate([square / 40 * 0.4, square / 40 * 0.4 + [0.5, 0.0]])
    # Counter-clockwise with y up: clockwise as listed with y down.
    triangles = np.array([[0, 2, 1], [0, 3, 2], [4, 6, 5], [4, 7, 6]], np.int32)
    found = extract_texture(np.full((80, 80, 3), 0.5, np.float32), points, triangles, uv, 101, 1)
    assert found.visible[:40, :40].min() == 1.0
    behind = found.visible[1:40, 51:90]
    assert behind[:18, :18].max() == 0.0
    assert behind[22:, 22:].min() == 1.0


def test_outside_of_the_picture_is_not_seen() -> None:
    model = builtin.load()
    image, points = rendered(128, known_texture(64), posed(128))
    found = extract_texture(image, points + np.array([64.0, 0.0, 0.0]), model.triangles, model.uv, 64)
    share = found.visible[found.covered].mean()
    assert 0.3 < share < 0.7


def test_fine_detail_is_averaged_not_skipped() -> None:
    """A checkerboard of single pixels is grey on a map much smaller than the picture."""
    checker = ((np.indices((256, 256)).sum(axis=0) % 2)[..., None] * np.ones(3)).astype(np.float32)
    corners = np.array([[0, 0, 0], [255, 0, 0], [255, 255, 0], [0, 255, 0]], float)
    triangles = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    found = extract_texture(checker, corners, triangles, corners[:, :2] / 255, 65)
    assert found.covered[1:-1, 1:-1].all()
    assert np.abs(found.colours[1:-1, 1:-1] - 0.5).mean() < 0.05


def test_texels_that_were_not_seen_take_the_nearest_colour_that_was() -> None:
    """Columns 0 and 1 seen, 4 on the mesh but hidden, 6 seen; with a margin of 1, column 3 and 5 are not trusted."""
    colours = np.zeros((3, 8, 3), np.float32)
    colours[:] = np.arange(8)[None, :, None] / 10
    covered = np.ones((3, 8), bool)
    covered[:, 7] = False
    visible = covered.astype(np.float32)
    visible[:, 4] = 0.0
    filled = fill_hidden(TextureMap(colours, visible, covered), margin=1)
    np.testing.assert_allclose(filled[1, :, 0], [0.0, 0.1, 0.2, 0.2, filled[1, 4, 0], 0.6, 0.6, 0.6], atol=1e-6)
    assert filled[1, 4, 0] in (np.float32(0.2), np.float32(0.6))
    nothing = TextureMap(colours, np.zeros_like(visible), covered)
    np.testing.assert_array_equal(fill_hidden(nothing), colours)


@pytest.mark.parametrize("size", [0, 1025])
def test_size_out_of_range(size: int) -> None:
    with pytest.raises(InputError, match="texels a side"):
        extract_texture(
            np.zeros((8, 8, 3), np.float32), np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32), np.zeros((3, 2)), size
        )
