"""``mien edit``: change the expression in a video."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from mien.app.cli.report import Report, ReportOptions

if TYPE_CHECKING:
    from mien.app.edit import Edit
    from mien.app.jobs import Result


@Parameter(name="*")
@dataclass(frozen=True)
class FaceOptions:
    """Who shall show what, and when."""

    emotion: list[str] | None = None
    """What to show, such as "happy 0.8" or "0 neutral, 2 happy 0.8". For several faces: once a face, as "2: sad"."""
    emotion_file: list[str] | None = None
    """The same from a JSON or CSV file; for several faces as "2: sad.csv"."""
    face: list[str] | None = None
    """Whose: "largest" (default), "all", or a number as in `mien inspect`, 1 being the largest."""
    start: Annotated[str, Parameter(name="--from")] = "0"
    """Frames before this time stay untouched: 2.5, 1:02.5."""
    stop: Annotated[str | None, Parameter(name="--to")] = None
    """Frames from this time on stay untouched."""


@Parameter(name="*")
@dataclass(frozen=True)
class SystemOptions:
    """How the expression is made."""

    system: str = "instant"
    """The way to render: instant (any face), or two_level (an actor that was trained)."""
    actor: Path | None = None
    """Folder of a trained actor, for systems that have one."""
    lips: float | None = None
    """1 keeps the lips in sync with the speech (instant's default), 0 lets lips and jaw act freely."""
    shading: float | None = None
    """Strength of light and shadow from the changed shape, 0 to 2."""
    wrinkles: float | None = None
    """Strength of wrinkles, 0 to 2."""
    color: float | None = None
    """Strength of flush and pallor, 0 to 2."""
    glasses: Literal["auto", "none"] | None = None
    """auto (default) keeps glasses in shape where some are found, none treats all as skin."""
    smoothing: str | None = None
    """Frames over which movement is smoothed, an odd number; none is off. two_level also: latent (default) averages
    what its networks draw in their own space, image pixel by pixel."""
    shape: float | None = None
    """two_level: strength of the changed shape, 0 to 1."""
    texture: float | None = None
    """two_level: strength of the changed texture, 0 to 1."""
    teeth: Literal["frame", "drawn"] | None = None
    """two_level: what is seen between the lips: the frame's own (default), or what the actor's networks draw."""
    detail: Annotated[bool | None, Parameter(negative="--no-detail")] = None
    """two_level: keep the frame's own fine detail (default); --no-detail shows the drawn texture."""


@Parameter(name="*")
@dataclass(frozen=True)
class EncoderOptions:
    """How the result is encoded."""

    codec: str = "auto"
    """auto (as the source), h264, hevc, ffv1 (lossless), vp9 or av1."""
    quality: int | None = None
    """Constant-quality value (CRF): lower is better."""
    preset: str | None = None
    """Encoder speed: ultrafast to veryslow."""


def edit(
    source: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    faces: FaceOptions | None = None,
    how: SystemOptions | None = None,
    encoding: EncoderOptions | None = None,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Change the expression of a talking face in a video.

    The result keeps the source's timing, sound and everything else. Beside it, NAME.mien.json keeps the edit:
    `mien render NAME.mien.json` gives the same frames again.

    Args:
        source: The video; or an image, or a folder of numbered images.
        output: The result: .mp4, .mov, .mkv or .webm.
        faces: Who shall show what, and when.
        how: How the expression is made.
        encoding: How the result is encoded.
        overwrite: Replace a result that is there already.
        report: How much is told.
    """
    with Report(report) as told:
        asked = edit_from_options(source, faces or FaceOptions(), how or SystemOptions(), encoding or EncoderOptions())
        result = asked.save(output, progress=told.progress, overwrite=overwrite)
        told.result(result_sentence(result), result_data(result))


def edit_from_options(source: Path, faces: FaceOptions, how: SystemOptions, encoding: EncoderOptions) -> Edit:
    """The edit that the options describe.

    Raises:
        MienError: An option is not as it should be.
    """
    from mien.app import editing
    from mien.app.cli.faces import tracks_from_options
    from mien.emotion.notation import parse_time
    from mien.video.encoder import EncoderSettings

    codec: Any = encoding.codec  # EncoderSettings knows which there are
    settings = {field.name: getattr(how, field.name) for field in fields(how) if field.name not in ("system", "actor")}
    settings |= smoothing_settings(settings.pop("smoothing"))
    return editing.edit(
        source,
        tracks_from_options(faces.face or [], faces.emotion or [], faces.emotion_file or []),
        system=how.system,
        actor=how.actor,
        start_s=parse_time(faces.start),
        stop_s=None if faces.stop is None else parse_time(faces.stop),
        encoder=EncoderSettings(codec, encoding.quality, encoding.preset),
        **{name: value for name, value in settings.items() if value is not None},
    )


def smoothing_settings(word: str | None) -> dict[str, Any]:
    """The systems' settings that ``--smoothing`` stands for.

    Raises:
        InputError: It is neither a number of frames nor one of the words.
    """
    from mien.errors import InputError

    if word is None:
        return {}
    if word in ("latent", "image"):
        return {"smoothing_space": word}
    try:
        return {"smoothing_frames": 1 if word == "none" else int(word)}
    except ValueError:
        raise InputError(f"--smoothing is a number of frames, none, latent or image, not {word!r}") from None


def result_sentence(result: Result) -> str:
    """One line for people on a finished job."""
    kept = f"; the edit is in {result.edit_file}" if result.edit_file else ""
    return (
        f"{result.output}: {result.frame_count} frames in {result.elapsed_s:.1f} s "
        f"({result.frames_per_second:.1f} frames/s){kept}"
    )


def result_data(result: Result) -> dict[str, Any]:
    """The same for machines."""
    return {
        "output": str(result.output),
        "edit_file": None if result.edit_file is None else str(result.edit_file),
        "manifest": None if result.manifest is None else str(result.manifest),
        "frames": result.frame_count,
        "elapsed_s": round(result.elapsed_s, 3),
        "render_s": round(result.render_s, 3),
        "frames_per_second": round(result.frames_per_second, 2),
    }
