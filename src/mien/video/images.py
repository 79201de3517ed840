"""Single images as clips of one frame, and folders of numbered images as clips."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av

from mien.errors import ClipError
from mien.video.color import ColorTags
from mien.video.embedded import image_orientation
from mien.video.frame import Frame
from mien.video.info import ClipInfo
from mien.video.picture import PictureFormat, describe_picture

IMAGE_ENCODERS = {".png": "png", ".jpg": "mjpeg", ".jpeg": "mjpeg", ".tif": "tiff", ".tiff": "tiff", ".webp": "libwebp"}
"""File name suffix -> libav encoder."""


def is_image(path: Path) -> bool:
    """Whether a path's ending is that of an image format."""
    return path.suffix.lower() in IMAGE_ENCODERS


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
        raise ClipError(f"{folder}: the folder holds no images ({', '.join(IMAGE_ENCODERS)}).")
    kinds = {IMAGE_ENCODERS[f.suffix.lower()] for f in files}
    if len(kinds) > 1:
        raise ClipError(
            f"{folder}: the folder mixes image formats ({', '.join(sorted({f.suffix for f in files}))}); "
            "keep one format in it."
        )
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
        with path.open("rb") as handle, av.open(handle, "r") as container:
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
            is_mirrored=form.orientation.mirrored,
            codec=IMAGE_ENCODERS[self.files[0].suffix.lower()].removeprefix("lib"),
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
