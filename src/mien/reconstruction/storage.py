"""An analysis as files in a folder: the tracker's landmark files, arrays (.npy, .npz) and one JSON file, no pickles."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from mien.errors import MienError
from mien.reconstruction.parameters import FaceParameters, Glasses, Light, Surroundings
from mien.tracking.face_track import FaceTrack, Rows
from mien.tracking.landmarker import BLENDSHAPE_NAMES
from mien.types import LANDMARK_COUNT, AnyArray, DoubleArray

FORMAT = 3
"""Raised when the files change."""

_LANDMARKS = (LANDMARK_COUNT, 3)
_BLENDSHAPES = (len(BLENDSHAPE_NAMES),)
_TRACK_ARRAYS = ("confidence", "fade", "eye_distance")
_PARTS: dict[str, type[Glasses] | type[Surroundings]] = {"glasses": Glasses, "surroundings": Surroundings}
"""Parts of a face's parameters that are nothing but arrays, kept under names such as ``glasses_points``."""

StoredFace = tuple[FaceTrack, FaceParameters]
StoredShot = tuple[int, int, tuple[StoredFace, ...]]
"""First frame, frame after the last, faces."""


def write_analysis(folder: Path, times_s: DoubleArray, shots: tuple[StoredShot, ...]) -> None:
    """Write all but the landmarks, which the tracker has written into the same folder already."""
    np.save(folder / "times_s.npy", times_s)
    listed = []
    for start, stop, faces in shots:
        entries = []
        for track, parameters in faces:
            name = f"face_{start}_{track.number}.npz"
            arrays = {key: getattr(track, key) for key in _TRACK_ARRAYS} | parameters.arrays()
            arrays |= _parts_to_arrays(parameters)
            np.savez(folder / name, **arrays)
            entries.append(
                {
                    "number": track.number,
                    "start": track.start,
                    "stop": track.stop,
                    "arrays": name,
                    "pixel_aspect": track.pixel_aspect,
                    "landmarks": _file_name(track.landmark_rows),
                    "blendshapes": None if track.blendshape_rows is None else _file_name(track.blendshape_rows),
                    "light": None if parameters.light is None else _light_to_json(parameters.light),
                }
            )
        listed.append({"start": start, "stop": stop, "faces": entries})
    text = json.dumps({"format": FORMAT, "shots": listed}, indent=1)
    (folder / "analysis.json").write_text(text, encoding="utf-8")


def read_analysis(folder: Path) -> tuple[DoubleArray, tuple[StoredShot, ...]] | None:
    """Read what :func:`write_analysis` wrote: frame times and shots; None if it is damaged or of another format."""
    try:
        listed = json.loads((folder / "analysis.json").read_text(encoding="utf-8"))
        if listed["format"] != FORMAT:
            return None
        times_s = np.load(folder / "times_s.npy", allow_pickle=False)
        shots = tuple(
            (shot["start"], shot["stop"], tuple(_read_face(folder, face) for face in shot["faces"]))
            for shot in listed["shots"]
        )
    except (OSError, ValueError, KeyError, TypeError, BadZipFile, MienError):
        return None
    return (times_s, shots) if len(times_s) == (shots[-1][1] if shots else 0) else None


def _read_face(folder: Path, entry: dict[str, Any]) -> StoredFace:
    start, stop = entry["start"], entry["stop"]
    with np.load(folder / entry["arrays"], allow_pickle=False) as stored:
        arrays: dict[str, AnyArray] = dict(stored)
    rows = _rows(folder, entry["landmarks"], _LANDMARKS, stop - start)
    scores = None if entry["blendshapes"] is None else _rows(folder, entry["blendshapes"], _BLENDSHAPES, stop - start)
    for name in _TRACK_ARRAYS:
        if arrays[name].shape != (stop - start,):
            raise ValueError(f"{name} has not one number a frame")
    confidence, fade, eye_distance = (arrays.pop(name) for name in _TRACK_ARRAYS)
    aspect = float(entry["pixel_aspect"])
    track = FaceTrack(entry["number"], start, stop, confidence, fade, eye_distance, rows, scores, aspect)
    given: dict[str, Any] = _parts_from_arrays(arrays) | arrays
    light = None if entry["light"] is None else _light_from_json(entry["light"])
    parameters = FaceParameters(start=start, light=light, pixel_aspect=aspect, **given)
    if len(parameters) != stop - start:
        raise ValueError("the parameters have not one row a frame")
    return track, parameters


def _parts_to_arrays(parameters: FaceParameters) -> dict[str, AnyArray]:
    arrays: dict[str, AnyArray] = {}
    for name in _PARTS:
        part = getattr(parameters, name)
        if part is not None:
            arrays |= {f"{name}_{field.name}": getattr(part, field.name) for field in fields(part)}
    return arrays


def _parts_from_arrays(arrays: dict[str, AnyArray]) -> dict[str, Any]:
    """The parts that are there; their arrays are taken out of those given."""
    parts: dict[str, Any] = {}
    for name, kind in _PARTS.items():
        keys = [field.name for field in fields(kind) if f"{name}_{field.name}" in arrays]
        if keys:
            parts[name] = kind(**{key: arrays.pop(f"{name}_{key}") for key in keys})
    return parts


def _rows(folder: Path, name: str, shape: tuple[int, ...], count: int) -> Rows:
    path = folder / Path(name).name
    if path.stat().st_size != 4 * int(np.prod(shape)) * count:
        raise ValueError(f"{name} is not {count} rows long")
    return Rows(shape, path)


def _file_name(rows: Rows) -> str:
    assert rows.path is not None, "tracks of a clip keep their rows in files"
    return rows.path.name


def _light_to_json(light: Light) -> dict[str, Any]:
    return {
        "coefficients": light.coefficients.tolist(),
        "directionality": light.directionality,
        "skin_colour": light.skin_colour.tolist(),
        "skin_contrast": light.skin_contrast,
        "sample_count": light.sample_count,
    }


def _light_from_json(entry: dict[str, Any]) -> Light:
    colour = np.array(entry["skin_colour"], np.float32)
    coefficients = np.array(entry["coefficients"], np.float32)
    if coefficients.shape != (9, 3) or colour.shape != (3,):
        raise ValueError("a light has nine coefficients and a skin colour of three channels")
    return Light(coefficients, entry["directionality"], colour, entry["skin_contrast"], entry["sample_count"])
