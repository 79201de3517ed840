import numpy as np
import pytest

from mien.errors import InputError, ModelError

torch = pytest.importorskip("torch")

from mien.nn.lpips import SMALLEST_PX, AlexNetFeatures, Lpips, Vgg16Features  # noqa: E402


def random_arrays(trunk, seed=0):
    """Heads and trunk with the published names; heads are not negative, as the published ones."""
    rng = np.random.default_rng(seed)
    features = AlexNetFeatures() if trunk == "alex" else Vgg16Features()
    backbone = {}
    for name, value in features.state_dict().items():
        inputs = np.prod(value.shape[1:]) if value.ndim > 1 else 100
        backbone[name] = rng.normal(0, inputs**-0.5, tuple(value.shape)).astype(np.float32)
    heads = {
        f"lin{i}.model.1.weight": rng.uniform(0, 1, (1, c, 1, 1)).astype(np.float32)
        for i, c in enumerate(features.CHANNELS)
    }
    return heads, backbone


def alexnet_written_out(backbone, picture):
    """The five stages of AlexNet on one ``(3, H, W)`` picture, by sums over windows."""
    x = (picture - np.array((-0.030, -0.088, -0.188))[:, None, None]) / np.array((0.458, 0.448, 0.450))[:, None, None]
    stages = []
    for number, stride, pad, pools in (
        (0, 4, 2, False),
        (3, 1, 2, True),
        (6, 1, 1, True),
        (8, 1, 1, False),
        (10, 1, 1, False),
    ):
        if pools:
            x = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2].max(axis=(3, 4))
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
        kernel, bias = backbone[f"features.{number}.weight"], backbone[f"features.{number}.bias"]
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
        out = np.einsum("chwij,ocij->ohw", windows, kernel.astype(float), optimize=True)
        x = np.maximum(out + bias[:, None, None], 0)
        stages.append(x)
    return stages


def pictures(count, size=40, seed=1):
    return torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, (count, 3, size, size)).astype(np.float32))


def test_distance_against_the_definition_written_out():
    heads, backbone = random_arrays("alex")
    first, second = pictures(1), pictures(1, seed=2)
    expected = 0.0
    stages = [alexnet_written_out(backbone, p[0].numpy().astype(float)) for p in (first, second)]
    for number, (a, b) in enumerate(zip(*stages, strict=True)):
        a, b = (f / np.sqrt((f**2).sum(axis=0)) for f in (a, b))
        weighted = heads[f"lin{number}.model.1.weight"][0, :, 0, 0] @ ((a - b) ** 2).reshape(len(a), -1)
        expected += weighted.mean()
    found = Lpips.from_arrays(heads, backbone, "alex")(first, second)
    assert expected > 0.1  # something is compared
    assert float(found[0]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("trunk", ["alex", "vgg"])
def test_layout_symmetry_and_batches(trunk):
    network = Lpips.from_arrays(*random_arrays(trunk), trunk)
    # torchvision's counts of the convolutional parts
    assert sum(p.numel() for p in network.net.parameters()) == {"alex": 2_469_696, "vgg": 14_714_688}[trunk]
    size = SMALLEST_PX[trunk]
    first, second = pictures(3, size), pictures(3, size, seed=2)
    together = network(first, second)
    assert together.shape == (3,)
    np.testing.assert_allclose(
        [float(network(a[None], b[None])[0]) for a, b in zip(first, second, strict=True)], together, rtol=1e-4
    )
    np.testing.assert_allclose(network(second, first), together, rtol=1e-5)
    np.testing.assert_array_equal(network(first, first), np.zeros(3))
    assert torch.isfinite(network(torch.ones(1, 3, size, size), -torch.ones(1, 3, size, size))).all()
    with pytest.raises(InputError, match=f"at least {size} px"):
        network(first[:, :, 1:], second[:, :, 1:])


def test_stages_of_vgg_lie_where_the_paper_takes_them():
    # relu1_2, relu2_2, relu3_3, relu4_3, relu5_3: sizes halve, 32 px to 2
    shapes = [tuple(f.shape[1:]) for f in Vgg16Features()(torch.zeros(1, 3, 32, 32))]
    assert shapes == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]


def test_another_network_is_refused():
    heads, backbone = random_arrays("alex")
    with pytest.raises(ModelError, match=r"trunk of LPIPS-vgg: features\.0\.weight is \(64, 3, 11, 11\)"):
        Lpips.from_arrays(heads, backbone, "vgg")
    with pytest.raises(ModelError, match=r"heads of LPIPS-alex: 4 is nothing"):
        Lpips.from_arrays({k: v for k, v in heads.items() if "lin4" not in k}, backbone, "alex")
    # torchvision's files hold the classifier, too
    Lpips.from_arrays(heads, backbone | {"classifier.1.weight": np.zeros((4, 4), np.float32)}, "alex")
