"""Figures on networks: what is absent is named; what is there is read in the way of its network."""

import json

import numpy as np
import pytest

from mien.errors import InputError, ModelError, WeightsMissingError
from mien.metrics.feature_network import LOADERS, feature_network
from mien.metrics.picture_distance import lpips
from mien.metrics.second_classifier import recognise, second_classifier
from mien.metrics.sync_confidence import load_syncnet
from mien.nn.arcface import align_face
from mien.nn.face_crop import face_api_crop, mesh_crop
from mien.nn.face_expression import FaceExpression
from mien.nn.face_expression import layout as expression_layout
from mien.nn.face_recognition import FaceRecognition
from mien.nn.face_recognition import layout as recognition_layout


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path))
    return tmp_path


def keep_face_api(store, network, name, layout):
    folder = store / network
    folder.mkdir()
    rng = np.random.default_rng(0)
    content = [rng.normal(0, 0.1, shape).astype("<f4") for shape in layout.values()]
    entries = [{"name": key, "shape": list(shape), "dtype": "float32"} for key, shape in layout.items()]
    (folder / f"{name}.bin").write_bytes(b"".join(array.tobytes() for array in content))
    manifest = json.dumps([{"paths": [f"{name}.bin"], "weights": entries}])
    (folder / f"{name}-weights_manifest.json").write_text(manifest)


def keep_onnx(store, network, file, size, outputs):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    matrix = np.random.default_rng(0).normal(0, 1, (3, outputs)).astype(np.float32)
    nodes = [
        helper.make_node("GlobalAveragePool", ["in"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "matrix"], ["out"]),
    ]
    sides = helper.make_tensor_value_info("in", TensorProto.FLOAT, ["N", 3, size, size])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", outputs])
    graph = helper.make_graph(nodes, "net", [sides], [out], [numpy_helper.from_array(matrix, "matrix")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (store / network).mkdir()
    (store / network / file).write_bytes(model.SerializeToString())
    assert onnx
    return matrix


def picture():
    return np.random.default_rng(3).integers(0, 256, (600, 600, 3)).astype(np.uint8)


@pytest.mark.parametrize("figure", LOADERS)
def test_what_is_absent_is_not_replaced(store, figure):
    with pytest.raises(WeightsMissingError) as error:
        feature_network(figure)
    assert str(error.value).startswith(f"{figure} needs a network that is not on this machine: run `mien weights get ")


def test_so_do_the_other_networks(store):
    for load, words in ((lpips, "LPIPS-Alex.*get lpips-alex"), (load_syncnet, "LSE-D and LSE-C.*get syncnet"),
                        (lambda: lpips("vgg"), "LPIPS-VGG.*get lpips-vgg"),
                        (second_classifier, "second classifier.*get face-api-expression")):  # fmt: skip
        with pytest.raises(WeightsMissingError, match=words):
            load()
    with pytest.raises(InputError, match="no figure 'FID2'"):
        feature_network("FID2")


def test_a_damaged_file_is_not_called_absent(store):
    (store / "arcface").mkdir()
    (store / "arcface" / "w600k_r50.onnx").write_bytes(b"nothing")
    pytest.importorskip("onnxruntime")
    with pytest.raises(ModelError, match="cannot be run") as error:
        feature_network("ID")
    assert not isinstance(error.value, WeightsMissingError)


def test_face_api_figures(store, faces):
    keep_face_api(store, "face-api-recognition", "face_recognition_model", recognition_layout())
    keep_face_api(store, "face-api-expression", "face_expression_model", expression_layout())
    rgb, points = picture(), faces.face()[0]
    recognition = FaceRecognition.load(store / "face-api-recognition")
    expected = recognition.features(face_api_crop(rgb, points, 150)[None])[0]
    for figure in ("ID[face-api]", "FID[face-api]"):
        network = feature_network(figure)
        assert (network.figure, network.features) == (figure, 128)
        np.testing.assert_array_equal(network.read(rgb, points), expected)
    expression = FaceExpression.load(store / "face-api-expression")
    network = feature_network("FED[face-api]")
    features = network.read(rgb, points)
    assert features.shape == (network.features,) == (256,)
    seen = recognise(rgb, points, second_classifier())
    logits = features @ expression.weights["fc/weights"] + expression.weights["fc/bias"]
    np.testing.assert_allclose(seen, np.exp(logits) / np.exp(logits).sum(), rtol=1e-4, atol=1e-6)
    with pytest.raises(InputError, match="outside"):
        network.read(rgb, points + np.array((5000, 0, 0)))


def test_arcface_and_hsemotion_figures(store, faces):
    arcface = keep_onnx(store, "arcface", "w600k_r50.onnx", 112, 512)
    keep_onnx(store, "hsemotion", "enet_b0_8_best_vgaf.onnx", 224, 8)
    rgb, points = picture(), faces.face()[0]
    expected = ((align_face(rgb, points).mean(axis=(0, 1)) - 127.5) / 127.5) @ arcface
    for figure in ("ID", "FID[ArcFace]"):
        network = feature_network(figure)
        assert network.features == 512
        np.testing.assert_allclose(network.read(rgb, points), expected, atol=1e-5)
    emotion = feature_network("FED")
    assert emotion.features == 1280  # of the published network; this one has three
    mean = mesh_crop(rgb, points, 224).mean(axis=(0, 1)) / 255
    np.testing.assert_allclose(
        emotion.read(rgb, points), (mean - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225), atol=1e-4
    )


def test_inception_and_lpips_from_the_store(store, faces):
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.numpy")
    from mien.nn.inception import Inception
    from mien.nn.lpips import Lpips

    torch.manual_seed(0)
    network = Inception().eval()
    arrays = {name: value.numpy() for name, value in network.state_dict().items()}
    for folder in ("inception-fid", "lpips-alex"):
        (store / folder).mkdir()
    safetensors.save_file(arrays, store / "inception-fid" / "inception.safetensors")
    small, other = picture()[:90, :80], picture()[100:190, :80]
    with torch.no_grad():
        scaled = torch.from_numpy(small.transpose(2, 0, 1)[None].astype(np.float32) / 255)
        expected = network(scaled)[0].numpy()
    np.testing.assert_allclose(feature_network("FID").read(small, faces.face()[0]), expected, rtol=1e-3, atol=1e-5)

    distance = Lpips("alex")
    trunk = {name: value.numpy() for name, value in distance.net.state_dict().items()}
    heads = {f"lin{i}.model.1.weight": head.detach().numpy() for i, head in enumerate(distance.heads)}
    safetensors.save_file(trunk, store / "lpips-alex" / "backbone.safetensors")
    safetensors.save_file(heads, store / "lpips-alex" / "heads.safetensors")
    loaded = lpips("alex")
    assert loaded.name == "LPIPS-Alex"
    pair = [torch.from_numpy(p.transpose(2, 0, 1)[None].astype(np.float32)) / 127.5 - 1 for p in (small, other)]
    with torch.no_grad():
        assert loaded.between(small, other) == pytest.approx(float(distance(*pair)[0]), rel=1e-5)
    assert loaded.between(small, small) == 0
    with pytest.raises(InputError, match="expected uint8"):
        loaded.between(small / 255, other / 255)
