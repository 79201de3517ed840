"""The figures that the system `instant` must show, measured on real rendered videos.

    python -m benchmarks.instant_quality                          all clips, all emotions: about half an hour
    python -m benchmarks.instant_quality --seconds 3 --clips driving_d20 --emotions happy --parts emotions
    python -m benchmarks.instant_quality --unchanged              the ruler's own error: clips encoded again, unedited

Every clip of the shared folder is edited at intensity 1, at the default --lips (and with --lips 0
where that is asked), decoded again and measured with MediaPipe's own landmarker and two outside classifiers, against
the source measured the same way. Which clips start out near neutral is decided by the first classifier; the second is
asked where its weights are on this machine (`mien weights add face-api-expression …`). Printed: pass or fail
for each point. Written: every figure, in results/instant_quality.csv (in .mien/results for a part of the clips or
emotions).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import mien
from benchmarks.cut import cut
from benchmarks.report import Figure, show, write
from mien.metrics import action_units, recognition, second_classifier
from mien.metrics.background import background_change
from mien.metrics.continuity import added_jumps, jumps, largest_jump_ratio
from mien.metrics.evaluation.observe import Observed, observe, shared_frames
from mien.metrics.jitter import jitter_ratio
from mien.metrics.linearity import linearity
from mien.metrics.lip_sync import lip_sync
from mien.metrics.pose_drift import pose_drift
from mien.metrics.timing import timing_change
from mien.video import Clip, transcode

EMOTIONS = ("happy", "sad", "angry", "fear", "disgusted", "surprised", "contempt")
SECOND = "face-api"
SEEN = {"happy": 0.80, "sad": 0.60, "angry": 0.40, "disgusted": 0.50}
SEEN_LIPS_FREE = {"surprised": 0.50, "fear": 0.35}
PARTS = ("emotions", "lips_free", "untouched", "changes", "linearity")
TUNED_ON = ("driving_d9", "driving_d10", "driving_d13", "driving_d18", "source_s20")
"""Clips on which recipes, rig and relief may be tuned. The others are held out: they are looked at, never tuned on."""
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
CHANGING = "0 neutral, 0.6 happy 1, 1.2 sad 1, 1.8 angry 1, 2.4 surprised 1, 3 neutral"
CONTEMPT_RISE = 0.015
"""How far the asymmetry of the lip corners must rise, eye distances: a quarter of a full smile's rise (0.058)."""

_LINEAR_SECONDS = 1.2
_BACKGROUND_FRAMES = 12


@dataclass(slots=True)
class Bench:
    """The measuring of one set of clips."""

    folder: Path
    unchanged: bool
    figures: list[Figure] = field(default_factory=list)
    sources: dict[str, Path] = field(default_factory=dict)
    observed: dict[str, Observed] = field(default_factory=dict)

    def add(
        self, metric: str, clip: str, setting: str, value: float,
        at_least: float | None = None, at_most: float | None = None,
    ) -> None:  # fmt: skip
        """Note a figure."""
        self.figures.append(Figure(metric, clip, setting, float(value), at_least, at_most))

    def render(self, clip: str, track: str, lips: float | None = None) -> Path:
        """Edit a clip as users do; the file written."""
        target = self.folder / "edited.mp4"
        if self.unchanged:
            target.unlink(missing_ok=True)
            transcode(self.sources[clip], target)
        else:
            settings: dict[str, Any] = {} if lips is None else {"lips": lips}
            mien.edit(self.sources[clip], track, **settings).save(target, overwrite=True)
        return target

    def edited(self, clip: str, track: str, lips: float | None = None, recognise: bool = True) -> Observed:
        """Edit a clip and look at the result."""
        return observe(self.render(clip, track, lips), recognise)


def is_near_neutral(observed: Observed) -> bool:
    """Whether neutral is the classifier's first choice in at least half of the frames, mean over the crops."""
    if len(observed.seen) == 0:
        return False
    labels = recognition.default_classifier().labels
    return bool((observed.seen.mean(axis=1).argmax(axis=1) == labels.index("neutral")).mean() >= 0.5)


def share(observed: Observed, emotion: str) -> np.ndarray:
    """Mean target probability over the frames, for each crop and, last, by face-api's network: ``(crops + 1,)``."""
    labels = recognition.default_classifier().labels
    first = recognition.target_probability(observed.seen, emotion, labels).mean(axis=0)
    return np.append(first, seen_by_second(observed.seen_second, emotion))


def seen_by_second(seen: np.ndarray, emotion: str) -> float:
    """Mean target probability by face-api's network, whose answers are ``(frames, labels)``."""
    # As for the first, whose training files most disgust under angry, both count.
    names = ("disgusted", "angry") if emotion == "disgusted" else (emotion,)
    return float(np.mean(sum(second_classifier.target_probability(seen, name) for name in names)))


def measure_motion(bench: Bench, clip: str, emotion: str, result: Observed, lips_kept: bool) -> None:
    """In sync, steady, same pose, same times: one result against its source."""
    source, result = shared_frames(bench.observed[clip], result)
    for dimensions in (3, 2):
        sync = lip_sync(source.landmarks, result.landmarks, dimensions=dimensions)
        asked = lips_kept and dimensions == 3
        name = f"{dimensions}D"
        low = 0.98 if asked and sync.moving else None
        bench.add(f"lip opening correlation {name}", clip, emotion, sync.correlation, at_least=low)
        high = 0.02 if asked else None
        bench.add(f"lip opening difference {name} [eye distances]", clip, emotion, sync.mean_difference, at_most=high)
    bench.add("lip opening range of the source [eye distances]", clip, emotion, sync.source_range)
    steady = jitter_ratio(source.landmarks, result.landmarks, source.frames)
    bench.add("jitter ratio, head aligned", clip, emotion, steady, at_most=1.05 if lips_kept else None)
    raw = jitter_ratio(source.landmarks, result.landmarks, source.frames, align=False)
    bench.add("jitter ratio, in the image", clip, emotion, raw, at_most=1.05 if lips_kept else None)
    drift = pose_drift(source.landmarks, result.landmarks)
    bench.add("head pose drift, mean [degrees]", clip, emotion, drift.mean(), at_most=1.5)
    bench.add("head pose drift, 95th percentile [degrees]", clip, emotion, np.percentile(drift, 95))
    bench.add("head pose drift, largest [degrees]", clip, emotion, drift.max())


def measure_timing(bench: Bench, clip: str, result: Observed) -> None:
    """Every frame there, at its own time."""
    source = bench.observed[clip]
    change = timing_change(source.pts, source.time_base, result.pts, result.time_base)
    bench.add("frames lost or added", clip, "", change.result_frames - change.source_frames, at_least=0, at_most=0)
    bench.add("frame time difference [s]", clip, "", change.largest_s, at_most=0)


def measure_emotion(bench: Bench, emotion: str, neutral: Sequence[str]) -> None:
    """Everything about one emotion at intensity 1 and the default --lips, on all clips."""
    results = {clip: bench.edited(clip, f"{emotion} 1") for clip in bench.sources}
    for clip, result in results.items():
        measure_motion(bench, clip, emotion, result, lips_kept=True)
        if emotion == EMOTIONS[0]:
            measure_timing(bench, clip, result)
    if bench.unchanged:
        return
    measure_seen(bench, emotion, results, neutral, "default lips", SEEN)
    measure_actions(bench, emotion, {c: results[c] for c in neutral})


def measure_seen(
    bench: Bench,
    emotion: str,
    results: dict[str, Observed],
    neutral: Sequence[str],
    setting: str,
    asked: dict[str, float],
) -> None:
    """Mean target probability by both classifiers: near neutral, of the clips tuned on and of those held out."""
    if emotion not in recognition.TARGET_LABELS or not neutral:
        return
    shown = {clip: share(result, emotion) for clip, result in results.items()}
    setting = f"{emotion}, {setting}"
    for clip, row in shown.items():
        bench.add("target probability, mean of crops", clip, setting, row[:-1].mean())
        bench.add(f"target probability, {SECOND}", clip, setting, row[-1])
    near = np.stack([shown[clip] for clip in neutral])
    for crop, column in zip(recognition.CROPS, near.T[:-1], strict=True):
        bench.add(f"target probability, crop {crop}", "near neutral", setting, column.mean())
    bench.add("target probability", "near neutral", setting, near[:, :-1].mean(), at_least=asked.get(emotion))
    bench.add(f"target probability, {SECOND}", "near neutral", setting, near[:, -1].mean())
    for name, rows in (
        ("tuned on", [row for clip, row in shown.items() if clip in TUNED_ON]),
        ("held out", [row for clip, row in shown.items() if clip not in TUNED_ON]),
    ):
        if rows:
            bench.add("target probability", name, setting, np.stack(rows)[:, :-1].mean())
            bench.add(f"target probability, {SECOND}", name, setting, np.stack(rows)[:, -1].mean())


def measure_actions(bench: Bench, emotion: str, results: dict[str, Observed]) -> None:
    """How far the leading actions rise over the source's."""
    rises: dict[str, list[float]] = {}
    turns: list[float] = []
    for clip, result in results.items():
        source, result = shared_frames(bench.observed[clip], result)
        before, after = source.leading(emotion), result.leading(emotion)
        for name in before:
            rises.setdefault(name, []).append(float((after[name] - before[name]).mean()))
        old, new = (action_units.distances(o.landmarks)["lip_corner_asymmetry"] for o in (source, result))
        turns.append(float((new - old).mean()))
    for name, values in rises.items():
        limit = action_units.ACTED_RISE.get(emotion, {}).get(name) if emotion in SEEN_LIPS_FREE else None
        bench.add(f"rise of {name}", "near neutral", emotion, float(np.mean(values)), at_least=limit)
    if emotion == "contempt" and turns:
        name = "rise of lip corner asymmetry [eye distances]"
        bench.add(name, "near neutral", emotion, float(np.mean(turns)), at_least=CONTEMPT_RISE)


def measure_lips_free(bench: Bench, neutral: Sequence[str], emotions: Sequence[str]) -> None:
    """Surprise and fear with the jaw free to act."""
    for emotion in (e for e in SEEN_LIPS_FREE if e in emotions):
        results = {clip: bench.edited(clip, f"{emotion} 1", lips=0.0) for clip in bench.sources}
        measure_seen(bench, emotion, results, neutral, "lips 0", SEEN_LIPS_FREE)
        for clip in neutral:
            measure_motion(bench, clip, f"{emotion}, lips 0", results[clip], lips_kept=False)


def measure_linearity(bench: Bench, neutral: Sequence[str], emotions: Sequence[str]) -> None:
    """Leading actions at rising intensities: pooled over the clips, and each clip's own line."""
    for emotion in emotions:
        responses: dict[str, list[list[float]]] = {}
        for clip in neutral:
            rows: dict[str, list[float]] = {}
            for intensity in STEPS:
                result = bench.edited(clip, f"{emotion} {intensity:g}", recognise=False)
                led = action_units.leading_distances(result.landmarks, emotion) | result.leading(emotion)
                for name, values in led.items():
                    rows.setdefault(name, []).append(float(values.mean()))
            for name, row in rows.items():
                responses.setdefault(name, []).append(row)
        for name, kept in responses.items():
            table = np.array(kept)
            line = linearity(np.array(STEPS), table.mean(axis=0))
            distance = name in action_units.LEADING_DISTANCES[emotion]
            limit = 0.98 if distance else None
            bench.add(f"R2 of {name}", "near neutral", emotion, line.r_squared, at_least=limit)
            bench.add(f"slope of {name}", "near neutral", emotion, line.slope, at_least=0.0 if distance else None)
            worst = min(linearity(np.array(STEPS), response).r_squared for response in table)
            bench.add(f"R2 of {name}", "worst clip", emotion, worst)


def measure_changes(bench: Bench) -> None:
    """An emotion track that goes through several emotions: no jump larger than the source's own."""
    for clip in bench.sources:
        source, result = shared_frames(bench.observed[clip], bench.edited(clip, CHANGING, recognise=False))
        own = jumps(source.landmarks, source.frames).max(initial=0.0)
        ratio = largest_jump_ratio(source.landmarks, result.landmarks, source.frames)
        # Where the source jumps most, tracking noise alone lifts this ratio a little over 1 as often as below it.
        bench.add("largest jump, result over source", clip, "changing", ratio, at_most=1.05)
        added = added_jumps(source.landmarks, result.landmarks, source.frames).max(initial=0.0)
        bench.add("largest jump of the edit, over the source's", clip, "changing", added / own, at_most=1.0)


def measure_untouched(bench: Bench) -> None:
    """Before encoding: the background of a strong edit, and the whole picture at intensity 0."""
    for clip, path in bench.sources.items():
        shot = mien.open(str(path)).analyse()
        system = mien.load("instant")
        for track, setting in (("happy 1", "happy 1"), ("happy 0", "intensity 0")):
            largest, whole = 0.0, 0.0
            pairs = zip(Clip.open(path).frames(), system.render(shot, mien.EmotionTrack.parse(track)), strict=True)
            faces = dict(zip(bench.observed[clip].frames.tolist(), bench.observed[clip].landmarks, strict=True))
            every = max(1, len(bench.observed[clip].pts) // _BACKGROUND_FRAMES)
            for source, result in pairs:
                if source.index % every or source.index not in faces:
                    continue
                before, after = source.rgb(), result.rgb()
                landmarks = faces[source.index][None]
                largest = max(largest, background_change(before, after, landmarks).largest)
                whole = max(whole, float(np.abs(before.astype(int) - after).max()))
            bench.add("background change before encoding, largest", clip, setting, largest, at_most=0)
            if setting == "intensity 0":
                bench.add("change before encoding, largest", clip, setting, whole, at_most=0)


def chosen_clips(names: Sequence[str] | None) -> list[Path]:
    """Paths of the shared clips, all or those named."""
    paths = sorted((recognition.shared_folder() / "clips").glob("*.mp4"))
    chosen = [p for p in paths if not names or p.stem in names]
    if not chosen:
        raise SystemExit(f"no such clips in {recognition.shared_folder() / 'clips'}; set MIEN_SHARED or mend --clips")
    return chosen


def run(options: argparse.Namespace) -> Iterable[Figure]:
    """Measure everything that was asked for."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.unchanged)
        for path in chosen_clips(options.clips):
            bench.sources[path.stem] = (
                cut(path, Path(folder) / path.name, seconds=options.seconds) if options.seconds else path
            )
            bench.observed[path.stem] = observe(bench.sources[path.stem])
        neutral = [clip for clip, observed in bench.observed.items() if is_near_neutral(observed)]
        print("near neutral:", ", ".join(neutral) or "none", flush=True)
        for part in options.parts:
            started = time.perf_counter()
            measure_part(bench, part, neutral, options.emotions)
            print(f"{part}: {time.perf_counter() - started:.0f} s", flush=True)
        return bench.figures


def measure_part(bench: Bench, part: str, neutral: Sequence[str], emotions: Sequence[str]) -> None:
    """One of :data:`PARTS`."""
    if part == "emotions":
        for emotion in emotions:
            measure_emotion(bench, emotion, neutral)
    elif part == "lips_free":
        measure_lips_free(bench, neutral, emotions)
    elif part == "untouched":
        measure_untouched(bench)
    elif part == "changes":
        measure_changes(bench)
    elif part == "linearity":
        short = Bench(bench.folder, bench.unchanged)
        for clip in neutral:
            target = bench.folder / f"short_{clip}.mp4"
            short.sources[clip] = cut(bench.sources[clip], target, seconds=_LINEAR_SECONDS)
        measure_linearity(short, neutral, emotions)
        bench.figures += short.figures


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", nargs="+", help="names without .mp4; all by default")
    parser.add_argument("--emotions", nargs="+", default=list(EMOTIONS), choices=EMOTIONS)
    parser.add_argument("--seconds", type=float, help="use only the start of every clip")
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--unchanged", action="store_true", help="encode again instead of editing")
    options = parser.parse_args()
    if options.unchanged:
        options.emotions, options.parts = ["happy"], ["emotions", "changes"]
    figures = list(run(options))
    passed = show(figures)
    complete = set(options.emotions) == set(EMOTIONS) and set(options.parts) == set(PARTS)
    whole = not (options.clips or options.seconds) and (complete or options.unchanged)
    name = "ruler" if options.unchanged else "instant_quality"
    print(write(name, figures) if whole else write(name, figures, Path(".mien/results")))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
