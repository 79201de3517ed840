"""CCFE's Tables 1 to 3 and Fig. 7 for `two_level`: without level 1, level 2 or face model, smoothings, mouth losses.

    python -m benchmarks.two_level_ablation PREPARED FOOTAGE --work DIR              trains the preset tiny
    python -m benchmarks.two_level_ablation PREPARED FOOTAGE --work DIR --actor actors/ann
    python -m benchmarks.two_level_ablation PREPARED --work DIR --tables 3           level 1 alone, no pictures

PREPARED is made by `mien prepare` of FOOTAGE, which `mien expand` made: there the true result of every edit is known
frame by frame. What is trained and measured is kept in DIR; called again, the benchmark goes on. Tables 1 and 2 are
made of renders as the paper has them (textures drawn without the frame's own detail, teeth drawn): the last fifth of
the neutral clip, which nothing was learnt from, made each emotion at 1. Written: results/two_level_ablation.csv.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import mien
from benchmarks.cut import NEARLY_LOSSLESS, cut
from benchmarks.report import RESULTS, Figure, show, write
from benchmarks.two_level_lips import lip_figures
from mien.data.prepared import PreparedFootage, open_prepared
from mien.emotion.track import EmotionTrack
from mien.metrics.evaluation.clip_features import clip_features, distance_of, networks
from mien.metrics.evaluation.evaluate import EvaluationRequest, evaluate
from mien.metrics.evaluation.evaluation import Evaluation, from_json, to_json
from mien.metrics.evaluation.target_watch import FAPD, LMD_EYES, LPIPS, POSE, PSNR, SSIM
from mien.morphable import builtin
from mien.systems.two_level.config import preset_named
from mien.systems.two_level.make import MakeOptions, make_actor
from mien.systems.two_level.material import Material
from mien.systems.two_level.stages import StageProgress, TrainingPlan
from mien.systems.two_level.texture.losses import gradient_distance
from mien.systems.two_level.whole_face import WholeFace, train_whole_face

HELD_OUT = 0.2
PAPER: Mapping[str, Any] = {"detail": False, "teeth": "drawn"}
FULL = "full"
TABLE_1: Mapping[str, Mapping[str, Any] | None] = {
    FULL: {}, "w/o lvl-1": {"shape": 0.0}, "w/o lvl-2": {"texture": 0.0}, "w/o 3DMM": None,
}  # fmt: skip
"""Column to settings; None is the system without a face model."""
TABLE_2: Mapping[str, Mapping[str, Any]] = {
    FULL: {}, "unsmoothed": {"smoothing_frames": 1}, "image space": {"smoothing_space": "image"},
}  # fmt: skip
PUBLISHED_1 = {"FED": (9.40, 14.32, 22.82), "FID": (30.36, 32.48, 37.76), "ID": (0.931, 0.900, 0.849)}
PUBLISHED_2 = (
    "CCFE asked people, smoothed / unsmoothed / same: "
    "continuity 60 / 14 / 26 %, sync 33 / 10 / 57 %, clarity 19 / 12 / 70 %"
)
PUBLISHED_3 = "CCFE: LSE-D 8.03 / 8.13 / 8.17, LSE-C 7.11 / 7.02 / 6.97 for RD / AD / without"
FRECHET = ("FED", "FED[face-api]", "FID", "FID[face-api]")
ROWS_1 = (
    "ID", "ID[face-api]", FAPD.key, PSNR.key, SSIM.key, LPIPS.key, LMD_EYES.key, POSE.key,
    "recognised[mini-xception]", "recognised[face-api]", "recognised[HSEmotion]",
)  # fmt: skip
ROWS_2 = ("jitter_ratio", "jitter_added", "lip_correlation", "LSE-D", "LSE-C", "CPBD", "mouth_inside")


@dataclass(frozen=True, slots=True)
class Footage:
    """What is edited, and what it should become.

    Attributes:
        neutral: The neutral clip, held-out frames alone.
        targets: Emotion to the same frames of the true footage at intensity 1.
    """

    neutral: Path
    targets: Mapping[str, Path]


def held_out_footage(prepared: PreparedFootage, folder: Path, emotions: Sequence[str] | None, work: Path) -> Footage:
    """Cut the frames that nothing was learnt from out of the first neutral clip and of its counterparts."""
    clips = prepared.card["footage"]["clips"]
    neutral = next((k for k, clip in enumerate(clips) if clip["emotion"] == "neutral"), None)
    if neutral is None:
        raise SystemExit(f"{prepared.folder} has no neutral clip")
    index = prepared.frames.index[prepared.frames.clip == neutral]
    first = int(index[int(np.ceil((1 - HELD_OUT) * len(index)))])
    targets = {}
    for clip in clips:
        same = clip.get("made_from") == clips[neutral].get("made_from")
        wanted = clip["emotion"] != "neutral" and (not emotions or clip["emotion"] in emotions)
        if same and wanted and clip["intensity"] == 1.0:
            targets[clip["emotion"]] = _cut(folder / clip["name"], first, work / f"true-{clip['emotion']}.mp4")
    if not targets:
        raise SystemExit(f"{prepared.folder} has no clip of these emotions at intensity 1 made of its neutral one")
    return Footage(_cut(folder / clips[neutral]["name"], first, work / "neutral.mp4"), targets)


def _cut(source: Path, first: int, target: Path) -> Path:
    return target if target.is_file() else cut(source, target, first)


@dataclass(frozen=True, slots=True)
class Bench:
    """Renders and measures; what is there already is kept.

    Attributes:
        footage: What is edited.
        actor: Folder of the actor.
        whole: The system without a face model.
        work: Where renders and evaluations are kept.
    """

    footage: Footage
    actor: Path
    whole: WholeFace
    work: Path

    def evaluations(self, column: str, settings: Mapping[str, Any] | None) -> dict[str, Evaluation]:
        """Every emotion of one column."""
        return {emotion: self._evaluation(column, settings, emotion) for emotion in self.footage.targets}

    def result(self, column: str, emotion: str) -> Path:
        """Where a render lies."""
        return self.work / f"{column.replace('/', '').replace(' ', '-')}-{emotion}.mp4"

    def _evaluation(self, column: str, settings: Mapping[str, Any] | None, emotion: str) -> Evaluation:
        result, asked = self.result(column, emotion), f"{emotion} 1"
        kept = result.with_suffix(".evaluation.json")
        if kept.is_file():
            return from_json(json.loads(kept.read_text()))
        print(f"  {column}: {emotion}", flush=True)
        source, encoder = self.footage.neutral, NEARLY_LOSSLESS
        if settings is None:
            edit = mien.edit(source, asked, system=self.whole, encoder=encoder)
        else:
            edit = mien.edit(source, asked, system="two_level", actor=self.actor, encoder=encoder, **PAPER, **settings)
        edit.save(result, overwrite=True)
        request = EvaluationRequest(source, result, self.footage.targets[emotion], EmotionTrack.parse(asked), column)
        found = evaluate(request)
        kept.write_text(json.dumps(to_json(found)))
        return found

    def frechet(self, columns: Sequence[str]) -> tuple[dict[str, list[float]], dict[str, str]]:
        """Fréchet distances of all results of a column to all true clips, and why some are not there."""
        given, missing = networks(FRECHET)
        if not given:
            return {}, missing
        true = [clip_features(path, given) for path in self.footage.targets.values()]
        found: dict[str, list[float]] = {figure: [] for figure in given}
        for column in columns:
            made = [clip_features(self.result(column, emotion), given) for emotion in self.footage.targets]
            for figure in given:
                found[figure].append(distance_of([m[figure] for m in made], [t[figure] for t in true])[0])
        return found, missing


def mean_of(evaluations: Mapping[str, Evaluation], key: str) -> tuple[float, str]:
    """Mean over the emotions, and why there is none: a mean over some of them cannot be held against another's."""
    values = []
    for emotion, evaluation in evaluations.items():
        figure = evaluation.figure(key) or evaluation.figure(f"{key}:{emotion}")
        if figure is None or figure.value is None:
            return float("nan"), "Not measured." if figure is None else figure.sentence
        values.append(figure.value)
    return float(np.mean(values)), ""


def table_1(bench: Bench, clip: str) -> list[Figure]:
    """Without level 1, level 2, face model."""
    columns = {name: bench.evaluations(name, settings) for name, settings in TABLE_1.items()}
    print("\n" + "Table 1".ljust(34) + "".join(f"{name:>12}" for name in columns))
    for metric, published in PUBLISHED_1.items():
        print(_row(f"CCFE: {metric}", [*published, float("nan")]))
    frechet, missing = bench.frechet(list(columns))
    figures = [
        Figure(f"Table 1: {metric}", clip, name, value)
        for metric, values in frechet.items()
        for name, value in zip(columns, values, strict=True)
    ]
    for metric, values in frechet.items():
        print(_row(metric, values))
    for metric, why in missing.items():
        print(f"{metric}: {_not_available(why)}")
    return figures + _rows("Table 1", columns, ROWS_1, clip)


def table_2(bench: Bench, clip: str) -> list[Figure]:
    """The three smoothings, and what CCFE claims of them."""
    columns = {name: bench.evaluations(name, settings) for name, settings in TABLE_2.items()}
    print("\n" + "Table 2".ljust(34) + "".join(f"{name:>12}" for name in columns) + f"\n{PUBLISHED_2}")
    figures = _rows("Table 2", columns, ROWS_2, clip)
    jitter, sharp = ({name: mean_of(e, key)[0] for name, e in columns.items()} for key in ("jitter_ratio", "CPBD"))
    return [
        *figures,
        Figure("jitter, latent less unsmoothed", clip, FULL, jitter[FULL] - jitter["unsmoothed"], at_most=0.0),
        Figure("CPBD, latent less image space", clip, FULL, sharp[FULL] - sharp["image space"], at_least=0.0),
    ]


def _rows(
    table: str, columns: Mapping[str, Mapping[str, Evaluation]], metrics: Sequence[str], clip: str
) -> list[Figure]:
    figures = []
    for metric in metrics:
        found = {name: mean_of(evaluations, metric) for name, evaluations in columns.items()}
        values = [value for value, _ in found.values()]
        if np.isnan(values).all():
            print(f"{metric}: {_not_available(next(iter(found.values()))[1])}")
            continue
        print(_row(metric, values))
        figures += [Figure(f"{table}: {metric}", clip, name, value) for name, (value, _) in found.items()]
    return figures


def _row(name: str, values: Sequence[float]) -> str:
    return f"{name:34}" + "".join(f"{'–' if np.isnan(v) else f'{v:.4g}':>12}" for v in values)


def _not_available(why: str) -> str:
    return "not available: " + why.removeprefix("Not available: ")


def prepare_bench(options: argparse.Namespace, prepared: PreparedFootage) -> Bench:
    """Train, or go on with, the actor and the networks without a face model."""
    work: Path = options.work
    actor = options.actor or work / "actor"
    if not (actor / "card.json").is_file():
        make_actor(prepared, builtin.load(), actor, MakeOptions(options.preset, held_out=HELD_OUT), tell_stages())
    material = Material(prepared, builtin.load(), HELD_OUT)
    own = json.loads((actor / "card.json").read_text()).get("preset")
    print(f"actor: preset {own}; without a face model: preset {options.preset}")
    plan = TrainingPlan(preset_named(options.preset), work / "whole", {"gradients": gradient_distance})
    whole = train_whole_face(plan, material, tell_stages())
    emotions = options.emotions.split(",") if options.emotions else None
    footage = held_out_footage(prepared, options.footage, emotions, work)
    return Bench(footage, actor, WholeFace(whole), work)


def tell_stages() -> StageProgress:
    """Says which stage is trained."""
    told: list[str] = []

    def tell(stage: str, share: float) -> None:  # noqa: ARG001
        if stage not in told:
            told.append(stage)
            print(f"  training {stage}", flush=True)

    return tell


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prepared", type=Path)
    parser.add_argument("footage", type=Path, nargs="?", help="the folder that it was prepared of; for tables 1 and 2")
    parser.add_argument("--work", type=Path, required=True, help="what is trained, rendered and measured is kept here")
    parser.add_argument("--preset", default="tiny", help="of the actor and of the ablation without a face model")
    parser.add_argument("--actor", type=Path, help="an actor trained on PREPARED, in place of the preset's")
    parser.add_argument("--shape-preset", default="default", help="of level 1 in Table 3")
    parser.add_argument("--fifth", type=int, default=5, choices=range(1, 6), help="held out in Table 3; 5 is the last")
    parser.add_argument("--emotions", help="such as happy,sad; all that there are if left out")
    parser.add_argument("--tables", default="1,2,3")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the CSV goes")
    options = parser.parse_args()
    tables = options.tables.split(",")
    torch.set_num_threads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    prepared = open_prepared(options.prepared)
    clip, figures = str(prepared.card.get("actor") or options.prepared.name), []
    if {"1", "2"} & set(tables):
        if options.footage is None:
            parser.error("tables 1 and 2 need the folder of the footage")
        bench = prepare_bench(options, prepared)
        figures += table_1(bench, clip) if "1" in tables else []
        figures += table_2(bench, clip) if "2" in tables else []
    if "3" in tables:
        config = preset_named(options.shape_preset).shape
        found, lines = lip_figures(prepared, builtin.load(), config, options.fifth, options.work, clip)
        figures += found
        print("\n" + "\n".join([PUBLISHED_3, *lines]))
    passed = show(figures)
    print(write("two_level_ablation", figures, options.results))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
