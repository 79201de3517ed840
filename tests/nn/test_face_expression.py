import numpy as np
import pytest
from scipy.signal import correlate

from mien.errors import InputError, ModelError
from mien.nn.face_expression import LABELS, MANIFEST, FaceExpression, layout


def random_weights(seed=0):
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in layout().items():
        inputs = 9 if "depthwise" in name else np.prod(shape[:-1])
        weights[name] = rng.normal(0, 0.3 if name.endswith("bias") else inputs**-0.5, shape).astype(np.float32)
    return weights


def reference(weights, crop):
    """The published architecture step by step in float64 with SciPy, as its source has it: three or four sums."""

    def same(x, kernel, stride):
        """TensorFlow's 'same' for a 3x3 kernel: with stride 2 on even sizes the border lies at the end alone."""
        before = 0 if stride == 2 else 1
        return correlate(np.pad(x, ((before, 1), (before, 1))), kernel, mode="valid")[::stride, ::stride]

    def separable(x, name, stride=1):
        depthwise = weights[f"{name}/depthwise_filter"]
        planes = [same(x[..., c], depthwise[..., c, 0], stride) for c in range(x.shape[-1])]
        return np.stack(planes, axis=-1) @ weights[f"{name}/pointwise_filter"][0, 0] + weights[f"{name}/bias"]

    def relu(x):
        return np.maximum(x, 0)

    x = (crop.astype(float) - (122.782, 117.001, 104.298)) / 255
    for block in range(4):
        name = f"dense{block}"
        if block == 0:
            kernel = weights["dense0/conv0/filters"]
            out1 = np.stack([sum(same(x[..., i], kernel[..., i, o], 2) for i in range(3)) for o in range(32)], axis=-1)
            out1 = relu(out1 + weights["dense0/conv0/bias"])
        else:
            out1 = relu(separable(x, f"{name}/conv0", 2))
        out2 = separable(out1, f"{name}/conv1")
        out3 = separable(relu(out1 + out2), f"{name}/conv2")
        out4 = separable(relu(out1 + out2 + out3), f"{name}/conv3")
        x = relu(out1 + out2 + out3 + out4)
    assert x.shape == (7, 7, 256)
    logits = x.mean(axis=(0, 1)) @ weights["fc/weights"] + weights["fc/bias"]
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def crops(count, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (count, 112, 112, 3)).astype(np.uint8)


def test_agrees_with_the_architecture_written_out_with_scipy():
    weights = random_weights()
    expected = reference(weights, crops(1)[0])
    assert 0.02 < expected.max() < 0.98  # the made-up network is not saturated, else nothing is compared
    np.testing.assert_allclose(FaceExpression(weights).probabilities(crops(1))[0], expected, atol=1e-5)


def test_layout_has_the_size_of_the_published_file():
    # quantised to one byte a weight, biases kept in 32 bits
    bytes_each = {name: 4 if name.endswith("bias") else 1 for name in layout()}
    assert sum(bytes_each[name] * int(np.prod(shape)) for name, shape in layout().items()) == 329_468


def test_batch_and_one_by_one():
    network = FaceExpression(random_weights())
    given = crops(9)  # more than one internal batch
    together = network.probabilities(given)
    assert together.shape == (9, len(LABELS))
    assert network.labels == LABELS
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)
    alone = np.concatenate([network.probabilities(crop[None]) for crop in given])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    assert network.probabilities(given[:0]).shape == (0, 7)


@pytest.mark.parametrize(
    "bad", [np.zeros((112, 112, 3), np.uint8), np.zeros((1, 112, 112, 3)), np.zeros((1, 64, 64, 3), np.uint8)]
)
def test_refuses_other_crops(bad):
    with pytest.raises(InputError, match="expected uint8"):
        FaceExpression(random_weights()).probabilities(bad)


def test_loads_the_published_files(tmp_path, manifest_writer):
    weights = random_weights()
    manifest_writer(tmp_path, "face_expression_model", weights)
    assert (tmp_path / MANIFEST).is_file()
    found = FaceExpression.load(tmp_path).probabilities(crops(1))
    np.testing.assert_array_equal(found, FaceExpression(weights).probabilities(crops(1)))


def test_another_network_is_refused(tmp_path, manifest_writer):
    with pytest.raises(ModelError, match=r"face_expression_model-weights_manifest\.json"):
        FaceExpression.load(tmp_path)
    weights = random_weights()
    manifest_writer(tmp_path, "face_expression_model", {k: v for k, v in weights.items() if k != "fc/bias"})
    with pytest.raises(ModelError, match="fc/bias is nothing"):
        FaceExpression.load(tmp_path)
    manifest_writer(tmp_path, "face_expression_model", weights | {"fc/bias": np.zeros(8, np.float32)})
    with pytest.raises(ModelError, match=r"fc/bias is \(8,\), expected \(7,\)"):
        FaceExpression.load(tmp_path)
