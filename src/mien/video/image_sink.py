"""Writing frames as images: the planes as they are, with what the original file carried beside them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.errors import OutputError
from mien.video.embedded import has_profile, with_embedded
from mien.video.frame import Frame
from mien.video.images import IMAGE_ENCODERS, ImageReader, is_image
from mien.video.reader import VideoReader

_FORMATS = {
    "png": ("gray", "gray16be", "rgb24", "rgba", "rgb48be", "rgba64be"),
    "tiff": ("gray", "gray16le", "rgb24", "rgba", "rgb48le", "rgba64le"),
    "mjpeg": ("yuvj420p", "yuvj422p", "yuvj444p"),
    "libwebp": ("yuv420p", "yuva420p", "bgra"),
}
"""Encoder -> the pixel formats it is fed with here."""

_OPTIONS = {
    "mjpeg": {"qmin": "1", "qmax": "1", "huffman": "optimal"},
    "png": {},
    "tiff": {"compression_algo": "deflate"},
}


class ImageSink:
    """Writes frames as images: one file, or a folder with the source's file names.

    Same format as the source: planes, EXIF and profile stay as they are. Another format: an upright RGB image.
    """

    def __init__(
        self, partial: Path, target: Path, reader: VideoReader | ImageReader, warn: Callable[[str], None]
    ) -> None:
        """Check the target.

        Raises:
            OutputError: the source is a video, a folder is asked for in one file, or the target folder is in use.
        """
        if not isinstance(reader, ImageReader):
            raise OutputError(f"{target}: a video cannot be written as an image; write .mp4, .mov, .mkv or .webm.")
        if reader.info.is_folder and is_image(target):
            raise OutputError(
                f"{target}: a folder of images cannot be written as one; give the name of a folder or a video."
            )
        self._files = reader.files
        self._partial, self._target = partial, target
        self._folder = reader.info.is_folder
        self._warn = warn
        if self._folder:
            if target.exists() and (not target.is_dir() or any(target.iterdir())):
                raise OutputError(f"{target}: exists and is not an empty folder; choose another name.")
            partial.mkdir()

    def write(self, frame: Frame) -> None:
        """Encode one image."""
        original = self._files[frame.index]
        path = self._partial / original.name if self._folder else self._partial
        suffix = (path if self._folder else self._target).suffix.lower()
        path.write_bytes(self._encode(frame, IMAGE_ENCODERS[suffix], original))

    def _encode(self, frame: Frame, encoder: str, original: Path) -> bytes:
        if encoder not in av.codecs_available:
            raise OutputError(
                f"{self._target}: this build of PyAV has no {encoder} encoder; choose another image format."
            )
        same = encoder == IMAGE_ENCODERS[original.suffix.lower()]
        picture = frame.picture if same else _upright(frame)
        name = _target_format(picture.format.name, encoder)
        if name != picture.format.name:
            picture = picture.reformat(format=name, dst_color_range="JPEG" if name.startswith("yuvj") else None)
        source = original.read_bytes()
        if has_profile(source) and (encoder == "tiff" or not same):
            self._warn("the colour profile of the image is not kept in this format.")
        context = av.CodecContext.create(encoder, "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt = picture.width, picture.height, name
        context.time_base = Fraction(1, 25)
        context.color_range = 2 if name.startswith("yuvj") else picture.color_range
        context.thread_count = 1
        context.options = _webp_options(name) if encoder == "libwebp" else dict(_OPTIONS[encoder])
        picture.pict_type = 0
        data = b"".join(bytes(packet) for packet in [*context.encode(picture), *context.encode(None)])
        return with_embedded(data, source) if same else data

    def finish(self) -> None:
        """Make room for the complete folder."""
        if self._folder and self._target.exists():
            self._target.rmdir()

    def abort(self) -> None:
        """Nothing stays open between images."""


def _webp_options(pixel_format: str) -> dict[str, str]:
    return {"lossless": "1"} if pixel_format == "bgra" else {"quality": "100"}


def _target_format(name: str, encoder: str) -> str:
    """The encoder's pixel format that holds a frame's."""
    formats = _FORMATS[encoder]
    if name in formats:
        return name
    big = name.removesuffix("le") + "be"
    if big in formats:
        return big
    if encoder == "mjpeg":
        return "yuvj420p" if name.startswith("gray") else "yuvj444p"
    if encoder == "libwebp":
        return "bgra"
    deep = av.VideoFormat(name, 16, 16).components[0].bits > 8
    if name.startswith("gray"):
        return formats[1] if deep else "gray"
    return formats[4] if deep else "rgb24"


def _upright(frame: Frame) -> av.VideoFrame:
    """The frame as displayed, 8- or 16-bit RGB."""
    rgb = frame.rgb()
    if rgb.dtype == np.uint8:
        return av.VideoFrame.from_ndarray(rgb, "rgb24")
    scaled = (rgb.astype(np.uint32) * 65535 + frame.peak // 2) // frame.peak
    return av.VideoFrame.from_ndarray(scaled.astype(np.uint16), "rgb48le")
