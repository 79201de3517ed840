"""Loader of ICT-FaceKit, the morphable model of the USC Institute for Creative Technologies (MIT licence).

Source of the layout: https://github.com/ICT-VGL/ICT-FaceKit, commit da5f95a: a folder ``FaceXModel`` with
``generic_neutral_mesh.obj``, ``identity000.obj`` and on, an ``.obj`` for each name in the list ``expressions`` of
``vertex_indices.json``; all of one topology, in centimetres, x to the person's left, y up, z forward. The same as
arrays in one ``.npz`` is read too: ``mean (N, 3)``, ``identity (A, N, 3)``, ``expression (E, N, 3)`` (differences from
the mean), ``expression_names``, ``faces (M, 3)``, ``uv (T, 2)``, ``faces_uv (M, 3)``.

Which of its vertices lie at the tracker's landmarks is a table of ours, made by ``tools/match_ict.py``.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.errors import ModelError
from mien.morphable.model import MorphableModel
from mien.morphable.regions import INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.morphable.rig import read_table
from mien.morphable.unwrap import mirror_vertices
from mien.types import AnyArray, DoubleArray, FloatArray, IntArray

VERTEX_COUNT = 26719
MM_PER_UNIT = 10.0

_ARRAYS = ("mean", "identity", "expression", "expression_names", "faces", "uv", "faces_uv")


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What both layouts hold, in the file's units. The first axis of differences is the shape's number."""

    mean: AnyArray
    identity: AnyArray
    expression: AnyArray
    expression_names: tuple[str, ...]
    faces: AnyArray
    uv: AnyArray
    faces_uv: AnyArray


def load(path: str | Path) -> MorphableModel:
    """Load ICT-FaceKit.

    Args:
        path: The folder ``FaceXModel``, or a ``.npz`` with the arrays named above.

    Returns:
        The model: 26,719 vertices (face, head, eyes, teeth), 100 identity and 53 expression columns named as ARKit's
        shapes (``jawOpen``, ``mouthSmile_L``). Texture coordinates are the file's own, v turned to point down: the face
        lies in the first tile, other parts (u from 1 on) in further ones. A vertex on a seam takes one of its places.

    Raises:
        ModelError: The path is missing, is not of this layout, or holds another topology.
    """
    path = Path(path)
    if not path.exists():
        raise ModelError(f"no ICT-FaceKit at {path}: give its folder FaceXModel, or an .npz made from it")
    parts = _read_folder(path) if path.is_dir() else _read_npz(path)
    _check(parts, path)
    landmarks = np.array([int(row["vertex"]) for row in read_table("ict_landmarks.csv")], np.int32)
    mean = np.asarray(parts.mean, np.float64) * MM_PER_UNIT
    return MorphableModel(
        name="ict",
        mean=mean.astype(np.float32),
        identity=_columns(parts.identity),
        expression=_columns(parts.expression),
        expression_names=parts.expression_names,
        triangles=np.ascontiguousarray(parts.faces, np.int32),
        uv=_vertex_uv(parts),
        landmark_vertices=landmarks,
        lip_pairs=np.stack([landmarks[INNER_LIP_UPPER[1:-1]], landmarks[INNER_LIP_LOWER[1:-1]]], axis=1),
        mirror=mirror_vertices(mean),
        beta_bounds=(0.0, 1.0),
    )


def _columns(deltas: AnyArray) -> FloatArray:
    return np.ascontiguousarray(np.moveaxis(np.asarray(deltas, np.float32) * np.float32(MM_PER_UNIT), 0, -1))


def _vertex_uv(parts: _Parts) -> FloatArray:
    """One texture coordinate a vertex; v turned to point down, as ours does."""
    uv = np.zeros((len(parts.mean), 2), np.float32)
    uv[np.asarray(parts.faces).ravel()] = np.asarray(parts.uv, np.float32)[np.asarray(parts.faces_uv).ravel()]
    uv[:, 1] = 1.0 - uv[:, 1]
    return uv


def _check(parts: _Parts, path: Path) -> None:
    count = len(parts.mean)
    if count != VERTEX_COUNT:
        raise ModelError(f"{path} has {count} vertices, but ICT-FaceKit has {VERTEX_COUNT}")
    shapes = {"mean": (count, 3), "identity": (len(parts.identity), count, 3)}
    shapes |= {"expression": (len(parts.expression_names), count, 3), "faces": (len(parts.faces), 3)}
    shapes |= {"uv": (len(parts.uv), 2), "faces_uv": (len(parts.faces), 3)}
    for name, shape in shapes.items():
        if np.shape(getattr(parts, name)) != shape:
            raise ModelError(f"{path}: {name} must be {shape}, but came as {np.shape(getattr(parts, name))}")
    for name, most in (("faces", count), ("faces_uv", len(parts.uv))):
        indices = getattr(parts, name)
        if indices.min() < 0 or indices.max() >= most:
            raise ModelError(f"{path}: {name} names entries outside 0..{most - 1}")


def _read_npz(path: Path) -> _Parts:
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in _ARRAYS if name not in file]
            if missing:
                raise ModelError(f"{path} is not ICT-FaceKit as .npz: it has no {', '.join(missing)}")
            arrays = {name: file[name] for name in _ARRAYS}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} cannot be read as .npz: {error}") from error
    return _Parts(**(arrays | {"expression_names": tuple(map(str, arrays["expression_names"]))}))


def _read_folder(folder: Path) -> _Parts:
    try:
        names = json.loads((folder / "vertex_indices.json").read_text(encoding="utf-8"))["expressions"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder} is not ICT-FaceKit's FaceXModel: it needs vertex_indices.json with the list 'expressions'"
        ) from error
    if not isinstance(names, list) or not all(isinstance(name, str) and "/" not in name for name in names):
        raise ModelError(f"{folder / 'vertex_indices.json'}: 'expressions' must be a list of names")
    mean, uv, faces, faces_uv = _read_neutral(folder / "generic_neutral_mesh.obj")
    identities: list[FloatArray] = []
    while (file := folder / f"identity{len(identities):03d}.obj").exists():
        identities.append(_delta(file, mean))
    if not identities:
        raise ModelError(f"{folder} has no identity000.obj")
    expressions = np.array([_delta(folder / f"{name}.obj", mean) for name in names], np.float32)
    return _Parts(mean, np.array(identities), expressions, tuple(names), faces, uv, faces_uv)


def _delta(file: Path, mean: DoubleArray) -> FloatArray:
    vertices = _numbers(_lines(file), "v ", 3, file)
    if vertices.shape != mean.shape:
        raise ModelError(f"{file} has {len(vertices)} vertices, but the neutral mesh has {len(mean)}")
    return (vertices - mean).astype(np.float32)


def _read_neutral(file: Path) -> tuple[DoubleArray, DoubleArray, IntArray, IntArray]:
    """Vertices, texture coordinates, and triangles into both; polygons are split into fans."""
    lines = _lines(file)
    triangles = []
    try:
        for line in lines:
            if line.startswith("f "):
                corners = [tuple(int(part) - 1 for part in corner.split("/")[:2]) for corner in line.split()[1:]]
                triangles += [(corners[0], corners[k], corners[k + 1]) for k in range(1, len(corners) - 1)]
        both = np.array(triangles, np.int32).reshape(-1, 3, 2)
    except ValueError as error:
        raise ModelError(f"{file}: a face is not of the form 'f vertex/texture …'") from error
    if not len(both):
        raise ModelError(f"{file} has no faces")
    uv = _numbers(lines, "vt ", 2, file)
    return _numbers(lines, "v ", 3, file), uv, both[:, :, 0], both[:, :, 1]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror or error}") from error


def _numbers(lines: list[str], start: str, count: int, file: Path) -> DoubleArray:
    """The first ``count`` numbers of every line with this start, as an array ``(lines, count)``."""
    try:
        values = [line.split()[1 : count + 1] for line in lines if line.startswith(start)]
        return np.array(values, np.float64).reshape(-1, count)
    except ValueError as error:
        raise ModelError(f"{file}: a line that starts with {start!r} has not {count} numbers") from error
