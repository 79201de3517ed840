"""Search the weights of one emotion's recipe with both expression classifiers at once; half of the clips check it.

    python -m benchmarks.search_recipes angry --also AU24    # needs ../shared (or $MIEN_SHARED) and both networks

A few frames of each clip of ``TUNED_ON`` are rendered at full intensity and seen by the benchmark's landmarker and
classifiers. From a step up and a step down in every weight comes a quadratic model of the classifiers' logits, of pose
and of lips, frame by frame; its best point within a small range is rendered, kept if it is really better, and the model
is made anew there. In the end the recipe found is shown beside today's on the clips held out: what does not gain at
least half as much there was learned from these frames. Then look, at full size. Nothing is written.

What is best: the soft minimum of both classifiers' mean probabilities and a little of each, less what was lost of
either, less the distance from today's weights, less larger movement, less pose and lip opening that the landmarker
sees change. Noise of the landmarker alone moves either figure by about 0.01.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

import mien
from benchmarks.cut import cut
from benchmarks.instant_quality import TUNED_ON, chosen_clips, seen_by_second
from mien.emotion import recipes
from mien.emotion.recipes import RECIPES, RecipeRow
from mien.metrics import recognition, second_classifier
from mien.metrics.action_units import FaceMeter
from mien.metrics.evaluation.ruler import landmarker_file
from mien.metrics.lip_sync import lip_opening
from mien.metrics.pose_drift import pose_drift
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.systems.instant import face as instant_face
from mien.systems.instant.config import InstantConfig
from mien.systems.instant.openness import eye_openness
from mien.video.frame import Frame

STEP, RANGE, FARTHEST = 0.15, 0.2, 0.4
"""Of a weight: the step of the model, the first range of a round, and the farthest from today's."""
OPEN = 0.7
Response = dict[str, np.ndarray]


@dataclass(frozen=True)
class Sample:
    """One frame of a clip, with its landmarks as the ruler sees them."""

    clip: str
    analysis: Analysis
    face: AnalysedFace
    frame: Frame
    landmarks: np.ndarray


class Search:
    """One emotion, the frames to search on, and the ruler."""

    def __init__(self, emotion: str, lips: float, also: list[str], samples: list[Sample], meter: FaceMeter) -> None:
        self.emotion, self.lips, self.samples, self.meter = emotion, lips, samples, meter
        own = [row for row in RECIPES if row.emotion == emotion and row.sides == "both"]
        named = {row.action_unit for row in own if row.role != "takes away"}
        new = [RecipeRow(emotion, "supports", unit, 0.0, 0.0, "search") for unit in also if unit not in named]
        # With the lips kept, the jaw is the speech's.
        jaw = ("AU25", "AU26", "AU27") if lips == 1 else ()
        self.rows = [row for row in own + new if row.action_unit not in jaw]
        self.rest = tuple(row for row in RECIPES if row not in self.rows)
        self.today = np.array([lips * row.kept + (1 - lips) * row.free for row in self.rows])
        self.low, self.high = (np.clip(self.today + side * FARTHEST, 0, 1) for side in (-1, 1))
        self.network = second_classifier.second_classifier()

    def respond(self, weights: np.ndarray, samples: list[Sample] | None = None) -> Response:
        """Render the frames with these weights: logits of both classifiers, pose, lip opening and movement (mm)."""
        samples = samples or self.samples
        table = tuple(
            RecipeRow(r.emotion, r.role, r.action_unit, float(w), float(w), r.source)
            for r, w in zip(self.rows, weights, strict=True)
        )
        weigh = partial(recipes.recipe_weights, recipes=self.rest + table)
        plain, instant_face.recipe_weights = instant_face.recipe_weights, weigh
        try:
            config, kit = InstantConfig(lips=self.lips), instant_face.builtin_kit()
            track = mien.EmotionTrack.parse(f"{self.emotion} 1")
            faces = {s.clip: instant_face.InstantFace(config, kit, s.analysis, s.face, track) for s in samples}
            pictures = [faces[s.clip].render(s.frame).rgb() for s in samples]
        finally:
            instant_face.recipe_weights = plain
        basis = kit.lips.basis(self.lips)
        added = [faces[s.clip].added(s.frame.index) for s in samples]
        found = [self.meter.measure(p) for p in pictures]
        points = np.stack([s.landmarks if f is None else f[0] for s, f in zip(samples, found, strict=True)])
        first = [np.stack(list(recognition.recognise(p, q).values())) for p, q in zip(pictures, points, strict=True)]
        second = [second_classifier.recognise(p, q, self.network) for p, q in zip(pictures, points, strict=True)]
        source = np.stack([s.landmarks for s in samples])
        return {
            "first": np.log(np.clip(first, 1e-6, 1)),
            "second": np.log(np.clip(second, 1e-6, 1)),
            "pose": pose_drift(source, points),
            "lips": lip_opening(points) - lip_opening(source),
            "moved": np.array([np.sqrt(np.square(basis @ a).sum(1).mean()) for a in added]),
        }

    def figures(self, response: Response) -> np.ndarray:
        """Means over the frames: both probabilities, pose, lips, movement."""
        first, second = (_softmax(response[name]) for name in ("first", "second"))
        labels = recognition.default_classifier().labels
        seen = recognition.target_probability(first, self.emotion, labels), seen_by_second(second, self.emotion)
        return np.array([np.mean(v) for v in (*seen, response["pose"], np.abs(response["lips"]), response["moved"])])

    def value(self, weights: np.ndarray, figures: np.ndarray, base: np.ndarray) -> float:
        """How good a recipe is; see above."""
        both, lost = figures[:2], np.maximum(base - figures, 0)[:2].sum()
        more = np.maximum(figures - base, 0)
        distance = 0.04 * np.square((weights - self.today) / 0.35).sum() / 12
        worse = 0.25 * more[4] / base[4] + 0.01 * more[2] + (3 * more[3] if self.lips == 1 else 0)
        return float(-np.log(np.exp(-6 * both).mean()) / 6 + 0.25 * both.sum() - lost - distance - worse)

    def improve(self, weights: np.ndarray, base: np.ndarray) -> np.ndarray | None:
        """One round; None if nothing better is found."""
        here = self.respond(weights)
        known = self.value(weights, self.figures(here), base)
        slopes, bends = self._model(weights, here)
        reach = RANGE
        while reach > STEP / 4:
            low, high = np.maximum(self.low, weights - reach), np.minimum(self.high, weights + reach)

            def loss(at: np.ndarray) -> float:
                d = at - weights
                model = {k: here[k] + np.tensordot(d, slopes[k], 1) + np.tensordot(d * d, bends[k], 1) for k in here}
                return -self.value(at, self.figures(model), base)

            starts = [weights, *np.random.default_rng(0).uniform(low, high, (3, len(low)))]
            bounds = list(zip(low, high, strict=True))
            found = min((minimize(loss, start, bounds=bounds, method="L-BFGS-B") for start in starts), key=_loss_of).x
            if self.value(found, self.figures(self.respond(found)), base) > known + 0.002:
                return np.asarray(found)
            reach /= 2
        return None

    def _model(self, weights: np.ndarray, here: Response) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Slope, and half the curvature, of every response in every weight."""
        slopes: dict[str, list[np.ndarray]] = {k: [] for k in here}
        bends: dict[str, list[np.ndarray]] = {k: [] for k in here}
        for i, weight in enumerate(weights):
            ends = np.clip([weight - STEP, weight + STEP], 0, 1) - weight
            ends = ends[np.abs(ends) > STEP / 5]
            moved = [self.respond(weights + np.eye(len(weights))[i] * end) for end in ends]
            powers = np.linalg.inv(ends[:, None] ** np.arange(1, len(ends) + 1))
            for k in here:
                change = np.tensordot(powers, np.stack([m[k] - here[k] for m in moved]), 1)
                slopes[k].append(change[0])
                # Half of it: single curvatures, added up, bend more than the whole does.
                bends[k].append(change[1] / 2 if len(ends) == 2 else np.zeros_like(here[k]))
        return {k: np.stack(v) for k, v in slopes.items()}, {k: np.stack(v) for k, v in bends.items()}


def _loss_of(result: Any) -> float:
    return float(result.fun)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def sampled(path: Path, count: int, meter: FaceMeter) -> list[Sample]:
    """Frames of a clip that the benchmark asks about, spread, with open eyes."""
    analysis = mien.open(str(path)).analyse()
    face = next(f for f in analysis.faces if f.number == 1)
    start, stop = face.track.start, face.track.stop
    usable = [start + int(i) for i in np.flatnonzero(eye_openness(face.track).min(1) > OPEN) if (start + i) % 5 == 0]
    chosen = {usable[round(k)] for k in np.linspace(0, len(usable) - 1, count)}
    frames = [frame for frame in analysis.clip.frames(0, stop) if frame.index in chosen]
    found = [(frame, meter.measure(frame.rgb())) for frame in frames]
    return [Sample(path.stem, analysis, face, frame, seen[0]) for frame, seen in found if seen is not None]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("emotion", choices=sorted(set(recognition.TARGET_LABELS) - {"neutral"}))
    parser.add_argument("--lips", type=float, default=1.0, help="0 free to 1 kept")
    parser.add_argument("--also", nargs="*", default=[], help="units that are not in the recipe yet: AU24 ...")
    parser.add_argument("--frames", type=int, default=4, help="of each clip")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model = landmarker_file()
    if model is None:
        raise SystemExit("the face landmarker is not on this machine: run `mien weights get face-landmarker`")
    with tempfile.TemporaryDirectory() as folder, FaceMeter(model) as meter:
        clips = {p.stem: cut(p, Path(folder) / p.name, seconds=3.0) for p in chosen_clips(None)}
        tuned, held = (
            [s for c, p in clips.items() if (c in TUNED_ON) == on for s in sampled(p, options.frames, meter)]
            for on in (True, False)
        )
        search = Search(options.emotion, options.lips, options.also, tuned, meter)
        weights, base = search.today, search.figures(search.respond(search.today))
        print("today  ", *(f"{f:.3f}" for f in base), flush=True)
        for number in range(options.rounds):
            better = search.improve(weights, base)
            if better is None:
                break
            weights = better
            print(f"round {number + 1}", *(f"{f:.3f}" for f in search.figures(search.respond(weights))), flush=True)
        for row, old, new in zip(search.rows, search.today, weights, strict=True):
            print(f"{row.role:11} {row.action_unit:5} {old:.2f} to {new:.2f}")
        print("mini-Xception, face-api, pose [degrees], lip opening [eye distances], movement [mm]: today, found")
        for name, samples in (("tuned on", tuned), ("held out", held)):
            for each in (search.today, weights):
                print(f"{name:9}", *(f"{f:.3f}" for f in search.figures(search.respond(each, samples))), flush=True)


if __name__ == "__main__":
    main()
