import numpy as np
import pytest

from mien.errors import InputError, ModelError
from mien.nn.face_recognition import BLOCKS, FEATURES, FaceRecognition, layout


def random_weights(seed=0):
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in layout().items():
        spread = 0.1 if len(shape) == 1 else np.prod(shape[:-1]) ** -0.5
        weights[name] = (rng.normal(0, spread, shape) + name.endswith("scale/weights")).astype(np.float32)
    return weights


def reference(weights, crop):
    """The network step by step in float64: channels first, sums over windows."""

    def layer(x, name, stride, pad):
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
        kernel = weights[f"{name}/conv/filters"].astype(float)
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
        y = np.einsum("chwij,ijco->ohw", windows, kernel, optimize=True)
        scale, shift, bias = (
            weights[f"{name}/{part}"][:, None, None] for part in ("scale/weights", "scale/biases", "conv/bias")
        )
        return (y + bias) * scale + shift

    x = ((crop - (122.782, 117.001, 104.298)) / 255).transpose(2, 0, 1)
    x = np.maximum(layer(x, "conv32_down", 2, 0), 0)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2]
    x = windows.max(axis=(3, 4))
    for name, channels, halves in BLOCKS:
        y = np.maximum(layer(x, f"{name}/conv1", 2 if halves else 1, 0 if halves else 1), 0)
        y = layer(y, f"{name}/conv2", 1, 1)
        if halves:
            height = x.shape[1] // 2
            pooled = x[:, : 2 * height, : 2 * height].reshape(len(x), height, 2, height, 2).mean(axis=(2, 4))
            x = np.zeros((channels, height, height))
            x[: len(pooled)] = pooled
            larger = np.zeros_like(x)
            larger[:, : y.shape[1], : y.shape[2]] = y
            y = larger
        x = np.maximum(x + y, 0)
    return x.mean(axis=(1, 2)) @ weights["fc"]


def crops(count, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (count, 150, 150, 3)).astype(np.uint8)


def test_agrees_with_the_architecture_written_out():
    weights = random_weights()
    expected = reference(weights, crops(1)[0])
    found = FaceRecognition(weights).features(crops(1))[0]
    # float32 through 29 layers against float64
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


def test_batch_and_one_by_one():
    network = FaceRecognition(random_weights())
    given = crops(5)  # more than one internal batch
    together = network.features(given)
    assert together.shape == (5, FEATURES)
    alone = np.concatenate([network.features(crop[None]) for crop in given])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-5)
    assert network.features(given[:0]).shape == (0, FEATURES)


def test_refuses_what_it_does_not_take(tmp_path, manifest_writer):
    for bad in (np.zeros((150, 150, 3), np.uint8), np.zeros((1, 150, 150, 3)), np.zeros((1, 112, 112, 3), np.uint8)):
        with pytest.raises(InputError, match="expected uint8"):
            FaceRecognition({}).features(bad)
    weights = random_weights()
    manifest_writer(tmp_path, "face_recognition_model", weights)
    assert set(FaceRecognition.load(tmp_path).weights) == set(weights)
    manifest_writer(tmp_path, "face_recognition_model", weights | {"fc": np.zeros((256, 64), np.float32)})
    with pytest.raises(ModelError, match=r"fc is \(256, 64\), expected \(256, 128\)"):
        FaceRecognition.load(tmp_path)
