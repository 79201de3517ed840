"""Choosing an encoder that keeps what the clip has: bit depth, chroma format, size, colour, HDR metadata."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import av

from mien.errors import InputError, OutputError
from mien.video.color import LIMITED_RANGE, ColorTags
from mien.video.info import ClipInfo
from mien.video.layout import PixelLayout, layout_of

CodecName = Literal["auto", "h264", "hevc", "ffv1", "vp9", "av1"]

_ENCODERS = {"h264": "libx264", "hevc": "libx265", "ffv1": "ffv1", "vp9": "libvpx-vp9", "av1": "libsvtav1"}
_CONTAINER_CODECS = {
    "mp4": ("h264", "hevc", "vp9", "av1"),
    "mov": ("h264", "hevc"),
    "matroska": ("h264", "hevc", "ffv1", "vp9", "av1"),
    "webm": ("vp9", "av1"),
}
_QUALITY = {"h264": 16, "hevc": 18, "vp9": 20, "av1": 20}
"""Constant-quality value of each encoder that leaves no difference a compositor would see."""

_PRESET = {"h264": "medium", "hevc": "fast", "vp9": "fast", "av1": "fast"}
_CRF_LIMIT = {"h264": 51, "hevc": 51, "vp9": 63, "av1": 63}
_PRESETS = {
    "ultrafast": (8, 9), "superfast": (7, 9), "veryfast": (6, 9), "faster": (5, 9), "fast": (4, 8),
    "medium": (3, 7), "slow": (2, 5), "slower": (1, 4), "veryslow": (0, 3),
}  # fmt: skip
"""x264's and x265's names of their speeds, and the numbers of about that speed in VP9 (cpu-used) and SVT-AV1."""

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
"""File name suffix -> libav's muxer."""


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How the video is encoded; the defaults keep a picture that can be graded and cut again.

    Attributes:
        codec: ``"auto"`` takes H.264 for 8 bits, HEVC for more or where the clip is HEVC, FFV1 where the clip is;
            in WebM VP9 for 8 bits, AV1 for more.
        quality: constant-quality value (CRF), lower is better; 0 is lossless for 8-bit H.264. None: the encoder's
            default here. FFV1 is always lossless and takes none.
        preset: speed, ``ultrafast`` to ``veryslow`` as in x264, for the other encoders translated. None: the default.
        threads: encoder threads, 0 for as many as the machine has cores.
    """

    codec: CodecName = "auto"
    quality: int | None = None
    preset: str | None = None
    threads: int = 0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: unknown codec or preset, quality or threads out of range.
        """
        if self.codec not in ("auto", *_ENCODERS):
            raise InputError(f"Unknown codec {self.codec!r}; choose auto, {', '.join(_ENCODERS)}.")
        if self.quality is not None and not 0 <= self.quality <= _CRF_LIMIT.get(self.codec, 63):
            raise InputError(f"Quality is a CRF from 0 (best) to {_CRF_LIMIT.get(self.codec, 63)}, got {self.quality}.")
        if self.threads < 0:
            raise InputError(f"Threads are 0 (all cores) or more, got {self.threads}.")
        if self.preset is not None and self.preset not in _PRESETS:
            raise InputError(f"Unknown preset {self.preset!r}; choose one of {', '.join(_PRESETS)}.")


@dataclass(frozen=True, slots=True)
class EncodingPlan:
    """What was chosen for one output.

    Attributes:
        codec: name as in :class:`EncoderSettings`.
        encoder: libav's encoder.
        pixel_format: what the encoder is fed.
        options: the encoder's options.
        codec_tag: four-character code that the container shall use, or "".
        tags: colour tags of the output.
    """

    codec: str
    encoder: str
    pixel_format: str
    options: Mapping[str, str] = field(default_factory=dict)
    codec_tag: str = ""
    tags: ColorTags = field(default_factory=ColorTags)


def plan_encoding(
    info: ClipInfo, layout: PixelLayout, stored_size: tuple[int, int], container: str, settings: EncoderSettings,
    side_data: Mapping[str, bytes], is_interlaced: bool, warn: Callable[[str], None],
) -> EncodingPlan:  # fmt: skip
    """Choose encoder, pixel format and options.

    Args:
        info: the clip's properties.
        layout: its frames' layout.
        stored_size: ``(width, height)`` as coded, px.
        container: libav's muxer.
        settings: what the user asked for.
        side_data: HDR metadata of the clip.
        is_interlaced: frames hold two fields.
        warn: called with a sentence for whatever cannot be kept.

    Raises:
        OutputError: the container does not hold the codec, or this PyAV lacks the encoder.
    """
    codec = settings.codec if settings.codec != "auto" else _auto_codec(info, layout, container)
    if codec not in _CONTAINER_CODECS[container]:
        allowed = ", ".join(_CONTAINER_CODECS[container])
        raise OutputError(f"A {container} file does not hold {codec} video here; choose {allowed}, or write .mkv.")
    encoder = "libx264rgb" if codec == "h264" and layout.family == "rgb" and layout.bits == 8 else _ENCODERS[codec]
    if encoder not in av.codecs_available:
        raise OutputError(
            f"This build of PyAV has no {encoder} encoder; choose another codec with EncoderSettings.codec."
        )
    wanted, tags = layout.name, info.tags
    if info.container.startswith("image") and layout.family == "rgb":
        encoder, tags = _ENCODERS[codec], ColorTags(1, LIMITED_RANGE, 1, info.tags.transfer)
        wanted = "yuv420p" if layout.bits == 8 else "yuv420p10le"
        warn("RGB images are written as BT.709 4:2:0 video, which every player shows.")
    elif encoder == "libx264rgb":
        wanted = "rgb24"
    formats = [form.name for form in av.Codec(encoder, "w").video_formats or []]
    even_only = codec in ("h264", "hevc", "av1")
    chosen = closest_format(wanted, formats, stored_size, even_only)
    _warn_format(layout_of(wanted), layout_of(chosen), encoder, stored_size, even_only, warn)
    options = _options(codec, settings)
    params = _hdr_params(codec, side_data, warn)
    if codec == "hevc":
        options["x265-params"] = ":".join(["log-level=error", *params])  # x265 writes a report to stderr otherwise
    elif params:
        options["x264-params"] = ":".join(params)
    if is_interlaced and codec == "h264":
        options["flags"] = "+ildct+ilme"
    elif is_interlaced:
        warn(f"the clip is interlaced, which {codec} output does not mark; its fields are kept as lines of frames.")
    if info.pixel_aspect != 1 and container in ("matroska", "webm") and codec not in ("h264", "hevc"):
        warn(f"the pixel aspect {info.pixel_aspect} is not kept by {codec} in this container; write .mp4 or use h264.")
    tag = "hvc1" if codec == "hevc" and container in ("mp4", "mov") else ""
    return EncodingPlan(codec, encoder, chosen, options, tag, tags)


def _auto_codec(info: ClipInfo, layout: PixelLayout, container: str) -> str:
    deep = layout.bits > 8
    if container == "webm":
        return "av1" if deep else "vp9"
    if info.codec == "ffv1" and "ffv1" in _CONTAINER_CODECS[container]:
        return "ffv1"
    return "hevc" if deep or info.codec == "hevc" else "h264"


def closest_format(wanted: str, formats: list[str], size: tuple[int, int], even_only: bool) -> str:
    """The encoder's pixel format that loses least of ``wanted``, and of those the one that adds least.

    Args:
        wanted: the frames' pixel format.
        formats: what the encoder takes.
        size: ``(width, height)``, px.
        even_only: the encoder cannot hold subsampled chroma of an odd size.
    """
    want = layout_of(wanted)
    full = wanted.startswith("yuvj")

    def cost(name: str) -> tuple[float, ...]:
        have = layout_of(name)
        chroma_loss = max(0, have.shift_x - want.shift_x) + max(0, have.shift_y - want.shift_y)
        chroma_more = max(0, want.shift_x - have.shift_x) + max(0, want.shift_y - have.shift_y)
        gray = (have.family == "gray") - (want.family == "gray")
        odd = even_only and _splits(have, size)
        return (odd, gray > 0, (have.family == "rgb") != (want.family == "rgb"), max(0, want.bits - have.bits),
                want.has_alpha and not have.has_alpha, chroma_loss, gray < 0, max(0, have.bits - want.bits),
                have.has_alpha and not want.has_alpha, chroma_more,
                name.startswith("yuvj") != full, name != wanted)  # fmt: skip

    usable = [name for name in formats if _editable(name)]
    return min(usable, key=cost)


def _splits(layout: PixelLayout, size: tuple[int, int]) -> bool:
    """Whether the sides of a picture are no whole number of chroma samples."""
    return bool(size[0] % 2**layout.shift_x or size[1] % 2**layout.shift_y)


def _editable(name: str) -> bool:
    """Whether frames can be fed to an encoder in this format."""
    strange = ("nv", "p0", "p2", "p4", "ya8", "yaf", "pal")
    return not name.startswith(strange) and not name.endswith(("be", "f16le", "f32le"))


def _warn_format(
    have: PixelLayout,
    chosen: PixelLayout,
    encoder: str,
    size: tuple[int, int],
    even_only: bool,
    warn: Callable[[str], None],
) -> None:
    if even_only and _splits(have, size) and chosen.family == have.family:
        warn(
            f"a picture of {size[0]}x{size[1]} px has odd sides, which {encoder} cannot hold as {have.chroma}; "
            f"it is written as {chosen.chroma}, which keeps its size (some players do not show {chosen.chroma})."
        )
    elif chosen.chroma != have.chroma:
        warn(f"{encoder} does not hold {have.chroma} pictures; they are written as {chosen.chroma}.")
    if chosen.bits < have.bits:
        warn(f"{encoder} does not hold {have.bits} bits per sample; the output has {chosen.bits}.")
    if have.has_alpha and not chosen.has_alpha:
        warn(f"{encoder} does not hold transparency; the output has none.")


def _options(codec: str, settings: EncoderSettings) -> dict[str, str]:
    if codec == "ffv1":
        return {"level": "3", "slicecrc": "1", "g": "1"}
    quality = str(_QUALITY[codec] if settings.quality is None else settings.quality)
    preset = settings.preset or _PRESET[codec]
    if codec in ("h264", "hevc"):
        return {"crf": quality, "preset": preset}
    cpu_used, svt = _PRESETS[preset]
    if codec == "vp9":
        lossless = {"lossless": "1"} if quality == "0" else {}
        return {"crf": quality, "b": "0", "deadline": "good", "cpu-used": str(cpu_used), "row-mt": "1", **lossless}
    return {"crf": quality, "preset": str(svt)}


def _hdr_params(codec: str, side_data: Mapping[str, bytes], warn: Callable[[str], None]) -> list[str]:
    """HDR10's mastering display and light level as x264 and x265 take them."""
    dynamic = [name for name in ("DYNAMIC_HDR_PLUS", "DOVI_METADATA") if name in side_data]
    if dynamic:
        warn(f"dynamic HDR metadata ({', '.join(dynamic)}) is not kept.")
    mastering, light = (side_data.get(name) for name in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"))
    if mastering is None and light is None:
        return []
    if codec not in ("h264", "hevc"):
        warn(f"the HDR mastering metadata of the clip is not kept in {codec} output.")
        return []
    parts = []
    text = mastering_display_text(mastering) if mastering is not None else ""
    if text:
        parts.append(("master-display=" if codec == "hevc" else "mastering-display=") + text)
    if light is not None:
        most, average = struct.unpack("=2I", light[:8])
        parts.append(f"{'max-cll' if codec == 'hevc' else 'cll'}={most},{average}")
    return parts


def mastering_display_text(data: bytes) -> str:
    """Libav's mastering-display structure in the notation of x264 and x265, or "" when it holds no values.

    Args:
        data: twenty 32-bit integers (ten fractions: primaries R, G, B and white point as x, y; darkest and brightest
            luminance) and two flags, native byte order.

    Returns:
        ``G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)`` in steps of 0.00002 and 0.0001 cd/m2.
    """
    numbers = struct.unpack("=22i", data[:88])
    if not (numbers[20] and numbers[21]):
        return ""
    values = [numbers[i] / numbers[i + 1] if numbers[i + 1] else 0.0 for i in range(0, 20, 2)]
    red, green, blue, white = (tuple(round(v * 50000) for v in values[i : i + 2]) for i in (0, 2, 4, 6))
    darkest, brightest = round(values[8] * 10000), round(values[9] * 10000)
    named = "".join(f"{n}({p[0]},{p[1]})" for n, p in (("G", green), ("B", blue), ("R", red), ("WP", white)))
    return f"{named}L({brightest},{darkest})"
