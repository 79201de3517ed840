"""Loaders of BFM 2009 and FLAME: files of the true layout made here around the built-in mean; their code is not run."""

from __future__ import annotations

import os
import pickle
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.io import savemat
from scipy.spatial.transform import Rotation

from mien.errors import InputError, ModelError
from mien.morphable import bfm09, builtin, flame
from mien.morphable.albedo import Albedo
from mien.morphable.array_pickle import read_arrays
from mien.morphable.landmark_match import LANDMARKS_FROM_27, match_landmarks
from mien.morphable.unwrap import cylindrical_uv, outward


def dense_face(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The built-in mean's 468 vertices first, then points spread over its surface; its triangles. mm."""
    model = builtin.load()
    mean = np.asarray(model.mean, np.float64)
    rng = np.random.default_rng(0)
    chosen = model.triangles[rng.integers(0, len(model.triangles), count - len(mean))]
    spread = np.einsum("nk,nkj->nj", rng.dirichlet([1, 1, 1], len(chosen)), mean[chosen])
    return np.concatenate([mean, spread]), np.asarray(model.triangles)


@pytest.fixture(scope="module")
def bfm_arrays() -> dict[str, np.ndarray]:
    """Deep3DFaceRecon's names, shapes and types; the face is the built-in one in units of 0.1 m, off the origin."""
    mean, triangles = dense_face(bfm09.VERTEX_COUNT)
    rng = np.random.default_rng(1)
    rows = np.resize(triangles, (70789, 3))
    keypoints = np.concatenate([np.arange(27) + 500, LANDMARKS_FROM_27])
    return {
        "meanshape": (mean / 100 + 0.3).reshape(1, -1).astype(np.float32),
        "meantex": np.full((1, 3 * len(mean)), 128, np.float32),
        "idBase": (0.01 * rng.random((3 * len(mean), 80), np.float32)),
        "exBase": (0.01 * rng.random((3 * len(mean), 64), np.float32)),
        "tri": rows + 1,
        "keypoints": keypoints[None] + 1,
    }


@pytest.fixture(scope="module")
def bfm_file(bfm_arrays, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("bfm") / "BFM_model_front.mat"
    savemat(path, bfm_arrays)
    return path


def test_bfm_in_our_axes_and_units(bfm_file, bfm_arrays) -> None:
    model = bfm09.load(bfm_file.parent)
    assert (model.vertex_count, model.identity_count, model.expression_count) == (35_709, 80, 64)
    wanted = bfm_arrays["meanshape"].reshape(-1, 3) * 100
    np.testing.assert_allclose(model.mean, wanted - wanted.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(model.expression[7, 1, 3], 100 * bfm_arrays["exBase"][7 * 3 + 1, 3], rtol=1e-6)
    assert model.beta_bounds == (-3.0, 3.0)
    assert model.lip_pairs.tolist() == [[82, 87], [13, 14], [312, 317]]  # iBUG 61-67, 62-66, 63-65


def test_bfm_albedo_is_optional_and_in_0_to_1(bfm_file, bfm_arrays, tmp_path) -> None:
    assert bfm09.load(bfm_file).albedo is None  # that file has no texBase
    texture = np.random.default_rng(3).normal(size=(3 * bfm09.VERTEX_COUNT, 80)).astype(np.float32)
    savemat(tmp_path / "BFM_model_front.mat", bfm_arrays | {"texBase": texture})
    albedo = bfm09.load(tmp_path).albedo
    assert albedo is not None
    assert albedo.mean.shape == (35_709, 3)
    np.testing.assert_allclose(albedo.mean, 128 / 255, rtol=1e-6)
    coefficients = np.zeros(80)
    coefficients[4] = 2.0
    wanted = (128 + 2.0 * texture[:, 4].astype(np.float64)).reshape(-1, 3) / 255
    np.testing.assert_allclose(albedo.colours(coefficients), wanted, atol=1e-6)
    with pytest.raises(InputError, match="80"):
        albedo.colours(np.zeros(79))
    with pytest.raises(ModelError, match="basis"):
        Albedo(np.zeros((5, 3), np.float32), np.zeros((6, 3, 2), np.float32))
    few = {name: value for name, value in bfm_arrays.items() if name != "meantex"}
    savemat(tmp_path / "BFM_model_front.mat", few | {"texBase": texture})
    with pytest.raises(ModelError, match="no meantex"):
        bfm09.load(tmp_path)


def test_bfm_landmarks_lie_where_the_trackers_do(bfm_file) -> None:
    """The first 468 vertices are the tracker's own, so the right vertex is known: the landmark's number."""
    model = bfm09.load(bfm_file)
    found = model.landmark_vertices
    assert (found[list(LANDMARKS_FROM_27)] == LANDMARKS_FROM_27).all()
    there = np.flatnonzero(found >= 0)
    assert len(there) > 350  # all but lids and lips that iBUG does not mark
    off = np.linalg.norm(model.mean[found[there]] - model.mean[there], axis=1)
    assert np.median(off) < 1.5  # mm; the vertices lie about 1.2 mm apart
    assert off.max() < 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"idBase": np.zeros((30, 80), np.float32)}, "idBase"),
        ({"exBase": None}, "has no exBase"),
        ({"keypoints": np.array([[1, 2, 3]])}, "68"),
        ({"tri": np.array([[1, 2, 99_999]])}, "outside"),
    ],
)
def test_bfm_of_another_layout_is_refused(bfm_arrays, tmp_path, change, said) -> None:
    arrays = {name: value for name, value in (bfm_arrays | change).items() if value is not None}
    arrays.pop("meantex")
    savemat(tmp_path / "BFM_model_front.mat", arrays)
    with pytest.raises(ModelError, match=said):
        bfm09.load(tmp_path)


def test_bfm_missing_or_no_mat_file(tmp_path) -> None:
    with pytest.raises(ModelError, match="there is no BFM_model_front"):
        bfm09.load(tmp_path)
    (tmp_path / "BFM_model_front.mat").write_bytes(b"not a mat file")
    with pytest.raises(ModelError, match="cannot be read"):
        bfm09.load(tmp_path)


class _Chumpy:
    """Stands in for chumpy's class while a pickle is written; the reader never sees this code."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x


@pytest.fixture(scope="module")
def flame_arrays() -> dict[str, object]:
    """FLAME's names and shapes: a jaw of the lower face, joints by a sparse regressor, metres."""
    mean, triangles = dense_face(flame.VERTEX_COUNT)
    mean = mean / 1000
    rng = np.random.default_rng(2)
    weights = np.zeros((len(mean), 5))
    weights[:, 2] = np.clip(-(mean[:, 1] + 0.03) / 0.02, 0, 1)  # below the mouth the jaw has all
    weights[:, 1] = 1 - weights[:, 2]
    regressor = np.zeros((5, len(mean)))
    regressor[:, :10] = 0.1
    return {
        "v_template": mean,
        "shapedirs": rng.normal(scale=1e-3, size=(len(mean), 3, 400)).astype(np.float32),
        "posedirs": rng.normal(scale=1e-4, size=(len(mean), 3, 36)),
        "J_regressor": regressor,
        "weights": weights,
        "f": np.resize(triangles, (flame.TRIANGLE_COUNT, 3)).astype(np.uint32),
        "kintree_table": np.array([[0, 0, 1, 1, 1], [0, 1, 2, 3, 4]]),
        "bs_style": "lbs",
    }


@pytest.fixture(scope="module")
def flame_folder(flame_arrays, tmp_path_factory) -> Path:
    """Pickled as published: protocol 2, chumpy's arrays, a sparse regressor; and the landmark embedding."""
    folder = tmp_path_factory.mktemp("flame")
    module = types.ModuleType("chumpy.ch")
    module.Ch = type("Ch", (_Chumpy,), {"__module__": "chumpy.ch"})
    sys.modules |= {"chumpy": types.ModuleType("chumpy"), "chumpy.ch": module}
    try:
        content = dict(flame_arrays)
        content["shapedirs"] = module.Ch(flame_arrays["shapedirs"])
        content["J_regressor"] = sparse.csc_matrix(flame_arrays["J_regressor"])
        (folder / "generic_model.pkl").write_bytes(pickle.dumps(content, protocol=2))
    finally:
        del sys.modules["chumpy"], sys.modules["chumpy.ch"]
    triangles = np.asarray(flame_arrays["f"])
    marked = [*LANDMARKS_FROM_27, 178, 402, 81, 311, 88, 318, 80, 310]
    faces = [int(np.flatnonzero((triangles == v).any(axis=1))[0]) for v in marked]
    weights = (triangles[faces] == np.array(marked)[:, None]) * 0.9 + 0.1 / 3
    np.savez(folder / flame.EMBEDDING, lmk_face_idx=faces, lmk_b_coords=weights, landmark_indices=marked)
    return folder


def test_flame_in_our_axes_and_units(flame_folder, flame_arrays) -> None:
    model = flame.load(flame_folder)
    assert (model.vertex_count, model.identity_count, model.expression_count) == (5023, 100, 52)
    np.testing.assert_allclose(model.mean, flame_arrays["v_template"] * 1000, atol=1e-3)
    np.testing.assert_allclose(model.identity[5, 1, 99], flame_arrays["shapedirs"][5, 1, 99] * 1000, rtol=1e-5)
    np.testing.assert_allclose(model.expression[5, 1, 2], flame_arrays["shapedirs"][5, 1, 300] * 1000, rtol=1e-5)
    assert (model.landmark_vertices[[13, 14, 33]] == [13, 14, 33]).all()
    assert [13, 14] in model.lip_pairs.tolist()


def test_flame_jaw_turns_about_its_joint(flame_folder, flame_arrays) -> None:
    """Against SciPy's rotation, by hand: corrective, then the jaw's share of the turn about the joint."""
    turn = Rotation.from_rotvec([0.1, 0, 0]).as_matrix()
    mean = flame_arrays["v_template"]
    feature = np.zeros((4, 3, 3))
    feature[1] = turn - np.eye(3)
    corrected = mean + (flame_arrays["posedirs"] * feature.ravel()).sum(axis=2)
    joint = flame_arrays["J_regressor"][2] @ mean
    share = flame_arrays["weights"][:, 2:3]
    wanted = (1 - share) * corrected + share * ((corrected - joint) @ turn.T + joint)
    model = flame.load(flame_folder)
    np.testing.assert_allclose(model.expression[:, :, 0], (wanted - mean) * 1000, atol=1e-3)
    assert model.expression[14, 1, 0] < model.expression[13, 1, 0]  # the lower lip goes down, away from the upper


def test_flame_without_embedding_or_of_another_layout(flame_folder, flame_arrays, tmp_path) -> None:
    with pytest.raises(ModelError, match="there is no FLAME"):
        flame.load(tmp_path)
    (tmp_path / "generic_model.pkl").write_bytes((flame_folder / "generic_model.pkl").read_bytes())
    with pytest.raises(ModelError, match="embedding"):
        flame.load(tmp_path)
    few = {name: value for name, value in flame_arrays.items() if name != "posedirs"}
    (tmp_path / "generic_model.pkl").write_bytes(pickle.dumps(few))
    with pytest.raises(ModelError, match="no posedirs"):
        flame.load(tmp_path)


class _Harm:
    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (self.marker,)


def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(tmp_path) -> None:
    marker = tmp_path / "ran"
    path = tmp_path / "harm.pkl"
    path.write_bytes(pickle.dumps({"v_template": _Harm(str(marker))}))
    with pytest.raises(ModelError, match="mkdir"):
        read_arrays(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x02", pickle.dumps([1, 2]), pickle.dumps({"a": np.zeros(3)})[:-20], b"cbuiltins\neval\n."]
)
def test_damaged_pickles_are_one_sentence(tmp_path, content) -> None:
    path = tmp_path / "file.pkl"
    path.write_bytes(content)
    with pytest.raises(ModelError):
        read_arrays(path)


def test_plain_pickles_of_any_protocol_are_read(tmp_path) -> None:
    content = {"a": np.arange(6.0).reshape(2, 3), "b": np.float32(2.5), "c": [1, 2], "text": "left out"}
    for protocol in range(2, 6):
        path = tmp_path / "file.pkl"
        path.write_bytes(pickle.dumps(content, protocol=protocol))
        found = read_arrays(path)
        assert set(found) == {"a", "b", "c"}
        np.testing.assert_array_equal(found["a"], content["a"])


def test_sparse_matrices_of_both_kinds(tmp_path) -> None:
    full = np.array([[0, 1.5, 0], [2, 0, 3]])
    path = tmp_path / "file.pkl"
    path.write_bytes(pickle.dumps({"csc": sparse.csc_matrix(full), "csr": sparse.csr_matrix(full)}))
    found = read_arrays(path)
    np.testing.assert_array_equal(found["csc"], full)
    np.testing.assert_array_equal(found["csr"], full)


def test_matching_needs_points_that_span_a_plane() -> None:
    mean = np.asarray(builtin.load().mean)
    with pytest.raises(ModelError, match="at least 4"):
        match_landmarks(mean, [1, 2, 3], np.array([1, 2, 3]))
    with pytest.raises(ModelError, match="line"):
        match_landmarks(np.linspace([0, 0, 0], [10, 0, 0], 50), LANDMARKS_FROM_27, np.arange(41))


def test_texture_coordinates_run_to_the_left_and_down() -> None:
    mean = np.asarray(builtin.load().mean)
    uv = cylindrical_uv(mean)
    assert (uv.min(), uv.max()) == (0, 1)
    assert np.corrcoef(uv[:, 0], mean[:, 0])[0, 1] > 0.9
    assert np.corrcoef(uv[:, 1], mean[:, 1])[0, 1] < -0.99


def test_triangles_are_turned_outwards() -> None:
    model = builtin.load()
    np.testing.assert_array_equal(outward(model.mean, model.triangles[:, ::-1]), model.triangles)
    np.testing.assert_array_equal(outward(model.mean, model.triangles), model.triangles)
