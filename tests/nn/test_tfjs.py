import json

import numpy as np
import pytest

from mien.errors import ModelError
from mien.nn.weights.tfjs import read_manifest


def test_numbers_by_hand(tmp_path):
    (tmp_path / "a.bin").write_bytes(np.array([1.5, -2.0], "<f4").tobytes() + bytes([0, 3, 255]))
    (tmp_path / "b.bin").write_bytes(np.array([0, 65535], "<u2").tobytes() + np.array([7], "<i4").tobytes())
    eight, sixteen = ({"dtype": kind, "scale": 0.5, "min": -1.0} for kind in ("uint8", "uint16"))
    groups = [
        {
            "paths": ["a.bin"],
            "weights": [
                {"name": "plain", "shape": [2, 1], "dtype": "float32"},
                {"name": "eight", "shape": [3], "dtype": "float32", "quantization": eight},
            ],
        },
        {
            "paths": ["b.bin"],
            "weights": [
                {"name": "sixteen", "shape": [1, 2], "dtype": "float32", "quantization": sixteen},
                {"name": "scalar", "shape": [], "dtype": "int32"},
            ],
        },
    ]
    (tmp_path / "m.json").write_text(json.dumps(groups))
    found = read_manifest(tmp_path / "m.json")
    np.testing.assert_array_equal(found["plain"], [[1.5], [-2.0]])
    np.testing.assert_allclose(found["eight"], [-1.0, 0.5, 126.5])
    np.testing.assert_allclose(found["sixteen"], [[-1.0, 32766.5]])
    assert found["scalar"] == 7
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


def test_an_array_may_lie_across_two_files(tmp_path, manifest_writer):
    array = np.arange(10, dtype=np.float32)
    manifest_writer(tmp_path, "net", {"x": array})
    assert (tmp_path / "net.2.bin").stat().st_size == 20
    np.testing.assert_array_equal(read_manifest(tmp_path / "net-weights_manifest.json")["x"], array)


def test_what_is_wrong_is_said(tmp_path, manifest_writer):
    with pytest.raises(ModelError, match="cannot read"):
        read_manifest(tmp_path / "missing.json")
    manifest_writer(tmp_path, "net", {"x": np.zeros(10, np.float32)})
    manifest = tmp_path / "net-weights_manifest.json"
    whole = (tmp_path / "net.2.bin").read_bytes()
    (tmp_path / "net.2.bin").write_bytes(whole[:-1])
    with pytest.raises(ModelError, match="end inside 'x'"):
        read_manifest(manifest)
    (tmp_path / "net.2.bin").write_bytes(whole + b"more")
    with pytest.raises(ModelError, match="4 bytes"):
        read_manifest(manifest)
    (tmp_path / "net.2.bin").unlink()
    with pytest.raises(ModelError, match=r"net\.2\.bin"):
        read_manifest(manifest)
    for text in ("no json", "{}", '[{"paths": ["../x"], "weights": []}]', '[{"paths": []}]'):
        manifest.write_text(text)
        if text == "{}":  # no groups: no arrays
            assert read_manifest(manifest) == {}
            continue
        with pytest.raises(ModelError, match="not a TensorFlow"):
            read_manifest(manifest)
