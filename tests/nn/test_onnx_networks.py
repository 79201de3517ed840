"""ArcFace and HSEmotion on ONNX files of their layout, made by the tests: a mean over the picture, a dense layer."""

import numpy as np
import pytest
from skimage.transform import AffineTransform, SimilarityTransform, warp

from mien.errors import InputError, ModelError
from mien.nn.arcface import POINTS, TEMPLATE, ArcFace, align_face, similarity
from mien.nn.hsemotion import LABELS, HsEmotion
from mien.nn.onnx_graph import with_last_features

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def write_model(path, size, outputs, seed=0, last="Gemm", batch="N"):
    """Mean colour, then a dense layer; returns its matrix ``(3, outputs)`` and bias."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(seed)
    matrix = rng.normal(0, 1, (3, outputs)).astype(np.float32)
    bias = rng.normal(0, 1, outputs).astype(np.float32)
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
    ]
    if last == "Gemm":
        nodes.append(helper.make_node("Gemm", ["flat", "matrix", "bias"], ["output"]))
    elif last == "MatMul":
        nodes.append(helper.make_node("MatMul", ["flat", "matrix"], ["product"]))
        nodes.append(helper.make_node("Add", ["bias", "product"], ["output"]))
    else:
        nodes.append(helper.make_node(last, ["flat"], ["output"]))
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, size, size])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [batch, outputs])],
        [numpy_helper.from_array(matrix, "matrix"), numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return matrix, bias


def crops(count, size, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3)).astype(np.uint8)


@pytest.mark.parametrize("batch", ["N", 1])
def test_arcface_takes_colours_as_insightface_gives_them(tmp_path, batch):
    matrix, bias = write_model(tmp_path / "net.onnx", 112, 512, batch=batch)
    network = ArcFace(tmp_path / "net.onnx")
    given = crops(9, 112)  # more than one internal batch
    expected = (given.mean(axis=(1, 2)) - 127.5) / 127.5 @ matrix + bias
    together = network.features(given)
    np.testing.assert_allclose(together, expected, atol=1e-5)
    np.testing.assert_allclose(network.features(given[3:4])[0], together[3], atol=1e-6)
    assert network.features(given[:0]).shape == (0, 512)
    with pytest.raises(InputError, match="112, 112"):
        network.features(crops(1, 100))


@pytest.mark.parametrize("last", ["Gemm", "MatMul"])
def test_hsemotion_gives_probabilities_and_what_lies_before(tmp_path, last):
    matrix, bias = write_model(tmp_path / "net.onnx", 224, 8, last=last)
    network = HsEmotion(tmp_path / "net.onnx")
    given = crops(3, 224)
    means = (given.mean(axis=(1, 2)) / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    np.testing.assert_allclose(network.features(given), means, atol=1e-4)
    powers = np.exp(means @ matrix + bias)
    found = network.probabilities(given)
    np.testing.assert_allclose(found, powers / powers.sum(axis=1, keepdims=True), atol=1e-4)
    np.testing.assert_allclose(network.probabilities(given[1:2])[0], found[1], atol=1e-6)
    assert found.shape == (3, len(LABELS))
    assert network.probabilities(given[:0]).shape == (0, 8)


def test_the_added_output_is_sound_for_onnx_itself(tmp_path):
    write_model(tmp_path / "net.onnx", 224, 8)
    content, name = with_last_features((tmp_path / "net.onnx").read_bytes())
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    assert [output.name for output in model.graph.output] == ["output", name] == ["output", "flat"]


def test_what_is_another_network_is_said(tmp_path):
    write_model(tmp_path / "net.onnx", 112, 128)
    with pytest.raises(ModelError, match=r"is not ArcFace: it takes .* expected \(N, 3, 112, 112\) and \(N, 512\)"):
        ArcFace(tmp_path / "net.onnx")
    write_model(tmp_path / "net.onnx", 224, 3, last="Relu")
    with pytest.raises(ModelError, match="ends in Relu"):
        HsEmotion(tmp_path / "net.onnx")
    (tmp_path / "net.onnx").write_bytes(b"no network, but some bytes")
    with pytest.raises(ModelError, match="not an ONNX file"):
        HsEmotion(tmp_path / "net.onnx")
    with pytest.raises(ModelError, match=r"net\.onnx' cannot be run"):
        ArcFace(tmp_path / "net.onnx")
    with pytest.raises(ModelError, match=r"missing\.onnx"):
        ArcFace(tmp_path / "missing.onnx")


def test_similarity_against_scikit_image():
    target = np.random.default_rng(0).uniform(0, 400, (5, 2))
    turn, shift = similarity(np.array(TEMPLATE), target)
    expected = SimilarityTransform.from_estimate(np.array(TEMPLATE), target)
    moved = np.array([complex(*p) for p in TEMPLATE]) * turn + shift
    np.testing.assert_allclose(np.stack([moved.real, moved.imag], axis=1), expected(np.array(TEMPLATE)), atol=1e-9)


def test_alignment_against_scikit_image_and_by_hand():
    rng = np.random.default_rng(0)
    rgb = np.kron(rng.integers(0, 256, (30, 40, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    points = np.full((478, 3), 1000.0)
    place = SimilarityTransform(scale=1.7, rotation=0.3, translation=(120, 40))
    points[list(POINTS), :2] = place(np.array(TEMPLATE))
    found = align_face(rgb, points)
    expected = warp(rgb, AffineTransform(place.params), output_shape=(112, 112), order=1, cval=0, preserve_range=True)
    # both bilinear; scikit-image rounds positions less than a value away
    assert np.abs(found.astype(float) - expected).max() <= 1
    points[list(POINTS), :2] = TEMPLATE
    np.testing.assert_array_equal(align_face(rgb, points), rgb[:112, :112])
    with pytest.raises(InputError, match="no size"):
        align_face(rgb, np.ones((478, 3)))
    with pytest.raises(InputError, match="expected finite"):
        align_face(rgb, points[:468])
