"""The store, with a table of ours and archives that the tests make; nothing leaves the machine."""

import hashlib
import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest

from mien.errors import InputError, ModelError, WeightsMissingError
from mien.nn.weights import store, table
from mien.nn.weights.conversion import converted, read_arrays
from mien.nn.weights.table import NETWORKS, Network, WeightFile


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder of published files, an empty store, and a table with what the test puts in it."""
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path / "store"))
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


def row(monkeypatch, *files, name="net"):
    network = Network(name, "A net", ("a metric",), "MIT", "https://example.org", "anything", files)
    monkeypatch.setattr(table, "NETWORKS", (network,))
    return network


def tgz(path, **members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return sha256(path.read_bytes())


def test_two_files_of_one_archive_are_fetched_once(shop, monkeypatch):
    total = tgz(shop / "net.tgz", a=b"first", b=b"second")
    address = (shop / "net.tgz").as_uri()
    files = [
        WeightFile(f"{k}.onnx", f"{k}.onnx", address, sha256(v), "here", f"package/{k}", total)
        for k, v in (("a", b"first"), ("b", b"second"))
    ]
    row(monkeypatch, *files)
    assert store.find("net") is None
    told = []
    folder = store.get("net", lambda done, whole: told.append((done, whole)))
    assert (folder / "a.onnx").read_bytes() == b"first"
    assert (folder / "b.onnx").read_bytes() == b"second"
    size = (shop / "net.tgz").stat().st_size
    assert told == [(size, size)]
    assert store.require("net", "a metric") == folder == store.find("net")
    assert store.origin("net")["a.onnx"]["from"] == address
    assert {path.name for path in folder.iterdir()} == {"a.onnx", "b.onnx", "origin.json"}
    assert [path.name for path in folder.parent.iterdir()] == ["net"]
    (shop / "net.tgz").unlink()
    assert store.get("net") == folder  # here already: nothing is fetched


@pytest.mark.parametrize("wrong", ["archive", "member", "prefix"])
def test_another_file_is_not_kept(shop, monkeypatch, wrong):
    total = tgz(shop / "net.tgz", a=b"content")
    sums = {"archive": (sha256(b"content"), "0" * 64), "member": ("0" * 64, total), "prefix": ("00000000", total)}[
        wrong
    ]
    address = (shop / "net.tgz").as_uri()
    row(monkeypatch, WeightFile("a.onnx", "a.onnx", address, sums[0], "here", "package/a", sums[1]))
    with pytest.raises(ModelError, match="SHA-256"):
        store.get("net")
    assert not list(store.weights_folder().iterdir())
    with pytest.raises(WeightsMissingError, match=r"LPIPS-Alex needs .* run `mien weights get net`"):
        store.require("net", "LPIPS-Alex")


def test_an_address_that_does_not_answer(shop, monkeypatch):
    row(monkeypatch, WeightFile("a.onnx", "a.onnx", (shop / "gone").as_uri(), "0" * 64, "here"))
    with pytest.raises(ModelError, match=r"gone cannot be fetched.*mien weights add net FILE"):
        store.get("net")
    assert not list(store.weights_folder().iterdir())


def test_first_digits_are_checked_when_no_more_are_known(shop, monkeypatch):
    (shop / "a.onnx").write_bytes(b"content")
    row(monkeypatch, WeightFile("a.onnx", "a.onnx", (shop / "a.onnx").as_uri(), sha256(b"content")[:8], "its name"))
    assert (store.get("net") / "a.onnx").read_bytes() == b"content"


def test_files_are_taken_in_whatever_their_name(shop, monkeypatch):
    total = tgz(shop / "copy (1).tgz", a=b"content")
    address = "https://example.org/net.tgz"
    row(
        monkeypatch,
        WeightFile("a.onnx", "a.onnx", address, sha256(b"content"), "here", "package/a", total, (sha256(b"k"),)),
    )
    assert (store.add("net", [shop / "copy (1).tgz"]) / "a.onnx").read_bytes() == b"content"
    (shop / "ready.bin").write_bytes(b"k")
    assert (store.add("net", [shop / "ready.bin"]) / "a.onnx").read_bytes() == b"k"  # replaced
    (shop / "a.onnx").write_bytes(b"content")
    assert (store.add("net", [shop]) / "a.onnx").read_bytes() == b"content"
    assert [path.name for path in store.weights_folder().iterdir()] == ["net"]


def test_what_is_not_it_is_refused_and_what_was_there_stays(shop, monkeypatch):
    (shop / "a.onnx").write_bytes(b"content")
    row(monkeypatch, WeightFile("a.onnx", "a.onnx", "https://example.org/a.onnx", sha256(b"content"), "here"))
    folder = store.add("net", [shop])
    (shop / "a.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"is not it, by its SHA-256; it comes from https://example\.org/a\.onnx"):
        store.add("net", [shop / "a.onnx"])
    with pytest.raises(InputError, match="no file or folder"):
        store.add("net", [shop / "nowhere"])
    with pytest.raises(InputError, match="no network 'other'"):
        store.add("other", [shop])
    assert (folder / "a.onnx").read_bytes() == b"content"
    assert [path.name for path in store.weights_folder().iterdir()] == ["net"]


def test_a_store_that_cannot_be_written(shop, monkeypatch, tmp_path):
    from mien.errors import OutputError

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path / "file" / "store"))
    row(monkeypatch, WeightFile("a.onnx", "a.onnx", (shop / "a.onnx").as_uri(), "0" * 64, "here"))
    with pytest.raises(OutputError, match="cannot be written"):
        store.get("net")


def test_pytorch_checkpoints_are_kept_as_arrays(tmp_path):
    torch = pytest.importorskip("torch")
    state = {"conv.weight": torch.arange(6.0).reshape(2, 3), "steps": torch.tensor(3)}
    for wrapped in (state, {"state_dict": state, "epoch": 7}):
        buffer = io.BytesIO()
        torch.save(wrapped, buffer)
        (tmp_path / "net.safetensors").write_bytes(converted(buffer.getvalue(), "net.pth", "net.safetensors"))
        found = read_arrays(tmp_path / "net.safetensors")
        assert set(found) == {"conv.weight", "steps"}
        np.testing.assert_array_equal(found["conv.weight"], [[0, 1, 2], [3, 4, 5]])
        assert found["steps"] == 3


class Calls:
    """Pickled, it asks for a function to be called when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    torch = pytest.importorskip("torch")
    trap = tmp_path / "ran"
    buffer = io.BytesIO()
    torch.save({"weight": Calls(str(trap))}, buffer)
    for content in (buffer.getvalue(), pickle.dumps(Calls(str(trap)))):
        with pytest.raises(ModelError, match="not a PyTorch checkpoint of arrays alone"):
            converted(content, "net.pth", "net.safetensors")
    assert not trap.exists()
    buffer = io.BytesIO()
    torch.save({"epoch": 3}, buffer)
    with pytest.raises(ModelError, match="state dict"):
        converted(buffer.getvalue(), "net.pth", "net.safetensors")


def test_keras_files_are_kept_as_arrays(tmp_path):
    h5py = pytest.importorskip("h5py")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["model_weights/conv2d_1/conv2d_1_1/kernel:0"] = np.arange(3.0, dtype=np.float32)
        file["model_weights/norm/norm/gamma:0"] = np.ones(2, np.float32)
    (tmp_path / "net.npz").write_bytes(converted(buffer.getvalue(), "net.hdf5", "net.npz"))
    found = read_arrays(tmp_path / "net.npz")
    assert set(found) == {"conv2d_1/kernel", "norm/gamma"}
    np.testing.assert_array_equal(found["conv2d_1/kernel"], [0, 1, 2])
    with pytest.raises(ModelError, match="not a model file of Keras"):
        converted(b"no hdf5", "net.hdf5", "net.npz")


def test_pickled_arrays_and_broken_files_are_refused(tmp_path):
    np.savez(tmp_path / "net.npz", trap=np.array([Calls(str(tmp_path / "ran"))], dtype=object))
    with pytest.raises(ModelError, match=r"net\.npz"):
        read_arrays(tmp_path / "net.npz")
    assert not (tmp_path / "ran").exists()
    pytest.importorskip("safetensors")
    (tmp_path / "net.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match=r"net\.safetensors"):
        read_arrays(tmp_path / "net.safetensors")


def test_archives(tmp_path):
    from mien.nn.weights.archives import member_of

    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.writestr("lpips/alex.pth", b"heads")
    assert member_of(tmp_path / "a.whl", "lpips/alex.pth") == b"heads"
    with pytest.raises(ModelError, match="has no file 'other'"):
        member_of(tmp_path / "a.whl", "other")
    (tmp_path / "b.tgz").write_bytes(b"no archive")
    with pytest.raises(ModelError, match="cannot be read as an archive"):
        member_of(tmp_path / "b.tgz", "other")


def test_the_table_is_sound():
    names = [network.name for network in NETWORKS]
    assert len(set(names)) == len(names)
    for network in NETWORKS:
        assert network.title
        assert network.licence
        assert network.used_by
        assert network.takes
        assert len({file.kept_as for file in network.files}) == len(network.files)
        for file in network.files:
            assert file.address.startswith("https://")
            assert file.known_from
            for digits in (file.sha256, file.archive_sha256, *file.kept_sha256):
                assert len(digits) in (0, 8, 64)
                assert set(digits) <= set("0123456789abcdef")
            assert bool(file.member) == bool(file.archive_sha256)
            # PyTorch writes the first digits of the sum into the name.
            digits = file.published.rsplit("-", 1)[-1].removesuffix(".pth")
            if file.published.endswith(".pth") and "-" in file.published:
                assert file.sha256.startswith(digits)
