"""What is in a clip, measured: shots, faces, how good their pictures are, and the time that an edit will need."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import mien.systems
from mien.app.jobs import ProgressCallback, StageClock, analyse_clip, write_frames
from mien.emotion.track import EmotionTrack
from mien.metrics.picture_quality import grey, noise, sharpness
from mien.reconstruction.analysis import AnalysedFace, Analysis
from mien.systems.base import System
from mien.types import AnyArray, Box, DoubleArray
from mien.video.clip import Clip
from mien.video.encoder import CONTAINERS
from mien.video.frame import Frame
from mien.video.info import MienWarning
from mien.video.writer import ClipWriter

SAMPLES = 8
"""Frames of each face whose pictures are judged."""

TIMED_FRAMES = 40
"""Frames edited to measure the time that an edit needs."""

UNSURE = 0.5
"""Confidence under which a face counts as hidden."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time, seconds from the clip's start."""

    start_s: float
    stop_s: float


@dataclass(frozen=True, slots=True)
class FaceReport:
    """One face through one shot.

    Attributes:
        number: 1 for the largest of its shot.
        start_s: When it appears.
        stop_s: When it is gone.
        frame_count: Frames in which it can be edited.
        eye_distance_px: Outer eye corner to outer eye corner, median.
        pitch_degrees: Least and greatest (5th and 95th percentile); up is negative.
        yaw_degrees: Likewise; towards the person's left is positive.
        roll_degrees: Likewise.
        confidence: Mean confidence of the tracker, 0 to 1.
        residual: Median distance of model and landmarks, eye distances.
        sharpness: See :func:`mien.metrics.picture_quality.sharpness`; median of samples.
        noise: Standard deviation in the shades of 8 bits, median.
        brightness: Median grey of the face, 0 to 1.
        turned_share: Share of its frames with the head turned by more than 40 degrees.
        wears_glasses: Whether glasses were found, whose rims an edit keeps as they are.
        hidden: When it is hidden or not surely seen.
        unedited: When it cannot be edited, or only in part.
    """

    number: int
    start_s: float
    stop_s: float
    frame_count: int
    eye_distance_px: float
    pitch_degrees: tuple[float, float]
    yaw_degrees: tuple[float, float]
    roll_degrees: tuple[float, float]
    confidence: float
    residual: float
    sharpness: float
    noise: float
    brightness: float
    turned_share: float
    wears_glasses: bool = False
    hidden: tuple[Stretch, ...] = field(default=())
    unedited: tuple[Stretch, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ShotReport:
    """A stretch without a cut, seconds, and its faces."""

    start_s: float
    stop_s: float
    faces: tuple[FaceReport, ...]


@dataclass(frozen=True, slots=True)
class ClipReport:
    """What is in a clip.

    Attributes:
        frame_count: Frames that can be decoded.
        shots: In order.
        edit_s: Time that an edit of the whole clip needs here, now that its analysis is kept, s, estimated from a few
            frames edited and encoded; None without a face.
    """

    frame_count: int
    shots: tuple[ShotReport, ...]
    edit_s: float | None


TURNED_DEGREES = 40.0


def report_clip(clip: Clip, progress: ProgressCallback | None = None) -> tuple[ClipReport, Analysis]:
    """Analyse a clip and judge it.

    Args:
        clip: The clip; decoded twice at most.
        progress: Called now and then.

    Raises:
        ClipError: It cannot be decoded.
    """
    analysis = analyse_clip(clip, progress)
    pictures = _judge_pictures(analysis)
    ends_s = _frame_ends(analysis.times_s)
    shots = tuple(
        ShotReport(
            float(analysis.times_s[shot.start]),
            float(ends_s[shot.stop - 1]),
            tuple(_face_report(face, analysis.times_s, ends_s, pictures[id(face)]) for face in shot.faces),
        )
        for shot in analysis.shots
    )
    return ClipReport(analysis.frame_count, shots, _edit_time(analysis)), analysis


def _face_report(face: AnalysedFace, times_s: DoubleArray, ends_s: DoubleArray, pictures: DoubleArray) -> FaceReport:
    track, parameters = face.track, face.parameters
    rows = slice(track.start, track.stop)
    seen = track.fade > 0.0
    if not seen.any():
        seen = np.ones(len(seen), bool)
    pitch, yaw, roll = (_pair(low_high) for low_high in face.pose_ranges_degrees())
    angles = np.abs(parameters.pitch_yaw_roll_degrees()[seen])
    quality = np.median(pictures, axis=0) if len(pictures) else np.full(3, np.nan)
    return FaceReport(
        number=track.number,
        start_s=float(times_s[track.start]),
        stop_s=float(ends_s[track.stop - 1]),
        frame_count=int((track.fade > 0.0).sum()),
        eye_distance_px=float(np.median(track.eye_distance[seen])),
        pitch_degrees=pitch,
        yaw_degrees=yaw,
        roll_degrees=roll,
        confidence=float(track.confidence[seen].mean()),
        residual=float(np.median(parameters.residual[seen])),
        sharpness=float(quality[0]),
        noise=float(quality[1]),
        brightness=float(quality[2]),
        turned_share=float((angles[:, 1] > TURNED_DEGREES).mean()),
        wears_glasses=parameters.glasses is not None,
        hidden=_stretches(track.confidence < UNSURE, times_s[rows], ends_s[rows]),
        unedited=_stretches(track.fade < 1.0, times_s[rows], ends_s[rows]),
    )


def _pair(low_high: DoubleArray) -> tuple[float, float]:
    return float(low_high[0]), float(low_high[1])


def _frame_ends(times_s: DoubleArray) -> DoubleArray:
    """When each frame gives way to the next; the last lasts as long as the one before."""
    last = times_s[-1] + (times_s[-1] - times_s[-2] if len(times_s) > 1 else 0.0)
    return np.append(times_s[1:], last)


def _stretches(where: AnyArray, starts_s: DoubleArray, ends_s: DoubleArray) -> tuple[Stretch, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(np.int8)))
    return tuple(
        Stretch(float(starts_s[first]), float(ends_s[stop - 1]))
        for first, stop in zip(edges[::2], edges[1::2], strict=True)
    )


def _judge_pictures(analysis: Analysis) -> dict[int, DoubleArray]:
    """``(samples, 3)`` sharpness, noise and brightness for each face, by its ``id``."""
    wanted: dict[int, list[AnalysedFace]] = {}
    found: dict[int, list[tuple[float, float, float]]] = {id(face): [] for face in analysis.faces}
    for face in analysis.faces:
        seen = np.flatnonzero(face.track.fade == 1.0) + face.track.start
        if len(seen):
            places = np.linspace(0, len(seen) - 1, min(SAMPLES, len(seen))).round().astype(int)
            for index in seen[places]:
                wanted.setdefault(int(index), []).append(face)
    if wanted:
        for frame in analysis.clip.frames(0, max(wanted) + 1):
            for face in wanted.get(frame.index, ()):
                judged = _judge(frame, face)
                if judged is not None:
                    found[id(face)].append(judged)
    return {key: np.array(rows, np.float64).reshape(-1, 3) for key, rows in found.items()}


def _judge(frame: Frame, face: AnalysedFace) -> tuple[float, float, float] | None:
    box = face_box(face, frame)
    if box.width < 8 or box.height < 8:
        return None
    picture = grey(frame.crop(box))
    size = float(face.track.eye_distance[frame.index - face.track.start])
    return sharpness(picture, size), 255.0 * noise(picture), float(np.median(picture))


def face_box(face: AnalysedFace, frame: Frame, margin: float = 0.0) -> Box:
    """The part of a frame that a face covers.

    Args:
        face: The face, which must have this frame.
        frame: The frame.
        margin: Added on every side, as a share of the face's larger side.
    """
    points = face.track.landmarks(frame.index, frame.index + 1)[0, :, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    edge = margin * float((high - low).max())
    x0, y0 = np.floor(low - edge).astype(int)
    x1, y1 = np.ceil(high + edge).astype(int) + 1
    return Box(int(x0), int(y0), int(x1), int(y1)).clipped(frame.width, frame.height)


@dataclass(frozen=True, slots=True)
class _Timing:
    """Seconds that an edit took: in all; until all is rendered, and of a core for that; of all cores together."""

    wall_s: float
    render_s: float
    render_cpu_s: float
    cpu_s: float


def _edit_time(analysis: Analysis) -> float | None:
    """Seconds for a whole edit: a first frame, with all that is loaded for it, and as many more as there are.

    An encoder takes in some forty frames before it gives any, so a short edit renders first and encodes then, while a
    long one does both at once: its pace is that of rendering, or of all the work shared by the cores, slowed down as
    rendering is where other programs take their part.
    """
    face = max(analysis.faces, key=lambda face: len(face.parameters), default=None)
    if face is None:
        return None
    system: System = mien.systems.load("instant")
    loading = _timed_edit(system, analysis, face, 1)
    count = min(TIMED_FRAMES, face.track.stop - face.track.start)
    if count == 1:
        return loading.wall_s * analysis.frame_count
    one, several = (_timed_edit(system, analysis, face, n) for n in (1, count))
    slowed = max(1.0, several.render_s / max(several.render_cpu_s, 1e-3))
    shared_s = slowed * (several.cpu_s - one.cpu_s) / _cores()
    pace_s = max(several.render_s - one.render_s, shared_s, 0.0) / (count - 1)
    return loading.wall_s + pace_s * (analysis.frame_count - 1)


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _timed_edit(system: System, analysis: Analysis, face: AnalysedFace, count: int) -> _Timing:
    """Time to edit and encode ``count`` frames."""
    clip, start = analysis.clip, face.track.start
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        before = np.array([time.perf_counter(), time.thread_time(), time.process_time()])
        rendered = before
        renderer = system.face_renderer(analysis, face, EmotionTrack.constant("happy"))

        def frames() -> Iterator[Frame]:
            nonlocal rendered
            for frame in clip.frames(start, start + count):
                yield renderer.render(frame)
                rendered = np.array([time.perf_counter(), time.thread_time(), 0.0])

        with warnings.catch_warnings(), ClipWriter(Path(folder) / _timed_name(clip), clip) as writer:
            warnings.simplefilter("ignore", MienWarning)  # what this file cannot keep is nobody's concern
            write_frames(frames(), writer, count, StageClock("render", None))
        wall_s, cpu_s = time.perf_counter() - before[0], time.process_time() - before[2]
        return _Timing(wall_s, float(rendered[0] - before[0]), float(rendered[1] - before[1]), cpu_s)


def _timed_name(clip: Clip) -> str:
    if clip.info.is_folder:
        return "timed"
    if clip.info.is_still:
        return "timed.png"
    suffix = clip.path.suffix.lower()
    return "timed" + (suffix if suffix in CONTAINERS else ".mkv")
