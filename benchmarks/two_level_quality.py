"""What an actor of `two_level` reaches on footage made by `mien expand`, where the true result of an edit is known.

    python -m benchmarks.two_level_quality actors/ann ann-footage             about ten minutes for 600 frames
    python -m benchmarks.two_level_quality actors/ann ann-footage --parts self
    python -m benchmarks.two_level_quality - ann-footage --parts oracle       what texture maps of some sizes can reach

Only the last fifth of every clip is looked at, which no stage has learnt from.

self      the face drawn again from its own codes, laid over the frame without movement and without detail carried
          over, against the frame: PSNR and SSIM within the oval of the face; read and laid where the footage says that
          the landmarks are, as the actor was trained, and where a tracker sees them, as other clips are
oracle    the same with the frame's own texture map in the place of the drawn one: the most that a map of a size gives
editing   neutral frames edited to each emotion at 1, against the frames that `instant` made: PSNR and slopes (mean
          difference of slopes at four scales; not LPIPS) within the face, for the unedited frame, for level 1 alone and
          for all of it; lips; what two classifiers see
lips      the seconds in which the neutral footage speaks most, edited to each emotion at 1: the mouth's opening against
          the footage's; all but the last fifth was learnt from
even      LIE on 20 intensities of a calm frame
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

import mien
from benchmarks.report import Figure, show, write
from mien.app.evaluation.suite_evenness import rendered
from mien.compositing.placement import Placement
from mien.data.known_landmarks import with_known_landmarks
from mien.geometry.polygon import polygon_mask
from mien.geometry.texture import extract_texture, fill_hidden
from mien.metrics import recognition, second_classifier
from mien.metrics.evaluation.evenness import calm_frame, distances_for, evenness
from mien.metrics.evaluation.observe import Observed, observe, shared_frames
from mien.metrics.jitter import jitter_ratio
from mien.metrics.lip_sync import lip_opening, lip_sync
from mien.metrics.psnr import decibels, mean_squared_error
from mien.metrics.ssim import ssim
from mien.morphable import builtin
from mien.morphable.regions import FACE_OVAL
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.reconstruction.fit import fit_track
from mien.reconstruction.tracked_surface import TrackedSurface
from mien.systems.two_level.actor import Actor, load_actor
from mien.systems.two_level.edit import TexturedMesh, edit_crop, texture_change
from mien.systems.two_level.texture.codes import TextureReader
from mien.systems.two_level.texture.losses import gradient_distance
from mien.tracking.landmark_reader import LandmarkReader
from mien.types import AnyArray, FloatArray
from mien.video import Clip
from mien.video.frame import Frame

HELD_OUT = 0.2
EVERY, FEWEST = 5, 20
"""Of the held-out frames every fifth is compared, since neighbours are nearly the same; of few ones more."""
ORACLE_SIDES = (128, 256, 512)
PARTS = ("self", "editing", "lips", "even")
VARIANTS: dict[str, dict[str, Any]] = {"level 1 alone": {"texture": 0.0}, "both levels": {}}
SPEECH_S = 6.0
LIE_STEPS = 21
LIE_MOST = 0.74  # CCFE Table 4, on LPIPS
GREY = np.full(3, 0.6, np.float32)

DrawTexture = Callable[[Frame, FloatArray, AnyArray], FloatArray]
"""Frame, the crop around the face, and where the mesh is in it, to the texture map to lay over it."""


@dataclass(slots=True)
class Bench:
    """The measuring of one actor."""

    actor: Path
    footage: Path
    folder: Path
    glasses: str = "auto"
    figures: list[Figure] = field(default_factory=list)

    def add(self, metric: str, clip: str, setting: str, value: float, **limits: float) -> None:
        """Note a figure."""
        self.figures.append(Figure(metric, clip, setting, float(value), **limits))

    def clips(self) -> Iterator[tuple[Path, str, float]]:
        """The videos that were made of the first neutral one, and that one, with emotion and intensity."""
        with (self.footage / "labels.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        first = next(row["made_from"] for row in rows if row["emotion"] == "neutral")
        for row in rows:
            if row["made_from"] == first:
                yield self.footage / row["file"], row["emotion"], float(row["intensity"] or 0.0)


def first_held_out(face: AnalysedFace) -> int:
    """The frame from which on nothing was learnt from."""
    kept = np.arange(face.track.start, face.track.stop)[np.asarray(face.track.fade) == 1.0]
    return int(kept[int(np.ceil(len(kept) * (1.0 - HELD_OUT)))])


def stride(face: AnalysedFace) -> int:
    """From one held-out frame whose pixels are compared to the next."""
    return max(1, min(EVERY, (face.track.stop - first_held_out(face)) // FEWEST))


def oval(landmarks: AnyArray, corner: AnyArray, height: int, width: int) -> AnyArray:
    """The pixels of a crop within the oval of the face."""
    return polygon_mask(np.asarray(landmarks)[FACE_OVAL, :2] - corner, height, width)


def redrawn(bench: Bench, analysis: Analysis, setting: str, draw: DrawTexture, limits: bool) -> None:
    """Lay texture maps over the frames that they were made from, and compare."""
    face, clip = analysis.shots[0].faces[0], analysis.clip.path
    model = builtin.load()
    mesh, surface, reader = TexturedMesh.of(model), TrackedSurface.of(model), LandmarkReader(face.track)
    fit = fit_track(model, face.track)
    glasses = face.parameters.glasses if bench.glasses == "auto" else None
    errors, similar, every = [], [], stride(face)
    for frame in analysis.clip.frames(first_held_out(face), face.track.stop):
        if frame.index % every:
            continue
        landmarks, pose = reader.at(frame.index), fit.pose(frame.index)
        place = Placement.of(landmarks, pose, np.zeros((468, 3)), frame.width, frame.height)
        before, corner = frame.crop(place.box), np.array([place.box.x0, place.box.y0], float)
        points = surface.points(model.shape(fit.alpha, fit.beta[fit.row(frame.index)]), pose, landmarks)
        points[:, :2] -= corner
        worn = None if glasses is None else (glasses, face.parameters.pose(frame.index))
        after = edit_crop(mesh, before, place, landmarks, draw(frame, before, points), 1.0, False, GREY, worn)
        mask = oval(landmarks, corner, *before.shape[:2])
        errors.append(mean_squared_error(before, after, mask))
        similar.append(ssim(before, after, mask, peak=1.0))
    asked = {"at_least": 30.0} if limits else {}
    bench.add("self-reconstruction PSNR [dB]", clip.stem, setting, decibels(float(np.mean(errors)), 1.0), **asked)
    asked = {"at_least": 0.92} if limits else {}
    bench.add("self-reconstruction SSIM", clip.stem, setting, float(np.mean(similar)), **asked)


def measure_oracle(bench: Bench) -> None:
    """What the size of the map allows."""
    model = builtin.load()
    surface = TrackedSurface.of(model)
    analysis = mien.open(next(path for path, emotion, _ in bench.clips() if emotion == "neutral")).analyse()
    for side in ORACLE_SIDES:

        def own(_: Frame, crop: FloatArray, points: AnyArray, side: int = side) -> FloatArray:
            return fill_hidden(extract_texture(crop, points, surface.triangles, surface.uv, side))

        redrawn(bench, analysis, f"own map of {side} px", own, limits=False)


def measure_self(bench: Bench, actor: Actor) -> None:
    """The drawn texture in place of the frame's, on all clips at full intensity and on the neutral one."""
    for clip, _, intensity in bench.clips():
        if intensity not in (0.0, 1.0):
            continue
        tracked = mien.open(clip).analyse()
        known = with_known_landmarks(tracked)
        redrawn(bench, known, "drawn", drawing(bench, actor, known), limits=True)
        if known is not tracked:
            redrawn(bench, tracked, "drawn where tracked", drawing(bench, actor, tracked), limits=True)


def drawing(bench: Bench, actor: Actor, analysis: Analysis) -> DrawTexture:
    """Encode a frame's texture map and draw it again."""
    model, face = builtin.load(), analysis.shots[0].faces[0]
    fit = fit_track(model, face.track, alpha=actor.person.alpha.numpy())
    worn = face.parameters if bench.glasses == "auto" else None
    reader = TextureReader(actor.texture, model, fit, face.track, worn)

    def draw(frame: Frame, _crop: FloatArray, _points: AnyArray) -> FloatArray:
        code = reader.code(frame)[None]
        return texture_change(actor.texture, code, (1.0,), torch.zeros_like(code), detail=False)

    return draw


def measure_editing(bench: Bench) -> None:
    """Neutral frames made each emotion, against what they were to become."""
    source = next(path for path, emotion, _ in bench.clips() if emotion == "neutral")
    analysis = mien.open(source).analyse()
    face = analysis.shots[0].faces[0]
    first = first_held_out(face)
    start_s = float(analysis.times_s[first])
    seen = observe(source)
    for truth, emotion, intensity in bench.clips():
        if intensity < 1.0:
            continue
        track = f"0 neutral, {max(0.0, start_s - 0.001):.4f} neutral, {start_s:.4f} {emotion} 1"
        results = {"unedited": source}
        for name, settings in VARIANTS.items():
            results[name] = bench.folder / f"{name}.mp4".replace(" ", "-")
            edit = mien.edit(source, track, system="two_level", actor=bench.actor, glasses=bench.glasses, **settings)
            edit.save(results[name], overwrite=True)
        _compare(bench, emotion, results, truth, face, first)
        after = observe(results["both levels"])
        _motion(bench, emotion, seen, after, first)


def _compare(bench: Bench, emotion: str, results: dict[str, Path], truth: Path, face: AnalysedFace, first: int) -> None:
    """Pixels of the face: each result against the truth."""
    reader, every = LandmarkReader(face.track), stride(face)
    found: dict[str, tuple[float, float]] = {}
    for name, path in results.items():
        errors, slopes = [], []
        pairs = zip(Clip.open(path).frames(first), Clip.open(truth).frames(first), strict=False)
        for result, target in pairs:
            if result.index % every or not face.track.start <= result.index < face.track.stop:
                continue
            mask = oval(reader.at(result.index), np.zeros(2), result.height, result.width)
            one, other = (frame.rgb() for frame in (result, target))
            errors.append(mean_squared_error(one, other, mask))
            slopes.append(_slopes(one, other, mask))
        found[name] = decibels(float(np.mean(errors))), float(np.mean(slopes))
        bench.add("PSNR to the true result [dB]", emotion, name, found[name][0])
        bench.add("slopes to the true result", emotion, name, found[name][1])
    whole, others = found["both levels"], [found["unedited"], found["level 1 alone"]]
    bench.add("PSNR over the better of both others [dB]", emotion, "", whole[0] - max(o[0] for o in others), at_least=0)
    bench.add("slopes under the better of both others", emotion, "", min(o[1] for o in others) - whole[1], at_least=0)


def _slopes(one: AnyArray, other: AnyArray, mask: AnyArray) -> float:
    """Difference of slopes within the face, whose surroundings are made alike."""
    rows, columns = (np.flatnonzero(mask.any(axis=k)) for k in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    pair = [torch.from_numpy((x * mask[..., None])[box].transpose(2, 0, 1)[None] / 127.5) for x in (one, other)]
    return float(gradient_distance(pair[0].float(), pair[1].float())) / float(mask[box].mean())


def _motion(bench: Bench, emotion: str, source: Observed, result: Observed, first: int) -> None:
    """Lips, jitter, and what is recognised, in the frames held out."""
    frames = source.frames[source.frames >= first]
    before, after = shared_frames(source.only(frames), result.only(frames))
    sync = lip_sync(before.landmarks, after.landmarks)
    # Where the mouth hardly opens, the correlation is that of the tracker's noise.
    asked = {"at_least": 0.95} if sync.moving else {}
    bench.add("lip opening correlation", emotion, "", sync.correlation, **asked)
    bench.add("lip opening range of the source [eye distances]", emotion, "", sync.source_range)
    bench.add("jitter ratio, head aligned", emotion, "", jitter_ratio(before.landmarks, after.landmarks, before.frames))
    if emotion not in recognition.TARGET_LABELS:
        return
    for name, look in (("unedited", before), ("both levels", after)):
        labels = recognition.default_classifier().labels
        shown = recognition.target_probability(look.seen, emotion, labels).mean()
        bench.add("target probability[mini-xception]", emotion, name, float(shown))
        other = second_classifier.target_probability(look.seen_second, emotion)
        bench.add("target probability[face-api]", emotion, name, float(np.mean(other)))


def measure_lips(bench: Bench) -> None:
    """The mouth's opening where the footage speaks."""
    source = next(path for path, emotion, _ in bench.clips() if emotion == "neutral")
    seen, times_s = observe(source), mien.open(source).analyse().times_s
    start_s, stop_s = _most_speech(seen, times_s[seen.frames])
    frames = seen.frames[(times_s[seen.frames] >= start_s) & (times_s[seen.frames] <= stop_s)]
    for emotion in sorted({emotion for _, emotion, intensity in bench.clips() if intensity}):
        asked = f"{max(0.0, start_s - 0.001):.4f} neutral, {start_s:.4f} {emotion} 1, {stop_s:.4f} {emotion} 1"
        result = bench.folder / "spoken.mp4"
        edit = mien.edit(source, f"{asked}, {stop_s + 0.001:.4f} neutral", system="two_level", actor=bench.actor)
        edit.save(result, overwrite=True)
        before, after = shared_frames(seen.only(frames), observe(result).only(frames))
        sync = lip_sync(before.landmarks, after.landmarks)
        asked_for = {"at_least": 0.95} if sync.moving else {}
        bench.add("lip opening correlation, spoken", emotion, "", sync.correlation, **asked_for)
        bench.add("lip opening, mean difference, spoken [eye distances]", emotion, "", sync.mean_difference)
    bench.add("lip opening range, spoken [eye distances]", "source", "", sync.source_range)


def _most_speech(seen: Observed, times_s: AnyArray) -> tuple[float, float]:
    """Start and end of the seconds over which the mouth's opening varies most."""
    opening = lip_opening(seen.landmarks)
    starts = times_s[times_s <= max(times_s[0], times_s[-1] - SPEECH_S)]
    spread = [float(opening[(times_s >= t) & (times_s <= t + SPEECH_S)].std()) for t in starts]
    start_s = float(starts[int(np.argmax(spread))])
    return start_s, min(start_s + SPEECH_S, float(times_s[-1]))


def measure_evenness(bench: Bench) -> None:
    """LIE of every emotion."""
    source = next(path for path, emotion, _ in bench.clips() if emotion == "neutral")
    calm = calm_frame(source)
    if calm is None:
        raise SystemExit(f"no face in {source}")
    distances, _ = distances_for(calm)
    editor = mien.load("two_level", actor=bench.actor)
    found: dict[str, list[float]] = {}
    for emotion in sorted({emotion for _, emotion, intensity in bench.clips() if intensity}):
        for name, value in evenness(rendered(editor, calm, emotion, LIE_STEPS), calm, distances).items():
            bench.add(f"{name}, {LIE_STEPS - 1} steps", emotion, "", value)
            found.setdefault(name, []).append(value)
    for name, values in found.items():
        bench.add(f"{name}, {LIE_STEPS - 1} steps", "all", "mean", float(np.mean(values)), at_most=LIE_MOST)


MEASURES: dict[str, Callable[[Bench], None]] = {
    "oracle": measure_oracle,
    "editing": measure_editing,
    "lips": measure_lips,
    "even": measure_evenness,
}


def main(words: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("actor", type=Path)
    parser.add_argument("footage", type=Path)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--glasses", default="auto", help="none for footage made before mien kept their shape")
    parser.add_argument("--name", default="", help="written as results/two_level_quality_NAME.csv")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="mien-two-level-") as folder:
        bench = Bench(options.actor, options.footage, Path(folder), options.glasses)
        for part in options.parts.split(","):
            if part == "self":
                measure_self(bench, load_actor(bench.actor))
            else:
                MEASURES[part](bench)
    for figure in bench.figures:
        print(figure.line())
    reached = show(bench.figures)
    if options.name:
        write(f"two_level_quality_{options.name}", bench.figures)
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
