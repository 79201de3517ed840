"""One edit from source to finished result: analyse, render, encode, sign, and put everything under its name at once.

Rendering runs in the caller's thread and encoding in another, with a few frames between them: the kernels, the codecs
and the tracker release Python's lock, so both cores of a small machine work. Everything is written into a hidden folder
beside the result, which disappears however the job ends; so a job that fails or is stopped leaves nothing.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mien.app.edit import Edit
from mien.app.edit_file import edit_path, edit_to_json
from mien.emotion.track import EmotionTrack
from mien.emotion.vocabulary import NEUTRAL
from mien.errors import InputError, OutputError
from mien.reconstruction.analysis import Analysis, analyse
from mien.systems.base import PreparingSystem, System, render
from mien.tracking.ahead import meanwhile
from mien.types import Box
from mien.video.claim import EditClaim
from mien.video.clip import Clip
from mien.video.frame import Frame
from mien.video.info import MienWarning
from mien.video.output import check_target, output_errors
from mien.video.provenance import check_signing, edit_metadata, sign
from mien.video.reader import open_container
from mien.video.writer import ClipWriter

Stage = str
"""What a job is doing: ``analyse``, ``render``, ``fetch``, ``prepare``, or what is being trained."""

_QUEUE_FRAMES = 4
"""Frames between rendering and encoding: enough to even out their times, and 50 MB at 4K."""

_SURE_AFTER_S = 0.5
"""A stage has run so long before its time left is told."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come.

    Attributes:
        stage: What it is doing.
        fraction: How much of the stage is done, 0 to 1.
        left_s: Estimated time until the stage is done, s; None while that is not known.
    """

    stage: Stage
    fraction: float
    left_s: float | None


ProgressCallback = Callable[[Progress], None]
"""Called after every frame, in the thread that called the job; what it raises stops the job cleanly."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished job.

    Attributes:
        output: The result.
        edit_file: The edit beside it; None for a system object, which cannot be written down.
        manifest: Where the signed manifest is: inside the output, or beside it; None where none could be made.
        frame_count: Frames of the result.
        elapsed_s: Time that the whole job took, s.
        render_s: Of that, rendering and encoding, s.
    """

    output: Path
    edit_file: Path | None
    manifest: Path | None
    frame_count: int
    elapsed_s: float
    render_s: float

    @property
    def frames_per_second(self) -> float:
        """Frames over the time of the whole job."""
        return self.frame_count / max(self.elapsed_s, 1e-9)


class StageClock:
    """Tells the progress of one stage, with the time left."""

    def __init__(self, stage: Stage, progress: ProgressCallback | None) -> None:
        self._stage: Stage = stage
        self._progress = progress
        self._first: tuple[float, float] | None = None
        self._told = 0.0

    def at(self, fraction: float) -> None:
        """Tell that so much of the stage is done."""
        if self._progress is None or self._told == 1.0:
            return
        now_s = time.perf_counter()
        self._told = fraction = min(max(fraction, 0.0), 1.0)
        # The first step loads kernels and models, so the pace is that of the steps after it.
        start_s, start = self._first = self._first or (now_s, fraction)
        sure = fraction == 1.0 or (fraction > start and now_s - start_s > _SURE_AFTER_S)
        left_s = (now_s - start_s) * (1.0 - fraction) / max(fraction - start, 1e-9) if sure else None
        self._progress(Progress(self._stage, fraction, left_s))


def save_edit(edit: Edit, output: Path, *, progress: ProgressCallback | None = None, overwrite: bool = False) -> Result:
    """Render an edit and keep it beside the result; see :meth:`mien.app.edit.Edit.save`."""
    started = time.perf_counter()
    edit = dataclasses.replace(edit, output=output)
    system = edit.load_system()
    clip = Clip.open(edit.source)
    keep = edit_path(output) if isinstance(edit.system, str) else None
    check_result(output, keep, edit.source, overwrite)
    check_times(edit, clip)
    identity = check_signing()
    claim = EditClaim(edit.system_name, _asked(edit.tracks.values()), edit.source, trained_model=edit.actor is not None)
    with staging_folder(output) as staging:
        staged = staging / output.name
        if keep is not None:
            with output_errors(keep):
                (staging / keep.name).write_text(edit_to_json(edit, keep.parent), encoding="utf-8")
        with meanwhile(lambda: _prepare(system, clip)) as prepared:
            analysis = analyse_clip(clip, progress)
            prepared.result()
        frames = render(system, analysis, edit.tracks, edit.time_range)
        render_started = time.perf_counter()
        with ClipWriter(staged, clip, edit.encoder, edit_metadata(claim, _tags(clip))) as writer:
            count = write_frames(frames, writer, analysis.frame_count, StageClock("render", progress))
        render_s = time.perf_counter() - render_started
        manifest = sign(staged, claim, identity)
        with output_errors(output):
            _publish(staging, output)
    where = None if manifest is None else output.parent / manifest.name
    return Result(output, keep, where, count, time.perf_counter() - started, render_s)


def _prepare(system: System, clip: Clip) -> None:
    """Load what rendering needs while the clip is analysed: the system's own, and how a picture is read and changed."""
    if isinstance(system, PreparingSystem):
        system.prepare()
    for frame in clip.frames(0, 1):
        _touch(frame)


def _touch(frame: Frame) -> None:
    """Read and change a corner of a frame, so that the compiled code for such frames is there."""
    corner = Box(0, 0, min(8, frame.width), min(8, frame.height))
    crop = frame.crop(corner)
    frame.with_change(corner, crop, crop)


def analyse_clip(
    clip: Clip, progress: ProgressCallback | None = None, cache: bool | str | os.PathLike[str] = True
) -> Analysis:
    """Analyse a clip, or read back what was found before; see :func:`mien.reconstruction.analysis.analyse`."""
    if progress is None:
        return analyse(clip, cache=cache)
    clock = StageClock("analyse", progress)
    total = max(1, clip.info.frame_count or clip.count_frames())
    analysis = analyse(clip, cache=cache, progress=lambda done: clock.at(done / total))
    clock.at(1.0)
    return analysis


def write_frames(frames: Iterable[Frame], writer: ClipWriter, total: int, clock: StageClock) -> int:
    """Take frames as they come and encode them in another thread.

    Args:
        frames: In order; usually rendered as they are taken.
        writer: Open.
        total: How many there will be, for the progress.
        clock: Told after every frame.

    Returns:
        How many there were.
    """
    pending: deque[Future[None]] = deque()
    count = 0
    with ThreadPoolExecutor(1, "encoder") as encoder:
        try:
            for frame in frames:
                pending.append(encoder.submit(writer.write, frame))
                count += 1
                if len(pending) > _QUEUE_FRAMES:
                    pending.popleft().result()
                clock.at(count / max(total, count))
            for written in pending:
                written.result()
        finally:
            encoder.shutdown(wait=True, cancel_futures=True)
    return count


def check_result(output: Path, edit_file: Path | None, source: Path, overwrite: bool) -> None:
    """Refuse a place for a result before any work is done.

    Raises:
        OutputError: It is the source, its folder is missing or cannot be written, or it is there already.
    """
    check_target(output, source)
    for path in (output, edit_file):
        if path is not None and path.exists() and not overwrite:
            raise OutputError(f"{path}: is there already; choose another name, or allow replacing it (--overwrite).")


def check_times(edit: Edit, clip: Clip) -> None:
    """Warn of keyframes after the clip's end, and refuse a time range that lies wholly after it."""
    duration_s = clip.info.duration_s
    if duration_s is None or clip.info.is_still:
        return
    if edit.time_range.start_s >= duration_s:
        raise InputError(
            f"the time range starts at {edit.time_range.start_s:g} s, but {clip.path.name} is {duration_s:.2f} s long."
        )
    for face, track in edit.tracks.items():
        if track.end_s > duration_s:
            warnings.warn(
                f"the last keyframe of face {face} is at {track.end_s:g} s, but {clip.path.name} is {duration_s:.2f} s "
                "long; the end shows what the track has reached by then.",
                MienWarning,
                stacklevel=3,
            )


@contextmanager
def staging_folder(output: Path) -> Iterator[Path]:
    """A hidden folder beside a result, removed in the end; errors in it are told as errors of the result.

    Raises:
        OutputError: It cannot be made, or something in it cannot be written.
    """
    with output_errors(output):
        folder = Path(tempfile.mkdtemp(prefix=f".{output.stem[:50]}-", suffix=".partial", dir=output.parent))
    try:
        yield folder
    except OutputError as error:
        raise OutputError(str(error).replace(str(folder / output.name), str(output))) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(staging: Path, output: Path) -> None:
    """Move what a job has made to where it belongs, the result first: alone it is still whole.

    A folder of images that is there already goes away with ours.
    """
    for made in sorted(staging.iterdir(), key=lambda path: path.name != output.name):
        target = output.parent / made.name
        if target.is_dir():
            os.replace(target, staging / f"{made.name}.old")
        os.replace(made, target)


def _asked(tracks: Iterable[EmotionTrack]) -> tuple[str, ...]:
    """The emotions and action units that tracks ask for, each once, in order; neutral if there is nothing else."""
    names: dict[str, None] = {}
    for keyframe in (keyframe for track in tracks for keyframe in track.keyframes):
        if keyframe.emotion is not None and keyframe.intensity:
            names[keyframe.emotion] = None
        names.update(dict.fromkeys(unit for unit, intensity in keyframe.action_units if intensity > 0))
    return tuple(names) or (NEUTRAL,)


def _tags(clip: Clip) -> dict[str, str]:
    if clip.info.is_still or clip.info.is_folder:
        return {}
    with open_container(clip.path) as container:
        return dict(container.metadata)
