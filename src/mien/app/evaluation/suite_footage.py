"""FID and FED in a suite: what it rendered of an emotion against real footage of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np

from mien.app.edit import fingerprint
from mien.app.evaluation.folder import Finished
from mien.app.evaluation.progress import Part
from mien.app.evaluation.suite_file import Render, Suite
from mien.app.evaluation.suite_summary import SuiteFigure
from mien.app.jobs import staging_folder
from mien.errors import MienError, OutputError
from mien.metrics.evaluation.clip_features import EVERY, FIGURES, clip_features, distance_of, networks
from mien.metrics.feature_network import FeatureNetwork
from mien.types import FloatArray
from mien.video.claim import mien_version

NO_FOOTAGE = "Not available: needs real footage of the target emotion (`[targets.…]` in the suite file)."

_ORIGINS = {"FED": "CCFE 4.2", "FID": "CCFE 4.2", "FID[ArcFace]": "NED 4.1"}


def footage_figures(
    suite: Suite, renders: Sequence[Render], finished: Sequence[Finished], place: Path, part: Part
) -> list[SuiteFigure]:
    """Fréchet distances of every system and emotion that has real footage, and of every system their mean.

    Of the renders only the strongest intensity counts, as in the table by emotion: real footage is what an emotion at
    full strength looks like.

    Args:
        suite: What is asked.
        renders: All of it.
        finished: What became of each.
        place: Folder in which features are kept, a file for each clip; made.
        part: Told what is done.
    """
    strongest = max(suite.intensities)
    pairs = [
        (render, clip.result)
        for render, clip in zip(renders, finished, strict=True)
        if render.target is not None and render.intensity == strongest and clip.evaluation is not None
    ]
    found, missing = networks()
    if not pairs or not found:
        return [_none(system.label, key, missing.get(key, NO_FOOTAGE)) for system in suite.systems for key in FIGURES]
    clips = list(dict.fromkeys([path for render, result in pairs for path in (result, render.target) if path]))
    features: dict[Path, dict[str, FloatArray] | str] = {}
    for number, path in enumerate(clips):
        features[path] = _features(path, found, place)
        part.at((number + 1) / len(clips))
    figures = []
    for system in suite.systems:
        own = [(render, result) for render, result in pairs if render.system.label == system.label]
        for key in FIGURES:
            if key in missing:
                figures.append(_none(system.label, key, missing[key]))
            else:
                figures += _of_system(suite, system.label, key, own, features)
    return figures


def _of_system(
    suite: Suite,
    label: str,
    key: str,
    pairs: Sequence[tuple[Render, Path]],
    features: Mapping[Path, dict[str, FloatArray] | str],
) -> Iterator[SuiteFigure]:
    values = []
    whys = [found for found in features.values() if isinstance(found, str)]
    for emotion in suite.emotions:
        rendered = [result for render, result in pairs if render.emotion == emotion]
        real = dict.fromkeys(render.target for render, _ in pairs if render.emotion == emotion if render.target)
        sets = [_known(key, paths, features) for paths in (rendered, list(real))]
        value, count, of_real = distance_of(*sets)
        if value == value:
            values.append(value)
            told = f"{count} frames rendered against {of_real} of real footage; few frames make it large."
            yield SuiteFigure(key, label, emotion, value, told, _origin(key))
        elif real:
            whys.append(f"Fewer than two frames of {emotion} have a face, rendered or real.")
    if values:
        told = f"Mean over {len(values)} {'emotion' if len(values) == 1 else 'emotions'} with real footage."
        yield SuiteFigure(key, label, "", float(np.mean(values)), told, _origin(key))
    else:
        yield _none(label, key, whys[0] if whys else NO_FOOTAGE)


def _known(key: str, paths: Sequence[Path], features: Mapping[Path, dict[str, FloatArray] | str]) -> list[FloatArray]:
    return [found[key] for path in paths if not isinstance(found := features[path], str)]


def _features(path: Path, found: Mapping[str, FeatureNetwork], place: Path) -> dict[str, FloatArray] | str:
    """Features of a clip, kept from before or taken now; or why there are none, one sentence."""
    try:
        parts = [fingerprint(path), sorted(found), EVERY, mien_version()]
        name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        kept = place / f"{path.stem}_{name}.npz"
        before = _kept(kept, found)
        if before is not None:
            return before
        taken = clip_features(path, found)
        place.mkdir(parents=True, exist_ok=True)
        with staging_folder(kept) as staging:
            np.savez(staging / kept.name, **cast("dict[str, Any]", taken))
            (staging / kept.name).replace(kept)
    except OutputError:
        raise
    except MienError as error:
        return f"{path.name} cannot be measured: {error}"
    return taken


def _kept(path: Path, found: Mapping[str, FeatureNetwork]) -> dict[str, FloatArray] | None:
    """Features taken before; None without, or where the file is damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {key: np.asarray(stored[key], np.float32) for key in found}
    except (OSError, ValueError, KeyError, BadZipFile):
        return None


def _origin(key: str) -> str:
    return _ORIGINS.get(key, "ours, after " + ("NED 4.1" if key == "FID[face-api]" else "CCFE 4.2"))


def _none(label: str, key: str, why: str) -> SuiteFigure:
    return SuiteFigure(key, label, "", None, why, _origin(key))
