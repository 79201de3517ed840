"""Deep3DFaceRecon's regressor: the published names and shapes, and a small one of that layout through the store."""

from __future__ import annotations

import pytest

from mien.errors import ModelError
from mien.nn.weights import store
from mien.nn.weights.conversion import read_arrays
from mien.nn.weights.table import network

torch = pytest.importorskip("torch")
from mien.nn import deep3d  # noqa: E402
from mien.nn.deep3d import HEADS, Deep3DNetwork  # noqa: E402


def test_names_and_shapes_are_the_published_ones() -> None:
    """Those of sicxu/Deep3DFaceRecon_pytorch's ReconNetWrapper: torchvision's ResNet-50 without fc, seven heads."""
    with torch.device("meta"):
        state = Deep3DNetwork().state_dict()
    backbone = {name for name in state if name.startswith("backbone.")}
    assert len(backbone) == 318  # torchvision's resnet50().state_dict() has 320, two of them fc's.
    assert state["backbone.layer4.0.downsample.0.weight"].shape == (2048, 1024, 1, 1)
    heads = [f"final_layers.{k}.{part}" for k in range(7) for part in ("bias", "weight")]
    assert sorted(state.keys() - backbone) == heads
    for k, count in enumerate((80, 64, 80, 3, 27, 2, 1)):
        assert state[f"final_layers.{k}.weight"].shape == (count, 2048, 1, 1)
        assert state[f"final_layers.{k}.bias"].shape == (count,)
    assert sum(HEADS) == 257


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    made = Deep3DNetwork("resnet-tiny").eval()
    for layer in made.backbone.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)
    return made


def test_heads_stand_in_the_published_order(small) -> None:
    """Each head on its own, on the pooled features, beside the whole."""
    pictures = torch.rand(2, 3, 224, 224)
    with torch.no_grad():
        whole = small(pictures)
        features = small.backbone(pictures)
        parts = [features @ layer.weight[:, :, 0, 0].T + layer.bias for layer in small.final_layers]
    assert whole.shape == (2, 257)
    torch.testing.assert_close(whole, torch.cat(parts, dim=1))


def checkpoint(small):
    """As its BaseModel.save_networks writes it: the network, an optimiser, a scheduler."""
    optimiser = torch.optim.Adam(small.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimiser, 10, 0.2)
    return {"net_recon": small.state_dict(), "opt_00": optimiser.state_dict(), "sched_00": scheduler.state_dict()}


def test_the_checkpoint_comes_through_the_store(small, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path / "store"))
    torch.save(checkpoint(small), tmp_path / "epoch_20.pth")
    with pytest.raises(ModelError, match="mien weights add deep3d"):
        store.get("deep3d")
    folder = store.add("deep3d", [tmp_path / "epoch_20.pth"])
    assert len(store.origin("deep3d")[deep3d.FILE]["sha256"]) == 64
    again = Deep3DNetwork.from_arrays(read_arrays(folder / deep3d.FILE), "resnet-tiny")
    pictures = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(again(pictures), small(pictures))
    with pytest.raises(ModelError, match="not those of Deep3DFaceRecon"):
        Deep3DNetwork.load(folder)  # A ResNet-50 it is not.


def test_another_checkpoint_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path / "store"))
    torch.save({"model": {"a": torch.zeros(3)}}, tmp_path / "epoch_20.pth")
    with pytest.raises(ModelError, match="no 'net_recon'"):
        store.add("deep3d", [tmp_path])
    assert store.find("deep3d") is None
    assert network("deep3d").files[0].sha256 == ""  # Nothing is invented.
