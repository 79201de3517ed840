"""Loader of the Basel Face Model 2009 with FaceWarehouse's expressions, as prepared for Deep3DFaceRecon.

Layout (``BFM_model_front.mat``, sicxu/Deep3DFaceRecon_pytorch ``util/load_mats.py``): 35,709 vertices, arrays
vertex-major xyz: ``meanshape``, ``meantex`` (1, 3N); ``idBase``, ``texBase`` (3N, 80); ``exBase`` (3N, 64); ``tri``
(70789, 3) and ``keypoints`` (1, 68), counted from 1; units of 0.1 m, colours 0 to 255; bases multiplied by their
standard deviations. The mean is put at the origin on loading, as that code does. The model itself is licensed by the
University of Basel, its expressions by the authors of FaceWarehouse; neither is part of this project.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.errors import ModelError
from mien.morphable.albedo import Albedo
from mien.morphable.landmark_match import LANDMARKS_FROM_27, match_landmarks
from mien.morphable.model import MorphableModel
from mien.morphable.unwrap import cylindrical_uv, mirror_vertices, outward
from mien.types import AnyArray, FloatArray

VERTEX_COUNT = 35_709
IDENTITY_COUNT, EXPRESSION_COUNT, TEXTURE_COUNT = 80, 64, 80
MM_PER_UNIT = 100.0
BETA_BOUNDS = (-3.0, 3.0)
"""Expression coefficients are in standard deviations here, and go both ways."""

UPPER_INNER_LIP, LOWER_INNER_LIP = (61, 62, 63), (67, 66, 65)
"""iBUG's points of the inner lips that face each other."""

_COLOURS, _CODES = ("meantex", "texBase"), 255.0


def load(path: str | Path) -> MorphableModel:
    """Load ``BFM_model_front.mat``.

    Args:
        path: The file, or the folder it lies in.

    Returns:
        The model: 80 identity and 64 expression columns (``exp00`` to ``exp63``), and albedo if the file has
        ``texBase``. Texture coordinates are ours, rolled off a cylinder: the file has none.

    Raises:
        ModelError: The path is missing, or not of this layout.
    """
    path = Path(path)
    if path.is_dir():
        path /= "BFM_model_front.mat"
    arrays = _read(path)
    mean = _rows(arrays, "meanshape", path)[:, :, 0]
    mean = (mean - mean.mean(axis=0)) * MM_PER_UNIT
    triangles = _indices(arrays, "tri", path).reshape(-1, 3)
    keypoints = _indices(arrays, "keypoints", path).ravel()
    if len(keypoints) != 68:
        raise ModelError(f"{path}: keypoints must be 68, but came as {len(keypoints)}")
    landmarks = match_landmarks(mean, LANDMARKS_FROM_27, keypoints[27:])
    return MorphableModel(
        name="bfm09",
        mean=mean.astype(np.float32),
        identity=_basis(arrays, "idBase", IDENTITY_COUNT, path),
        expression=_basis(arrays, "exBase", EXPRESSION_COUNT, path),
        expression_names=tuple(f"exp{k:02}" for k in range(EXPRESSION_COUNT)),
        triangles=outward(mean, triangles),
        uv=cylindrical_uv(mean),
        landmark_vertices=landmarks,
        lip_pairs=keypoints[np.stack([UPPER_INNER_LIP, LOWER_INNER_LIP], axis=1)].astype(np.int32),
        mirror=mirror_vertices(mean),
        beta_bounds=BETA_BOUNDS,
        albedo=_albedo(arrays, path) if "texBase" in arrays else None,
    )


def _albedo(arrays: dict[str, AnyArray], path: Path) -> Albedo:
    if "meantex" not in arrays:
        raise ModelError(f"{path} has texBase but no meantex")
    mean = _rows(arrays, "meantex", path)[:, :, 0] / _CODES
    basis = _basis(arrays, "texBase", TEXTURE_COUNT, path, 1.0 / _CODES)
    return Albedo(mean.astype(np.float32), basis)


def _read(path: Path) -> dict[str, AnyArray]:
    from scipy.io import loadmat

    if not path.is_file():
        raise ModelError(
            f"there is no BFM_model_front.mat at {path}; it is made by Deep3DFaceRecon from the Basel model"
        )
    names = ("meanshape", "idBase", "exBase", "tri", "keypoints")
    try:
        arrays = loadmat(path, variable_names=(*names, *_COLOURS))
    except Exception as error:  # SciPy's readers fail in many ways on damaged files
        raise ModelError(f"{path} cannot be read as a .mat file: {' '.join(str(error).split())}") from error
    missing = [name for name in names if name not in arrays]
    if missing:
        raise ModelError(f"{path} is not BFM_model_front.mat: it has no {', '.join(missing)}")
    return {name: np.asarray(arrays[name]) for name in (*names, *_COLOURS) if name in arrays}


def _rows(arrays: dict[str, AnyArray], name: str, path: Path) -> AnyArray:
    """An array of 3N numbers a column as ``(N, 3, columns)``."""
    array = np.asarray(arrays[name], np.float64)
    flat = array.reshape(-1, 1) if name in ("meanshape", "meantex") else array
    if flat.ndim != 2 or len(flat) != 3 * VERTEX_COUNT:
        raise ModelError(f"{path}: {name} must hold 3 x {VERTEX_COUNT} numbers a column, but came as {array.shape}")
    return flat.reshape(VERTEX_COUNT, 3, -1)


def _basis(arrays: dict[str, AnyArray], name: str, count: int, path: Path, factor: float = MM_PER_UNIT) -> FloatArray:
    rows = _rows(arrays, name, path)
    if rows.shape[2] != count:
        raise ModelError(f"{path}: {name} must have {count} columns, but came with {rows.shape[2]}")
    return np.ascontiguousarray(rows * factor, np.float32)


def _indices(arrays: dict[str, AnyArray], name: str, path: Path) -> AnyArray:
    """Indices counted from 0."""
    array = np.asarray(arrays[name]).astype(np.int64) - 1
    if array.size == 0 or array.min() < 0 or array.max() >= VERTEX_COUNT or (name == "tri" and array.shape[-1] != 3):
        raise ModelError(f"{path}: {name} names vertices outside 1..{VERTEX_COUNT}")
    return array
