"""Decoding and encoding alone: what an edit is measured against."""

from __future__ import annotations

import os

from mien.video.clip import Clip
from mien.video.encoder import EncoderSettings
from mien.video.writer import ClipWriter


def transcode(
    source: str | os.PathLike[str], target: str | os.PathLike[str], settings: EncoderSettings | None = None
) -> int:
    """Write a clip again with nothing changed.

    Args:
        source: the clip.
        target: the output.
        settings: how to encode.

    Returns:
        Number of frames written.

    Raises:
        ClipError: the source cannot be read.
        OutputError: the target cannot be written.
    """
    clip = Clip.open(source)
    count = 0
    with ClipWriter(target, clip, settings) as writer:
        for frame in clip.frames():
            writer.write(frame)
            count += 1
    return count
