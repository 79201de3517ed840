"""Residual networks: sizes as published, gradients everywhere."""

from __future__ import annotations

import pytest

from mien.errors import InputError

torch = pytest.importorskip("torch")

from mien.nn.residual_network import SHAPES, ResidualNetwork  # noqa: E402


@pytest.mark.parametrize(("name", "millions"), [("resnet-18", 11.689512), ("resnet-50", 25.557032)])
def test_as_many_weights_as_published(name: str, millions: float) -> None:
    """Counts of torchvision's documentation for 1,000 classes: 11,689,512 and 25,557,032."""
    with torch.device("meta"):
        network = ResidualNetwork(name, 1000)
    assert sum(p.numel() for p in network.parameters()) == round(millions * 1e6)


def test_names_are_torchvisions() -> None:
    with torch.device("meta"):
        names = set(ResidualNetwork("resnet-50", 1000).state_dict())
    for name in ("conv1.weight", "layer1.0.downsample.0.weight", "layer4.2.bn3.running_var", "fc.bias"):
        assert name in names
    assert not any("layer1.1.downsample" in name for name in names)
    assert len(names) == 320  # torchvision's resnet50().state_dict()


@pytest.mark.parametrize("side", [32, 48])
def test_shapes_and_gradients(side: int) -> None:
    torch.manual_seed(0)
    network = ResidualNetwork("resnet-tiny", 5)
    scores = network(torch.randn(4, 3, side, side))
    assert scores.shape == (4, 5)
    scores.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_unknown_name() -> None:
    assert "resnet-50" in SHAPES
    with pytest.raises(InputError, match="no residual network 'vgg'"):
        ResidualNetwork("vgg", 2)
