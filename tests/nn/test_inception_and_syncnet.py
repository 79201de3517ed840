"""Layouts of the published networks: names, shapes and sizes; that the parts sit where the sources say."""

import numpy as np
import pytest

from mien.errors import InputError, ModelError

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from mien.nn.inception import FEATURES, BlockE, Inception, _pooled  # noqa: E402
from mien.nn.syncnet import SyncNet  # noqa: E402


def filled(network, seed=0):
    """Arrays for every name: convolutions that keep the variance, batch normalisation near the identity."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, value in network.state_dict().items():
        shape = tuple(value.shape)
        if name.endswith("num_batches_tracked"):
            continue
        if value.ndim > 1:
            arrays[name] = rng.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape).astype(np.float32)
        elif name.endswith(("running_var", "weight")):
            arrays[name] = rng.uniform(0.8, 1.2, shape).astype(np.float32)
        else:
            arrays[name] = rng.normal(0, 0.05, shape).astype(np.float32)
    return arrays


def test_inception_has_the_published_layout():
    state = Inception().state_dict()
    convolutions = [name for name in state if name.endswith(".conv.weight")]
    assert len(convolutions) == 94
    assert {name.split(".")[-2] + "." + name.split(".")[-1] for name in state if ".conv." not in name} == {
        f"bn.{part}" for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    }
    assert tuple(state["Mixed_5b.branch_pool.conv.weight"].shape) == (32, 192, 1, 1)
    assert tuple(state["Mixed_6e.branch7x7dbl_5.conv.weight"].shape) == (192, 192, 1, 7)
    assert tuple(state["Mixed_7c.branch3x3dbl_3b.conv.weight"].shape) == (384, 384, 3, 1)
    # The published file, 95,628,359 bytes, is these numbers, a classifier of 1,008 classes, and 0.1 % of names.
    numbers = sum(v.numel() * v.element_size() for v in state.values()) + 4 * 1008 * (FEATURES + 1)
    assert 0 < 95_628_359 - numbers < 0.001 * numbers


def test_inception_gives_2048_numbers_alone_and_in_batches():
    arrays = filled(Inception())
    network = Inception.from_arrays(arrays | {"fc.weight": np.zeros((1008, FEATURES), np.float32)})
    given = torch.rand(2, 3, 120, 90, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        together = network(given)
        alone = torch.cat([network(picture[None]) for picture in given])
        scaled = network(functional.interpolate(given, (299, 299), mode="bilinear", align_corners=False))
    assert together.shape == (2, FEATURES)
    np.testing.assert_allclose(alone, together, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(scaled, together, rtol=1e-3, atol=1e-4)
    assert float((together[0] - together[1]).abs().max()) > 1e-3
    with pytest.raises(InputError, match="RGB"):
        network(given[:, :1])
    with pytest.raises(ModelError, match=r"Mixed_7c\.branch_pool\.bn\.bias is nothing"):
        Inception.from_arrays({k: v for k, v in arrays.items() if k != "Mixed_7c.branch_pool.bn.bias"})


def test_pooling_branches_as_tensorflow_pools():
    x = torch.arange(9.0).view(1, 1, 3, 3)
    # the corner's mean is over the four pixels there are, not over nine
    np.testing.assert_allclose(_pooled(x)[0, 0], [[2, 2.5, 3], [3.5, 4, 4.5], [5, 5.5, 6]])
    blocks = [BlockE(2048, pooling) for pooling in ("mean", "maximum")]
    for block in blocks:
        block.load_state_dict(blocks[0].state_dict())
        block.eval()
    x = torch.rand(1, 2048, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        first, last = (block(x) for block in blocks)
    np.testing.assert_array_equal(first[:, :-192], last[:, :-192])
    expected = blocks[1].branch_pool(functional.max_pool2d(x, 3, 1, 1)).detach()
    np.testing.assert_array_equal(last[:, -192:], expected)
    assert not torch.equal(first[:, -192:], last[:, -192:])
    assert [network.pooling for network in (Inception().Mixed_7b, Inception().Mixed_7c)] == ["mean", "maximum"]


def test_syncnet_has_the_published_layout():
    state = SyncNet().state_dict()
    shapes = {
        "netcnnaud.0.weight": (64, 1, 3, 3),
        "netcnnaud.4.weight": (192, 64, 3, 3),
        "netcnnaud.8.weight": (384, 192, 3, 3),
        "netcnnaud.11.weight": (256, 384, 3, 3),
        "netcnnaud.18.weight": (512, 256, 5, 4),
        "netcnnlip.0.weight": (96, 3, 5, 7, 7),
        "netcnnlip.4.weight": (256, 96, 1, 5, 5),
        "netcnnlip.8.weight": (256, 256, 1, 3, 3),
        "netcnnlip.18.weight": (512, 256, 1, 6, 6),
        "netfcaud.0.weight": (512, 512),
        "netfcaud.3.weight": (1024, 512),
        "netfclip.3.bias": (1024,),
    }
    assert {name: tuple(state[name].shape) for name in shapes} == shapes
    # The published file has 54,573,114 bytes: these numbers and 0.1 % of names.
    numbers = sum(value.numel() * value.element_size() for value in state.values())
    assert 0 < 54_573_114 - numbers < 0.001 * numbers


def test_syncnet_alone_and_in_batches():
    network = SyncNet.from_arrays(filled(SyncNet()))
    make = torch.Generator().manual_seed(0)
    speech = torch.randn(3, 13, 20, generator=make)
    faces = torch.rand(2, 3, 5, 224, 224, generator=make) * 255
    with torch.no_grad():
        for features, given in ((network.audio_features, speech), (network.face_features, faces)):
            together = features(given)
            assert together.shape == (len(given), 1024)
            alone = torch.cat([features(one[None]) for one in given])
            np.testing.assert_allclose(alone, together, rtol=1e-3, atol=1e-3 * float(together.abs().max()))
    with pytest.raises(InputError, match=r"expected \(N, 13, 20\)"):
        network.audio_features(speech.transpose(1, 2))
    with pytest.raises(InputError, match="expected"):
        network.face_features(faces[:, :, :4])
