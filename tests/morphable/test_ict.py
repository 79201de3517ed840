"""The ICT-FaceKit loader: both layouts, damage, and the real model against the authored one where it is at hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mien.errors import ModelError
from mien.morphable import builtin, ict
from mien.morphable.rig import read_table


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    """ICT's topology in size only: a symmetric cloud of as many vertices, three identities, two expressions."""
    rng = np.random.default_rng(0)
    half = rng.uniform([0.1, -10, -9], [9, 10, 13], ((ict.VERTEX_COUNT - 1) // 2, 3))
    mean = np.concatenate([half, half * [-1, 1, 1], [[0.0, 1.0, 2.0]]]).round(5)
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6]])
    faces_uv = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 0]])
    return {
        "mean": mean,
        "identity": rng.normal(scale=0.3, size=(3, *mean.shape)).round(5),
        "expression": rng.normal(scale=0.3, size=(2, *mean.shape)).round(5),
        "expression_names": np.array(["jawOpen", "mouthSmile_L"]),
        "faces": faces,
        "uv": rng.uniform(size=(6, 2)).round(5),
        "faces_uv": faces_uv,
    }


def write_obj(file: Path, vertices: np.ndarray, extra: str = "") -> None:
    lines = "".join(f"v {x:.5f} {y:.5f} {z:.5f}\n" for x, y, z in vertices)
    file.write_text(f"# made for a test\nmtllib ICTFaceModelMaterial.mtl\n{lines}{extra}")


@pytest.fixture(scope="module")
def folder(arrays, tmp_path_factory) -> Path:
    """The layout of FaceXModel: a quad and a triangle as ``f vertex/texture/normal``, groups and materials between."""
    folder = tmp_path_factory.mktemp("FaceXModel")
    uv = "".join(f"vt {u:.5f} {v:.5f}\n" for u, v in arrays["uv"])
    faces = "g Face\nusemtl M_Face\nf 1/1/1 2/2/1 3/3/1 4/4/1\nf 5/5/1 6/6/1 7/1/1\n"
    write_obj(folder / "generic_neutral_mesh.obj", arrays["mean"], f"{uv}vn 0 0 1\n{faces}")
    for k, delta in enumerate(arrays["identity"]):
        write_obj(folder / f"identity{k:03d}.obj", arrays["mean"] + delta)
    for name, delta in zip(arrays["expression_names"], arrays["expression"], strict=True):
        write_obj(folder / f"{name}.obj", arrays["mean"] + delta)
    (folder / "vertex_indices.json").write_text(json.dumps({"expressions": arrays["expression_names"].tolist()}))
    return folder


@pytest.fixture(scope="module")
def npz(arrays, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("npz") / "ict.npz"
    np.savez(path, **arrays)
    return path


def test_both_layouts_give_the_same_model_in_mm(folder, npz, arrays):
    one, two = ict.load(folder), ict.load(npz)
    np.testing.assert_allclose(two.mean, arrays["mean"] * 10, rtol=1e-6)
    np.testing.assert_allclose(two.expression[:, :, 1], arrays["expression"][1] * 10, rtol=1e-6)
    np.testing.assert_array_equal(one.mean, two.mean)
    for name in ("identity", "expression"):
        # The folder holds sums, to five decimals of a centimetre.
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), atol=2e-4)
    for name in ("triangles", "uv", "landmark_vertices", "lip_pairs", "mirror"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.expression_names == two.expression_names == ("jawOpen", "mouthSmile_L")
    assert one.triangles.tolist() == [[0, 1, 2], [0, 2, 3], [4, 5, 6]]


def test_texture_coordinates_follow_the_corners_and_point_down(npz, arrays):
    uv = ict.load(npz).uv
    np.testing.assert_allclose(uv[3], [arrays["uv"][3, 0], 1 - arrays["uv"][3, 1]], rtol=1e-6)
    np.testing.assert_allclose(uv[5], [arrays["uv"][5, 0], 1 - arrays["uv"][5, 1]], rtol=1e-6)


def test_the_mirror_is_found(npz):
    model = ict.load(npz)
    half = (ict.VERTEX_COUNT - 1) // 2
    assert np.array_equal(model.mirror[:half], np.arange(half) + half)
    assert model.mirror[-1] == ict.VERTEX_COUNT - 1


def test_missing_and_foreign_files_are_named(tmp_path):
    with pytest.raises(ModelError, match="no ICT-FaceKit at"):
        ict.load(tmp_path / "nothing")
    with pytest.raises(ModelError, match=r"vertex_indices\.json"):
        ict.load(tmp_path)
    text = tmp_path / "text.npz"
    text.write_text("hello")
    with pytest.raises(ModelError, match="cannot be read"):
        ict.load(text)
    np.savez(tmp_path / "other.npz", mean=np.zeros((4, 3)))
    with pytest.raises(ModelError, match="has no identity, expression"):
        ict.load(tmp_path / "other.npz")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mean": np.zeros((10, 3))}, "has 10 vertices, but ICT-FaceKit has 26719"),
        ({"expression_names": np.array(["jawOpen"])}, "expression must be"),
        ({"faces": np.array([[0, 1, 2], [0, 2, 3], [4, 5, 26719]])}, "faces names entries outside"),
        ({"faces_uv": np.array([[0, 1, 2], [0, 2, 3], [4, 5, -1]])}, "faces_uv names entries outside"),
    ],
)
def test_another_topology_is_refused(arrays, tmp_path, change, says):
    np.savez(tmp_path / "ict.npz", **(arrays | change))
    with pytest.raises(ModelError, match=says):
        ict.load(tmp_path / "ict.npz")


def test_pickles_are_not_run(arrays, tmp_path):
    np.savez(tmp_path / "ict.npz", **(arrays | {"expression_names": np.array(["jawOpen", None], object)}))
    with pytest.raises(ModelError, match="cannot be read"):
        ict.load(tmp_path / "ict.npz")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("jawOpen.obj", "v 0 0 0\n", "has 1 vertices, but the neutral mesh has"),
        ("jawOpen.obj", "v 0 zero 0\n", "has not 3 numbers"),
        ("jawOpen.obj", None, "cannot be read"),
        ("generic_neutral_mesh.obj", "v 0 0 0\n", "has no faces"),
        ("generic_neutral_mesh.obj", "v 0 0 0\nf 1//1 1//1 1//1\n", "not of the form"),
        ("vertex_indices.json", '{"expressions": ["../jawOpen"]}', "must be a list of names"),
        ("vertex_indices.json", "{", "needs vertex_indices.json"),
        ("identity000.obj", None, "has no identity000"),
    ],
)
def test_damaged_folders_are_named(folder, tmp_path, name, content, says):
    for file in folder.iterdir():
        if file.name != name:
            shutil.copy(file, tmp_path / file.name)
        elif content is not None:
            (tmp_path / file.name).write_text(content)
    with pytest.raises(ModelError, match=says):
        ict.load(tmp_path)


def test_the_landmark_table_fits_the_topology():
    vertices = np.array([int(row["vertex"]) for row in read_table("ict_landmarks.csv")])
    assert vertices.shape == (468,)
    assert vertices.min() >= 0
    assert vertices.max() < 9409  # All on ICT's part "Face".


@pytest.fixture(scope="module")
def real(shared_folder):
    path = shared_folder / "models" / "ict_facekit.npz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    return ict.load(path)


def test_the_real_models_landmarks_lie_where_ours_do(real):
    """After a similarity the two average faces differ as faces do: some mm, and nowhere by a feature."""
    ours = builtin.load()
    theirs = real.mean[real.landmark_vertices].astype(np.float64)
    a, b = ours.mean - ours.mean.mean(axis=0), theirs - theirs.mean(axis=0)
    u, s, vt = np.linalg.svd(a.T @ b)
    left = s.sum() / (a * a).sum() * a @ (u @ vt) - b
    assert np.linalg.norm(left, axis=1).mean() < 5.0
    upper, lower = theirs[[82, 13, 312]], theirs[[87, 14, 317]]
    assert (upper[:, 1] > lower[:, 1]).all()
    blink = real.expression[real.landmark_vertices][:, :, real.expression_names.index("eyeBlink_L")]
    assert blink[386, 1] < -5 < -1 < blink[374, 1]


def test_the_real_model_is_of_adult_size_and_opens_its_jaw(real):
    right, left = real.mean[real.landmark_vertices[[33, 263]]]
    assert left[0] > right[0]
    assert 85 < np.linalg.norm(left - right) < 95
    opened = real.expression[real.lip_pairs, :, real.expression_names.index("jawOpen")]
    assert (opened[:, 0, 1] - opened[:, 1, 1])[2:-2].min() > 10


def test_authored_units_point_the_way_scanned_ones_do(real, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    from benchmarks.rig_against_ict import COMPARED, compare, displacement

    ours = builtin.load()
    cosines = {
        unit: compare(displacement(ours, columns), displacement(real, shapes))[0]
        for unit, (columns, shapes) in COMPARED.items()
    }
    assert np.mean(list(cosines.values())) >= 0.9, cosines
    assert min(cosines.values()) >= 0.8, cosines
