"""Videos of one person without labels: every one analysed, the person's own neutral found, stretches labelled."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.data.extraction import largest_faces
from mien.data.labelled_clip import LabelledClip, Skipped, shortened
from mien.data.labelling import Stretch, find_neutral, find_stretches, read_expressions, smoothed
from mien.data.sufficiency import Verdict, judge
from mien.emotion.vocabulary import quoted
from mien.errors import InputError, MienError, NoFaceError, OutputError
from mien.morphable import builtin
from mien.morphable.model import MorphableModel
from mien.reconstruction.analysis import AnalysedFace, Analysis, analyse
from mien.reconstruction.fit import fit_track, shared_alpha
from mien.types import AnyArray, DoubleArray
from mien.video.clip import Clip

StageProgress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class NeutralStretch:
    """Where somebody is known to be neutral.

    Attributes:
        video: File name or end of the path of the video; empty for the only one.
        start_s: Seconds.
        stop_s: Seconds.
    """

    video: str
    start_s: float
    stop_s: float

    @classmethod
    def parse(cls, text: str) -> NeutralStretch:
        """From ``FILE@START-STOP`` or ``START-STOP``, seconds.

        Raises:
            InputError: It is not of that form.
        """
        video, _, times = text.rpartition("@")
        match = re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", times.strip())
        if match is None or not float(match[1]) < float(match[2]):
            raise InputError(f"{quoted(text)} is not a stretch: write FILE@START-STOP in seconds, such as a.mp4@0-1.5")
        return cls(video, float(match[1]), float(match[2]))


LEAST_FRAMES = 12
"""Fewer frames hold no expression that could be told apart from the person's neutral."""

_IDENTITY_FRAMES = 48


@dataclass(frozen=True, slots=True)
class LabelledStretch:
    """A stretch of a video with what it shows.

    Attributes:
        video: The video.
        first: Index of its first frame.
        stop: Index of the frame after its last one.
        start_s: Half a frame before the first.
        stop_s: Half a frame before the frame after the last.
        emotion: One of ``EMOTIONS``, or ``NEUTRAL``.
        level: 1/3, 2/3 or 1; 0 for neutral.
        intensity: As measured, 0 to 1.
        peak: Index of the frame that shows it best.
    """

    video: Path
    first: int
    stop: int
    start_s: float
    stop_s: float
    emotion: str
    level: float
    intensity: float
    peak: int

    @property
    def frame_count(self) -> int:
        """Frames of the stretch."""
        return self.stop - self.first


@dataclass(frozen=True, slots=True)
class LabelledFootage:
    """What was found in all videos.

    Attributes:
        stretches: In order of the videos and of time.
        analyses: Of the videos that can be used.
        skipped: Videos that cannot be used, and why.
        frame_count: Frames in which the face is tracked, labelled or not.
        verdict: Whether what is labelled suffices to train an actor.
    """

    stretches: tuple[LabelledStretch, ...]
    analyses: Mapping[Path, Analysis]
    skipped: tuple[Skipped, ...]
    frame_count: int
    verdict: Verdict


def label_footage(
    videos: Sequence[Path],
    *,
    neutral: NeutralStretch | None = None,
    model: MorphableModel | None = None,
    progress: StageProgress | None = None,
) -> LabelledFootage:
    """Label videos of one person: the largest face of every shot.

    All are fitted with one identity, so that they share one neutral; it is found over all of them.

    Args:
        videos: At least one.
        neutral: Where the person is neutral; None to find it.
        model: A morphable model with the columns of ``AU_COLUMNS``; None for the built-in one.
        progress: Told how far it has come.

    Raises:
        NoFaceError: No face is seen in any of them.
        InputError: Nothing of it can be labelled.
        OutputError: The disk of the cache is full.
    """
    model, told = model or builtin.load(), progress or (lambda *_: None)
    analyses, skipped = _analyse(videos, told)
    faces = [(path, face) for path in analyses for face in largest_faces(analyses[path])]
    alpha = shared_alpha(model, [face.track for _, face in faces], frame_count=_IDENTITY_FRAMES)
    curves: list[tuple[Path, AnyArray, DoubleArray]] = []
    for number, (path, face) in enumerate(faces):
        beta = fit_track(model, face.track, alpha=alpha).beta
        for rows in _tracked_pieces(face):
            frames = face.track.start + rows
            curves.append((path, frames, smoothed(beta[rows], analyses[path].times_s[frames])))
        told("label", (number + 1) / len(faces))
    if not curves:
        raise NoFaceError(f"no face is tracked long enough in {_named(videos)} to be labelled")
    rest = _rest(curves, analyses, neutral)
    stretches = []
    for path, frames, values in curves:
        times_s = analyses[path].times_s
        found = find_stretches(read_expressions(values, rest), times_s[frames])
        stretches += [_placed(path, stretch, frames, times_s) for stretch in found]
    count = sum(len(frames) for _, frames, _ in curves)
    if not stretches:
        raise InputError(f"nothing in {_named(videos)} can be labelled: no expression is held long enough to be told")
    return LabelledFootage(tuple(stretches), analyses, tuple(skipped), count, _judged(stretches))


def _rest(
    curves: Sequence[tuple[Path, AnyArray, DoubleArray]],
    analyses: Mapping[Path, Analysis],
    known: NeutralStretch | None,
) -> DoubleArray:
    """The person's neutral: found, or the median of the stretch that is known."""
    if known is None:
        return find_neutral(np.concatenate([values for *_, values in curves]))
    paths = [path for path in analyses if not known.video or path.as_posix().endswith(known.video)]
    if len(paths) != 1:
        there = shortened([path.name for path in analyses])
        raise InputError(f"the neutral stretch has to name one of the videos ({there}), not {known.video or 'none'}")
    chosen = []
    for path, frames, values in curves:
        times_s = analyses[path].times_s[frames]
        if path == paths[0]:
            chosen.append(values[(times_s >= known.start_s) & (times_s < known.stop_s)])
    within = np.concatenate(chosen) if chosen else np.empty((0, 0))
    if len(within) < LEAST_FRAMES:
        raise InputError(
            f"{paths[0].name} shows the face in {len(within)} frames from {known.start_s:g} to {known.stop_s:g} s, and "
            f"neutral needs {LEAST_FRAMES}"
        )
    return np.asarray(np.median(within, axis=0))


def _analyse(videos: Sequence[Path], told: StageProgress) -> tuple[dict[Path, Analysis], list[Skipped]]:
    analyses: dict[Path, Analysis] = {}
    skipped: list[Skipped] = []
    for number, path in enumerate(videos):
        try:
            clip = Clip.open(path)
            if clip.info.is_still or clip.info.is_folder:
                raise InputError("it is a picture, not a video")
            total = max(1, clip.info.frame_count or clip.count_frames())

            def advance(done: int, number: int = number, total: int = total) -> None:
                told("analyse", (number + done / total) / len(videos))

            found = analyse(clip, progress=advance)
        except OutputError:
            raise
        except MienError as error:
            skipped.append(Skipped(path.name, str(error).replace(f"{path}: ", "").rstrip(".")))
            continue
        if largest_faces(found):
            analyses[path] = found
        else:
            skipped.append(Skipped(path.name, "no face is seen in it"))
    told("analyse", 1.0)
    if not analyses:
        kind = NoFaceError if all("face" in entry.reason for entry in skipped) else InputError
        raise kind(f"nothing in {_named(videos)} can be labelled ({skipped[0].name}: {skipped[0].reason})")
    return analyses, skipped


def _tracked_pieces(face: AnalysedFace) -> list[AnyArray]:
    """Rows of a track in which the face is seen, piece by piece: nothing is smoothed over a gap."""
    rows = np.flatnonzero(np.asarray(face.track.fade) == 1.0)
    pieces = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    return [piece for piece in pieces if len(piece) >= LEAST_FRAMES]


def _placed(path: Path, stretch: Stretch, frames: AnyArray, times_s: DoubleArray) -> LabelledStretch:
    """A stretch of rows as one of the video; its bounds lie between frames, so that rounding them moves none."""
    first, last = int(frames[stretch.start]), int(frames[stretch.stop - 1])

    def before(frame: int) -> float:
        step = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.04
        here = float(times_s[frame]) if frame < len(times_s) else float(times_s[-1]) + step
        earlier = float(times_s[frame - 1]) if frame else here - step
        return max(0.0, 0.5 * (earlier + here))

    return LabelledStretch(
        path, first, last + 1, before(first), before(last + 1), stretch.emotion, stretch.level, stretch.intensity,
        int(frames[stretch.peak]),
    )  # fmt: skip


def _judged(stretches: Sequence[LabelledStretch]) -> Verdict:
    counts = {}
    for number, each in enumerate(stretches):
        name = f"{each.video.name}@{number}"
        counts[LabelledClip(each.video, name, "", each.emotion, each.level)] = each.frame_count
    return judge(counts)


def _named(videos: Sequence[Path]) -> str:
    return str(videos[0]) if len(videos) == 1 else f"{len(videos)} videos"
