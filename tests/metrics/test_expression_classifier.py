import numpy as np
import pytest
from scipy.signal import correlate

from mien.errors import InputError, ModelError
from mien.metrics.expression_classifier import BATCH_NORM_EPSILON, PUBLISHED_LABELS, ExpressionClassifier


def random_weights(seed=0):
    """Arrays with the names and shapes of the published file, values of ours."""
    rng = np.random.default_rng(seed)
    weights = {"labels": np.array(["a", "b", "c", "d", "e", "f", "g"])}

    def normalisation(number, channels):
        name = f"batch_normalization_{number}"
        weights[f"{name}/gamma"] = rng.uniform(0.5, 1.5, channels)
        weights[f"{name}/beta"] = rng.normal(0, 0.3, channels)
        weights[f"{name}/moving_mean"] = rng.normal(0, 0.3, channels)
        weights[f"{name}/moving_variance"] = rng.uniform(0.2, 2, channels)

    for number, inputs in ((1, 1), (2, 8)):
        weights[f"conv2d_{number}/kernel"] = rng.normal(0, 0.4, (3, 3, inputs, 8))
        normalisation(number, 8)
    inputs = 8
    for module, outputs in enumerate((16, 32, 64, 128)):
        weights[f"conv2d_{module + 3}/kernel"] = rng.normal(0, inputs**-0.5, (1, 1, inputs, outputs))
        for k, width in ((1, inputs), (2, outputs)):
            name = f"separable_conv2d_{2 * module + k}"
            weights[f"{name}/depthwise_kernel"] = rng.normal(0, 0.4, (3, 3, width, 1))
            weights[f"{name}/pointwise_kernel"] = rng.normal(0, width**-0.5, (1, 1, width, outputs))
        for k in range(3):
            normalisation(3 * module + 3 + k, outputs)
        inputs = outputs
    weights["conv2d_7/kernel"] = rng.normal(0, 0.05, (3, 3, 128, 7))
    weights["conv2d_7/bias"] = rng.normal(0, 0.1, 7)
    return weights


def reference(weights, crop):
    """The published architecture step by step in float64 with SciPy, batch normalisation as written, nothing folded."""

    def correlation(x, kernel, mode):
        return np.stack(
            [
                sum(correlate(x[..., i], kernel[..., i, o], mode=mode) for i in range(x.shape[-1]))
                for o in range(kernel.shape[-1])
            ],
            axis=-1,
        )

    def normalised(x, number):
        n = f"batch_normalization_{number}"
        spread = np.sqrt(weights[f"{n}/moving_variance"] + BATCH_NORM_EPSILON)
        return weights[f"{n}/gamma"] * (x - weights[f"{n}/moving_mean"]) / spread + weights[f"{n}/beta"]

    def separable(x, number):
        depthwise = weights[f"separable_conv2d_{number}/depthwise_kernel"]
        planes = [correlate(x[..., i], depthwise[..., i, 0], mode="same") for i in range(x.shape[-1])]
        return np.stack(planes, axis=-1) @ weights[f"separable_conv2d_{number}/pointwise_kernel"][0, 0]

    def pooled(x):
        size = -(-x.shape[0] // 2)
        before = ((size - 1) * 2 + 3 - x.shape[0]) // 2
        out = np.empty((size, size, x.shape[2]))
        for i in range(size):
            for j in range(size):
                rows = slice(max(0, 2 * i - before), 2 * i - before + 3)
                columns = slice(max(0, 2 * j - before), 2 * j - before + 3)
                out[i, j] = x[rows, columns].max(axis=(0, 1))
        return out

    x = ((crop / 255 - 0.5) * 2)[..., None]
    for number in (1, 2):
        x = np.maximum(normalised(correlation(x, weights[f"conv2d_{number}/kernel"], "valid"), number), 0)
    for m in range(4):
        shortcut = normalised(x[::2, ::2] @ weights[f"conv2d_{m + 3}/kernel"][0, 0], 3 * m + 3)
        y = np.maximum(normalised(separable(x, 2 * m + 1), 3 * m + 4), 0)
        x = shortcut + pooled(normalised(separable(y, 2 * m + 2), 3 * m + 5))
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    logits = correlation(padded, weights["conv2d_7/kernel"], "valid").mean(axis=(0, 1)) + weights["conv2d_7/bias"]
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def crops(count, seed=1):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 64, 64)).astype(np.uint8)


def test_agrees_with_the_architecture_written_out_with_scipy():
    weights = random_weights()
    given = crops(2)
    expected = np.stack([reference(weights, crop.astype(float)) for crop in given])
    assert np.ptp(expected, axis=1).min() > 0.05  # the made-up network prefers some class, else nothing is compared
    # float32 against float64 through 18 layers
    np.testing.assert_allclose(ExpressionClassifier.from_weights(weights).probabilities(given), expected, atol=1e-5)


def test_published_weights_agree_with_scipy_too(classifier):
    from mien.metrics.recognition import CLASSIFIER_FILE, shared_folder

    with np.load(shared_folder() / CLASSIFIER_FILE) as archive:
        weights = dict(archive)
    given = crops(1)
    expected = reference(weights, given[0].astype(float))
    np.testing.assert_allclose(classifier.probabilities(given)[0], expected, atol=1e-5)


def test_batches_and_number_formats_give_the_same():
    network = ExpressionClassifier.from_weights(random_weights())
    given = crops(19)  # more than one internal batch
    together = network.probabilities(given)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(network.probabilities(given[17:]), together[17:], atol=1e-6)
    np.testing.assert_allclose(network.probabilities(given / 255.0), together, atol=1e-6)
    assert network.probabilities(given[:0]).shape == (0, 7)


@pytest.mark.parametrize("bad", [np.zeros((64, 64), np.uint8), np.zeros((1, 48, 48)), np.zeros((1, 64, 64), np.int64)])
def test_refuses_other_crops(bad):
    with pytest.raises(InputError, match="expected"):
        ExpressionClassifier.from_weights(random_weights()).probabilities(bad)


def test_bad_files_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"missing\.npz"):
        ExpressionClassifier.load(tmp_path / "missing.npz")
    text = tmp_path / "text.npz"
    text.write_text("no archive")
    with pytest.raises(ModelError, match=r"text\.npz"):
        ExpressionClassifier.load(text)
    weights = random_weights()
    del weights["conv2d_5/kernel"]
    np.savez(tmp_path / "part.npz", **weights)
    with pytest.raises(ModelError, match="conv2d_5/kernel"):
        ExpressionClassifier.load(tmp_path / "part.npz")


def test_reads_its_file_back(tmp_path):
    weights = random_weights()
    np.savez(tmp_path / "net.npz", **weights)
    given = crops(1)
    loaded = ExpressionClassifier.load(tmp_path / "net.npz")
    np.testing.assert_array_equal(
        loaded.probabilities(given), ExpressionClassifier.from_weights(weights).probabilities(given)
    )
    assert loaded.labels == tuple("abcdefg")
    # The published Keras file names no classes.
    del weights["labels"]
    assert ExpressionClassifier.from_weights(weights).labels == PUBLISHED_LABELS
