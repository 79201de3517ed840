"""Still pictures for a page: frames and faces as JPEG, each saying that its expression was edited."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.app.evaluation.page.markup import Markup
from mien.errors import InputError
from mien.types import AnyArray, Box, ByteArray
from mien.video.claim import EditClaim
from mien.video.frame import Frame
from mien.video.provenance import sign

QUALITY = 2
"""Quantiser of the JPEGs, 1 (best) to 31. At 2 the error is about 1.5 of 255 (root mean square) on our clips."""


@dataclass(frozen=True, slots=True)
class Still:
    """A picture, encoded.

    Attributes:
        jpeg: The file.
        width: As shown, with square pixels, px.
        height: As shown, px.
        scale: Pixels of the picture for one of the clip: 1 at full size.
    """

    jpeg: bytes
    width: int
    height: int
    scale: float

    def address(self) -> Markup:
        """As a data URI."""
        return Markup("data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode("ascii"))


def encode_jpeg(rgb: ByteArray, quality: int = QUALITY) -> bytes:
    """A JPEG without chroma subsampling, in JFIF's colours (ITU-R BT.601, full range).

    Args:
        rgb: ``(h, w, 3)`` uint8.
        quality: Quantiser, 1 (best) to 31.

    Raises:
        InputError: Another shape or type.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
        raise InputError(f"the picture is {rgb.dtype} {rgb.shape}; expected uint8 (h, w, 3)")
    # swscale rounds its RGB to YUV downwards; a level of green in a white wall is seen.
    red, green, blue = (rgb[..., channel].astype(np.float32) for channel in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = np.stack([luma, (blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128])
    samples = np.clip(planes + 0.5, 0, 255).astype(np.uint8)
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.height, encoder.width = rgb.shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuvj444p", Fraction(1)
    encoder.options = {"qmin": str(quality), "qmax": str(quality), "strict": "unofficial"}
    picture = av.VideoFrame.from_ndarray(samples, format="yuvj444p")
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])


def cut(frame: Frame, box: Box, max_side: int) -> Still:
    """A part of a frame as a still, at full size unless it is larger than allowed.

    Args:
        frame: The frame.
        box: Inside it, px as displayed.
        max_side: Longest side, px.
    """
    rgb = np.clip(frame.crop(box) * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)
    return _still(rgb, frame, max_side)


def whole(frame: Frame, max_side: int) -> Still:
    """A whole frame as a still, at full size unless it is larger than allowed."""
    rgb: AnyArray = frame.rgb()
    if rgb.dtype != np.uint8:
        rgb = (rgb.astype(np.float32) * np.float32(255 / frame.peak) + np.float32(0.5)).astype(np.uint8)
    return _still(rgb, frame, max_side)


def _still(rgb: AnyArray, frame: Frame, max_side: int) -> Still:
    """Enlarged along one side where pixels are not square, made smaller where it is too large."""
    height, width = rgb.shape[:2]
    aspect = float(frame.pixel_aspect)
    wide, high = width * max(1.0, aspect), height * max(1.0, 1 / aspect)
    scale = min(1.0, max_side / max(wide, high))
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    picture = np.ascontiguousarray(rgb)
    if size != (width, height):
        made = av.VideoFrame.from_ndarray(picture, format="rgb24")
        picture = made.reformat(width=size[0], height=size[1], interpolation="LANCZOS").to_ndarray(format="rgb24")
    return Still(encode_jpeg(picture), size[0], size[1], scale)


def signed(stills: Sequence[Still], claim: EditClaim | None) -> list[Still]:
    """The same pictures with a signed manifest in each, so that one taken out of the page still says it was edited.

    Args:
        stills: Pictures of an edited clip.
        claim: What was done to it; None leaves them as they are.

    Raises:
        InputError: The signing identity in the settings is not usable.
        OutputError: A manifest cannot be made.
    """
    if claim is None or not stills:
        return list(stills)
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        paths = [Path(folder) / f"{number:04d}.jpg" for number in range(len(stills))]
        for still, path in zip(stills, paths, strict=True):
            path.write_bytes(still.jpeg)
        sign(Path(folder), claim)
        return [
            Still(path.read_bytes(), still.width, still.height, still.scale)
            for still, path in zip(stills, paths, strict=True)
        ]
