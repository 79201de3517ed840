"""A clip: a video file, a single image or a folder of numbered images, opened for reading."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from mien.errors import InputError
from mien.video.frame import Frame
from mien.video.images import ImageReader, is_image
from mien.video.info import ClipInfo, MienWarning
from mien.video.reader import VideoReader

DEFAULT_IMAGE_RATE = Fraction(25)
"""Frames per second of a folder of images, which carries none itself."""


class Clip:
    """An opened clip. Frames are decoded when asked for, one at a time; nothing holds the whole clip.

    Attributes:
        path: where it is.
        info: its properties.
        reader: the decoder behind it.
    """

    def __init__(self, path: Path, frame_rate: Fraction = DEFAULT_IMAGE_RATE) -> None:
        """Open a clip; see :meth:`open`."""
        self.path = path
        self._warnings: list[str] = []
        self.reader: VideoReader | ImageReader
        if path.is_dir() or is_image(path):
            self.reader = ImageReader(path, frame_rate, self._warn)
        else:
            self.reader = VideoReader(path, self._warn)
        self.info: ClipInfo = self.reader.info

    @staticmethod
    def open(path: str | os.PathLike[str], frame_rate: Fraction = DEFAULT_IMAGE_RATE) -> Clip:
        """Open a video file, an image, or a folder of numbered images.

        Args:
            path: the file or folder.
            frame_rate: frames per second of a folder of images; a video has its own.

        Raises:
            ClipError: missing, empty, not a video, or nothing in it can be decoded.
        """
        return Clip(Path(path), frame_rate)

    def __repr__(self) -> str:
        """Short description."""
        return f"Clip({str(self.path)!r}, {self.info.width}x{self.info.height}, {self.info.codec})"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was found wrong with the clip so far, each a sentence; each is also given to :mod:`warnings` once."""
        return tuple(self._warnings)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Decode frames in presentation order; memory stays constant.

        Args:
            start: first frame wanted, from 0. Earlier ones are decoded and passed over, which keeps counting exact.
            stop: frame to end before, or None for all.

        Raises:
            InputError: ``start`` is negative.
            ClipError: the picture's size or format changes on the way.
        """
        if start < 0 or (stop is not None and stop < 0):
            raise InputError(f"Frames are counted from 0, got start {start}, stop {stop}.")
        return self.reader.frames(start, stop)

    def count_frames(self) -> int:
        """Exact number of frames, from the file's packets, without decoding."""
        return self.reader.count_frames()

    def _warn(self, text: str) -> None:
        if text not in self._warnings:
            self._warnings.append(text)
            warnings.warn(text, MienWarning, stacklevel=3)
