"""The measuring pass: source and result decoded side by side, seen by two rulers, every frame turned into numbers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mien.metrics.evaluation.look import Look, Watcher
from mien.metrics.evaluation.measured import FrameTimes, Measured
from mien.metrics.evaluation.pairing import Matching, Pair, matching_of, pairs
from mien.metrics.evaluation.pictures import SHARPNESS_EVERY, measure_background, measure_sharpness, watch_repeats
from mien.metrics.evaluation.ruler import Face, Ruler, RulerKind, choose_ruler, chosen_face, picture_of
from mien.metrics.evaluation.stretch import Stretches
from mien.metrics.repeated_frames import RepeatedFrameWatch
from mien.types import ByteArray, DoubleArray
from mien.video.clip import Clip
from mien.video.frame import Frame

Tell = Callable[[int], None]
"""Called after every frame with how many are done."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """What shall be measured, and how.

    Attributes:
        source: The source.
        result: The edited clip.
        source_frames: How many frames the source has.
        result_frames: How many the result has.
        face: Number of the face: 1 for the largest.
        watchers: Further measures, told of every frame in which both have the face.
        ruler: What finds the faces; chosen by the source if None.
        target: Real footage of what the result should look like, told to the watchers.
        target_frames: How many frames it has.
    """

    source: Clip
    result: Clip
    source_frames: int
    result_frames: int
    face: int = 1
    watchers: tuple[Watcher, ...] = ()
    ruler: RulerKind | None = None
    target: Clip | None = None
    target_frames: int = 0

    @property
    def matching(self) -> Matching:
        """How frames are matched."""
        return matching_of(self.source_frames, self.result_frames)


def measure(asked: Measuring, tell: Tell | None = None) -> tuple[Measured, FrameTimes]:
    """Measure a result against its source in one pass.

    Memory does not grow with the clips' length but for some dozens of numbers for each frame.

    Args:
        asked: What.
        tell: Called after every frame.

    Returns:
        The numbers, and how the frames' times differ.

    Raises:
        ClipError: A clip cannot be decoded.
        ModelError: The ruler's model cannot be read.
    """
    measured, times = Measured(), FrameTimes()
    kind = asked.ruler or choose_ruler(asked.source)
    measured.ruler = kind.name
    sizes = [(clip.info.width, clip.info.height) for clip in (asked.source, asked.result)]
    measured.same_size = sizes[0] == sizes[1]
    with ExitStack() as stack:
        eyes = _Eyes(
            (stack.enter_context(kind.make()), stack.enter_context(kind.make())),
            stack.enter_context(ThreadPoolExecutor(2, "mien-ruler")),
            asked.face,
        )
        stretches, repeats = Stretches(measured), RepeatedFrameWatch()
        to_target = matching_of(asked.target_frames, asked.result_frames)
        for pair in pairs(asked.source, asked.result, asked.matching, asked.target, to_target):
            row = measured.table.add_row()
            measured.frames.append(pair.result.index)
            measured.times_s.append(pair.result.time_s)
            times.add(row, _time(pair.source), _time(pair.result))
            _measure_pair(asked, measured, row, eyes.look(pair), stretches, repeats)
            if tell is not None:
                tell(measured.count)
        stretches.finish()
        measured.repeated = repeats.result()
    return measured, times


def _time(frame: Frame) -> Fraction:
    return frame.pts * frame.format.time_base


class _Eyes:
    """Two rulers, each in a thread: their networks release Python's lock."""

    def __init__(self, rulers: tuple[Ruler, Ruler], threads: ThreadPoolExecutor, number: int) -> None:
        self._rulers = rulers
        self._threads = threads
        self._number = number
        self._last: DoubleArray | None = None

    def look(self, pair: Pair) -> Look:
        futures = [
            self._threads.submit(_see, ruler, frame)
            for ruler, frame in zip(self._rulers, (pair.source, pair.result), strict=True)
        ]
        (source, source_faces), (result, result_faces) = (future.result() for future in futures)
        face = chosen_face(source_faces, self._number, self._last)
        self._last = None if face is None else face.centre
        scale = source.shape[1] / result.shape[1]
        other = None
        if face is not None:
            # The edit does not move the head: whoever is elsewhere is somebody else.
            near = [f for f in result_faces if np.linalg.norm(f.centre * scale - face.centre) < face.size]
            other = min(near, key=lambda f: float(np.linalg.norm(f.centre * scale - face.centre)), default=None)
        return Look(pair, source, result, face, other, [*source_faces, *result_faces])


def _see(ruler: Ruler, frame: Frame) -> tuple[ByteArray, list[Face]]:
    picture = picture_of(frame)
    return picture, ruler.faces(frame, picture)


def _measure_pair(
    asked: Measuring, measured: Measured, row: int, look: Look, stretches: Stretches, repeats: RepeatedFrameWatch
) -> None:
    source, result = look.source_face, look.result_face
    measured.table.set(row, face_source=float(source is not None), face_result=float(result is not None))
    if measured.same_size and (source is not None or not look.faces):
        measure_background(measured, row, look.source, look.result, look.faces)
    for watcher in asked.watchers:
        watcher.see(row, look)
    if source is None or result is None:
        return
    stretches.add(row, source.landmarks, result.landmarks)
    if measured.same_size:
        watch_repeats(repeats, row, look.source, look.result, source)
    for name, face in (("source", source), ("result", result)):
        measured.table.set(row, **{f"{score}_{name}": value for score, value in face.scores.items()})
    if row % SHARPNESS_EVERY == 0:
        measure_sharpness(measured, row, {"source": (look.source, source), "result": (look.result, result)})
