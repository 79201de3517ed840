"""Single images as clips of one frame, and folders of numbered images as clips."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from mien.errors import ClipError, OutputError
from mien.video.color import ColorTags
from mien.video.embedded import image_orientation, with_embedded
from mien.video.frame import Frame, PictureFormat, describe_picture
from mien.video.info import ClipInfo

if TYPE_CHECKING:
    from mien.video.clip import Clip

_ENCODERS = {".png": "png", ".jpg": "mjpeg", ".jpeg": "mjpeg", ".tif": "tiff", ".tiff": "tiff", ".webp": "libwebp"}
_FORMATS = {
    "png": ("gray", "gray16be", "rgb24", "rgba", "rgb48be", "rgba64be"),
    "tiff": ("gray", "gray16le", "rgb24", "rgba", "rgb48le", "rgba64le"),
    "mjpeg": ("yuvj420p", "yuvj422p", "yuvj444p"),
    "libwebp": ("yuv420p", "yuva420p", "bgra"),
}
"""Encoder -> the pixel formats it is fed with here."""

_OPTIONS = {"mjpeg": {"qmin": "1", "qmax": "1", "huffman": "optimal"}, "png": {}, "tiff": {"compression_algo": "deflate"}}


def is_image(path: Path) -> bool:
    """Whether a path's ending is that of an image format."""
    return path.suffix.lower() in _ENCODERS


def _numbered(path: Path) -> tuple[object, ...]:
    """Sorting key: digits by their value, so that 10 follows 9."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name))


def image_files(folder: Path) -> list[Path]:
    """The images of a folder in the order of their numbers.

    Raises:
        ClipError: there is none, or they are of several formats.
    """
    files = sorted((f for f in folder.iterdir() if is_image(f) and not f.name.startswith(".")), key=_numbered)
    if not files:
        raise ClipError(f"{folder}: the folder holds no images ({', '.join(_ENCODERS)}).")
    kinds = {_ENCODERS[f.suffix.lower()] for f in files}
    if len(kinds) > 1:
        raise ClipError(f"{folder}: the folder mixes image formats ({', '.join(sorted({f.suffix for f in files}))}); "
                        "keep one format in it.")
    return files


def decode_image(path: Path) -> tuple[av.VideoFrame, bytes]:
    """The picture of an image file as stored, and the file's bytes.

    Raises:
        ClipError: not readable, or not an image.
    """
    if not path.exists():
        raise ClipError(f"{path}: no such file.")
    try:
        data = path.read_bytes()
        if not data:
            raise ClipError(f"{path}: the file is empty.")
        with path.open("rb") as handle, av.open(handle) as container:
            if not container.streams.video:
                raise ClipError(f"{path}: this is not an image.")
            for picture in container.decode(video=0):
                if picture.is_corrupt:
                    raise ClipError(f"{path}: the image is damaged or cut off.")
                return picture, data
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ClipError(f"{path}: this is not an image that can be read (unknown or damaged format).") from error
    raise ClipError(f"{path}: the image is damaged or cut off.")


class ImageReader:
    """Reads an image, or a folder of them, as a clip.

    Attributes:
        path: the image or folder.
        files: the images in order.
        info: properties; all images share size and pixel format.
        picture_format: what the frames share.
    """

    def __init__(self, path: Path, frame_rate: Fraction, warn: Callable[[str], None]) -> None:
        """Read the first image.

        Raises:
            ClipError: nothing to read.
        """
        self.path = path
        self.files = image_files(path) if path.is_dir() else [path]
        self._warn = warn
        picture, data = decode_image(self.files[0])
        tags = ColorTags(picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc)
        self.picture_format: PictureFormat = describe_picture(
            picture, tags, image_orientation(data), Fraction(1), 1 / frame_rate, Fraction(0))  # fmt: skip
        form, folder = self.picture_format, path.is_dir()
        width, height = form.display_size
        self.info = ClipInfo(
            width=width, height=height, frame_rate=frame_rate if folder else None, frame_count=len(self.files),
            duration_s=float(len(self.files) / frame_rate), time_base=1 / frame_rate, start_pts=0,
            pixel_format=picture.format.name, bit_depth=form.layout.bits, chroma=form.layout.chroma, tags=tags,
            pixel_aspect=Fraction(1), rotation_deg=form.orientation.rotation_deg,
            is_mirrored=form.orientation.mirrored, codec=_ENCODERS[self.files[0].suffix.lower()].removeprefix("lib"),
            container="images" if folder else "image", bit_rate=None, audio_streams=0, subtitle_streams=0,
            data_streams=0, is_variable_rate=False, is_still=not folder, is_folder=folder,
        )  # fmt: skip

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Decode images ``start`` to ``stop`` (exclusive)."""
        for index in range(start, min(len(self.files), len(self.files) if stop is None else stop)):
            picture, data = decode_image(self.files[index])
            if image_orientation(data) != self.picture_format.orientation:
                raise ClipError(f"{self.files[index]}: turned otherwise (EXIF orientation) than the images before it.")
            yield Frame(index, index, picture, self.picture_format)

    def count_frames(self) -> int:
        """Number of images."""
        return len(self.files)


class ImageSink:
    """Writes frames as images: one file, or a folder with the source's file names.

    Same format as the source: planes, EXIF and profile stay as they are. Another format: an upright RGB image.
    """

    def __init__(self, partial: Path, target: Path, source: Clip, warn: Callable[[str], None]) -> None:
        """Check the target.

        Raises:
            OutputError: the source is a video, a folder is asked for in one file, or the target folder is in use.
        """
        reader = source.reader
        if not isinstance(reader, ImageReader):
            raise OutputError(f"{target}: a video cannot be written as an image; write .mp4, .mov, .mkv or .webm.")
        if source.info.is_folder and is_image(target):
            raise OutputError(f"{target}: a folder of images cannot be written as one; give the name of a folder or a video.")
        self._files = reader.files
        self._partial, self._target = partial, target
        self._folder = source.info.is_folder
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
        path.write_bytes(self._encode(frame, _ENCODERS[suffix], original))

    def _encode(self, frame: Frame, encoder: str, original: Path) -> bytes:
        if encoder not in av.codecs_available:
            raise OutputError(f"{self._target}: this build of PyAV has no {encoder} encoder; choose another image format.")
        same = encoder == _ENCODERS[original.suffix.lower()]
        picture = frame.picture if same else _upright(frame)
        name = _target_format(picture.format.name, encoder)
        if name != picture.format.name:
            picture = picture.reformat(format=name, dst_color_range="JPEG" if name.startswith("yuvj") else None)
        if encoder == "tiff" or not same:
            self._warn("an embedded colour profile, if there is one, is not kept in this format.")
        context = av.CodecContext.create(encoder, "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt = picture.width, picture.height, name
        context.time_base = Fraction(1, 25)
        context.color_range = 2 if name.startswith("yuvj") else picture.color_range
        context.thread_count = 1
        context.options = _webp_options(name) if encoder == "libwebp" else dict(_OPTIONS[encoder])
        picture.pict_type = 0
        data = b"".join(bytes(packet) for packet in [*context.encode(picture), *context.encode(None)])
        return with_embedded(data, original.read_bytes()) if same else data

    def finish(self) -> None:
        """Make room for the complete folder."""
        if self._folder and self._target.exists():
            self._target.rmdir()

    def abort(self) -> None:
        """Nothing stays open between images."""


def _webp_options(pixel_format: str) -> dict[str, str]:
    return {"lossless": "1"} if pixel_format == "bgra" else {"quality": "98"}


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

