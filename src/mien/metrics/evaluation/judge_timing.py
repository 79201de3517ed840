"""Figures on time and sound: every frame at its input frame's time, and the sound as it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction

from mien.metrics.evaluation.evaluation import Figure
from mien.metrics.evaluation.judged import Kind, counted, judged, unavailable, where
from mien.metrics.evaluation.measured import FrameTimes, Measured
from mien.video.clip import Clip
from mien.video.reader import open_container

TIMES = Kind("frame_times", "Times of the frames", "timing", "ms")
COUNT = Kind("frame_count", "Frames lost or added", "timing", "frames")
SOUND = Kind("sound", "Sound tracks changed", "timing", "tracks")


@dataclass(frozen=True, slots=True)
class Clips:
    """Two clips and their numbers of frames."""

    source: Clip
    result: Clip
    source_frames: int
    result_frames: int


def judge_timing(clips: Clips, measured: Measured, times: FrameTimes) -> list[Figure]:
    """All figures on time and sound."""
    return [_times(clips, measured, times), _count(clips), _sound(clips)]


def _times(clips: Clips, measured: Measured, times: FrameTimes) -> Figure:
    if clips.source_frames != clips.result_frames:
        return unavailable(
            TIMES, "The clips have different numbers of frames, so their times cannot be compared one by one."
        )
    if times.at is None:
        return judged(TIMES, 0.0, "Every frame is shown exactly when the source's is.")
    difference_ms = 1000.0 * float(times.largest)
    rates = [clip.info.frame_rate for clip in (clips.source, clips.result)]
    # What a container with coarser ticks must round is at most half a tick; it does not grow along the clip.
    tick = max(clips.source.info.time_base, clips.result.info.time_base)
    half_ticks = float(times.largest / (tick / 2))
    at = where(measured, times.at)
    if half_ticks <= 1.0:
        sentence = (
            f"Times are rounded to the result's ticks of {1000 * float(tick):g} ms: at most {difference_ms:.3g} ms off."
        )
    elif None not in rates and rates[0] != rates[1]:
        sentence = (
            f"The result runs at {_rate(rates[1])} frames/s and the source at {_rate(rates[0])}: "
            f"{difference_ms:.3g} ms apart {at}."
        )
    else:
        sentence = f"Frames are not shown when the source's are: {difference_ms:.3g} ms apart {at}."
    return judged(TIMES, difference_ms, sentence, measured, times.at, scale=1000.0 * float(tick))


def _rate(rate: Fraction | None) -> str:
    return "" if rate is None else f"{float(rate):.5g}"


def _count(clips: Clips) -> Figure:
    missing = clips.source_frames - clips.result_frames
    if missing == 0:
        return judged(COUNT, 0.0, f"Result and source both have {counted(clips.result_frames, 'frame')}.")
    side = "fewer" if missing > 0 else "more"
    sentence = (
        f"The result has {counted(abs(missing), 'frame')} {side} than the source ({clips.result_frames}, not "
        f"{clips.source_frames}); frames were matched by their times."
    )
    return judged(COUNT, float(abs(missing)), sentence)


def _sound(clips: Clips) -> Figure:
    if any(clip.info.is_still or clip.info.is_folder for clip in (clips.source, clips.result)):
        return unavailable(SOUND, "Images have no sound.")
    source, result = _tracks(clips.source), _tracks(clips.result)
    if not source and not result:
        return unavailable(SOUND, "Neither clip has sound.")
    changed = max(len(source), len(result)) - sum(a == b for a, b in zip(source, result, strict=False))
    if changed == 0:
        return judged(SOUND, 0.0, "The sound is the source's, packet for packet.")
    if len(result) < len(source):
        sentence = f"The result has {counted(len(result), 'sound track')}, the source {len(source)}."
    else:
        sentence = "The sound is not the source's own: it was encoded again, cut or replaced."
    return judged(SOUND, float(changed), sentence)


def _tracks(clip: Clip) -> list[str]:
    """A hash of every sound track's packets."""
    with open_container(clip.path) as container:
        streams = list(container.streams.audio)
        hashes = {stream.index: hashlib.sha256() for stream in streams}
        if streams:
            for packet in container.demux(streams):
                if packet.size:
                    hashes[packet.stream.index].update(bytes(packet))
    return [found.hexdigest() for found in hashes.values()]
