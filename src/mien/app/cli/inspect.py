"""``mien inspect``: what is in a clip, and how well it can be edited."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.app.cli.report import Report, ReportOptions

if TYPE_CHECKING:
    from mien.app.clip_report import ClipReport, FaceReport
    from mien.app.remarks import Remarks
    from mien.video.info import ClipInfo


def inspect(clip: Path, /, *, report: ReportOptions | None = None) -> None:
    """Tell what is in a clip: shots, faces, sharpness, what will go well and what not, and the time an edit needs.

    Args:
        clip: A video, an image, or a folder of numbered images.
        report: How much is told.
    """
    from mien.app.clip_report import report_clip
    from mien.app.remarks import remarks
    from mien.video.clip import Clip

    with Report(report) as told:
        opened = Clip.open(clip)
        measured, _ = report_clip(opened, told.progress)
        judged = remarks(opened.info, measured)
        told.result(_text(clip, opened.info, measured, judged), _data(clip, opened.info, measured, judged))


def _text(path: Path, info: ClipInfo, report: ClipReport, judged: Remarks) -> str:
    lines = [f"{path}: {_picture(info)}", f"  {_length(info, report)}; {_streams(info)}"]
    for number, shot in enumerate(report.shots, start=1):
        lines.append(f"shot {number}: {shot.start_s:.2f} to {shot.stop_s:.2f} s, {_count(len(shot.faces), 'face')}")
        lines += [f"  {_face(face)}" for face in shot.faces]
    for title, sentences in (("good", judged.good), ("trouble", judged.trouble)):
        lines += [f"{title}: {sentence}" for sentence in sentences]
    if report.edit_s is not None:
        lines.append(f"an edit will take about {_rounded(report.edit_s)} (the analysis is kept)")
    return "\n".join(lines)


def _picture(info: ClipInfo) -> str:
    rate = "" if info.frame_rate is None else f", {float(info.frame_rate):.6g} frames/s"
    varies = ", variable" if info.is_variable_rate else ""
    turned = f", stored turned by {info.rotation_deg}°" if info.rotation_deg else ""
    aspect = "" if info.pixel_aspect == 1 else f", pixels {float(info.pixel_aspect):.4g} wide"
    depth = f"{info.codec}, {info.chroma}, {info.bit_depth} bits"
    return f"{info.width}x{info.height}, {depth}{rate}{varies}{turned}{aspect}"


def _length(info: ClipInfo, report: ClipReport) -> str:
    duration = "" if info.duration_s is None else f", {info.duration_s:.2f} s"
    return f"{_count(report.frame_count, 'frame')}{duration}, {_count(len(report.shots), 'shot')}"


def _streams(info: ClipInfo) -> str:
    kinds = (("sound track", info.audio_streams), ("subtitle track", info.subtitle_streams))
    said = [_count(number, name) for name, number in kinds if number]
    if info.data_streams:
        said.append(f"{info.data_streams} other")
    return ", ".join(said) or "no sound"


def _face(face: FaceReport) -> str:
    return (
        f"face {face.number}: {face.start_s:.2f} to {face.stop_s:.2f} s, {_count(face.frame_count, 'frame')}, "
        f"eye distance {face.eye_distance_px:.0f} px, yaw {_range(face.yaw_degrees)}, "
        f"pitch {_range(face.pitch_degrees)}, confidence {face.confidence:.2f}, residual {face.residual:.1%}, "
        f"sharpness {face.sharpness:.2f}, noise {face.noise:.1f}, brightness {face.brightness:.2f}"
        + (", wears glasses" if face.wears_glasses else "")
    )


def _range(low_high: tuple[float, float]) -> str:
    return f"{round(low_high[0])} to {round(low_high[1])}°"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _rounded(seconds: float) -> str:
    """A time to two digits, as befits an estimate."""
    if seconds < 90:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _data(path: Path, info: ClipInfo, report: ClipReport, judged: Remarks) -> dict[str, Any]:
    facts = {
        "width": info.width,
        "height": info.height,
        "frame_rate": None if info.frame_rate is None else float(info.frame_rate),
        "is_variable_rate": info.is_variable_rate,
        "duration_s": info.duration_s,
        "codec": info.codec,
        "container": info.container,
        "chroma": info.chroma,
        "bit_depth": info.bit_depth,
        "rotation_deg": info.rotation_deg,
        "pixel_aspect": float(info.pixel_aspect),
        "color_space": info.color_space,
        "color_range": info.color_range,
        "color_primaries": info.color_primaries,
        "color_transfer": info.color_transfer,
        "audio_streams": info.audio_streams,
        "subtitle_streams": info.subtitle_streams,
        "data_streams": info.data_streams,
    }
    measured = {**dataclasses.asdict(report), **dataclasses.asdict(judged)}
    return {"clip": str(path), "info": facts, **{name: _without_nan(value) for name, value in measured.items()}}


def _without_nan(value: Any) -> Any:
    """NaN, which JSON lacks, as null: what could not be measured."""
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
