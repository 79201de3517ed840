"""Loader of FLAME 2020 (T. Li et al., SIGGRAPH Asia 2017), as its authors give it out.

Layout of ``generic_model.pkl`` (as read by YadiraF/DECA ``decalib/models/FLAME.py``): ``v_template`` (5023, 3),
``shapedirs`` (5023, 3, 400: 300 identity, 100 expression), ``posedirs`` (5023, 3, 36), ``J_regressor`` (5, 5023),
``weights`` (5023, 5), ``f`` (9976, 3), ``kintree_table``; joints root, neck, jaw, two eyes; metres. Which triangles
hold the tracker's landmarks is in ``mediapipe_landmark_embedding.npz`` of the same authors: ``lmk_face_idx`` (105,),
``lmk_b_coords`` (105, 3), ``landmark_indices`` (105,). Both are licensed by the Max Planck Society and not part of this
project. Pickles are read without running what is in them.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from mien.errors import ModelError
from mien.geometry.rotation import matrix_from_vector
from mien.morphable.array_pickle import read_arrays
from mien.morphable.landmark_match import match_landmarks
from mien.morphable.model import MorphableModel
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.morphable.unwrap import cylindrical_uv, mirror_vertices, outward
from mien.types import MESH_VERTEX_COUNT, AnyArray, DoubleArray

VERTEX_COUNT, TRIANGLE_COUNT, JOINT_COUNT = 5023, 9976, 5
SHAPE_COLUMNS = 300
IDENTITY_COUNT, EXPRESSION_COUNT = 100, 50
"""Columns used, of 300 and 100: those that DECA and its like use."""
MM_PER_UNIT = 1000.0
JAW = 2
JAW_STEP_RADIANS = 0.1
"""Turn of the jaw at coefficient 1. The model is linear here; over 0.3 radians its true path is an arc, 5 % longer."""
BETA_BOUNDS = (-3.0, 3.0)
EMBEDDING = "mediapipe_landmark_embedding.npz"


def load(path: str | Path, embedding: str | Path | None = None) -> MorphableModel:
    """Load FLAME.

    Args:
        path: ``generic_model.pkl``, or the folder it lies in.
        embedding: ``mediapipe_landmark_embedding.npz``; beside the model if left out.

    Returns:
        The model: 100 identity columns; 52 expression columns, ``jaw_open`` and ``jaw_left`` (the jaw's turn by 0.1
        radians) and ``exp00`` to ``exp49``. Texture coordinates are ours, rolled off a cylinder.

    Raises:
        ModelError: A path is missing, or not of this layout.
    """
    path = Path(path)
    if path.is_dir():
        path /= "generic_model.pkl"
    if not path.is_file():
        raise ModelError(f"there is no FLAME model at {path}; generic_model.pkl is given out at flame.is.tue.mpg.de")
    arrays = _checked(read_arrays(path), path)
    mean = arrays["v_template"]
    triangles = arrays["f"].astype(np.int64)
    where, vertices = _embedded(Path(embedding) if embedding else path.with_name(EMBEDDING), triangles)
    landmarks = match_landmarks(mean * MM_PER_UNIT, where, vertices)
    expression = arrays["shapedirs"][:, :, SHAPE_COLUMNS : SHAPE_COLUMNS + EXPRESSION_COUNT]
    jaw = np.stack([_jaw(arrays, (JAW_STEP_RADIANS, 0.0, 0.0)), _jaw(arrays, (0.0, JAW_STEP_RADIANS, 0.0))], axis=2)
    pairs = landmarks[np.stack([INNER_LIP_UPPER[1:-1], INNER_LIP_LOWER[1:-1]], axis=1)]
    pairs = pairs[(pairs >= 0).all(axis=1)]
    if not len(pairs):
        raise ModelError(f"{embedding or EMBEDDING} has no landmarks of both inner lips")
    return MorphableModel(
        name="flame",
        mean=(mean * MM_PER_UNIT).astype(np.float32),
        identity=np.ascontiguousarray(arrays["shapedirs"][:, :, :IDENTITY_COUNT] * MM_PER_UNIT, np.float32),
        expression=np.ascontiguousarray(np.concatenate([jaw, expression], axis=2) * MM_PER_UNIT, np.float32),
        expression_names=("jaw_open", "jaw_left", *(f"exp{k:02}" for k in range(EXPRESSION_COUNT))),
        triangles=outward(mean, triangles),
        uv=cylindrical_uv(mean * MM_PER_UNIT),
        landmark_vertices=landmarks,
        lip_pairs=np.ascontiguousarray(pairs, np.int32),
        mirror=mirror_vertices(mean),
        beta_bounds=BETA_BOUNDS,
    )


def posed(arrays: dict[str, AnyArray], joint: int, turn: tuple[float, float, float]) -> DoubleArray:
    """The mean face with one joint turned, by linear blend skinning with pose correctives (FLAME, eq. 2-5).

    Args:
        arrays: ``v_template``, ``posedirs``, ``J_regressor``, ``weights`` of the file.
        joint: 1 neck, 2 jaw, 3 and 4 eyes.
        turn: Rotation vector, radians.

    Returns:
        ``(5023, 3)`` in the file's unit.
    """
    rotation = matrix_from_vector(np.asarray(turn, np.float64))
    feature = np.zeros((JOINT_COUNT - 1, 3, 3))
    feature[joint - 1] = rotation - np.eye(3)
    corrected = arrays["v_template"] + arrays["posedirs"] @ feature.ravel()
    centre = (arrays["J_regressor"] @ arrays["v_template"])[joint]
    turned = (corrected - centre) @ rotation.T + centre
    share = arrays["weights"][:, joint, None]
    return np.asarray(corrected + share * (turned - corrected))


def _jaw(arrays: dict[str, AnyArray], turn: tuple[float, float, float]) -> DoubleArray:
    return posed(arrays, JAW, turn) - arrays["v_template"]


def _checked(arrays: dict[str, AnyArray], path: Path) -> dict[str, AnyArray]:
    shapes = {
        "v_template": (VERTEX_COUNT, 3),
        "shapedirs": (VERTEX_COUNT, 3, 400),
        "posedirs": (VERTEX_COUNT, 3, 36),
        "J_regressor": (JOINT_COUNT, VERTEX_COUNT),
        "weights": (VERTEX_COUNT, JOINT_COUNT),
        "f": (TRIANGLE_COUNT, 3),
    }
    for name, shape in shapes.items():
        if name not in arrays:
            raise ModelError(f"{path} is not FLAME 2020: it has no {name}")
        if arrays[name].shape != shape:
            raise ModelError(f"{path}: {name} must be {shape}, but came as {arrays[name].shape}")
    if arrays["f"].min() < 0 or arrays["f"].max() >= VERTEX_COUNT:
        raise ModelError(f"{path}: f names vertices outside 0..{VERTEX_COUNT - 1}")
    return {name: np.asarray(arrays[name], np.float64) for name in shapes}


def _embedded(path: Path, triangles: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Landmarks of the tracker and the vertex nearest to each: the corner of most weight."""
    if not path.is_file():
        raise ModelError(f"FLAME needs {EMBEDDING}, from the same authors, beside the model; there is none at {path}")
    try:
        with np.load(path, allow_pickle=False) as file:
            faces, weights, where = (file[k] for k in ("lmk_face_idx", "lmk_b_coords", "landmark_indices"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} is not a landmark embedding: {error}") from error
    faces, where = faces.astype(np.int64).ravel(), where.astype(np.int64).ravel()
    if weights.shape != (len(faces), 3) or len(where) != len(faces):
        raise ModelError(f"{path}: its arrays must be (L,), (L, 3) and (L,), and are not")
    if min(faces.min(), where.min()) < 0 or faces.max() >= len(triangles) or where.max() >= MESH_VERTEX_COUNT:
        raise ModelError(f"{path} names triangles or landmarks that are not there")
    return where, triangles[faces, weights.argmax(axis=1)]
