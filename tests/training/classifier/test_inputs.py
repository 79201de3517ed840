"""The five inputs of DNT's Table 1: each shows what it should and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from mien.data.prepared import PreparedFootage
from mien.errors import InputError
from mien.morphable import builtin

pytest.importorskip("torch")

from mien.training.classifier.inputs import INPUTS, InputPictures, resized, vertex_colours


def pictures(prepared: PreparedFootage, kind: str, size: int = 48) -> InputPictures:
    return InputPictures(prepared, builtin.load(), kind, size)


@pytest.mark.parametrize("kind", INPUTS)
def test_each_has_its_shape_and_is_made_once(drawn: PreparedFootage, kind: str) -> None:
    found = pictures(drawn, kind)
    assert len(found) == 40
    assert found.read(np.array([3, 17])).shape == (2, 48, 48, 3)
    assert found[3] is found[3]
    assert found[3].dtype == np.uint8
    assert found[3].std() > 5


def test_shape_without_colour_is_grey_and_the_same_for_every_texture(drawn: PreparedFootage) -> None:
    shape = pictures(drawn, "rendered_shape")[0]
    assert (shape[..., 0] == shape[..., 1]).all()
    assert (shape[..., 0] == shape[..., 2]).all()
    assert (shape == 0).mean() > 0.2  # black around the face
    assert shape.max() > 200  # the light stands at the camera


def test_the_mouth_shows_in_rendered_texture_and_blurred_in_vertex_colours(drawn: PreparedFootage) -> None:
    """The mouth's patch (UV rows 40-48 of 64) is drawn red or blue; vertex colours keep the hue and lose the edge."""
    happy, sad = 8, 30
    for kind in ("rendered_texture", "rendered_vertex_colours", "textures"):
        found = pictures(drawn, kind)
        red = [np.asarray(found[k], float)[..., 0] - np.asarray(found[k], float)[..., 2] for k in (happy, sad)]
        assert red[0].max() > 40
        assert red[1].min() < -40
    sharp, soft = (np.asarray(pictures(drawn, kind)[happy], float)[..., 0] for kind in list(INPUTS)[1::3])
    assert np.abs(np.diff(sharp, axis=0)).mean() > np.abs(np.diff(soft, axis=0)).mean()


def test_vertex_colours_of_a_flat_texture_are_its_colour() -> None:
    flat = np.full((32, 32, 3), (10, 100, 200), np.uint8)
    found = vertex_colours(flat, np.ones((32, 32), bool), builtin.load())
    np.testing.assert_allclose(found * 255, np.tile([10, 100, 200], (468, 1)), atol=0.01)
    half = np.zeros((32, 32), bool)
    half[:, 16:] = True
    flat[:, :16] = 255  # not seen
    seen = vertex_colours(flat, half, builtin.load())
    assert seen[builtin.load().uv[:, 0] > 0.55, 0].max() * 255 < 30


def test_resizing_averages() -> None:
    checker = np.asarray((np.indices((64, 64)).sum(axis=0) % 2)[..., None] * np.ones(3) * 255, np.uint8)
    assert np.abs(resized(checker, 16).astype(int) - 128).max() < 20
    assert resized(checker, 64) is checker


def test_unknown_input(drawn: PreparedFootage) -> None:
    with pytest.raises(InputError, match="no input 'sound'"):
        pictures(drawn, "sound")
