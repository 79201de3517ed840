"""A look at a system in under a minute: is the emotion seen, how far do the actions go, how does it look?

    python -m benchmarks.quick_look --out /tmp/look                     the system `instant` as users get it
    python -m benchmarks.quick_look --set lips=0 --emotions surprised fear
    python -m benchmarks.quick_look my_file.py:edit_frame               any EditFrame function

A few frames of each clip of the shared folder are edited, those that look most neutral. Printed per emotion: mean
target probability over the near-neutral frames, before and after, for every crop; leading actions before and after.
Written: contact sheets as PNG, people by emotions (pictures of people: never commit them).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw

import mien
from mien.metrics import action_units, recognition
from mien.metrics.lip_sync import lip_sync
from mien.types import ByteArray, FloatArray

EMOTIONS = ("happy", "sad", "angry", "surprised", "fear", "disgusted", "contempt")
TARGETS = {"happy": 0.80, "sad": 0.60, "angry": 0.40, "disgusted": 0.50, "surprised": 0.50, "fear": 0.35}
"""Mean probability asked for; surprised and fear with the lips free."""

NEAR_NEUTRAL = 0.45
"""Mean neutral probability over the crops from which on a frame counts as near neutral."""

_SCAN_EVERY = 7
_ACTIVE = (
    *("mouthSmile", "browInnerUp", "browDown", "jawOpen", "mouthFrown", "mouthPucker", "mouthFunnel", "eyeBlink"),
    *("mouthLeft", "mouthRight", "jawLeft", "jawRight", "mouthShrugLower", "mouthUpperUp", "mouthLowerDown"),
)
_CELL = 256

EditFrame = Callable[[ByteArray, FloatArray, str, float], ByteArray]
"""``(H, W, 3)`` uint8, landmarks ``(478, 3)`` px, emotion, intensity to ``(H, W, 3)`` uint8."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame to edit."""

    clip: str
    index: int
    rgb: ByteArray
    landmarks: FloatArray
    scores: dict[str, float]
    seen: FloatArray

    @property
    def neutral(self) -> float:
        """Its probability of neutral, mean over the crops."""
        return _share(self.seen, "neutral")

    @property
    def near_neutral(self) -> bool:
        """Whether it counts in the means."""
        return self.neutral >= NEAR_NEUTRAL


Editing = Callable[[Sample, str, float], ByteArray]


@dataclass(frozen=True, slots=True)
class Result:
    """One edited frame; ``seen`` are its class probabilities, ``(crops, 7)``, cut out where the source's face was."""

    sample: Sample
    rgb: ByteArray
    seen: FloatArray


def choose_samples(count: int, cache: Path, meter: action_units.FaceMeter) -> list[Sample]:
    """The ``count`` most neutral frames of every shared clip, well apart; their indices are kept in ``cache``."""
    clips = sorted((recognition.shared_folder() / "clips").glob("*.mp4"))
    if not clips:
        raise SystemExit(f"no clips in {recognition.shared_folder() / 'clips'}; set MIEN_SHARED")
    known = _read_cache(cache, count)
    samples = []
    for path in clips:
        chosen = known.get(path.stem)
        if chosen is None:
            chosen = _most_neutral(path, count, meter)
            cache.parent.mkdir(parents=True, exist_ok=True)
            with cache.open("a") as lines:
                lines.write(f"{count} {path.stem} {' '.join(map(str, chosen))}\n")
        samples += [s for i, rgb in _frames(path, 1, chosen) if (s := _sample(path.stem, i, rgb, meter))]
    return samples


def _read_cache(cache: Path, count: int) -> dict[str, list[int]]:
    if not cache.is_file():
        return {}
    rows = [line.split() for line in cache.read_text().splitlines()]
    return {row[1]: [int(i) for i in row[2:]] for row in rows if int(row[0]) == count}


def _frames(path: Path, every: int, wanted: Sequence[int] | None = None) -> Iterable[tuple[int, ByteArray]]:
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if wanted is not None and index > max(wanted, default=-1):
                return
            if index % every == 0 and (wanted is None or index in wanted):
                yield index, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _sample(clip: str, index: int, rgb: ByteArray, meter: action_units.FaceMeter) -> Sample | None:
    found = meter.measure(rgb)
    if found is None:
        return None
    return Sample(clip, index, rgb, found[0], found[1], _seen(rgb, found[0]))


def _seen(rgb: ByteArray, landmarks: FloatArray) -> FloatArray:
    return np.stack(list(recognition.recognise(rgb, landmarks).values()))


def _share(seen: FloatArray, emotion: str) -> float:
    """Target probability, mean over the crops; NaN for an emotion that the classifier lacks."""
    if emotion not in recognition.TARGET_LABELS:
        return float("nan")
    return float(recognition.target_probability(seen, emotion, recognition.default_classifier().labels).mean())


def _most_neutral(path: Path, count: int, meter: action_units.FaceMeter) -> list[int]:
    ranked = []
    for index, rgb in _frames(path, _SCAN_EVERY):
        sample = _sample(path.stem, index, rgb, meter)
        if sample is not None:
            active = sum(_both(sample.scores, name) for name in _ACTIVE)
            ranked.append((sample.neutral - 0.5 * active, index))
    chosen: list[int] = []
    for _, index in sorted(ranked, reverse=True):
        if len(chosen) < count and all(abs(index - other) >= 25 for other in chosen):
            chosen.append(index)
    return sorted(chosen)


def _both(scores: dict[str, float], name: str) -> float:
    return scores[name] if name in scores else (scores[f"{name}Left"] + scores[f"{name}Right"]) / 2


def look(
    editing: Editing,
    out: Path,
    emotions: Sequence[str] = EMOTIONS,
    intensity: float = 1.0,
    count: int = 2,
    cache: Path = Path(".mien/quick_look.txt"),
) -> dict[str, float]:
    """Edit the samples, print the tables, write the contact sheets.

    Args:
        editing: What is under test.
        out: Folder for the sheets.
        emotions: Which.
        intensity: 0-1.
        count: Frames per clip.
        cache: Where the choice of frames is kept.

    Returns:
        Emotion to mean target probability over near-neutral frames and all crops.
    """
    with action_units.FaceMeter(recognition.shared_folder() / action_units.LANDMARKER_FILE) as meter:
        samples = choose_samples(count, cache, meter)
        _print_samples(samples)
        rows: dict[str, list[ByteArray]] = {f"{s.clip} {s.index}": [_cell(s.rgb, s, "source")] for s in samples}
        means: dict[str, float] = {}
        counted: dict[str, list[Result]] = {}
        _print_header()
        for emotion in emotions:
            results, seconds = _edit(editing, samples, emotion, intensity)
            for result in results:
                share = _share(result.seen, emotion)
                caption = emotion if np.isnan(share) else f"{emotion} {share:.2f}"
                rows[f"{result.sample.clip} {result.sample.index}"].append(_cell(result.rgb, result.sample, caption))
            counted[emotion] = [r for r in results if r.sample.near_neutral]
            means[emotion] = _print_emotion(emotion, counted[emotion], seconds)
            _print_actions(emotion, counted[emotion], meter)
    _print_per_clip(counted)
    _write_sheets(rows, out)
    return means


def _edit(editing: Editing, samples: Sequence[Sample], emotion: str, intensity: float) -> tuple[list[Result], float]:
    """The edited samples, and the seconds that an edit took."""
    started = time.perf_counter()
    edited = [editing(s, emotion, intensity) for s in samples]
    seconds = (time.perf_counter() - started) / max(1, len(samples))
    for sample, rgb in zip(samples, edited, strict=True):
        if rgb.shape != sample.rgb.shape or rgb.dtype != np.uint8:
            raise SystemExit(f"the edit gave {rgb.dtype} {rgb.shape}; expected uint8 {sample.rgb.shape}")
    return [Result(s, rgb, _seen(rgb, s.landmarks)) for s, rgb in zip(samples, edited, strict=True)], seconds


def _print_samples(samples: Sequence[Sample]) -> None:
    print("frames (neutral probability, * counts as near neutral):")
    for clip in dict.fromkeys(s.clip for s in samples):
        own = [s for s in samples if s.clip == clip]
        print(f"  {clip:12}", "  ".join(f"{s.index} ({s.neutral:.2f}{'*' if s.near_neutral else ''})" for s in own))


def _print_header() -> None:
    crops = "".join(f"{name:>8}" for name in recognition.CROPS)
    print(f"\n{'emotion':11}{'before':>8}{'MEAN':>8}{'asked':>8}{crops}   also seen / leading actions (before > after)")


def _print_emotion(emotion: str, results: Sequence[Result], seconds: float) -> float:
    if not results:
        print(f"{emotion:11} no near-neutral frames")
        return float("nan")
    labels = recognition.default_classifier().labels
    seen = np.stack([r.seen for r in results])
    everything = seen.mean(axis=(0, 1))
    also = " ".join(f"{labels[i]} {everything[i]:.2f}" for i in np.argsort(-everything)[:3])
    mean = _share(seen, emotion)
    line = f"{emotion:11}"
    if emotion in recognition.TARGET_LABELS:
        before = _share(np.stack([r.sample.seen for r in results]), emotion)
        line += f"{before:8.2f}{mean:8.2f}{TARGETS.get(emotion, float('nan')):8.2f}"
        line += "".join(f"{_share(seen[:, i], emotion):8.2f}" for i in range(len(recognition.CROPS)))
    print(f"{line}   {also}   [{seconds * 1e3:.0f} ms/edit]")
    return mean


def _print_actions(emotion: str, results: Sequence[Result], meter: action_units.FaceMeter) -> None:
    if emotion not in action_units.LEADING_BLENDSHAPES or not results:
        return
    found = [(r.sample, m) for r in results if (m := meter.measure(r.rgb)) is not None]
    if len(found) < len(results):
        print(f"{'':11}no face found any more in {len(results) - len(found)} of {len(results)} edited frames")
    if not found:
        return
    first, second = np.stack([s.landmarks for s, _ in found]), np.stack([m[0] for _, m in found])
    parts = []
    for name in action_units.LEADING_BLENDSHAPES[emotion]:
        old = np.mean([action_units.leading_scores(s.scores, emotion)[name] for s, _ in found])
        new = np.mean([action_units.leading_scores(m[1], emotion)[name] for _, m in found])
        acted = action_units.ACTED_RISE.get(emotion, {}).get(name)
        parts.append(f"{name} {old:.2f} > {new:.2f}" + (f" (actors {acted:+.2f})" if acted else ""))
    old_d, new_d = (action_units.leading_distances(points, emotion) for points in (first, second))
    parts += [f"{name} {np.mean(new_d[name] - old_d[name]):+.3f}" for name in old_d]
    change = lip_sync(first, second).mean_difference
    print(f"{'':11}{'  '.join(parts)}  |lip opening change| {change:.3f}")


def _print_per_clip(counted: dict[str, list[Result]]) -> None:
    shown = {e: results for e, results in counted.items() if e in recognition.TARGET_LABELS}
    clips = dict.fromkeys(r.sample.clip for results in shown.values() for r in results)
    print(
        f"\ntarget probability by clip (near-neutral frames, all crops)\n{'':12}" + "".join(f"{e:>11}" for e in shown)
    )
    for clip in clips:
        own = [_share(np.stack([r.seen for r in rs if r.sample.clip == clip]), e) for e, rs in shown.items()]
        print(f"{clip:12}" + "".join(f"{share:11.2f}" for share in own))


def _cell(rgb: ByteArray, sample: Sample, caption: str) -> ByteArray:
    """The face, 2.4 eye distances wide, with a line of text."""
    points = sample.landmarks
    size = float(np.linalg.norm(points[33] - points[263])) * 2.4
    x, y = (points[33, :2] + points[263, :2]) / 2 + (0.0, size * 0.1)
    box = (x - size / 2 + 0.5, y - size / 2 + 0.5, x + size / 2 + 0.5, y + size / 2 + 0.5)
    cell = Image.fromarray(rgb).crop(tuple(round(v) for v in box)).resize((_CELL, _CELL), Image.Resampling.LANCZOS)
    ImageDraw.Draw(cell).text((4, 2), caption, (255, 255, 90), stroke_width=1, stroke_fill=(0, 0, 0))
    return np.asarray(cell)


def _write_sheets(rows: dict[str, list[ByteArray]], out: Path, per_sheet: int = 5) -> None:
    out.mkdir(parents=True, exist_ok=True)
    names = list(rows)
    for start in range(0, len(names), per_sheet):
        sheet = np.vstack([np.hstack(rows[name]) for name in names[start : start + per_sheet]])
        path = out / f"sheet_{start // per_sheet + 1}.png"
        Image.fromarray(sheet).save(path)
        print(f"{path}: {', '.join(names[start : start + per_sheet])}")


def function_editing(name: str) -> Editing:
    """The function named ``module:function`` or ``file.py:function``."""
    place, _, attribute = name.rpartition(":")
    if not place:
        raise SystemExit(f"'{name}' names no function; expected module:function or file.py:function")
    if place.endswith(".py"):
        spec = importlib.util.spec_from_file_location(Path(place).stem, place)
        if spec is None or spec.loader is None:
            raise SystemExit(f"cannot read {place}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(place)
    function: EditFrame = getattr(module, attribute)
    return lambda sample, emotion, intensity: function(sample.rgb, sample.landmarks, emotion, intensity)


def system_editing(name: str, settings: dict[str, Any]) -> Editing:
    """A system as users get it: the whole clip analysed (kept on disk), one of its frames rendered."""
    editor = mien.load(name, None, **settings)

    @cache
    def analysis(clip: str) -> mien.Analysis:
        return mien.open(recognition.shared_folder() / "clips" / f"{clip}.mp4").analyse()

    def edit(sample: Sample, emotion: str, intensity: float) -> ByteArray:
        found = analysis(sample.clip)
        frame = next(iter(found.clip.frames(sample.index, sample.index + 1)))
        track = mien.EmotionTrack.parse(f"{emotion} {intensity:g}")
        for face in found.faces_at(sample.index):
            if face.number == 1:
                frame = editor.system.face_renderer(found, face, track).render(frame)
        return np.asarray(frame.rgb(), np.uint8)

    return edit


def _setting(text: str) -> tuple[str, float | int]:
    name, _, value = text.partition("=")
    return name, int(value) if value.isdigit() else float(value)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("function", nargs="?", help="module:function or file.py:function instead of a system")
    parser.add_argument("--system", default="instant")
    parser.add_argument("--set", nargs="+", type=_setting, default=[], metavar="NAME=VALUE", help="system settings")
    parser.add_argument("--out", type=Path, default=Path(".mien/quick_look"))
    parser.add_argument("--emotions", nargs="+", default=list(EMOTIONS))
    parser.add_argument("--intensity", type=float, default=1.0)
    parser.add_argument("--frames", type=int, default=2, help="frames per clip")
    options = parser.parse_args()
    started = time.perf_counter()
    function = options.function
    editing = function_editing(function) if function else system_editing(options.system, dict(options.set))
    look(editing, options.out, options.emotions, options.intensity, options.frames)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
